"""Trees while they stand: those that change are changed, and all of them are cleared away."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from benchmarks.hostile_trees.case import HostileCase

_PAUSE = 0.01  # seconds between two rounds of changes, or nobody else gets to read


@contextmanager
def changing(trees: Mapping[Path, HostileCase]) -> Iterator[None]:
    """Have the trees change that are made to, until the block ends."""
    done = Event()
    disturbances = [(root, case.disturb) for root, case in trees.items() if case.disturb is not None]

    def change() -> None:
        while disturbances and not done.wait(_PAUSE):
            for root, disturb in disturbances:
                disturb(root)

    thread = Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def clear(root: Path) -> None:
    """Delete a tree, folders that are closed included."""
    for entry in os.scandir(root):
        if entry.is_dir(follow_symlinks=False):
            Path(entry.path).chmod(stat.S_IRWXU)
    shutil.rmtree(root)
