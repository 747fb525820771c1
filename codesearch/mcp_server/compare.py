"""The tool ``compare``: are these two pieces of code clones?"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from codesearch.core.results import Evidence, FragmentMatches, Match
from codesearch.mcp_server.paging import cut_page
from codesearch.mcp_server.request import Answer, Request
from codesearch.mcp_server.wording import aligned_lines, degraded_text, joined, reason_text, verdict_text
from codesearch.query.source import Source
from codesearch.report.audit_wording import short, short_path
from codesearch.report.json_documents import best_pairs, compare_document
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import SNIPPET, Named, read_source

MAX_LINES = 60
"""Aligned lines shown of a pair."""


class Compare(Request):
    """Two pieces of code, each as text or as lines of a file."""

    tool: ClassVar[str] = "compare"
    title: ClassVar[str] = "Compare two pieces of code"
    description: ClassVar[str] = (
        "Are two pieces of code clones of each other, and what differs? Call it to decide whether two "
        "functions can become one. Each side is code as text, or a file of the indexed code base with lines. "
        "Returns verdict, clone type (T1 to T4), probability, reason, and the aligned lines: unmarked where "
        "both are equal, - only in the first or as it stands there, + in the second. Two texts need no index."
    )

    first_code: str = Field("", description="The first side as text. Or name first_path.")
    first_path: str = Field("", description="The first side as a file of the indexed code base.")
    first_lines: str = Field("", description="Lines of that file, such as 10-31.")
    second_code: str = Field("", description="The second side as text. Or name second_path.")
    second_path: str = Field("", description="The second side as a file of the indexed code base.")
    second_lines: str = Field("", description="Lines of that file, such as 4-25.")
    language: str = Field("", description="Language of the texts where it cannot be told, such as python.")
    cursor: str = Field("", description="From the page before, with all else the same.")

    def answer(self, index: LiveIndex) -> Answer:
        """Every fragment of the first side with its best counterpart."""
        first = self._read(index, Named(self.first_code, self.first_path, self.first_lines, self.language))
        second = self._read(
            index, Named(self.second_code, self.second_path, self.second_lines, self.language)
        )
        result = index.engine.compare(first, second)
        pairs = best_pairs(result)
        alone = len(pairs) == 1
        page = cut_page(
            index, self, self.cursor, pairs, lambda pair: _pair_text(first, second, *pair, alone=alone)
        )
        document = compare_document(result)
        if isinstance(listed := document.get("pairs"), list):
            document["pairs"] = listed[page.first : page.first + len(page.items)]
        document["page"] = page.document()
        return Answer(joined(*page.texts, page.rest, degraded_text(result.degraded)), document)

    @staticmethod
    def _read(index: LiveIndex, named: Named) -> Source:
        return read_source(index, named, whole=True)


def _pair_text(first: Source, second: Source, ours: FragmentMatches, theirs: Match, *, alone: bool) -> str:
    decision = theirs.decision
    sides = f"{_side(first, ours.name, ours.start_line, ours.end_line)} and " + _side(
        second, theirs.name, theirs.place.start_line, theirs.place.end_line
    )
    shown = _aligned(first, second, ours, theirs, decision.evidence) if alone else ()
    return joined(f"{verdict_text(decision)}: {sides}", reason_text(decision), *shown)


def _side(source: Source, name: str, first: int, last: int) -> str:
    where = "" if source.path == SNIPPET else f"{short_path(source.path)}:"
    return f"{where}{first}-{last}" + (f" {short(name)}" if name else "")


def _aligned(
    first: Source, second: Source, ours: FragmentMatches, theirs: Match, evidence: tuple[Evidence, ...]
) -> list[str]:
    left = ours.start_line, first.lines[ours.start_line - 1 : ours.end_line]
    right = theirs.place.start_line, second.lines[theirs.place.start_line - 1 : theirs.place.end_line]
    return aligned_lines(left, right, evidence, MAX_LINES)
