"""What stands in for the source of a pack that was written without it.

Tokens are there as hashes, which is all that keys, n-grams and alignment need. What the reranker reads of the
texts, the parts of names and the features, is computed when the pack is written: hashes of the parts, and
numbers of the rows of the shipped weights. A pair is decided with the same probability as with the source;
only what is made for people and for models, names and lines, cannot be had.

This hides text, it does not encrypt it: who has a list of likely names can tell which of them are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, U64, Fragment, TokenKind
from indexer.embedding.registry import model_entry
from indexer.normal.keys import blind_tokens
from indexer.normal.subtokens import SubTokens
from indexer.normal.winnow import winnow
from indexer.segments.consistency import require_list, require_starts
from indexer.segments.files import read_array
from reranker.bags import Bag, FeatureWeights, Part
from reranker.features import Profile
from reranker.weights import FEATURE_MODEL, IDF_MODEL

HIDDEN = "…".encode()
"""The text of every token of a pack without source, for whoever shows names."""

_FRAGMENTS_AT_ONCE = 4096  # bounds the features held while a pack is written to some 10 MB

NAMES = ("part_starts", "part_hashes", "bag_starts", "bag_entries", "bag_totals")
"""Arrays of :class:`SealedArrays`."""


@dataclass(frozen=True, slots=True)
class SealedArrays:
    """What the reranker reads of contents without their texts.

    Attributes:
        part_starts: int64 [v + 1], where the parts of each token of the vocabulary begin.
        part_hashes: uint64 [p], of the parts of identifiers.
        bag_starts: int64 [n + 1], where the features of each content begin.
        bag_entries: uint32 [e], row and part of each feature, ascending within a content.
        bag_totals: float64 [n, 3], weight of the features of each part.
    """

    part_starts: I64
    part_hashes: U64
    bag_starts: I64
    bag_entries: NDArray[np.uint32]
    bag_totals: NDArray[np.float64]

    @classmethod
    def of(cls, fragments: Sequence[Fragment], weights: FeatureWeights) -> SealedArrays:
        """Of contents that share one vocabulary; there is at least one."""
        parts = SubTokens.of(fragments[0].tokens.vocabulary)
        entries: list[NDArray[np.uint32]] = []
        totals: list[NDArray[np.float64]] = []
        for first in range(0, len(fragments), _FRAGMENTS_AT_ONCE):
            for bag in weights.bags(fragments[first : first + _FRAGMENTS_AT_ONCE]):
                entries.append(bag.entries.astype(np.uint32))
                totals.append(bag.totals)
        starts = np.concatenate(([0], np.cumsum([len(bag) for bag in entries]))).astype(np.int64)
        return cls(parts.starts, parts.hashes, starts, np.concatenate(entries), np.stack(totals))


class SealedContents:
    """Reads what stands in for the texts of contents; threads may share one.

    Args:
        folder: Of the arrays.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _arrays(self) -> SealedArrays:
        return SealedArrays(*(read_array(self._folder, name) for name in NAMES))  # type: ignore[arg-type]

    def require_fitting(self, rows: int, tokens: int) -> None:
        """Check that there is something for every content and every token of the vocabulary.

        Raises:
            ValueError: There is not.
        """
        arrays = self._arrays
        require_list("part_hashes", arrays.part_hashes, np.uint64)
        require_list("bag_entries", arrays.bag_entries, np.uint32)
        require_starts("part_starts", arrays.part_starts, tokens, len(arrays.part_hashes))
        require_starts("bag_starts", arrays.bag_starts, rows, len(arrays.bag_entries))
        totals = arrays.bag_totals
        if totals.dtype != np.float64 or totals.shape != (rows, len(Part)):
            raise ValueError(f"bag_totals is {totals.dtype} {totals.shape}")

    def profile(self, row: int, fragment: Fragment) -> Profile:
        """What pairs are compared by of a content, which the fragment gives without its texts."""
        arrays, tokens = self._arrays, fragment.tokens
        parts = SubTokens(arrays.part_starts, arrays.part_hashes)
        terms, _ = parts.gather(np.unique(tokens.ids))
        first, last = arrays.bag_starts[row : row + 2]
        return Profile(
            grams=winnow(blind_tokens(tokens)),
            terms=np.unique(terms),
            bag=Bag(arrays.bag_entries[first:last].astype(np.int64), np.asarray(arrays.bag_totals[row])),
            kinds=np.bincount(tokens.kinds, minlength=len(TokenKind)),
        )


def weights_digest() -> str:
    """Hexadecimal; changes with the weights that the features are numbered by."""
    digest = blake2b(digest_size=16)
    for name in (FEATURE_MODEL, IDF_MODEL):
        digest.update(repr(sorted(model_entry(name, "embedder").files.items())).encode())
    digest.update(str(len(Part)).encode())
    return digest.hexdigest()
