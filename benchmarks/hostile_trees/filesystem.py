"""Files that are none, that cannot be read, that lead out of the tree, or that change while they are read."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from contextlib import suppress
from pathlib import Path

from benchmarks.hostile_trees.case import ANALYSED, HEALTHY, CannotPlant, HostileCase, skipped


def _fifo(root: Path) -> None:
    os.mkfifo(root / "x.py")


def _socket(root: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(root)  # the name of a socket has at most 107 bytes
    try:
        listener.bind("socket.py")
    finally:
        os.chdir(before)
        listener.close()


def _devices(root: Path) -> None:
    try:
        os.mknod(root / "zero.py", 0o644 | stat.S_IFCHR, os.makedev(1, 5))
        os.mknod(root / "full.js", 0o644 | stat.S_IFCHR, os.makedev(1, 7))
    except OSError as error:
        raise CannotPlant("device files need privileges") from error


def _links(root: Path) -> None:
    targets = {
        "zero.py": "/dev/zero",
        "passwords.py": "/etc/passwd",
        "etc": "/etc",
        "everything": "/",
        "memory.py": "/proc/self/mem",
        "input.py": "/dev/stdin",
        "healthy.py": "0-healthy.py",
        "dangling.py": "nowhere.py",
        "itself.py": "itself.py",
        "a": "b",
        "b": "a",
        "here": ".",
        "above": "../..",
        "empty.py": "./././0-healthy.py/../x",
        "long.py": "x" * 3000,
    }
    for name, target in targets.items():
        (root / name).symlink_to(target)


_LINKS = (
    *("zero.py", "passwords.py", "etc", "everything", "memory.py", "input.py", "healthy.py", "dangling.py"),
    *("itself.py", "a", "b", "here", "above", "empty.py", "long.py"),
)


def _chain(root: Path) -> None:
    for number in range(100):
        (root / f"link_{number:03}.py").symlink_to(f"link_{number + 1:03}.py")
    (root / "link_100.py").write_text(HEALTHY, encoding="utf-8")


def _hard_links(root: Path) -> None:
    outside = root.with_name(f"{root.name}-outside.py")
    outside.write_text(HEALTHY, encoding="utf-8")
    os.link(outside, root / "outside.py")
    os.link(root / "outside.py", root / "again.py")


def _unreadable(root: Path) -> None:
    (root / "secret.py").write_text(HEALTHY, encoding="utf-8")
    (root / "secret.py").chmod(0)
    _closed_folder(root / "closed", 0)


def _not_to_be_searched(root: Path) -> None:
    """A folder whose names can be listed and whose files cannot be reached, and the other way round."""
    _closed_folder(root / "listed", 0o400)
    _closed_folder(root / "reached", 0o100)


def _closed_folder(folder: Path, mode: int) -> None:
    folder.mkdir()
    (folder / "inner.py").write_text(HEALTHY, encoding="utf-8")
    folder.chmod(mode)


def _folders_named_as_files(root: Path) -> None:
    for name in ("folder.py", ".gitignore", ".codesearchignore", "codesearch-accepted.toml"):
        (root / name).mkdir()
        (root / name / "inner.py").write_text(HEALTHY, encoding="utf-8")


def _sparse(root: Path) -> None:
    with (root / "terabyte.py").open("wb") as file:
        file.truncate(1 << 40)
    with (root / "hole.py").open("wb") as file:
        file.truncate(7 << 20)
        file.seek(0)
        file.write(HEALTHY.encode())


def _deep_folders(root: Path) -> None:
    folder = root
    for _ in range(300):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "deep.py").write_text(HEALTHY, encoding="utf-8")


# One of these is too long, which one depends on where the tree stands; what is below it is not seen.
_LONG_FOLDERS = tuple("/".join(["d" * 200] * depth) + "/" for depth in range(1, 26))


def _beyond_path_max(root: Path) -> None:
    """Folders whose path is longer than a system call takes; they are made step by step."""
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=descriptor)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    file = os.open("beyond.py", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)
    os.write(file, HEALTHY.encode())
    os.close(file)
    os.close(descriptor)


def _many_folders(root: Path) -> None:
    for number in range(2_000):
        (root / f"empty_{number:04}" / "inner").mkdir(parents=True)


def _moving(root: Path) -> None:
    for number in range(40):
        folder = root / "moving" / f"{number:02}"
        folder.mkdir(parents=True)
        for part in range(5):
            (folder / f"part_{part}.py").write_text(
                HEALTHY.replace("settle", f"f_{number}_{part}"), encoding="utf-8"
            )


def _move(root: Path) -> None:
    """Rename, delete, truncate, swap for a link or a FIFO; every step undoes what the one before did."""
    for number in range(40):
        folder = root / "moving" / f"{number:02}"
        with suppress(OSError):
            match number % 5:
                case 0:
                    folder.rename(folder.with_name(f"gone-{number:02}"))
                    folder.with_name(f"gone-{number:02}").rename(folder)
                case 1:
                    shutil.rmtree(folder)
                    _refill(folder)
                case 2:
                    (folder / "part_0.py").unlink()
                    os.mkfifo(folder / "part_0.py")
                    (folder / "part_0.py").unlink()
                    _refill(folder)
                case 3:
                    (folder / "part_1.py").unlink()
                    (folder / "part_1.py").symlink_to("/dev/zero")
                    (folder / "part_1.py").unlink()
                    _refill(folder)
                case _:
                    os.truncate(folder / "part_2.py", 7)
                    os.truncate(folder / "part_2.py", 9 << 20)
                    _refill(folder)


def _refill(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "part_0.py").write_text(HEALTHY, encoding="utf-8")


CASES = (
    HostileCase("fifo", "a FIFO named x.py", _fifo, skipped("not-regular", "x.py")),
    HostileCase("socket", "a socket named socket.py", _socket, skipped("not-regular", "socket.py")),
    HostileCase(
        "devices", "device files named as source", _devices, skipped("not-regular", "zero.py", "full.js")
    ),
    HostileCase(
        "links",
        "links to devices, out of the tree, to nothing, in loops",
        _links,
        skipped("symlink", *_LINKS),
    ),
    HostileCase(
        "chain-of-links",
        "100 links, one to the next",
        _chain,
        skipped("symlink", *(f"link_{number:03}.py" for number in range(100))),
        found=("link_100.py",),
    ),
    HostileCase(
        "hard-links", "two hard links to a file outside", _hard_links, found=("outside.py", "again.py")
    ),
    HostileCase(
        "unreadable",
        "a file and a folder of mode 000",
        _unreadable,
        skipped("unreadable", "secret.py", "closed/"),
    ),
    HostileCase(
        "half-closed-folders",
        "folders that can be listed or reached, not both",
        _not_to_be_searched,
        skipped("unreadable", "listed/inner.py", "reached/"),
    ),
    HostileCase(
        "folders-named-as-files",
        "folders named x.py, .gitignore and the like",
        _folders_named_as_files,
        found=("folder.py/inner.py", ".gitignore/inner.py"),
    ),
    HostileCase(
        "sparse-files",
        "a terabyte and 7 MB without content",
        _sparse,
        skipped("too-large", "terabyte.py") | skipped("binary", "hole.py"),
    ),
    HostileCase(
        "deep-folders", "300 folders in one another", _deep_folders, found=("/".join("d" * 300) + "/deep.py",)
    ),
    HostileCase(
        "beyond-path-max",
        "a path of 5,000 bytes",
        _beyond_path_max,
        {path: frozenset({"unreadable", ANALYSED}) for path in _LONG_FOLDERS},
    ),
    HostileCase("many-empty-folders", "4,000 folders without a file", _many_folders),
    HostileCase(
        "changing-tree",
        "files renamed, deleted, cut, swapped for FIFOs and links meanwhile",
        _moving,
        disturb=_move,
    ),
)
