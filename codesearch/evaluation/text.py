"""The documents of ``eval`` as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from codesearch.evaluation.ranking import Scope
from codesearch.report.printable import printable

_METRICS = {
    "map_at_r": "MAP@R",
    "p_at_1": "P@1",
    "average_precision": "AP of 20",
    "map_at_20": "MAP@20",
    "recall_at_10": "recall@10",
    "recall_at_100": "recall@100",
}
_PAIR_METRICS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "coverage": "coverage",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "ece": "calibration error",
    "threshold": "clone threshold",
}


def retrieval_lines(document: Mapping[str, object]) -> Iterator[str]:
    """A table of the metrics by scope, and what was measured."""
    yield f"{'':<12}" + "".join(f"{scope.value.replace('_', ' '):>16}" for scope in Scope)
    for key, title in _METRICS.items():
        values = cast("Mapping[str, float | None]", document[key])
        yield f"{title:<12}" + "".join(f"{_shown(values[scope.value]):>16}" for scope in Scope)
    yield from _language_pair_lines(document)
    yield from _setting_lines(document)


def pairs_lines(document: Mapping[str, object]) -> Iterator[str]:
    """The metrics, recall by type, who decided, and what was measured."""
    for key, title in _PAIR_METRICS.items():
        yield f"{title:<20}{_shown(cast('float | None', document[key])):>8}"
    yield from _type_lines(document)
    decided = cast("Mapping[str, int]", document["decided_by"])
    yield "decided by: " + ", ".join(f"{name} {count:,}" for name, count in decided.items())
    yield from _setting_lines(document)


def detection_lines(document: Mapping[str, object]) -> Iterator[str]:
    """Recall, over all and by type, and what was measured."""
    yield f"{'recall':<8}{_shown(cast('float | None', document['recall'])):>18}"
    yield from _type_lines(document)
    yield from _setting_lines(document)


def _type_lines(document: Mapping[str, object]) -> Iterator[str]:
    by_type = cast("Mapping[str, Mapping[str, float]]", document["by_type"])
    if by_type:
        yield f"{'type':<8}{'pairs':>8}{'recall':>10}{'macro':>10}"
    for name, band in by_type.items():
        recalls = f"{_shown(band['recall']):>10}{_shown(band['macro_recall']):>10}"
        yield f"{printable(name):<8}{band['n']:>8,}{recalls}"


def _language_pair_lines(document: Mapping[str, object]) -> Iterator[str]:
    rows = cast("Sequence[Mapping[str, object]]", document.get("language_pairs", ()))
    if rows:
        yield f"{'query':<12}{'answer':<12}{'queries':>8}{'MAP@R':>10}{'P@1':>10}"
    for row in rows:
        names = "".join(f"{printable(str(row[key])):<12}" for key in ("query_language", "answer_language"))
        figures = "".join(f"{_shown(cast('float', row[key])):>10}" for key in ("map_at_r", "p_at_1"))
        yield f"{names}{row['queries']:>8,}{figures}"


def _setting_lines(document: Mapping[str, object]) -> Iterator[str]:
    for key in ("counts", "options", "models", "seconds"):
        values = cast("Mapping[str, object]", document[key])
        shown = [f"{name} {_plain(value)}" for name, value in values.items() if not isinstance(value, dict)]
        if shown:
            yield f"{key}: " + ", ".join(shown)


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
