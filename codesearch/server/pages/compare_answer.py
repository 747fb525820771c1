"""What a comparison found, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import UsageError
from codesearch.core.results import Decision, FragmentMatches, Match, Verdict
from codesearch.query.source import Source
from codesearch.report.json_documents import best_pairs
from codesearch.server.pages.addresses import file_address
from codesearch.server.pages.compare_form import CompareForm, SideForm
from codesearch.server.pages.decision_words import Score, decider, scores_of
from codesearch.server.pages.degraded_words import Note, notes_of
from codesearch.server.pages.side_by_side import Limits, SideBySide, Text, align, in_rows
from codesearch.server.pages.side_by_side_bands import Drawing, drawn
from codesearch.server.work.compare import Compared
from indexer.corpus.names import display_path

_LIMITS = Limits(rows=2000, characters=300_000)

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair of fragments in the list of all.

    Attributes:
        number: 1 for the best.
        left: Name and lines of its left side.
        right: Likewise.
        decision: The answer about it.
        address: The page that shows it; empty where the form must be sent again for it.
    """

    number: int
    left: str
    right: str
    decision: Decision
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page shows beside the form.

    Attributes:
        pair: The number of the pair that is shown.
        pairs: All pairs, best first.
        decision: About the pair that is shown.
        decided_by: Who gave it, in words.
        scores: What the stages said.
        notes: What did not run as configured.
        sides: The pair in rows.
        drawing: The pair in panes.
        verdict: Fields that name the pair to whom a verdict is sent.
    """

    pair: int
    pairs: tuple[PairRow, ...]
    decision: Decision
    decided_by: str
    scores: tuple[Score, ...]
    notes: tuple[Note, ...]
    sides: SideBySide
    drawing: Drawing
    verdict: tuple[tuple[str, str], ...]


def chosen_pair(compared: Compared, form: CompareForm) -> tuple[FragmentMatches, Match]:
    """The pair that a form asks for.

    Raises:
        UsageError: There is no such pair.
    """
    pairs = best_pairs(compared.result)
    if form.pair > len(pairs):
        raise UsageError(f"there are {len(pairs)} pairs, not {form.pair}", "choose one of the list")
    return pairs[form.pair - 1]


def answer_of(compared: Compared, form: CompareForm, roots: Mapping[str, Path], said_by: str = "") -> Answer:
    """The answer to a form.

    Args:
        compared: What came of it.
        form: What was asked.
        roots: Folders of the corpora that files of it are in.
        said_by: Whose verdict it is that decided the pair, in words; empty where nobody had given one.

    Raises:
        UsageError: There is no such pair.
    """
    pairs = best_pairs(compared.result)
    fragment, match = chosen_pair(compared, form)
    ours, theirs = (fragment.start_line, fragment.end_line), (match.place.start_line, match.place.end_line)
    alignment = align(
        _text(compared.first, ours, form.a.title or "left code", roots),
        _text(compared.second, theirs, form.b.title or "right code", roots),
        match.decision.evidence,
    )
    shared = form.shareable
    return Answer(
        pair=form.pair,
        pairs=tuple(
            _row(number, pair, form.at(number).address if shared else "")
            for number, pair in enumerate(pairs, 1)
        ),
        decision=match.decision,
        decided_by=said_by or decider(match.decision.decided_by),
        scores=scores_of(match.decision),
        notes=notes_of(compared.result.degraded, unsure=match.decision.verdict is Verdict.UNSURE),
        sides=in_rows(alignment, _LIMITS),
        drawing=drawn(alignment),
        verdict=(
            *_side(compared.first, ours, form.a).fields("a"),
            *_side(compared.second, theirs, form.b).fields("b"),
        ),
    )


def _text(source: Source, lines: Lines, title: str, roots: Mapping[str, Path]) -> Text:
    first, last = lines
    return Text(
        lines=source.lines[first - 1 : last],
        start_line=first,
        language=source.language.id,
        title=f"{title}:{first}-{last}",
        href=_address(source, lines, roots),
    )


def _address(source: Source, lines: Lines, roots: Mapping[str, Path]) -> str:
    """The page of a file of a corpus; empty for pasted code."""
    if source.absolute is None:
        return ""
    for corpus, root in roots.items():
        if source.absolute.is_relative_to(root.resolve()):
            path = display_path(str(source.absolute.relative_to(root.resolve())))
            return file_address(corpus, path, *lines)
    return ""


def _side(source: Source, lines: Lines, side: SideForm) -> SideForm:
    """One fragment of a side, as a verdict names it; the whole side where it is the only one."""
    language = "" if side.path else source.language.id
    wanted = f"{lines[0]}-{lines[1]}" if side.path or len(source.fragments) > 1 else ""
    return SideForm(side.code, side.path, wanted, language, side.name)


def _row(number: int, pair: tuple[FragmentMatches, Match], address: str) -> PairRow:
    fragment, match = pair
    return PairRow(
        number=number,
        left=_name(fragment.name, (fragment.start_line, fragment.end_line)),
        right=_name(match.name, (match.place.start_line, match.place.end_line)),
        decision=match.decision,
        address=address,
    )


def _name(name: str, lines: Lines) -> str:
    return f"{name} ({lines[0]}–{lines[1]})" if name else f"lines {lines[0]}–{lines[1]}"
