"""The corpora that a command line and its lists name, and what went wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from codesearch.cli.logs import log
from codesearch.core.errors import EnvironmentFailure, InputError

if TYPE_CHECKING:
    from codesearch.sources.fetch import Fetched
    from codesearch.sources.spec import CorpusSource


def named_sources(words: Sequence[str], listed: str | None) -> list[CorpusSource]:
    """The sources of the words, then those of a list, whose name ``-`` means standard input.

    Raises:
        InputError: One cannot be used, or the list cannot be read.
    """
    from codesearch.sources.spec import parse_list, parse_source

    sources = [parse_source(word) for word in words]
    if listed is not None:
        shown = "standard input" if listed == "-" else listed
        sources += parse_list(_lines(listed), shown)
    return sources


def raise_failures(fetched: Fetched, total: int) -> None:
    """Say what every source that could not be fetched failed by; nothing where none did.

    Raises:
        CodesearchError: One failed; for several, how many, with a line for each of them before.
    """
    failures = list(fetched.failures.values())
    if not failures:
        return
    if total == 1:
        raise failures[0]
    for failure in failures:
        log.error("%s", failure)
    environment = any(isinstance(failure, EnvironmentFailure) for failure in failures)
    kind = EnvironmentFailure if environment else InputError
    raise kind(
        f"{len(failures)} of {total} sources could not be fetched",
        "the others are in the index" if fetched.paths else "",
    )


def _lines(listed: str) -> list[str]:
    try:
        if listed == "-":
            return sys.stdin.read().splitlines()
        with open(listed, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            return file.read().splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read the list {listed} ({reason})", "check the path") from None
