"""Amounts of memory as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.sizes import exact_size, parse_size, shown_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GB", 4_000_000_000),
        ("512MiB", 512 << 20),
        ("4g", 4 << 30),
        (" 1.5 GiB ", 3 << 29),
        ("900kb", 900_000),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "4", "GB", "-4GB", "0GB", "4 gigs", "4GBs", "1e9MB", "NaNGB", "٤GB", "4,5GB"]
)
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write one with its unit, such as 4GB or 512MiB"):
        parse_size(text)


@given(st.integers(1, 1 << 50))
def test_a_size_that_is_shown_is_enough_when_it_is_typed(size: int) -> None:
    assert size <= parse_size(shown_size(size)) < size + (1 << 20)


@given(st.integers(1, 10**12 - 1))
def test_an_exact_size_is_read_as_it_was(size: int) -> None:
    assert parse_size(exact_size(size)) == size
