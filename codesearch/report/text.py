"""A query's answer for a person: per fragment its matches, best first, with what was left out at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from codesearch.core.results import (
    Decision,
    EvidenceKind,
    FragmentMatches,
    Match,
    Place,
    QueryResult,
    Verdict,
)
from codesearch.packs.head import is_packed
from codesearch.report.lines import Indented, unwrapped
from codesearch.report.printable import printable
from codesearch.report.side_by_side import CITED_LEGEND, LEGEND, Excerpt, side_by_side
from indexer.corpus.names import display_path
from reranker.cascade import RERANK_LEFT_OUT, RETRIEVER
from reranker.judge.stage import NOT_CONFIGURED

VERDICT_STYLES = {Verdict.CLONE: "bold green", Verdict.UNSURE: "yellow", Verdict.NOT_CLONE: "dim"}
VERDICT_WORDS = {Verdict.CLONE: "clone", Verdict.UNSURE: "unsure", Verdict.NOT_CLONE: "not a clone"}

MAX_UNSURE = 5
"""Unsure matches printed per fragment; beyond the best few they are noise to a reader."""
LIKELY = 0.5
"""Unsure matches below it are more likely no clones and are only counted."""
MAX_OCCURRENCES = 3
"""Further places printed per match; the rest are counted."""


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How to print.

    Attributes:
        everything: Print also the matches that are no clones, and all places.
        lines_of: Gives the source lines of a place, None when they cannot be had; set to show lines side by
            side.
        locate: Gives the file of a place, for links that terminals can open; None for no link.
        here: Folder from which places are shown, those outside it in full, so that each can be copied into
            the next command; None to show them relative to their corpus.
    """

    everything: bool = False
    lines_of: Callable[[Place], Sequence[str] | None] | None = None
    locate: Callable[[Place], Path | None] | None = None
    here: Path | None = None


def render_query(result: QueryResult, options: TextOptions) -> RenderableType:
    """The whole answer, fragments in file order."""
    return Group(*_query_parts(result, options))


def _query_parts(result: QueryResult, options: TextOptions) -> Iterator[RenderableType]:
    silent = left_out = 0
    uncertain = False
    for fragment in result.results:
        shown = list(fragment.matches) if options.everything else _worth_reading(fragment.matches)
        left_out += len(fragment.matches) - len(shown)
        if not shown:
            silent += 1
            continue
        yield _heading(fragment)
        uncertain |= any(match.decision.verdict is Verdict.UNSURE for match in shown)
        for match in shown:
            yield from _match_parts(fragment, match, options)
        yield Text()
    if options.lines_of is not None and silent < len(result.results):
        yield Text(LEGEND, style="dim")
        if _cites(result):
            yield Text(CITED_LEGEND, style="dim")
    yield from _summary(result, silent, left_out, uncertain=uncertain)


def _cites(result: QueryResult) -> bool:
    """Whether a judge named lines of a match."""
    return any(
        row.kind is EvidenceKind.CITED
        for fragment in result.results
        for match in fragment.matches
        for row in match.decision.evidence
    )


def _worth_reading(matches: Sequence[Match]) -> list[Match]:
    clones = [match for match in matches if match.decision.verdict is Verdict.CLONE]
    unsure = [match for match in matches if match.decision.verdict is Verdict.UNSURE]
    likely = [match for match in unsure if match.decision.probability >= LIKELY]
    retrieved = [match for match in unsure if _is_retrieved(match.decision)]
    return clones + likely[:MAX_UNSURE] + retrieved


def _is_retrieved(decision: Decision) -> bool:
    """Whether nothing compared a match with the query, so that only its rank says something."""
    return decision.decided_by == RETRIEVER


def _heading(fragment: FragmentMatches) -> Text:
    heading = unwrapped(f"{printable(fragment.path)}:{fragment.start_line}-{fragment.end_line}", "bold")
    if fragment.name:
        heading.append(f"  {printable(fragment.name)}")
    return heading.append(f"  {fragment.language}", style="not bold dim")


def _match_parts(fragment: FragmentMatches, match: Match, options: TextOptions) -> Iterator[RenderableType]:
    decision = match.decision
    line = unwrapped(f"{match.rank:>4}  ")
    retrieved = _is_retrieved(decision)
    word = "retrieved" if retrieved else VERDICT_WORDS[decision.verdict]
    label = word if decision.clone_type is None else f"{word} {decision.clone_type}"
    line.append(f"{label:<11}", style=VERDICT_STYLES[decision.verdict])
    line.append("       " if retrieved else f" {decision.probability:>4.0%}  ")
    line.append_text(_place_text(match.place, options))
    if match.name:
        line.append(f"  {printable(match.name)}", style="bold")
    if match.language != fragment.language:
        line.append(f"  {match.language}", style="dim")
    if ":" in decision.decided_by:  # a model, which may be wrong in ways of its own
        line.append(f"  {printable(decision.decided_by)}", style="dim")
    yield line
    if decision.explanation and not retrieved:
        yield Indented(Text(printable(decision.explanation)))
    yield from _other_places(match, options)
    # Lines that do not belong together explain nothing beside each other.
    if options.lines_of is not None and match.decision.verdict is not Verdict.NOT_CLONE:
        yield Indented(_lines_of_pair(fragment, match, options.lines_of))


def _place_text(place: Place, options: TextOptions) -> Text:
    path = options.locate(place) if options.locate else None
    style = Style() if path is None else Style(link=path.absolute().as_uri())
    if path is not None and options.here is not None:
        name = _seen_from(options.here, path)
    else:
        name = f"{place.corpus}/{place.path}" if is_packed(place.corpus) else place.path
    return Text(f"{printable(name)}:{place.start_line}-{place.end_line}", style=style + Style(color="blue"))


def _seen_from(here: Path, path: Path) -> str:
    return display_path(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _other_places(match: Match, options: TextOptions) -> Iterator[RenderableType]:
    others = match.occurrences[1:]
    shown = others if options.everything else others[:MAX_OCCURRENCES]
    for place in shown:
        yield unwrapped("      ").append("also ", style="dim").append_text(_place_text(place, options))
    if len(others) > len(shown):
        yield Indented(Text(f"and in {_count(len(others) - len(shown), 'more place')}", style="dim"))


def _lines_of_pair(
    fragment: FragmentMatches, match: Match, lines_of: Callable[[Place], Sequence[str] | None]
) -> RenderableType:
    if not match.decision.evidence:
        return Text("no aligned lines", style="dim")
    query = lines_of(Place("", fragment.path, fragment.start_line, fragment.end_line))
    other = lines_of(match.place)
    if query is None or other is None:
        return Text("the source changed or is gone since it was indexed", style="dim")
    return side_by_side(
        Excerpt(fragment.start_line, query), Excerpt(match.place.start_line, other), match.decision.evidence
    )


def _summary(result: QueryResult, silent: int, left_out: int, *, uncertain: bool) -> Iterator[RenderableType]:
    if silent:
        of = _count(result.fragments, "fragment")
        nothing = silent == len(result.results)
        yield Text(
            f"No clone of {of} found." if nothing else f"{silent} of {of} without a clone.", style="dim"
        )
    if left_out:
        yield Text(f"{_count(left_out, 'unlikely candidate')} left out; -v prints them.", style="dim")
    if RERANK_LEFT_OUT in result.degraded:
        yield Text("Candidates were not compared: only equal and renamed copies are sure.", style="dim")
    # That no model is set is how it is out of the box, so it is told only where one would have helped.
    degraded = [entry for entry in result.degraded if entry not in {NOT_CONFIGURED, RERANK_LEFT_OUT}]
    if degraded:
        yield Text(f"Did not run as configured: {', '.join(map(printable, degraded))}.", style="yellow")
    if NOT_CONFIGURED in result.degraded and uncertain:
        yield Text("No model is set to judge what is unsure: docs/judge.md tells how.", style="dim")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
