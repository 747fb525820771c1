"""The tool ``compare``: are these two pieces of code clones?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from codesearch.core.results import Evidence, FragmentMatches, Match, QueryResult
from codesearch.mcp_server.paging import PAGE_ITEMS, Page, cut_page
from codesearch.mcp_server.request import Answer, Request
from codesearch.mcp_server.wording import (
    aligned_lines,
    degraded_text,
    excerpt,
    joined,
    reason_text,
    verdict_text,
)
from codesearch.query.source import Source
from codesearch.report.audit_wording import short, short_path
from codesearch.report.json_documents import Document, best_pairs, compare_document
from codesearch.serving.cuts import EVIDENCE, cut_result
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import SNIPPET, Named, read_source

MOST_RANGES = 100
"""Aligned ranges in the document, a page of pairs sharing them."""


class Compare(Request):
    """Two pieces of code, each as text or as lines of a file."""

    tool: ClassVar[str] = "compare"
    title: ClassVar[str] = "Compare two pieces of code"
    description: ClassVar[str] = (
        "Are two pieces of code clones of each other, and what differs? Call it to decide whether two "
        "functions can become one. Each side is code as text, or a file of the indexed code base with lines. "
        "Returns verdict, clone type (T1 to T4), probability, reason, and the aligned lines: unmarked where "
        "both are equal, - only in the first or as it stands there, + in the second. A long alignment "
        "is cut: ask again about fewer lines to see more. Two texts need no index."
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
        text = joined(
            *page.texts,
            page.rest,
            "" if alone else "Compare one pair by its lines to see it aligned.",
            degraded_text(result.degraded),
        )
        return Answer(text, _document(result, page, alone=alone))

    @staticmethod
    def _read(index: LiveIndex, named: Named) -> Source:
        return read_source(index, named, whole=True)


def _document(result: QueryResult, page: Page[tuple[FragmentMatches, Match]], *, alone: bool) -> Document:
    """``codesearch.compare/1`` with the pairs of a page, and as many aligned ranges as fit a context."""
    cut = cut_result(result, MOST_RANGES if alone else MOST_RANGES // PAGE_ITEMS)
    document = compare_document(cut)
    if isinstance(listed := document.get("pairs"), list):
        document["pairs"] = listed[page.first : page.first + len(page.items)]
    document["page"] = {**page.document(), "left_out": ["evidence"] if EVIDENCE in cut.degraded else []}
    return document


def _pair_text(first: Source, second: Source, ours: FragmentMatches, theirs: Match, *, alone: bool) -> str:
    decision = theirs.decision
    sides = f"{_side(first, ours.name, ours.start_line, ours.end_line)} and " + _side(
        second, theirs.name, theirs.place.start_line, theirs.place.end_line
    )
    aligned = _aligned(first, second, ours, theirs, decision.evidence) if alone else ()
    shown = excerpt(aligned, "compare fewer lines of both sides to see them")
    return joined(f"{verdict_text(decision)}: {sides}", reason_text(decision), *shown)


def _side(source: Source, name: str, first: int, last: int) -> str:
    where = "" if source.path == SNIPPET else f"{short_path(source.path)}:"
    return f"{where}{first}-{last}" + (f" {short(name)}" if name else "")


def _aligned(
    first: Source, second: Source, ours: FragmentMatches, theirs: Match, evidence: tuple[Evidence, ...]
) -> Iterator[str]:
    left = ours.start_line, first.lines[ours.start_line - 1 : ours.end_line]
    right = theirs.place.start_line, second.lines[theirs.place.start_line - 1 : theirs.place.end_line]
    return aligned_lines(left, right, evidence)
