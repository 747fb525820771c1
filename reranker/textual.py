"""Textual evidence of many pairs: the measures of an alignment without its lines.

An audit verifies a hundred thousand pairs. :func:`retriever.alignment.align` keeps what evidence lines are
made of and takes 55 µs for a pair of ordinary functions; here the blind tokens of a content are one character
each, on which the bit-parallel subsequence is fastest, and a pair takes 15 µs.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import LCSseq

from codesearch.core.types import U32, U64, ContentKey
from indexer.segments.snapshot import Snapshot
from retriever.alignment import LARGEST_TABLE, SHORTEST_RUN, align

_REMEMBERED = 1 << 15  # contents; about 2 KB each
_FIRST_CODE = 0x20
_SURROGATES = (0xD800, 0x800)  # code points that no text may hold, and how many


@dataclass(frozen=True, slots=True)
class TextualEvidence:
    """What the text of a pair says; see :mod:`retriever.alignment` and :mod:`reranker.features`.

    Attributes:
        similarity: Share of the longer side's tokens that align, names and literals ignored.
        agreement: Share of them that align with the very same token.
        near_miss: Winnowed n-grams in common over those of the side that has more.
    """

    similarity: float
    agreement: float
    near_miss: float

    @property
    def strength(self) -> float:
        """Geometric mean of agreement and near_miss."""
        return math.sqrt(self.agreement * self.near_miss)


@dataclass(frozen=True, slots=True)
class _Content:
    """A content ready to be compared: ``text`` has one character per blind token."""

    key: ContentKey
    text: str
    named: U64


class TextComparison:
    """Aligns contents of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._codes = _character_codes(snapshot)
        # Plain views: slicing a mapped array takes 2 µs longer.
        self._ids = [np.asarray(segment.arrays.token_ids) for segment in snapshot.segments]
        self._hashes = [np.asarray(segment.vocabulary.hashes) for segment in snapshot.segments]
        self._known: OrderedDict[int, _Content] = OrderedDict()

    def measure(self, first: int, second: int, least: float = 0.0) -> tuple[float, float]:
        """Similarity and agreement of two rows, as :func:`retriever.alignment.align` has them.

        Two zeros where the similarity is certainly under ``least``.
        """
        ours, theirs = self._content(first), self._content(second)
        longer = max(len(ours.text), len(theirs.text), 1)
        enough = math.ceil(least * longer)
        if enough and LCSseq.similarity(ours.text, theirs.text, score_cutoff=enough) < enough:
            return 0.0, 0.0  # the length alone takes a third of the time
        if theirs.key < ours.key:
            ours, theirs = theirs, ours  # of several longest subsequences the order of arguments picks one
        if len(ours.text) * len(theirs.text) > LARGEST_TABLE:
            alignment = align(self._snapshot.fragment(first), self._snapshot.fragment(second))
            return alignment.similarity, alignment.agreement
        aligned = identical = 0
        for block in LCSseq.opcodes(ours.text, theirs.text).as_matching_blocks():
            if block.size >= SHORTEST_RUN:
                aligned += block.size
                same = (
                    ours.named[block.a : block.a + block.size] == theirs.named[block.b : block.b + block.size]
                )
                identical += int(np.count_nonzero(same))
        return aligned / longer, identical / longer

    def _content(self, row: int) -> _Content:
        known = self._known.get(row)
        if known is not None:
            self._known.move_to_end(row)
            return known
        number = int(np.searchsorted(self._snapshot.starts, row, "right")) - 1
        segment, position = self._snapshot.locate(row)
        arrays = segment.arrays
        ids = self._ids[number][arrays.token_starts[position] : arrays.token_starts[position + 1]]
        text = self._codes[number][ids].astype("<u4").tobytes().decode("utf-32-le")
        content = _Content(ContentKey(arrays.exact[position].tobytes()), text, self._hashes[number][ids])
        self._known[row] = content
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return content


def _character_codes(snapshot: Snapshot) -> list[U32]:
    """For each segment uint32 [v]: the code point that stands for each token of its vocabulary, the same for
    tokens that are equal when blind.
    """
    first, count = _SURROGATES
    codes = [numbers + np.uint32(_FIRST_CODE) for numbers in snapshot.blind_numbers]
    return [np.where(numbers >= first, numbers + np.uint32(count), numbers) for numbers in codes]
