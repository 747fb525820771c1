"""The code of a request as fragments: given as text, or as lines of a file of an indexed corpus."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from codesearch.core.errors import InputError, UsageError
from codesearch.query.source import STANDARD_INPUT, ReadOptions, Selection, Source, Wording
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.parsers import SECONDS, Reading
from indexer.corpus.names import display_path

SNIPPET = STANDARD_INPUT
"""Path of code that was given as text, as for standard input."""

MOST_FRAGMENTS = 50
"""Fragments that one call may ask about: a model reads no more, and each is a search of its own."""

MOST_CODE = 256 << 10
"""Bytes that are parsed: source of that size has several hundred fragments."""

LINES = r"^(?:[1-9][0-9]{0,8}(?:-[1-9][0-9]{0,8})?)?$"
"""What :func:`line_range` reads, but for ranges that run backwards."""

_OF_TEXT = Wording("the code", "name it with language, such as python", "name lines")
_OF_FILE = replace(_OF_TEXT, language="pass its text as code")


class CodeTooLarge(InputError):
    """A text of more bytes than a request may have."""


@dataclass(frozen=True, slots=True)
class Named:
    """How a request names code; empty is not given.

    Attributes:
        code: The text itself, or the bytes of a file that holds it.
        path: A file of an indexed corpus.
        lines: ``10-31`` or ``10``, of the text or the file; without, all of it.
        language: Registry id or alias, of the text; a file has the one that the index knows it by.
        name: Name of the file that the text comes from, if any; it is not opened.
    """

    code: str | bytes
    path: str = ""
    lines: str = ""
    language: str = ""
    name: str = ""


def read_source(index: LiveIndex, named: Named, *, whole: bool = False) -> Source:
    """Read and cut what a request names.

    Args:
        index: Its corpora hold the file.
        named: Text or file.
        whole: Lift the minimum size of fragments of a file.

    Raises:
        CodeTooLarge: The text or the file has more than :data:`MOST_CODE` bytes.
        UsageError: It names both or neither, cannot be read, or holds nothing to compare, or too much.
        IndexFailure: A file is named, and there is no index.
    """
    if bool(named.code.strip()) == bool(named.path):
        raise UsageError("name either code or path", "pass the text as code, or a file of the corpus as path")
    options = ReadOptions.of(index.engine.settings, whole=whole)
    options = replace(
        options,
        limits=replace(options.limits, seconds=SECONDS),
        most_fragments=MOST_FRAGMENTS,
        wording=_OF_FILE,
    )
    if named.path:
        path = index.files().locate(named.path)
        size = _required_small(path.stat().st_size, "the file")
        source = index.parsers.read(Reading(Selection(str(path), line_range(named.lines)), options), size)
        return replace(source, path=display_path(named.path))
    raw = named.code if isinstance(named.code, bytes) else named.code.encode("utf-8", "replace")
    size = _required_small(len(raw), "the code")
    options = replace(options, language=named.language or None, wording=_OF_TEXT)
    selection = Selection(named.name or SNIPPET, line_range(named.lines))
    return index.parsers.read(Reading(selection, options, raw), size)


def _required_small(size: int, what: str) -> int:
    if size > MOST_CODE:
        raise CodeTooLarge(
            f"{what} has {size:,} bytes, more than {MOST_CODE:,}",
            "pass the function that matters as text",
        )
    return size


def line_range(lines: str) -> tuple[int, int] | None:
    """First and last line of ``10-31`` or ``10``; None of an empty text.

    Raises:
        UsageError: It is no such range.
    """
    if not lines:
        return None
    if re.fullmatch(LINES, lines):
        first, _, last = lines.partition("-")
        if int(first) <= int(last or first):
            return int(first), int(last or first)
    raise UsageError(f"not a range of lines: {lines[:40]!r}", "write FIRST-LAST, counted from 1")
