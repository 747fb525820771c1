"""The card of a fine-tuned cross-encoder, from its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codesearch.training.cross_encoder.build import BuiltReranker, RerankerPlan


def reranker_card(name: str, plan: RerankerPlan, built: BuiltReranker) -> str:
    """From what it was made, how well it does, and where it does not hold."""
    recipe, taught, lesson = plan.recipe, built.taught, built.lesson
    learnt = "low-rank adapters, merged, and the head" if recipe.lora else "all weights"
    return (
        "\n\n".join(
            [
                f"# {name}",
                f"""\
A cross-encoder: it reads both fragments of a pair, up to {recipe.tokens} tokens in all, and gives a logit,
above 0 for clones. It began as `{built.base}`, whose licence it keeps; {learnt} were learnt.""",
                "## Made from",
                f"""\
{len(lesson.taught):,} pairs, {built.clones:,} of them clones, from `{_data(plan)}`. Half of the texts had the
names that they declare taken away. A batch holds as many clones as others; others come in order of the
embedder's cosine, the farthest first.""",
                "## Made by",
                f"```\n{reranker_command(plan)}\n```",
                f"""\
Up to {recipe.steps:,} steps of {recipe.batch} pairs, learning rate {recipe.highest_rate:g}, seed
{recipe.seed}; step {taught.step:,} was kept. `run.jsonl` and `run.html` have the curves.""",
                "## Figures on held-out pairs",
                _figures(built),
                "## Limits",
                """\
A logit is no probability: batches are balanced, candidates of a retriever are not. The middle of a fragment
that is longer than its share of the tokens is not read.""",
            ]
        )
        + "\n"
    )


def reranker_command(plan: RerankerPlan) -> str:
    """What makes it again."""
    recipe = plan.recipe
    options = [f"--fragments {plan.sources.fragments.name}"]
    if plan.sources.pairs:
        options.append(f"--pairs {plan.sources.pairs.name}")
    options.append(f"--base {plan.base}")
    if plan.revision:
        options.append(f"--revision {plan.revision}")
    if recipe.lora:
        options.append("--lora")
    if recipe.rate is not None:
        options.append(f"--rate {recipe.rate:g}")
    if plan.onnx:
        options.append("--onnx")
    tail = f"--steps {recipe.steps} --tokens {recipe.tokens} --seed {recipe.seed} --out DIR"
    return " ".join(["codesearch train reranker", *options, tail])


def _data(plan: RerankerPlan) -> str:
    return (plan.sources.pairs or plan.sources.fragments).name


def _figures(built: BuiltReranker) -> str:
    score = built.taught.average_precision
    if score is None or built.by_cosine is None:
        return "None: the data left no pairs of both labels to hold out."
    return f"""\
| {len(built.lesson.held_out):,} pairs | average precision |
|---|---:|
| this model | {score:.3f} |
| cosine of the embedder | {built.by_cosine:.3f} |"""
