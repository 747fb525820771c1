"""The code of a request as fragments: given as text, or as lines of a file of an indexed corpus."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from codesearch.core.errors import InputError, UsageError
from codesearch.engine import Engine
from codesearch.query.source import ANY_SIZE, Selection, Source
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.decode import decode
from indexer.corpus.names import display_path
from indexer.corpus.opening import CannotRead
from indexer.fragments import cut_fragments
from indexer.parsing.extract import ParseLimits, TooDeep, parse_source, select_lines
from indexer.parsing.languages import registry

SNIPPET = "-"
"""Path of code that was given as text, as for standard input."""

MOST_FRAGMENTS = 50
"""Fragments that one call may ask about: a model reads no more, and each is a search of its own."""

_DETECT_BYTES = 4096
_LINES = re.compile(r"([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?")


@dataclass(frozen=True, slots=True)
class Named:
    """How a request names code; empty is not given.

    Attributes:
        code: The text itself.
        path: A file of an indexed corpus.
        lines: ``10-31`` or ``10``, of that file.
        language: Registry id or alias, of the text; a file has the one that the index knows it by.
    """

    code: str
    path: str
    lines: str
    language: str


def read_source(index: LiveIndex, named: Named, *, whole: bool = False) -> Source:
    """Read and cut what a request names.

    Args:
        index: Its corpora hold the file.
        named: Text or file.
        whole: Lift the minimum size of fragments of a file.

    Raises:
        UsageError: It names both or neither, cannot be read, or holds nothing to compare, or too much.
        IndexFailure: A file is named, and there is no index.
    """
    if bool(named.code.strip()) == bool(named.path):
        raise UsageError("name either code or path", "pass the text as code, or a file of the corpus as path")
    if named.path:
        source = _read_file(index, named, whole=whole)
    elif named.lines:
        raise UsageError("lines are those of a file", "name its path, or pass only the lines as code")
    else:
        source = _read_snippet(index.engine, named)
    if len(source.fragments) > MOST_FRAGMENTS:
        raise InputError(
            f"{len(source.fragments)} fragments are more than {MOST_FRAGMENTS} at a time",
            "name the lines of the function that matters",
        )
    return source


def _read_file(index: LiveIndex, named: Named, *, whole: bool) -> Source:
    path = index.files().locate(named.path)
    selection = Selection(str(path), _line_range(named.lines))
    try:
        source = index.engine.read(selection, whole=whole)
    except InputError as problem:
        # Its hints name options of the command line.
        hint = problem.hint.replace("name it with --lang", "pass its text as code")
        raise InputError(problem.message, hint.replace("FILE:A-B", "lines")) from None
    return replace(source, path=display_path(named.path))


def _line_range(lines: str) -> tuple[int, int] | None:
    if not lines:
        return None
    found = _LINES.fullmatch(lines)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise UsageError(f"not a range of lines: {lines[:40]!r}", "write FIRST-LAST, counted from 1")
    return first, last


def _read_snippet(engine: Engine, named: Named) -> Source:
    raw = named.code.encode("utf-8", "replace")
    most = engine.settings.corpus.max_file_bytes
    if len(raw) > most:
        raise InputError(f"the code has {len(raw):,} bytes", f"pass at most {most:,}, or a path")
    try:
        text = decode(raw).text
    except CannotRead:
        raise InputError("the code is binary", "pass source text") from None
    language = (
        registry().get(named.language) if named.language else registry().detect(None, text[:_DETECT_BYTES])
    )
    if language is None:
        raise InputError("cannot tell the language of the code", "name it with language, such as python")
    limits = ParseLimits(engine.settings.parsing.max_depth)
    try:
        parsed = parse_source(text, language, ANY_SIZE, limits)
        if not parsed.spans:
            parsed = select_lines(text, language, limits=limits)
    except TooDeep as problem:
        raise InputError(f"cannot parse the code, its {problem.message}", problem.hint) from None
    if not parsed.spans:
        raise InputError("nothing to compare in the code", "it holds none")
    missing = registry().degradation(language)
    return Source(
        path=SNIPPET,
        absolute=None,
        language=language,
        text=text,
        fragments=tuple(cut_fragments(parsed)),
        degraded=() if missing is None else (missing,),
    )
