"""The lanes of the retriever alone and fused, with and without the reranker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.models.cells import METRICS, by_set, scopes_of, with_interval
from benchmarks.models.contenders import Contender, Precomputed
from benchmarks.models.yardsticks import SETS, Parsed, measure, parse, product
from benchmarks.plan import Plan
from codesearch.engine import Engine
from codesearch.evaluation.lanes import LaneName
from retriever.lanes import EXPANSION

QUERIES = 500  # the reranker takes 0.1 to 0.2 s for the 100 candidates of each in three scopes


@dataclass(frozen=True, slots=True)
class Ranking:
    """What orders the fragments of an index for a query."""

    lane: LaneName
    rerank: bool = False


_WITHOUT_INTERVAL = {
    "average_precision": "AP",
    "map_at_20": "MAP@20",
    "recall_at_10": "recall@10",
    "recall_at_100": "recall@100",
}

RANKINGS = (
    Ranking(LaneName.DENSE),
    Ranking(LaneName.LEXICAL),
    Ranking(LaneName.NEAR_MISS),
    Ranking(LaneName.FUSED),
    Ranking(LaneName.DENSE, rerank=True),
    Ranking(LaneName.FUSED, rerank=True),
)


def run(plan: Plan) -> Json:
    """The default embedder's product on the sets that are marked for it.

    Raises:
        InputError: The labelled data is not there.
    """
    engine = product()
    model = engine.settings.embedding.model
    default = Contender(model, model)
    rankings: list[Json] = []
    for yardstick in SETS:
        if yardstick.lanes:
            rankings += compare_lanes(engine, default, parse(yardstick, plan, renamed=False))
    return {
        "model": default.name,
        "calibration": engine.cascade.calibration.id,
        "candidates": engine.settings.retrieval.candidates,
        "expansion": EXPANSION,
        "weights": engine.settings.retrieval.weights.model_dump(),
        "seed": plan.seed,
        "rankings": rankings,
    }


def compare_lanes(engine: Engine, contender: Contender, parsed: Parsed) -> Iterator[Json]:
    """Each lane, their fusion and the reranker, for the same queries against the whole split."""
    vectors = Precomputed.of(contender.embedder, parsed.data.fragments)
    for ranking in RANKINGS:
        options = replace(parsed.options, lane=ranking.lane, rerank=ranking.rerank, queries=QUERIES)
        yield {"set": parsed.title, "document": measure(engine, vectors, parsed, options)}
        print(f"lanes: {parsed.title}, {ranking.lane} measured", file=sys.stderr)


def table(figures: Json) -> list[str]:
    """One row per data set, scope and ranking."""
    counts = sorted({item["document"]["counts"]["queries"] for item in figures["rankings"]})
    asked = " or ".join(f"{count:,}" for count in counts)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in figures["weights"].items()).replace("_", "-")
    rows = []
    for title, items in by_set(figures["rankings"]):
        for scope, scope_title in scopes_of(items[0]["document"]):
            for item in items:
                document = item["document"]
                cells = [with_interval(document, metric, scope) for metric in METRICS]
                cells += [percent(document[metric][scope]) for metric in _WITHOUT_INTERVAL]
                rows.append([f"{title}: {scope_title}", _shown(document["options"]), *cells])
    head = ["data, scope", "ranked by", "MAP@R", "P@1", *_WITHOUT_INTERVAL.values()]
    return [
        f"{figures['model']} in the dense lane. Every row of a data set has the same {asked} random queries",
        f"(seed {figures['seed']}) and ranks all fragments of the test split. *dense* is the embedder alone;",
        "*fused* is what `codesearch query` does: the dense query expanded by its",
        f"{figures['expansion']} nearest fragments, the lanes weighted ({weights}). *reranked*: the first",
        f"{figures['candidates']} candidates ordered by P(clone) ({figures['calibration']}), copies first.",
        "Percent, 95 % intervals in brackets. AP: average precision of the first 20 candidates of all",
        "queries, as the lane proposes them, ranked together by the score that orders them in the end.",
        "",
        *markdown_table(head, rows, texts=2),
    ]


def _shown(options: Json) -> str:
    """What ranked, by the options of a document."""
    return str(options["lane"]).replace("_", "-") + (", reranked" if options["rerank"] else "")
