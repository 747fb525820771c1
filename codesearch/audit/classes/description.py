"""What the members of a class have in common and what varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from codesearch.audit.classes.parts import Part
from codesearch.audit.classes.skeleton import skeleton_of
from codesearch.core.audit import Variation
from codesearch.core.results import CloneType
from codesearch.core.types import Fragment, TokenKind
from indexer.normal.keys import make_fragment
from indexer.segments.snapshot import Snapshot
from retriever.alignment import Alignment, align

MOST_COMPARED = 12
"""Members compared with the first one at most, spread over the class: it bounds the cost of a class of
thousands, and what varies among so many is known after a few."""

_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far the members of a group are from the first one.

    Attributes:
        clone_type: Of the loosest.
        similarity: Share of tokens that the least similar one aligns.
        probability: P(clone) of the least probable one.
        variation: What differs.
    """

    clone_type: CloneType
    similarity: float
    probability: float
    variation: Variation


def content_of(snapshot: Snapshot, part: Part) -> Fragment:
    """The tokens of a part as a fragment; a whole content has the keys of its row."""
    fragment = snapshot.fragment(part.row)
    if part.whole:
        return fragment
    return make_fragment(fragment.language, fragment.tokens.cut(part.first, part.last))


class Rating(Protocol):
    """Says how probably two contents are clones."""

    @property
    def id(self) -> str:
        """What rates, with its version."""
        ...

    def probability(self, first: Fragment, other: Fragment, alignment: Alignment) -> float:
        """P(clone) of a pair."""
        ...


def compare_members(contents: Sequence[Fragment], rating: Rating) -> Comparison:
    """Compare the first content of a group with the others, equal ones once."""
    first = contents[0]
    distinct = distinct_others(contents)
    chosen = spread(distinct)
    alignments = [aligned(first, other) for other in chosen]
    renamed = all(other.renamed_key == first.renamed_key for other in distinct)
    copied = all(other.exact_key == first.exact_key for other in distinct)  # in several languages
    kind = CloneType.T1 if copied else CloneType.T2 if renamed else CloneType.T3
    return Comparison(
        kind,
        min(found.similarity for found in alignments),
        min(rating.probability(first, *pair) for pair in zip(chosen, alignments, strict=True)),
        _variation(alignments, kind),
    )


def distinct_others(contents: Sequence[Fragment]) -> list[Fragment]:
    """The contents that differ from the first one, each once, by key; the first one where none does."""
    first = contents[0]
    others = {(content.exact_key, content.language): content for content in contents[1:]}
    others.pop((first.exact_key, first.language), None)
    return [others[key] for key in sorted(others)] or [first]


def spread(contents: Sequence[Fragment]) -> Sequence[Fragment]:
    """At most :data:`MOST_COMPARED` of some contents, in even steps."""
    return contents[:: -(-len(contents) // MOST_COMPARED)]


def aligned(first: Fragment, other: Fragment) -> Alignment:
    """What two contents share; all of it where only names and literals differ."""
    if first.renamed_key == other.renamed_key and len(first.tokens) == len(other.tokens):
        every = np.arange(len(first.tokens))
        return Alignment(first.tokens, other.tokens, every, every)
    return align(first, other)


def _variation(alignments: Sequence[Alignment], kind: CloneType) -> Variation:
    names: dict[tuple[str, str], int] = {}
    for alignment in alignments:
        for rename in alignment.renames():
            pair = rename.query, rename.match
            names[pair] = names.get(pair, 0) + rename.count
    ordered = sorted(names, key=lambda pair: (-names[pair], pair))
    return Variation(
        names=tuple(ordered[:_NAMES_SHOWN]),
        renamed=len({ours for ours, _ in names}),
        literals=max(map(_literals, alignments)),
        statements=max(map(_changed_lines, alignments)) if kind is CloneType.T3 else 0,
        skeleton=() if kind is CloneType.T1 else skeleton_of(alignments),
    )


def _literals(alignment: Alignment) -> int:
    """Aligned numbers and strings of other value."""
    kinds = alignment.query.kinds[alignment.query_positions]
    literal = (kinds == TokenKind.NUMBER) | (kinds == TokenKind.STRING)
    return int(np.count_nonzero(literal & ~alignment.identical))


def _changed_lines(alignment: Alignment) -> int:
    """Lines that hold a token without a partner, on the side that has more of them."""
    sides = (
        (alignment.query, alignment.query_positions),
        (alignment.match, alignment.match_positions),
    )
    return max(len(np.unique(np.delete(tokens.lines, positions))) for tokens, positions in sides)
