"""Verdicts on labelled pairs at the product's own thresholds."""

from __future__ import annotations

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.evaluations import Evaluation, run_all
from benchmarks.hard_pairs import SEED
from benchmarks.plan import Plan

EVALUATIONS = (
    Evaluation("BigCloneBench, valid", "bcb", ("valid",)),
    Evaluation("FEMP, all", "femp", ()),
    Evaluation("FEMP, without disputed clones", "femp", (), undisputed=True),
    Evaluation("POJ-104, test", "poj104", ("test",)),
    Evaluation("AtCoder, test", "atcoder", ("test",)),
    Evaluation("AtCoder, test, look-alike negatives", "atcoder", ("test",), hard_negatives=True),
    Evaluation("Rosetta Code, test", "rosetta", ("test",)),
)
SHARES = ("precision", "recall", "f1", "coverage", "average_precision", "roc_auc", "ece")


def run(plan: Plan) -> Json:
    """The ``codesearch.eval`` documents of each set of pairs."""
    return run_all("pairs", EVALUATIONS, plan.data)


def table(figures: Json) -> list[str]:
    """One row per set; recall by type below where the set knows types."""
    documents = [(item["name"], item["document"]) for item in figures["evaluations"]]
    rows = [[name, *(percent(document[key]) for key in SHARES)] for name, document in documents]
    head = ["pairs", "precision", "recall", "F1", "coverage", "AP", "ROC AUC", "ECE"]
    lines = [
        "In percent, at the product's default threshold: only the verdict *clone* counts as reported, and",
        "coverage is the share of pairs that did not get *unsure*. Type-3's threshold was chosen on",
        "BigCloneBench; no threshold was chosen on the other pairs. Look-alike negatives are programs for",
        "another problem, one per clone pair, drawn from the ten that share most words with its first side",
        f"(BM25, seed {SEED}).",
        "",
        *markdown_table(head, rows),
    ]
    typed = [
        [f"{name}: {kind}", str(band["n"]), percent(band["macro_recall"]), percent(band["recall"])]
        for name, document in documents
        for kind, band in document["by_type"].items()
    ]
    return (
        [*lines, "", *markdown_table(["type", "pairs", "macro recall", "recall"], typed)] if typed else lines
    )
