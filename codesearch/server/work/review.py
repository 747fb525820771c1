"""What waits for a person, and how those who rate pairs do: found once, and anew when it may be another."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from codesearch.core.filestamp import Stamp, file_stamp
from codesearch.report.json_documents import Document
from codesearch.server.work.agreement import FeedbackFigures, feedback_figures
from codesearch.server.work.open_pairs import OpenPair, find_open_pairs
from codesearch.serving.live_index import LiveIndex
from indexer.segments.manifest import MANIFEST

VERDICTS_TO_LOOK_AGAIN = 10
"""New verdicts after which pairs are looked for anew: they change what is uncertain, but one changes little,
and looking takes seconds."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Pairs, and the index and the number of verdicts at which they were found."""

    stamp: Stamp | None
    verdicts: int
    pairs: tuple[OpenPair, ...]


class ReviewDesk:
    """Keeps what takes seconds to find; threads share one."""

    def __init__(self) -> None:
        self._finding = Lock()
        self._pairs: _Found | None = None
        self._rating = Lock()
        self._figures: tuple[Stamp | None, FeedbackFigures] | None = None

    def found(self, index: LiveIndex, *, stale: bool = False) -> tuple[OpenPair, ...] | None:
        """The pairs that wait, most informative first, as far as they are known; None where they have to be
        looked for.

        Args:
            index: What they are pairs of.
            stale: Also those that were found before the last verdicts, as somebody wants who gives one after
                another.

        Raises:
            EnvironmentFailure: The verdicts cannot be read.
        """
        judged = {precedent.pair for precedent in index.engine.feedback.precedents()}
        known = self._pairs
        if known is None or known.stamp != _stamp(index):
            return None
        left = tuple(pair for pair in known.pairs if pair.contents not in judged)
        fresh = abs(len(judged) - known.verdicts) < VERDICTS_TO_LOOK_AGAIN
        return left if fresh or (stale and left) else None

    def waiting(self, index: LiveIndex, *, stale: bool = False) -> tuple[OpenPair, ...]:
        """The same, looked for where need be, which takes seconds.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
            EnvironmentFailure: The verdicts or the shipped precedents cannot be read.
        """
        while (found := self.found(index, stale=stale)) is None:
            with self._finding:
                if self.found(index, stale=stale) is None:
                    stamp, verdicts = _stamp(index), len(index.engine.feedback.precedents())
                    self._pairs = _Found(stamp, verdicts, find_open_pairs(index))
        return found

    def figures(self, index: LiveIndex) -> FeedbackFigures:
        """How the cascade and the judge do against the user.

        Raises:
            EnvironmentFailure: The verdicts or the shipped precedents cannot be read.
        """
        with self._rating:
            stamp = file_stamp(index.engine.feedback.path)
            if self._figures is None or self._figures[0] != stamp:
                figures = feedback_figures(index.engine, index.engine.feedback.precedents())
                self._figures = stamp, figures
            return self._figures[1]


def _stamp(index: LiveIndex) -> Stamp | None:
    return file_stamp(index.engine.folder.path / MANIFEST)


def open_pair_fields(pair: OpenPair) -> Document:
    """A pair that waits, for programs."""
    first, second = (
        {
            "corpus": place.corpus,
            "path": place.path,
            "start_line": place.start_line,
            "end_line": place.end_line,
            "language": language,
        }
        for place, language in zip(pair.places, pair.languages, strict=True)
    )
    return {
        "id": pair.id,
        "a": first,
        "b": second,
        "verdict": str(pair.verdict),
        "clone_type": None if pair.clone_type is None else str(pair.clone_type),
        "probability": round(pair.after, 4),
        "before_precedents": round(pair.before, 4),
        "alike": pair.alike,
        "why": pair.why,
    }
