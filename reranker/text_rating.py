"""P(clone) of pairs that their text settles, for audits that ask no model."""

from __future__ import annotations

import math

import numpy as np

from codesearch.core.types import Fragment
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import winnow
from reranker.calibration import Calibration
from reranker.features import PairFeatures
from retriever.alignment import Alignment


class TextRating:
    """Rates pairs by what a calibration learnt about text alone."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    @property
    def id(self) -> str:
        """Id of the calibration."""
        return self._calibration.id

    def probability(self, first: Fragment, other: Fragment, alignment: Alignment) -> float:
        """P(clone) of a pair that is equal, renamed or a near miss."""
        if first.exact_key == other.exact_key:
            return self._calibration.exact
        if first.renamed_key == other.renamed_key:
            return self._calibration.renamed
        features = np.stack([_features(first, other, alignment).vector()])
        return float(self._calibration.textual.probabilities(features)[0])


def _features(first: Fragment, other: Fragment, alignment: Alignment) -> PairFeatures:
    ours, theirs = (winnow(blind_tokens(side.tokens)) for side in (first, other))
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    shorter, longer = sorted((len(first.tokens), len(other.tokens)))
    return PairFeatures(
        agreement=alignment.agreement,
        similarity=alignment.similarity,
        near_miss=shared / max(len(ours), len(theirs), 1),
        lexical=0.0,
        dense=0.0,
        balance=shorter / max(longer, 1),
        size=math.log1p(shorter),
        cross_language=float(first.language != other.language),
    )
