"""One cluster for all tests that need one: two nodes take ten seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.ray_nodes import RayCluster, ray_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    """Two node processes with one task each."""
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    pytest.importorskip("psutil", reason="the extra 'dev' is not installed")
    with ray_cluster() as running:
        yield running
