"""Model cards: from what a model was made, how well it does, and where it does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from codesearch.training.build_baseline import BaselinePlan
from codesearch.training.build_calibration import REAL_SHARE, TAUGHT, CalibrationPlan
from codesearch.training.build_embedder import BuiltEmbedder, EmbedderPlan
from codesearch.training.calibration import CLONE_PRECISION, MISSED_CLONES, HeldOutFigures
from codesearch.training.sets import REAL_CODE, TRAINING_SETS
from reranker.calibration import Calibration

CARD = "MODEL_CARD.md"

_SOURCES_NOTE = """\
No test split was read; no code is part of the model. Contest programs and BigCloneBench's
functions carry no licence of their own and are in universal research use."""


def embedder_card(model_id: str, plan: EmbedderPlan, built: BuiltEmbedder) -> str:
    """The card of a static embedder, from its run."""
    recipe, learnt = plan.recipe, built.learnt
    return _page(
        f"# {model_id}",
        f"""\
A static embedder: the sum of one learnt int8 row of {learnt.rows.shape[1]} dimensions per distinct feature
of a fragment, {len(built.keys):,} features and {len(learnt.rows) - len(built.keys):,} rows that words
unknown to training share by hash. It reads tokens only; no parse tree, no network, no GPU.""",
        "## Made from",
        "\n".join(_learnt_from(built)),
        _terms(built),
        "## Made by",
        "```\n" + embedder_command(plan) + "\n```",
        f"""\
Seed {recipe.seed}; {recipe.steps:,} steps of {recipe.batch:,} fragments at temperature
{recipe.temperature}, {recipe.dropped:.0%} of the features dropped; step {learnt.step:,} was kept. The run
took {learnt.seconds / 60:.0f} minutes; `run.jsonl` has its curves.""",
        "## Figures on validation splits",
        "\n".join(_score_rows(learnt.scores)),
        "## Limits",
        """\
It sees which words, short runs of tokens and uses of variables a fragment has, not their whole order:
programs made of the same steps in another order look alike. Code unlike that of its training sets is judged
by what it shares with them and by rare words in common.""",
    )


def _learnt_from(built: BuiltEmbedder) -> Iterator[str]:
    yield "| set | fragments | terms |"
    yield "|---|---:|---|"
    for item in built.sets:
        yield f"| {item.title} | {built.counts[item.name]:,} | {item.licence} |"


def _terms(built: BuiltEmbedder) -> str:
    """What is to say about the sets that were learnt from."""
    sentences = ["No test split was read; no code is part of the model."]
    if any(item.contest for item in built.sets):
        sentences.append("Contest programs carry no licence of their own and are in universal research use.")
        share = sum(item.share for item in built.sets if item.licensed) / sum(
            item.share for item in built.sets
        )
        sentences.append(f"Sets whose licence allows this use make up {share:.0%} of the batches.")
    if any(item.name == REAL_CODE for item in built.sets):
        sentences.append(
            "`codesearch train real-code` mines the open-source packages; SOURCES.tsv lists them."
        )
    return "\n".join(sentences)


def _score_rows(scores: Mapping[str, float]) -> Iterator[str]:
    yield "| set | MAP@R of the int8 rows |"
    yield "|---|---:|"
    for name, score in scores.items():
        yield f"| {name} | {score:.3f} |"


def baseline_card(model_id: str, plan: BaselinePlan, counts: Mapping[str, int]) -> str:
    """The card of the hashed n-gram embedder; ``counts`` are the fragments by set."""
    return _page(
        f"# {model_id}",
        f"""\
IDF weights of hashed token n-grams and the mean of the training vectors, in {plan.dim} dimensions.
Nothing is learnt beyond counting in how many training fragments each feature occurs.""",
        "## Made from",
        _sources(counts),
        _SOURCES_NOTE + "\nAt least half of the fragments come under a licence that allows this use.",
        "## Made by",
        "```\n" + baseline_command(plan) + "\n```",
        """\
`--licensed-only` makes it from the licensed sets alone, at a cost: MAP@R on validation problems fell
from .62 to .56 on POJ-104 and from .25 to .19 (same language) and .15 to .08 (cross-language) on
AtCoder.""",
        "## Limits",
        """\
It sees tokens, not behaviour: the same algorithm in other words and another language is often missed.
Weights come mostly from contest programs, so rare names of real projects weigh as any rare name does.""",
    )


def calibration_card(
    model_id: str,
    plan: CalibrationPlan,
    calibration: Calibration,
    figures: Sequence[HeldOutFigures],
) -> str:
    """The card of a calibration with its figures on held-out groups of the training sets."""
    trees, questions = calibration.reranker.asked.shape
    return _page(
        f"# {model_id}",
        f"""\
Models over the features of a pair: logistic ones for pairs that the alignment settles (a second one without
cosine and words, for audits that ask no model), and the
reranker for all others, {trees} boosted oblivious trees of {questions} questions each and a slope for the
cosine; and the thresholds that turn its probability into a verdict. The cosines are those of
{calibration.embedder}: with another embedder the probabilities are off, and every document says
`calibration:other-embedder`.""",
        f"""\
**Base rate: {calibration.base_rate:.3f}.** P(clone) holds among candidates of which this share are
clones. Where clones are rarer, as between unrelated projects, fewer of the pairs with a given
probability are clones.""",
        "## Made from",
        _sources({figure.name: figure.pairs for figure in figures}, "held-out candidates"),
        _SOURCES_NOTE,
        f"""\
Contest problems are those of the validation splits, which the embedder did not learn from and would be
too sure of. The pairs are what the product's own retriever proposes: the first {plan.depth} of
{plan.real_queries:,} queries among real functions, of {plan.queries:,} in each other set, of half as many
that allow other languages only, and of half as many that allow their own only. The trees are grown on
losses weighted by set, so that the candidates of each come in a good order ({_taught()});
for the probabilities real functions carry {REAL_SHARE:.0%} of the weight. Programs for one problem count as
clones. LeetCode's are read without the names that they declare, which come from the site's template.
In BigCloneBench labelled pairs keep their label; pairs of different clusters
without one count as no clones unless their text says that they may be copies, and then they are left out.
Functions of open-source packages and those of BigCloneBench, all in one index, add candidates that nobody
judged, in the same and in other languages, by the same rule.
Every fourth group was kept from the fit, for thresholds and figures.""",
        "## Made by",
        "```\n" + calibration_command(plan) + "\n```",
        "## Reranker on held-out groups",
        "\n".join(_figure_rows(figures)),
        f"""\
`clone` from {calibration.clone_threshold:.4f}: the lowest probability with a precision of
{CLONE_PRECISION:g} on the weighted held-out candidates. `not_clone` below
{calibration.reject_threshold:.4f}: at most {MISSED_CLONES:.0%} of their clones lie there. Equal T1
keys: {calibration.exact:.4f}; equal T2 keys: {calibration.renamed:.4f}, each the share of clones by
Laplace's rule.""",
        "## Precision dial",
        "\n".join(_dial_rows(calibration)),
        "## Limits",
        """\
The probabilities are those of searching real code, where few candidates are clones. Among contest programs,
of which most candidates are, they are far too low: precision is above the promise and recall below. How they
carry over to clones in real code of other languages than Java was read, not measured: of the open-source
packages only candidates that are no clones are known.""",
    )


def _taught() -> str:
    """The weights of the sets in the loss of the trees."""
    return ", ".join(f"{item.name} {TAUGHT[item.name]:g}" for item in TRAINING_SETS)


def embedder_command(plan: EmbedderPlan) -> str:
    """What makes it again, but for where the data lies."""
    only = " --licensed-only" if plan.licensed_only else ""
    return (
        f"codesearch train embedder --data DIR --steps {plan.recipe.steps} --dim {plan.recipe.dim} "
        f"--seed {plan.recipe.seed}{only}"
    )


def baseline_command(plan: BaselinePlan) -> str:
    """Likewise."""
    only = " --licensed-only" if plan.licensed_only else ""
    return f"codesearch train baseline --data DIR --sample {plan.fragments} --seed {plan.seed}{only}"


def calibration_command(plan: CalibrationPlan) -> str:
    """Likewise."""
    return (
        f"codesearch train calibration --data DIR --queries {plan.queries} "
        f"--real-queries {plan.real_queries} --seed {plan.seed}"
    )


def _page(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"


def _sources(counts: Mapping[str, int], counted: str = "fragments") -> str:
    known = [item for item in TRAINING_SETS if item.name in counts]
    rows = [f"| {item.title} | {counts[item.name]:,} | {item.licence} |" for item in known]
    return "\n".join([f"| set | {counted} | terms |", "|---|---:|---|", *rows])


def _figure_rows(figures: Sequence[HeldOutFigures]) -> Iterator[str]:
    yield "| set | candidates | clones | average precision | ROC AUC | ECE | Brier | precision | recall |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for row in figures:
        values = (
            row.base_rate,
            row.average_precision,
            row.roc_auc,
            row.calibration_error,
            row.brier,
            row.precision,
            row.recall,
        )
        yield f"| {row.name} | {row.pairs:,} | " + " | ".join(map(_shown, values)) + " |"


def _dial_rows(calibration: Calibration) -> Iterator[str]:
    yield "| precision | from probability | lower end of the 95 % Wilson interval |"
    yield "|---:|---:|---:|"
    for point in calibration.precision:
        yield f"| {point.precision:g} | {point.threshold:.4f} | {point.lower:.3f} |"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
