"""Every target holds for its seeds and for what hypothesis makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz.target import Target
from fuzz.targets import MODULES, all_targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 25
LONG_RUN = 1500

_SIGNS = (
    b"\0",
    b"\n",
    b"\r\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b'"',
    b"'",
    b"{",
    b"(",
    b"[",
    b"*",
    b"\\",
)
"""What parsers treat in a way of its own."""


@st.composite
def inputs_of(draw: st.DrawFn, target: Target) -> bytes:
    """A seed in which some places were replaced by bytes, by signs or by pieces of another seed."""
    data = draw(st.sampled_from(target.seeds))
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, len(data)))
        last = min(first + draw(st.integers(0, 12)), len(data))
        data = (
            data[:first]
            + draw(st.sampled_from(_SIGNS) | st.binary(max_size=8) | _piece(target))
            + data[last:]
        )
    return data[: target.longest]


@st.composite
def _piece(draw: st.DrawFn, target: Target) -> bytes:
    other = draw(st.sampled_from(target.seeds))
    first = draw(st.integers(0, len(other)))
    return other[first : first + draw(st.integers(0, 60))]


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Iterator[None]:
    yield
    for target in TARGETS:
        target.close()


def _hold(target: Target, examples: int) -> None:
    """Check a target with as many inputs, the same ones every time."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=inputs_of(target))
    def holds(data: bytes) -> None:
        target.run(data)

    holds()


TARGETS = tuple(all_targets())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target_holds_for_its_seeds_and_for_what_is_like_them(target: Target) -> None:
    for seed in target.seeds:
        target.run(seed)
    _hold(target, EXAMPLES // 5 if target.costly else EXAMPLES)


@pytest.mark.nightly
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target_holds_for_many_inputs(target: Target) -> None:
    _hold(target, LONG_RUN // 5 if target.costly else LONG_RUN)


def test_targets_have_names_of_their_own_and_seeds() -> None:
    assert len({target.name for target in TARGETS}) == len(TARGETS) >= len(MODULES)
    assert all(len(seed) <= target.longest for target in TARGETS for seed in target.seeds)
    assert all(target.seeds for target in TARGETS)
