"""Which lines a patch changes, read from git's output as it comes."""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

PATCH_OPTIONS = (
    "--patch",
    "--unified=0",
    "--find-renames",
    "--diff-filter=d",  # a deleted file has no lines that could be touched
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--output-indicator-old=<",
    "--output-indicator-new=>",
    "--ignore-submodules=all",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
)
"""Every line that quotes a file begins with ``<`` or ``>``, so that no content can look like a header."""

# Both names of a header are the same unless "rename to" follows; the back-reference finds where the second
# one begins, whatever the name holds.
_SECTION = re.compile(rb'diff --git (?:a/(?P<plain>.+) b/(?P=plain)|"a/(?P<quoted>.+)" "b/(?P=quoted)")\n')
_RENAMED = re.compile(rb'rename to (?:(?P<plain>[^"].*)|"(?P<quoted>.+)")\n')
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(?P<first>\d+)(?:,(?P<count>\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


@dataclass(slots=True)
class FileChanges:
    """What changed in one file; lines are those of its new content, 1-based.

    Attributes:
        runs: First and last lines of what was added or changed, rising.
        cuts: Lines after which others were deleted, rising.
    """

    runs: list[tuple[int, int]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    @classmethod
    def entire(cls) -> FileChanges:
        """Every line is changed."""
        return cls([(1, sys.maxsize)])

    def touch(self, first: int, last: int) -> bool:
        """Whether a line from ``first`` to ``last`` is changed, or one between them gone."""
        run = bisect_left(self.runs, first, key=lambda lines: lines[1])
        cut = bisect_left(self.cuts, first)
        return (run < len(self.runs) and self.runs[run][0] <= last) or (
            cut < len(self.cuts) and self.cuts[cut] < last
        )


def read_patch(lines: Iterable[bytes]) -> dict[str, FileChanges]:
    """The changes by path as the operating system has it, of a patch made with :data:`PATCH_OPTIONS`.

    What git takes for binary, as it does UTF-16, counts as changed entirely, and so does a file that got a
    lone carriage return, which git does not count as a line end.
    """
    files: dict[str, FileChanges] = {}
    path = ""
    for line in lines:
        if line.startswith(b"<"):
            continue
        if line.startswith(b">"):
            if b"\r" in line.rstrip(b"\r\n"):
                files[path] = FileChanges.entire()
        elif hunk := _HUNK.match(line):
            _add(files.setdefault(path, FileChanges()), int(hunk["first"]), int(hunk["count"] or 1))
        elif line.startswith(b"Binary files "):
            files[path] = FileChanges.entire()
        elif named := _SECTION.fullmatch(line) or _RENAMED.fullmatch(line):
            path = _name(named)
    return files


def _add(changes: FileChanges, first: int, count: int) -> None:
    if changes == FileChanges.entire():
        return
    if count:
        changes.runs.append((first, first + count - 1))
    else:
        changes.cuts.append(first)


def _name(found: re.Match[bytes]) -> str:
    """A name as the operating system has it, from git's way to quote it as a C string."""
    return os.fsdecode(_ESCAPE.sub(_byte, found["quoted"]) if found["plain"] is None else found["plain"])


def _byte(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)
