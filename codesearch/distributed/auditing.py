"""An audit's joins and comparisons on a cluster; grouping and describing classes stays in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesearch.core.settings.sections import Cluster
from codesearch.core.workers import HERE, Workers


@contextmanager
def audit_workers(settings: Cluster, index: Path) -> Iterator[Workers]:
    """Who joins and compares in an audit for the block: a cluster, or this process.

    Args:
        settings: Which of them.
        index: Index folder, which exists; nodes read it at this path, and nothing of the corpora.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: The address is not one.
        EnvironmentFailure: The cluster cannot be reached, or a node does not fit.
    """
    if settings.engine == "local":
        yield HERE
        return
    from codesearch.distributed.cluster import connected

    with connected(settings.address, settings.workers, index) as cluster:
        yield cluster
