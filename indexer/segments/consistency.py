"""Whether the arrays of a segment that somebody else wrote fit each other.

The arrays of an index of one's own are as they were written, which its manifest signs. Those of a pack are as
its maker signed them, whatever the program that made them: a position beyond its end would break a search in
the middle, or show what does not belong together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, TokenKind
from indexer.segments.builder import SegmentArrays

Array = NDArray[np.generic]

_TYPES: dict[str, type[np.generic]] = {
    **dict.fromkeys(("exact", "renamed", "language", "vocabulary_text", "vocabulary_kinds"), np.uint8),
    **dict.fromkeys(("token_starts", "vocabulary_starts", "gram_starts", "term_starts"), np.int64),
    **dict.fromkeys(("token_ids", "gram_hashes", "gram_rows"), np.uint32),
    **dict.fromkeys(("token_lines", "gram_counts", "term_rows", "term_lengths"), np.int32),
    **dict.fromkeys(("vocabulary_hashes", "term_hashes"), np.uint64),
    "term_counts": np.uint16,
}
_KEYS = ("exact", "renamed")
_KEY_BYTES = 16
_MOST_COUNTED = 1 << 30  # lines and tokens; half of what fits, as lines are added to where a place begins


def require_consistent(arrays: SegmentArrays, rows: int, languages: int) -> None:
    """Check types, lengths, order and ranges.

    Args:
        arrays: Of a segment.
        rows: Contents that it is said to have.
        languages: How many its language codes may name.

    Raises:
        ValueError: They do not fit each other; says where.
    """
    for name, dtype in _TYPES.items():
        array: Array = getattr(arrays, name)
        shape = (len(array), _KEY_BYTES) if name in _KEYS and array.ndim else (array.size,)
        _require(array.dtype == dtype and array.shape == shape, name)
    for name in (*_KEYS, "language", "gram_counts", "term_lengths"):
        _require(len(getattr(arrays, name)) == rows, name)
    tokens = len(arrays.vocabulary_kinds)
    require_starts("token_starts", arrays.token_starts, rows, len(arrays.token_ids))
    require_starts("vocabulary_starts", arrays.vocabulary_starts, tokens, len(arrays.vocabulary_text))
    require_starts("gram_starts", arrays.gram_starts, len(arrays.gram_hashes), len(arrays.gram_rows))
    require_starts("term_starts", arrays.term_starts, len(arrays.term_hashes), len(arrays.term_rows))
    _require(len(arrays.token_lines) == len(arrays.token_ids), "token_lines")
    _require(len(arrays.vocabulary_hashes) == tokens, "vocabulary_hashes")
    _require(len(arrays.term_counts) == len(arrays.term_rows), "term_counts")
    for name in ("gram_counts", "term_lengths", "token_lines"):
        _require_below(name, getattr(arrays, name), _MOST_COUNTED)
    _require_below("token_ids", arrays.token_ids, tokens)
    _require_below("gram_rows", arrays.gram_rows, rows)
    _require_below("term_rows", arrays.term_rows, rows)
    _require_below("language", arrays.language, languages)
    _require_below("vocabulary_kinds", arrays.vocabulary_kinds, len(TokenKind))
    keys = np.ascontiguousarray(arrays.exact).view(">u8")[:, 0]
    for name, ascending in (("exact", keys), ("gram_hashes", arrays.gram_hashes),
                            ("term_hashes", arrays.term_hashes)):  # fmt: skip
        _require(bool((ascending[:-1] <= ascending[1:]).all()), name)


def require_starts(name: str, starts: I64, count: int, total: int) -> None:
    """Check that ``starts`` cuts ``total`` entries into ``count`` ranges.

    Raises:
        ValueError: It does not.
    """
    shaped = starts.dtype == np.int64 and starts.shape == (count + 1,)
    fits = shaped and starts[0] == 0 and starts[-1] == total
    _require(bool(fits and (starts[:-1] <= starts[1:]).all()), name)


def require_list(name: str, array: Array, dtype: type[np.generic]) -> None:
    """Check that an array is a list of numbers of a type.

    Raises:
        ValueError: It is not.
    """
    _require(array.dtype == dtype and array.ndim == 1, name)


def _require_below(name: str, values: Array, end: int) -> None:
    _require(not values.size or (int(values.min()) >= 0 and int(values.max()) < end), name)


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise ValueError(f"{name} does not fit the other arrays")
