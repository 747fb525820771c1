"""The card of a fine-tuned judge, from its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codesearch.training.judge.lesson import counts

if TYPE_CHECKING:
    from codesearch.training.judge.build import BuiltJudge, JudgePlan


def judge_card(name: str, plan: JudgePlan, built: BuiltJudge) -> str:
    """From what it was made, how well it does, and where it does not hold."""
    recipe, lesson, taught = plan.recipe, built.lesson, built.taught
    by_verdict = counts(lesson.taught)
    too_long = (
        f" Left out were {built.too_long:,} others, whose prompts are too long for the model or --tokens."
        if built.too_long
        else ""
    )
    return (
        "\n\n".join(
            [
                f"# {name}",
                f"""\
LoRA adapters of rank {recipe.rank} for the causal language model `{built.base}` (files
`{built.base_digest}`), which judges pairs of code fragments with them. They hold no code and do nothing
without that model; its licence holds for them too.""",
                "## Made from",
                f"""\
{len(lesson.taught):,} precedents, {by_verdict["clone"]:,} of them clones, and for the figures below
{len(lesson.held_out):,} more that share no code with them, names and literals aside (BLAKE2 of all:
`{built.data_digest}`).{too_long} Each was
shown in both orders of its sides, without retrieved context, as the prompt `{built.prompt}`; only the answer
was learnt. The rarer verdict was repeated until there were as many of both. Adapters can repeat parts of what
they were taught: pass them on only where the licence of that code allows it.""",
                "## Made by",
                f"```\n{judge_command(plan)}\n```",
                f"""\
Up to {recipe.epochs} epochs in steps of {recipe.batch}, learning rate {recipe.rate:g}, base weights in
{recipe.precision} precision, seed {recipe.seed}; of {taught.steps:,} steps the weights after
{taught.step:,} were kept. `run.jsonl` has the curves.""",
                "## Figures on held-out precedents",
                _figures(built),
                "## Limits",
                """\
The weights were chosen by the loss on the same held-out precedents, which makes these figures too good:
measure the judge on pairs of your own with `codesearch study`. Accuracy is how often the likelier of clone
and not_clone was right, without context, on precedents from the
same sources; it says little about other code.""",
            ]
        )
        + "\n"
    )


def judge_command(plan: JudgePlan) -> str:
    """What makes it again, but for where files lie."""
    recipe = plan.recipe
    files = "".join(f" --precedents {path.name}" for path in plan.files)
    own = " --own-only" if plan.own_only else ""
    return (
        f"codesearch train judge --lora --model {plan.model_name}{files}{own} --prompt {plan.prompt.name} "
        f"--epochs {recipe.epochs} --rank {recipe.rank} --learning-rate {recipe.rate:g} "
        f"--tokens {recipe.tokens} --precision {recipe.precision} --seed {recipe.seed} --out DIR"
    )


def _figures(built: BuiltJudge) -> str:
    before, after = built.taught.before, built.taught.after
    if before is None or after is None:
        if built.spared:
            return f"None: the prompts of all {built.spared:,} held-out precedents are too long."
        return "None: there were too few precedents to hold some out."
    return f"""\
| {2 * len(built.lesson.held_out):,} prompts | loss per token | accuracy |
|---|---:|---:|
| without the adapter | {before.loss:.3f} | {before.accuracy:.3f} |
| with it | {after.loss:.3f} | {after.accuracy:.3f} |"""
