"""Matches before and after the judge: drafts with the decision of the cascade, then final ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesearch.core.judge import Case, CaseSide, Ruling
from codesearch.core.results import Decision, Match, Place, Verdict
from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import I32, Fragment, Span, Tokens
from codesearch.query.source import Source
from reranker.cascade import Settled
from reranker.judge.stage import ruled

CONTRASTS = 2  # neighbours that are no clones, kept per fragment to be shown to a judge


@dataclass(frozen=True, slots=True)
class Draft:
    """A match with the cascade's decision.

    Attributes:
        match: Without rank, evidence or explanation.
        place: The occurrence that is shown.
        fragment: Its content.
        pair: The decision with its alignment.
    """

    match: Match
    place: Occurrence
    fragment: Fragment
    pair: Settled


def case_of(source: Source, span: Span, query: Fragment, draft: Draft, contrast: Sequence[Fragment]) -> Case:
    """What a judge is asked about a draft."""
    decision, place = draft.pair.decision, draft.place
    return Case(
        first=source_side(source, span, query),
        second=CaseSide(draft.fragment, place.place, place.name, place.container),
        dense=decision.scores.get("dense", 0.0),  # none where only the user is asked
        decision=decision,
        contrast=tuple(contrast),
    )


def source_side(source: Source, span: Span, fragment: Fragment) -> CaseSide:
    """A fragment of what the user asks about."""
    place = Place("", source.path, span.start_line, span.end_line)
    return CaseSide(fragment, place, span.name, span.container, source.text)


def contrast_of(settled: Sequence[tuple[Fragment, Decision]]) -> list[Fragment]:
    """The candidates that are no clones and yet nearest, nearest first."""
    others = [(fragment, decision) for fragment, decision in settled if decision.verdict is Verdict.NOT_CLONE]
    others.sort(key=lambda pair: (-pair[1].scores["dense"], pair[0].exact_key))
    return [fragment for fragment, _ in others[:CONTRASTS]]


def laid_out(draft: Draft, lines: I32 | None) -> Draft:
    """The draft with the lines of the place that is shown, which the judges and the evidence speak of.

    Args:
        draft: With the lines that its content was stored with.
        lines: int32 [n], those of the place, counted from 0, where they are others.
    """
    if lines is None or draft.pair.alignment is None:
        return draft
    alignment = replace(draft.pair.alignment, match=_relaid(draft.pair.alignment.match, lines))
    fragment = replace(draft.fragment, tokens=_relaid(draft.fragment.tokens, lines))
    return replace(draft, fragment=fragment, pair=replace(draft.pair, alignment=alignment))


def final_matches(drafts: Sequence[tuple[Draft, Ruling | None]], span: Span) -> list[Match]:
    """The matches with their final decisions, evidence and ranks, best first."""
    decided = []
    for draft, ruling in drafts:
        place = draft.place
        starts = span.start_line, place.place.start_line
        decided.append((ruled(_explained(draft.pair, place), ruling, starts), draft))
    decided.sort(key=lambda pair: pair[0].rank)  # stable: ties keep the order of their contents
    return [
        Match(rank, draft.place.name, draft.match.language, draft.match.occurrences, decision)
        for rank, (decision, draft) in enumerate(decided, 1)
    ]


def _explained(pair: Settled, place: Occurrence) -> Decision:
    """The decision with its evidence, the match's lines being those of its file."""
    if pair.alignment is None:
        return pair.decision
    relative = pair.alignment.match
    moved = _relaid(relative, relative.lines + np.int32(place.place.start_line))
    return replace(pair, alignment=replace(pair.alignment, match=moved)).explained()


def _relaid(tokens: Tokens, lines: I32) -> Tokens:
    """The same tokens on other lines."""
    return Tokens(tokens.ids, lines, None, tokens.vocabulary)
