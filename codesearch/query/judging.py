"""Matches before and after the judge: drafts with the decision of the cascade, then final ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesearch.core.judge import Case, CaseSide, Ruling
from codesearch.core.results import Decision, Match, Place, Verdict
from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import Fragment, Span, Tokens
from codesearch.query.source import Source
from indexer.segments.layout import unpack_layout
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
        dense=decision.scores["dense"],
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


def final_matches(
    drafts: Sequence[tuple[Draft, Ruling | None]], span: Span, layouts: Mapping[int, bytes]
) -> list[Match]:
    """The matches with their final decisions, evidence and ranks, best first."""
    decided = []
    for draft, ruling in drafts:
        place = draft.place
        decision = _explained(draft.pair, place, layouts.get(place.fragment_id))
        starts = span.start_line, place.place.start_line
        decided.append(replace(draft.match, name=place.name, decision=ruled(decision, ruling, starts)))
    decided.sort(key=lambda match: match.decision.rank)  # stable: ties keep the order of their contents
    return [replace(match, rank=rank) for rank, match in enumerate(decided, 1)]


def _explained(pair: Settled, place: Occurrence, packed: bytes | None) -> Decision:
    """The decision with its evidence, the match's lines being those of the place that is shown.

    Args:
        pair: The decision and its alignment.
        place: Where the match stands.
        packed: The place's layout where it differs from the stored one.
    """
    stored = pair.alignment.match
    relative = stored.lines if packed is None else unpack_layout(packed)
    lines = (relative + np.int32(place.place.start_line)).astype(np.int32)
    moved = Tokens(stored.ids, lines, None, stored.vocabulary)
    return replace(pair, alignment=replace(pair.alignment, match=moved)).explained()
