"""The index folder while a writer works in it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.folder import IndexFolder


@contextmanager
def files_that_come_and_go(folder: Path) -> Iterator[None]:
    """Somebody makes and deletes files and folders there as fast as possible."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            segment = folder / "segments" / "coming"
            segment.mkdir(parents=True, exist_ok=True)
            for number in range(5):
                (segment / f"array-{number}.npy").write_bytes(b"0" * 100)
            shutil.rmtree(segment)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


def test_its_size_is_told_while_files_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"0" * 1000)
    with files_that_come_and_go(tmp_path):
        sizes = [IndexFolder(tmp_path, tmp_path / "key").size() for _ in range(500)]
    assert min(sizes) >= 1000
    assert max(sizes) <= 1500
