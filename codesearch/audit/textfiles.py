"""Small text files that a repository holds: read within bounds, replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from codesearch.core.errors import CodesearchError, EnvironmentFailure, InputError
from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead, read_regular

_PROBLEMS = {
    SkipReason.VANISHED: "it does not exist",
    SkipReason.SYMLINK: "it is a symbolic link",
    SkipReason.NOT_REGULAR: "it is not a regular file",
    SkipReason.TOO_LARGE: "it is too large for one",
}


def read_text(path: Path, what: str, max_bytes: int) -> str:
    """The text of a regular file that is not a link.

    Args:
        path: The file.
        what: What the user knows it as, such as ``baseline``.
        max_bytes: A longer file is refused.

    Raises:
        InputError: It cannot be read, or is not UTF-8 text.
    """
    try:
        return read_regular(path, max_bytes).content.decode("utf-8")
    except CannotRead as problem:
        reason = _PROBLEMS.get(problem.reason, "check its mode and owner")
        raise InputError(f"cannot read the {what} {path}", reason) from None
    except UnicodeDecodeError as problem:
        raise InputError(f"the {what} {path} is not UTF-8 text", f"look at byte {problem.start}") from None


def follow(path: Path, what: str) -> Path | None:
    """Where links lead; None when there is nothing.

    Raises:
        InputError: They lead in circles, or through what is not a folder.
    """
    try:
        return path.resolve(strict=True)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:  # RuntimeError is a loop of links before Python 3.13
        raise InputError(f"cannot find the {what} {path}", "check the path and what it links to") from error


def replace_text(path: Path, text: str, what: str) -> None:
    """Write a file by an atomic rename; its mode stays, and when it fails so does its text.

    Raises:
        InputError: It cannot be written there.
        EnvironmentFailure: The disk is full.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        with temporary.open("x", encoding="utf-8", newline="") as file:
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, what, error) from error
    finally:
        with suppress(OSError):  # gone after the rename, and never made where nothing can be written
            temporary.unlink()


def _unwritable(path: Path, what: str, error: OSError) -> CodesearchError:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return EnvironmentFailure(
            f"cannot write the {what} {path} ({reason})", "free some space and run again"
        )
    return InputError(
        f"cannot write the {what} {path} ({reason})", "check that its folder exists and is writable"
    )
