"""Reasons of the ledger: every file seen is analysed or skipped for one of these."""

from __future__ import annotations

from enum import StrEnum

from codesearch.core.errors import CodesearchError


class SkipReason(StrEnum):
    """Why a file that was seen is not analysed."""

    # Told by the file system, before anything is opened.
    NOT_REGULAR = "not-regular"  # a FIFO, socket or device
    SYMLINK = "symlink"  # never followed; a target inside the corpus is seen by itself
    SUBMODULE = "submodule"  # another repository: git lists its folder, not its files
    EXCLUDED = "excluded"  # by the user's include and exclude globs
    NOT_CODE = "not-code"  # data, documents, media, archives
    UNKNOWN_LANGUAGE = "unknown-language"
    TOO_LARGE = "too-large"
    # Told on opening it.
    VANISHED = "vanished"  # listed, gone when opened
    UNREADABLE = "unreadable"
    BINARY = "binary"
    UNDECODABLE = "undecodable"  # a byte order mark promises UTF-16 or UTF-32, the bytes break it
    # Told by the process that parses it.
    TOO_DEEP = "too-deep"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    PARSER_CRASH = "parser-crash"


class LedgerMismatch(CodesearchError):
    """The counts of a run do not add up, so files were lost: a defect, never the user's fault."""

    exit_code = 3
