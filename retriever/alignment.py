"""Token alignment of two fragments: what is the same, in order, and on which lines.

The longest common subsequence of the blind token streams (bit-parallel, Hyyrö 2004, by rapidfuzz) is cut
into runs of at least ``SHORTEST_RUN`` tokens; shorter runs are what any two pieces of code share. Two
numbers come of it:

* similarity: share of the longer side's tokens that lie in a run, names and literals ignored;
* agreement: share of the longer side's tokens that lie in a run and are the very same token on both sides.

On BigCloneBench agreement separates near-miss copies better than similarity or the cosine of n-grams
(Type-3 recall at equal precision), because unrelated code of one language agrees in its punctuation but not
in its names. Joined with the overlap of fingerprints it does better still: see docs/adr/0002.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rapidfuzz.distance import LCSseq

from codesearch.core.types import I64, U64, Fragment, Mask, TokenKind, Tokens
from indexer.normal.keys import blind_tokens

SHORTEST_RUN = 4  # 1, 3, 5, 7 and 10 gave less recall of moderately similar pairs at equal precision
LARGEST_TABLE = 1 << 27  # cells of the bit matrix: 16 MB; larger pairs are aligned line by line


@dataclass(frozen=True, slots=True)
class Rename:
    """An identifier that the match calls otherwise, and how often."""

    query: str
    match: str
    count: int


@dataclass(frozen=True)
class Alignment:
    """Runs of aligned tokens of a query and a match fragment.

    Attributes:
        query: The query's tokens.
        match: The match's tokens.
        query_positions: int64 [m], ascending: aligned token positions of the query.
        match_positions: int64 [m], the position that each is aligned with.
    """

    query: Tokens
    match: Tokens
    query_positions: I64
    match_positions: I64

    @cached_property
    def identical(self) -> Mask:
        """bool [m]: the aligned tokens are the same token."""
        same: Mask = self.query.hashes[self.query_positions] == self.match.hashes[self.match_positions]
        return same

    @property
    def longer(self) -> int:
        """Tokens of the longer side."""
        return max(len(self.query), len(self.match), 1)

    @property
    def similarity(self) -> float:
        """Share of the longer side that is aligned, 0 to 1."""
        return len(self.query_positions) / self.longer

    @property
    def agreement(self) -> float:
        """Share of the longer side that is aligned with the very same token, 0 to 1."""
        return float(np.count_nonzero(self.identical)) / self.longer

    def renames(self) -> list[Rename]:
        """Identifiers aligned with another identifier, most frequent first."""
        kinds = self.query.kinds[self.query_positions]
        changed = ~self.identical & (kinds == TokenKind.IDENTIFIER)
        ours = self.query.ids[self.query_positions[changed]].tolist()
        theirs = self.match.ids[self.match_positions[changed]].tolist()
        names = self.query.vocabulary.texts, self.match.vocabulary.texts
        counts = Counter(zip(ours, theirs, strict=True))
        return [
            Rename(_text(names[0][ours]), _text(names[1][theirs]), count)
            for (ours, theirs), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]


def align(query: Fragment, match: Fragment) -> Alignment:
    """Align two fragments, of one language or of two; the runs do not depend on which is the query."""
    if match.exact_key < query.exact_key:
        # Of several longest subsequences the algorithm picks one by the order of its arguments.
        swapped = align(match, query)
        return Alignment(query.tokens, match.tokens, swapped.match_positions, swapped.query_positions)
    ours, theirs = blind_tokens(query.tokens), blind_tokens(match.tokens)
    if len(ours) * len(theirs) <= LARGEST_TABLE:
        blocks = _common_runs(ours.tolist(), theirs.tolist())
    else:
        blocks = _common_lines(ours, query.tokens, theirs, match.tokens)
    sizes = blocks[:, 2]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Alignment(
        query.tokens,
        match.tokens,
        np.repeat(blocks[:, 0], sizes) + within,
        np.repeat(blocks[:, 1], sizes) + within,
    )


def _common_runs(ours: list[int], theirs: list[int]) -> I64:
    """int64 [r, 3]: query start, match start and length of every run that is long enough."""
    runs = [
        (block.a, block.b, block.size)
        for block in LCSseq.opcodes(ours, theirs).as_matching_blocks()
        if block.size >= SHORTEST_RUN
    ]
    return np.array(runs, np.int64).reshape(-1, 3)


def _common_lines(ours: U64, our_tokens: Tokens, theirs: U64, their_tokens: Tokens) -> I64:
    """The same with whole lines as the units: a thousandth of the cells for fragments of ten thousand
    tokens.
    """
    our_edges, our_lines = _line_hashes(ours, our_tokens)
    their_edges, their_lines = _line_hashes(theirs, their_tokens)
    runs = [
        (our_edges[a], their_edges[b], our_edges[a + size] - our_edges[a])
        for a, b, size in LCSseq.opcodes(our_lines, their_lines).as_matching_blocks()
    ]
    return np.array([run for run in runs if run[2] >= SHORTEST_RUN], np.int64).reshape(-1, 3)


def _line_hashes(blind: U64, tokens: Tokens) -> tuple[I64, list[bytes]]:
    """Token positions where lines begin (and the end), and the blind content of each line."""
    edges = np.flatnonzero(np.diff(tokens.lines, prepend=-1, append=np.iinfo(np.int32).max))
    return edges, [blind[first:last].tobytes() for first, last in itertools.pairwise(edges)]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
