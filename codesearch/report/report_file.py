"""Where a report goes: a file that is replaced as a whole, a device, or standard output."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TextIO, cast

from codesearch.core.errors import CodesearchError, EnvironmentFailure, InputError
from indexer.corpus.names import display_path

STANDARD_OUTPUT = "-"
_HINT = "name a file with -o, in a folder that exists and that you may write"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def report_file(path: str) -> Iterator[TextIO]:
    """A UTF-8 stream that leaves line ends alone; half a surrogate pair becomes its escape.

    A file appears, or is replaced, when the block ends without an error: whoever reads it meanwhile, or
    after a failure, sees the previous report. A symbolic link stays and its target is replaced; a device or
    pipe is written directly.

    Raises:
        InputError: The path is a folder, its folder is missing, or it may not be written.
        EnvironmentFailure: The disk is full.
    """
    if path == STANDARD_OUTPUT:
        with _standard_output() as out:
            yield out
        return
    target = _target(path)
    try:
        with _replacement(target) if target.is_file() or not target.exists() else _opened(target, "w") as out:
            yield out
    except BrokenPipeError:  # the reader of a pipe has gone, which is no failure
        raise
    except OSError as error:
        raise _failure(path, error) from error


def _target(path: str) -> Path:
    try:
        target = Path(path).resolve()
        is_folder = target.is_dir()
    except (OSError, ValueError, RuntimeError) as error:  # such as a NUL in the path, or a loop of links
        raise _failure(path, error) from error
    if is_folder:
        raise InputError(f"cannot write the report {display_path(path)}: it is a folder", _HINT)
    return target


def _opened(path: Path, mode: str) -> TextIO:
    return cast("TextIO", path.open(mode, encoding="utf-8", errors="backslashreplace", newline=""))


@contextmanager
def _replacement(target: Path) -> Iterator[TextIO]:
    # In the same folder, so that the rename is atomic; opened like any new file, so that it gets the modes
    # that the user's umask gives; exclusively, so that nobody's link is followed.
    temporary = target.with_name(f".codesearch-{token_hex(8)}.tmp")
    try:
        with _opened(temporary, "x") as out:
            yield out
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    sys.stdout.flush()
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", "backslashreplace", newline="")
    try:
        yield out
        out.flush()
    finally:
        out.detach()  # or it would close standard output with itself


def _failure(path: str, error: Exception) -> CodesearchError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    message = f"cannot write the report {display_path(path)}: {reason}"
    if isinstance(error, OSError) and error.errno in _FULL:
        return EnvironmentFailure(message, "free some space, or name a file on another disk with -o")
    return InputError(message, _HINT)
