"""The tool ``find_clones``: does this code exist already?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from codesearch.core.results import CloneType, FragmentMatches, Match, Place, QueryResult, Verdict
from codesearch.core.types import Role
from codesearch.mcp_server.fragment_uri import fragment_uri
from codesearch.mcp_server.paging import Page, cut_page
from codesearch.mcp_server.request import Answer, Request, Several
from codesearch.mcp_server.wording import (
    code_line,
    degraded_text,
    fragment_text,
    joined,
    reason_text,
    verdict_text,
)
from codesearch.packs.head import is_packed
from codesearch.query.options import SearchOptions, named_filters
from codesearch.report.audit_wording import counted, short
from codesearch.report.json_documents import Document, query_document
from codesearch.report.text import LIKELY
from codesearch.serving.corpus_files import CorpusFiles
from codesearch.serving.globs import Glob
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named, read_source

MAX_PLACES = 3
"""Further places of a match in the text, and in the document."""

Found = tuple[FragmentMatches, Match]


class FindClones(Request):
    """What to look for and where."""

    tool: ClassVar[str] = "find_clones"
    title: ClassVar[str] = "Find existing code like this"
    description: ClassVar[str] = (
        "Does this code already exist in the indexed code base? Call it before writing a new function, with "
        "a draft or only the idea in code, and before changing one, to find every copy that needs the same "
        "change. Finds exact copies (T1), renamed copies (T2), edited copies (T3) and code that does the "
        "same in another way or language (T4); text search finds only the first. Returns places, best "
        "first, each with a verdict (clone or unsure), its probability and the reason."
    )

    code: str = Field("", description="Source text to look for, a function or some lines. Or name a path.")
    path: str = Field("", description="A file of the indexed code base, whose functions are looked for.")
    lines: str = Field("", description="Lines of code or file, such as 10-31; without, all its functions.")
    language: str = Field("", description="Language of the code where it cannot be told, such as python.")
    k: int = Field(10, ge=1, le=100, description="Matches per function at most.")
    min_probability: float = Field(0.0, ge=0, le=1, description="Leave out matches below.")
    types: Several[Literal["T1", "T2", "T3", "T4"]] = Field([], description="Only clones of these types.")
    languages: Several[str] = Field([], description="Only matches in these languages.")
    path_glob: Several[Glob] = Field([], description="Only matches in files that fit, such as src/**/*.py.")
    role: Several[Literal["source", "test", "generated", "vendored", "minified", "data"]] = Field(
        [], description="Only matches in files of this role."
    )
    include_unlikely: bool = Field(False, description="Also show candidates that are probably no clones.")
    code_lines: int = Field(
        0, ge=0, le=60, description="First source lines of each match to show, as its file is now."
    )
    cursor: str = Field("", description="From the page before, with all else the same.")

    def answer(self, index: LiveIndex) -> Answer:
        """Matches, best first per function."""
        source = read_source(index, Named(self.code, self.path, self.lines, self.language))
        with index.searcher() as searcher:
            result = index.engine.query(source, searcher, self._options(index))
        found = [
            (fragment, match)
            for fragment in result.results
            for match in fragment.matches
            if self.include_unlikely or _is_likely(match)
        ]
        files = index.files()
        page = cut_page(index, self, self.cursor, found, lambda pair: self._match_text(index, files, *pair))
        unlikely = sum(len(fragment.matches) for fragment in result.results) - len(found)
        text = joined(
            _summary(result, found),
            *_under_fragments(result, page),
            page.rest,
            f"{counted(unlikely, 'unlikely candidate')} left out; include_unlikely shows them."
            if unlikely and not page.cursor
            else "",
            degraded_text(result.degraded),
        )
        return Answer(text, _document(result, page, unlikely))

    def _options(self, index: LiveIndex) -> SearchOptions:
        return SearchOptions.of(
            index.engine.settings.retrieval,
            named_filters(self.languages, self.path_glob, map(Role, self.role)),
            k=self.k,
            types=map(CloneType, self.types),
            min_probability=self.min_probability,
        )

    def _match_text(
        self, index: LiveIndex, files: CorpusFiles, fragment: FragmentMatches, match: Match
    ) -> str:
        language = "" if match.language == fragment.language else f" ({match.language})"
        name = f" {short(match.name)}" if match.name else ""
        place = files.shown(match.place, index.here)
        return joined(
            f"{match.rank}. {verdict_text(match.decision)} {place}{name}{language}",
            f"   {reason_text(match.decision)}" if match.decision.explanation else "",
            _other_places(files, index, match.occurrences[1:]),
            *self._code(files, match.place),
        )

    def _code(self, files: CorpusFiles, place: Place) -> Iterator[str]:
        if not self.code_lines:
            return
        lines = files.lines(place)
        if not lines:
            gone = "its lines are gone; run `codesearch index`"
            yield f"   ({'its pack has no source' if is_packed(place.corpus) else gone})"
            return
        for line in lines[: self.code_lines]:
            yield f"   | {code_line(line)}"


def _is_likely(match: Match) -> bool:
    """As the command line decides what is worth reading."""
    decision = match.decision
    return decision.verdict is Verdict.CLONE or (
        decision.verdict is Verdict.UNSURE and decision.probability >= LIKELY
    )


def _other_places(files: CorpusFiles, index: LiveIndex, others: tuple[Place, ...]) -> str:
    if not others:
        return ""
    shown = [files.shown(place, index.here) for place in others[:MAX_PLACES]]
    if len(others) > MAX_PLACES:
        shown.append(counted(len(others) - MAX_PLACES, "more place"))
    return f"   also in {', '.join(shown)}"


def _summary(result: QueryResult, found: Iterable[Found]) -> str:
    verdicts = [match.decision.verdict for _, match in found]
    clones = verdicts.count(Verdict.CLONE)
    of = f"for {counted(result.fragments, 'fragment')} of {result.language}"
    if not verdicts:
        return f"No clone found {of}."
    unsure = verdicts.count(Verdict.UNSURE)
    told = [f"{counted(clones, 'clone')} found"] if clones else ["No certain clone found"]
    if unsure:
        told.append(f"{unsure} unsure")
    return f"{', '.join(told)} {of}."


def _under_fragments(result: QueryResult, page: Page[Found]) -> Iterator[str]:
    """The matches of a page, each fragment announced before its first one where there are several."""
    announced: FragmentMatches | None = None
    for (fragment, _), text in zip(page.items, page.texts, strict=True):
        if fragment is not announced and len(result.results) > 1:
            yield f"For {fragment_text(fragment)}:"
        announced = fragment
        yield text


def _document(result: QueryResult, page: Page[Found], unlikely: int) -> Document:
    """``codesearch.query/1`` of a page, with what a context has no room for left out: alignments, which
    ``compare`` gives, and the places of a content beyond the first few, which are counted.
    """
    kept: dict[int, list[Match]] = {}
    for fragment, match in page.items:
        kept.setdefault(id(fragment), []).append(match)
    shown = [
        replace(fragment, matches=tuple(_shortened(match) for match in kept[id(fragment)]))
        for fragment in result.results
        if id(fragment) in kept
    ]
    document = query_document(replace(result, results=tuple(shown)))
    document["page"] = {**page.document(), "unlikely_left_out": unlikely, "left_out": ["evidence"]}
    document["resources"] = [fragment_uri(match.place) for _, match in page.items]
    document["more_occurrences"] = [
        max(0, len(match.occurrences) - 1 - MAX_PLACES) for _, match in page.items
    ]
    return document


def _shortened(match: Match) -> Match:
    return replace(
        match,
        occurrences=match.occurrences[: 1 + MAX_PLACES],
        decision=replace(match.decision, evidence=()),
    )
