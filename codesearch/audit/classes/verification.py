"""Textual evidence of pairs, computed once per pair of contents, in this run or an earlier one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.audit.classes.evidence_cache import NEAR_MISS, EvidenceCache
from codesearch.core.types import F64, I64
from codesearch.core.workers import HERE, Workers, cut_evenly
from reranker.textual import TextComparison, TextualEvidence
from retriever.joins.contents import Contents
from retriever.joins.grams import RowGrams

LEAST_STRENGTH = 0.60
"""Textual strength from which two contents are of one class. A query shows pairs from .52 on and a person
looks at each; a class shows all its pairs at once. On BigCloneBench classes of .57 hold 91.9 % of the ST3
cluster pairs at an estimated precision of .91, those of .60 90.8 % at .94, those of .62 88.0 % at .96."""

LEAST_SIMILARITY = 0.6  # under .5 a pair is no Type-3 (Svajlenko et al. 2014); .6 costs .4 % of ST3 recall
LEAST_PRODUCT = LEAST_STRENGTH**2  # of near_miss and agreement, either of which is at most 1

_MOST_PAIRS = 1 << 18  # compared at a time, 5 s

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
        workers: Compare the pairs that are known beforehand.
    """

    def __init__(
        self, contents: Contents, grams: RowGrams, cache: EvidenceCache, workers: Workers = HERE
    ) -> None:
        self._comparing = _Comparing(contents, grams)
        self._cache = cache
        self._workers = workers
        self._compare = TextComparison(contents.snapshot)
        self._known: dict[tuple[int, int], TextualEvidence] = {}
        self.compared = 0

    def prepare(self, left: I64, right: I64) -> None:
        """Look up what earlier runs knew, and compare the other pairs."""
        rows = self._comparing.contents.rows
        cached, known = self._cache.find(rows[left], rows[right])
        self._keep(left[known], right[known], cached[known])
        left, right = left[~known], right[~known]
        order = np.lexsort((right, left))  # what is read for one pair serves the next
        left, right = left[order], right[order]
        ranges = cut_evenly(len(left), max(self._workers.parts, len(left) // _MOST_PAIRS))
        pairs = [(left[first:last], right[first:last]) for first, last in ranges]
        answers = self._workers.map(_compared, self._comparing, pairs)
        for ours, theirs, evidence in zip(*zip(*pairs, strict=True), answers, strict=True):
            self._add(ours, theirs, evidence)

    def evidence(self, first: int, second: int) -> TextualEvidence:
        """Evidence of two positions in any order."""
        pair = (first, second) if first < second else (second, first)
        if pair not in self._known:
            left, right = np.array([pair]).T
            overlap = np.array([self._comparing.grams.overlap_of(*pair)])
            self._add(left, right, self._comparing.evidence(left, right, overlap, self._compare))
        return self._known[pair]

    def _add(self, left: I64, right: I64, evidence: F64) -> None:
        self._keep(left, right, evidence)
        measured = evidence[:, NEAR_MISS] >= LEAST_PRODUCT
        self.compared += int(np.count_nonzero(measured))
        rows = self._comparing.contents.rows
        self._cache.add(rows[left[measured]], rows[right[measured]], evidence[measured])

    def _keep(self, left: I64, right: I64, evidence: F64) -> None:
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        for pair, found in zip(pairs, evidence.tolist(), strict=True):
            self._known[pair] = TextualEvidence(*found)


@dataclass(frozen=True, slots=True)
class _Comparing:
    """What pairs of positions are compared by."""

    contents: Contents
    grams: RowGrams

    def evidence(self, left: I64, right: I64, overlap: F64, comparison: TextComparison) -> F64:
        """float64 [p, 3], the fields of :class:`.TextualEvidence`; where few n-grams are common, the text is
        not looked at.
        """
        rows = self.contents.rows
        evidence = np.zeros((len(left), 3))
        evidence[:, NEAR_MISS] = overlap
        chosen = np.flatnonzero(overlap >= LEAST_PRODUCT)  # whatever the names, the others are no clones
        for place, ours, theirs in zip(
            chosen.tolist(), rows[left[chosen]].tolist(), rows[right[chosen]].tolist(), strict=True
        ):
            evidence[place, :NEAR_MISS] = comparison.measure(ours, theirs, LEAST_SIMILARITY)
        return evidence


def _compared(comparing: _Comparing, pairs: tuple[I64, I64]) -> F64:
    overlap = comparing.grams.overlap(*pairs)
    return comparing.evidence(*pairs, overlap, TextComparison(comparing.contents.snapshot))
