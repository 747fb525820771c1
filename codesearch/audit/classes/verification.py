"""Textual evidence of pairs, computed once per pair of contents, in this run or an earlier one."""

from __future__ import annotations

import numpy as np

from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.core.types import I64
from reranker.textual import TextComparison, TextualEvidence
from retriever.joins.contents import Contents
from retriever.joins.grams import RowGrams

LEAST_STRENGTH = 0.60
"""Textual strength from which two contents are of one class. A query shows pairs from .52 on and a person
looks at each; a class shows all its pairs at once. On BigCloneBench classes of .57 hold 91.9 % of the ST3
cluster pairs at an estimated precision of .91, those of .60 90.8 % at .94, those of .62 88.0 % at .96."""

LEAST_SIMILARITY = 0.6  # under .5 a pair is no Type-3 (Svajlenko et al. 2014); .6 costs .4 % of ST3 recall
LEAST_PRODUCT = LEAST_STRENGTH**2  # of near_miss and agreement, either of which is at most 1


SHORT = 50  # tokens; what has fewer is mostly idiom
SHORTFALL = 0.01
"""Strength asked beyond the least for every token under ``SHORT``. Of near copies of 30 to 50 tokens in five
repositories 57 % were clones to a blind judge, of longer ones 87 %; asking more keeps 90.8 % of the ST3 pairs
of BigCloneBench, leaving them out 89.2 %."""


def is_class_pair(evidence: TextualEvidence, tokens: int) -> bool:
    """Whether two contents, the shorter one of ``tokens`` tokens, are alike enough for one class."""
    asked = LEAST_STRENGTH + SHORTFALL * max(SHORT - tokens, 0)
    return evidence.strength >= asked and evidence.similarity >= LEAST_SIMILARITY


class Verifier:
    """Evidence of pairs of positions.

    Args:
        contents: What the positions mean.
        grams: Winnowed n-grams of the blind tokens of every position.
        cache: Evidence of earlier runs; what is computed here is added to it.
    """

    def __init__(self, contents: Contents, grams: RowGrams, cache: EvidenceCache) -> None:
        self._rows = contents.rows
        self._grams = grams
        self._cache = cache
        self._compare = TextComparison(contents.snapshot)
        self._known: dict[tuple[int, int], TextualEvidence] = {}
        self.compared = 0

    def prepare(self, left: I64, right: I64) -> None:
        """Look up what earlier runs knew, and count shared n-grams of the rest all at once."""
        known = self._cache.find(self._rows[left], self._rows[right])
        shared = self._grams.shared(left, right)
        counts = self._grams.counts
        overlaps = shared / np.maximum(np.maximum(counts[left], counts[right]), 1)
        for pair, overlap, cached in zip(
            zip(left.tolist(), right.tolist(), strict=True), overlaps.tolist(), known, strict=True
        ):
            self._known[pair] = self._measure(*pair, overlap) if cached is None else cached

    def evidence(self, first: int, second: int) -> TextualEvidence:
        """Evidence of two positions in any order."""
        pair = (first, second) if first < second else (second, first)
        known = self._known.get(pair)
        if known is None:
            ours, theirs = self._values(pair[0]), self._values(pair[1])
            shared = len(np.intersect1d(ours, theirs, assume_unique=True))
            known = self._measure(*pair, shared / max(len(ours), len(theirs), 1))
            self._known[pair] = known
        return known

    def _values(self, position: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        starts = self._grams.starts
        return self._grams.values[starts[position] : starts[position + 1]]

    def _measure(self, left: int, right: int, overlap: float) -> TextualEvidence:
        if overlap < LEAST_PRODUCT:  # whatever the names, it is no clone
            return TextualEvidence(0.0, 0.0, overlap)
        first, second = int(self._rows[left]), int(self._rows[right])
        self.compared += 1
        evidence = TextualEvidence(*self._compare.measure(first, second, LEAST_SIMILARITY), overlap)
        self._cache.add(first, second, evidence)
        return evidence
