"""Line layouts: where the tokens of each occurrence stand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.segments.layout import pack_layout, relative_lines, unpack_layout

lines = st.lists(st.integers(0, 50), min_size=1, max_size=40).map(
    lambda gaps: np.cumsum(gaps, dtype=np.int32) + np.int32(1)
)


@given(lines, lines)
def test_a_layout_comes_back_as_it_was(ours: np.ndarray, stored: np.ndarray) -> None:
    packed = pack_layout(ours, relative_lines(stored))
    if packed is None:
        assert np.array_equal(relative_lines(ours), relative_lines(stored))
    else:
        assert np.array_equal(unpack_layout(packed), relative_lines(ours))


@given(lines, st.integers(0, 1000))
def test_the_stored_layout_elsewhere_in_a_file_costs_nothing(ours: np.ndarray, offset: int) -> None:
    assert pack_layout(ours + np.int32(offset), relative_lines(ours)) is None


def test_a_fragment_without_tokens_has_the_empty_layout() -> None:
    nothing = np.empty(0, np.int32)
    assert pack_layout(nothing, nothing) is None
    assert len(relative_lines(nothing)) == 0
