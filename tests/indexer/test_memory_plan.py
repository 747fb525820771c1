"""What a bound for memory leaves to the parts of a build."""

from __future__ import annotations

import pytest

from codesearch.core.errors import ConfigError
from indexer.memory_plan import MemoryPlan

UNBOUNDED = MemoryPlan(jobs=8, parser_bytes=2 << 30, segment_rows=524_288)


def test_without_a_bound_nothing_changes() -> None:
    assert UNBOUNDED.vectors.share(10**9) == float("inf")


def test_much_memory_leaves_processes_and_segments_as_they_are() -> None:
    plan = UNBOUNDED.within(64 << 30)
    assert (plan.jobs, plan.parser_bytes, plan.segment_rows) == (8, 2 << 30, 524_288)


def test_little_memory_means_fewer_processes_smaller_segments_and_smaller_structures() -> None:
    plan = UNBOUNDED.within(512 << 20)
    assert plan.jobs == 2
    assert plan.jobs * plan.parser_bytes <= 512 << 20
    assert plan.segment_rows < UNBOUNDED.segment_rows
    assert plan.vectors.share(100) <= 256 << 20


def test_less_than_a_process_takes_is_refused_with_the_least() -> None:
    with pytest.raises(ConfigError, match=r"memory is 100MiB.*in less than 384MiB") as caught:
        UNBOUNDED.within(100 << 20)
    assert UNBOUNDED.within(384 << 20).jobs == 1
    assert "384MiB" in caught.value.hint
