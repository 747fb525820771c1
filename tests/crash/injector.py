"""What can go wrong with a process that writes: the faults, and the library that brings them about."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("injector.c")
FROZEN = 1_790_000_000
"""Second of the epoch at which the clocks of tested processes stand: equal runs then write equal bytes."""


class Kind(StrEnum):
    """What becomes of the call that a fault names."""

    KILL = "kill before"
    TORN = "kill in the middle"
    KILL_AFTER = "kill after"
    FULL = "disk full"
    READ_ONLY = "read-only disk"
    BROKEN = "input/output error"
    SHORT = "short write"

    @property
    def kills(self) -> bool:
        """Whether the process ends there and then."""
        return self in {Kind.KILL, Kind.TORN, Kind.KILL_AFTER}


_EFFECTS = {  # enum how and errno of injector.c
    Kind.KILL: (1, 0),
    Kind.TORN: (2, 0),
    Kind.KILL_AFTER: (3, 0),
    Kind.BROKEN: (4, errno.EIO),
    Kind.FULL: (5, errno.ENOSPC),
    Kind.READ_ONLY: (5, errno.EROFS),
    Kind.SHORT: (6, 0),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at one of the calls by which a process changes files.

    Attributes:
        kind: What happens. A full disk stays full and a read-only one read-only; every other fault happens
            once.
        call: Number of the call, from 1 on.
    """

    kind: Kind
    call: int


class NoCompiler(Exception):
    """There is no C compiler, so nothing can be injected here."""


def build(folder: Path) -> Path:
    """Compile the library into a folder; returns its path.

    Raises:
        NoCompiler: There is none, or it cannot build this on this system.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("there is no C compiler for the fault injector")
    library = folder / "injector.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCompiler(f"the fault injector does not compile here: {done.stderr.strip()[-300:]}")
    return library


class Injector:
    """The library in this process, which was started with it preloaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.crash_set_clock.argtypes = [ctypes.c_long]
        self._library.crash_arm.argtypes = [
            ctypes.c_char_p,
            ctypes.c_long,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
        ]

    def arm(self, folder: Path, fault: Fault | None, trace: int = -1) -> None:
        """Let a fault happen to this process below a folder; ``trace`` gets a line per call."""
        how, number = (0, 0) if fault is None else _EFFECTS[fault.kind]
        call = 0 if fault is None else fault.call
        self._library.crash_arm(os.fsencode(folder), call, how, number, trace)

    def set_clock(self, second: int) -> None:
        """Stop the wall clocks of this process."""
        self._library.crash_set_clock(second)

    def adopt_orphans(self) -> None:
        """Become the parent of every descendant whose own parent dies."""
        self._library.crash_adopt_orphans()
