"""Too much of everything: files, names in a folder, bytes."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import HostileCase, file_case, skipped


def _tiny_files(root: Path, count: int) -> None:
    for number in range(count):
        folder = root / f"{number // 1000:03}"
        if number % 1000 == 0:
            folder.mkdir()
        (folder / f"f{number}.py").write_bytes(b"x = %d\n" % number)


def _one_folder(root: Path) -> None:
    (root / "all").mkdir()
    for number in range(20_000):
        (root / "all" / f"{number}.txt").touch()


def _half_gigabyte(root: Path, *, sparse: bool) -> None:
    size = 500 << 20
    with (root / "huge.py").open("wb") as file:
        if sparse:
            file.truncate(size)
            return
        os.posix_fallocate(file.fileno(), 0, size)
        block = b"value = call(1, 2)  # one of many\n" * 30_000
        for _ in range(size // len(block)):
            file.write(block)


CASES = (
    HostileCase("tiny-files-2000", "2,000 files of one line", partial(_tiny_files, count=2_000)),
    HostileCase(
        "tiny-files-200000", "200,000 files of one line", partial(_tiny_files, count=200_000), nightly=True
    ),
    HostileCase(
        "one-folder",
        "20,000 names in one folder",
        _one_folder,
        skipped("not-code", *(f"all/{number}.txt" for number in range(20_000))),
        nightly=True,
    ),
    HostileCase(
        "half-gigabyte-sparse",
        "500 MB without content, named .py",
        partial(_half_gigabyte, sparse=True),
        skipped("too-large", "huge.py"),
    ),
    HostileCase(
        "half-gigabyte",
        "500 MB of Python",
        partial(_half_gigabyte, sparse=False),
        skipped("too-large", "huge.py"),
        nightly=True,
    ),
    file_case(
        "just-too-large", "one byte more than is read", "edge.py", lambda: b"#" * ((8 << 20) + 1), "too-large"
    ),
    file_case(
        "just-not-too-large", "a comment of 8 MiB", "edge.py", lambda: b"#" * (8 << 20), "analysed", "timeout"
    ),
)
