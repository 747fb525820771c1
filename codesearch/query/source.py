"""What the user asks about: a file, some of its lines, or standard input, as fragments."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.settings import Settings
from codesearch.core.types import Fragment, ParsedSource, Span
from indexer.corpus.decode import decode
from indexer.corpus.ledger import SkipReason
from indexer.corpus.names import display_path
from indexer.corpus.opening import CannotRead, read_regular
from indexer.fragments import cut_fragments
from indexer.parsing.extract import MinimumSize, parse_source, select_lines
from indexer.parsing.languages import Language, registry
from indexer.parsing.limits import BeyondLimits, ParseLimits

STANDARD_INPUT = "-"
ANY_SIZE = MinimumSize(1, 1)
_DETECT_BYTES = 4096
_RANGE = re.compile(r"^(?P<path>.+):(?P<first>\d+)(?:-(?P<last>\d+))?$", re.S)

_PROBLEMS = {
    SkipReason.NOT_REGULAR: ("is not a regular file", "name a source file"),
    SkipReason.SYMLINK: ("is a link that leads nowhere", "name a source file"),
    SkipReason.VANISHED: ("does not exist", "check the path"),
    SkipReason.UNREADABLE: ("cannot be read", "check its mode and owner"),
    SkipReason.BINARY: ("is binary", "name a source file"),
    SkipReason.UNDECODABLE: ("is not text in any known encoding", "convert it to UTF-8"),
    SkipReason.TOO_LARGE: ("is too large", "raise corpus.max_file_bytes"),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A path as the user wrote it, with the lines that matter.

    Attributes:
        path: The path, or ``-`` for standard input.
        lines: First and last line, 1-based and inclusive; None for the whole source.
    """

    path: str
    lines: tuple[int, int] | None = None

    @classmethod
    def parse(cls, text: str) -> Selection:
        """``FILE``, ``FILE:A``, ``FILE:A-B`` or ``-``; a file that is called like a range is taken as the
        file.

        Raises:
            InputError: The range is backwards or begins before line 1.
        """
        found = _RANGE.match(text)
        if text == STANDARD_INPUT or found is None or os.path.exists(text):  # noqa: PTH110 - never raises
            return cls(text)
        first = int(found["first"])
        last = int(found["last"] or first)
        if not 1 <= first <= last:
            raise InputError(f"not a range of lines: {first}-{last}", "write FILE:FIRST-LAST, counted from 1")
        return cls(found["path"], (first, last))


@dataclass(frozen=True, slots=True)
class Source:
    """A source that was read.

    Attributes:
        path: As the user wrote it, ready to be printed.
        absolute: Where it lies; None for standard input.
        language: Its language.
        text: UTF-8 with line feeds.
        fragments: What is compared, in file order.
        degraded: What did not go as it should, such as ``grammar-missing:zig``.
    """

    path: str
    absolute: Path | None
    language: Language
    text: bytes
    fragments: tuple[tuple[Span, Fragment], ...]
    degraded: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Its text by lines, without line ends; bytes outside UTF-8 become U+FFFD."""
        return tuple(self.text.decode("utf-8", "replace").split("\n"))


@dataclass(frozen=True, slots=True)
class Wording:
    """How messages call things, in the terms of whoever asks.

    Attributes:
        unnamed: A text that came without a file.
        language: How to name a language that cannot be told.
        lines: How to name lines of a file.
    """

    unnamed: str = "standard input"
    language: str = "name it with --lang"
    lines: str = "name lines with FILE:A-B"


COMMAND_LINE = Wording()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a source is read.

    Attributes:
        language: Registry id or alias that the user names; None to detect it.
        minimum: Smaller fragments are left out, of line ranges none, of texts those beside larger ones.
        limits: What the parser accepts.
        max_bytes: Larger files are refused.
        most_fragments: Sources with more are refused; None for any number.
        wording: For messages.
    """

    language: str | None
    minimum: MinimumSize
    limits: ParseLimits
    max_bytes: int
    most_fragments: int | None = None
    wording: Wording = COMMAND_LINE

    @classmethod
    def of(cls, settings: Settings, language: str | None = None, *, whole: bool = False) -> ReadOptions:
        """As configured; ``whole`` lifts the minimum size."""
        fragments = settings.fragments
        return cls(
            language,
            ANY_SIZE if whole else MinimumSize(fragments.min_lines, fragments.min_tokens),
            ParseLimits(settings.parsing.max_depth, settings.parsing.timeout_seconds),
            settings.corpus.max_file_bytes,
        )


def read_source(selection: Selection, options: ReadOptions) -> Source:
    """Read and cut a source.

    Raises:
        InputError: It cannot be read, has no such lines, or holds nothing to compare, or too much.
        UsageError: No such language.
    """
    raw, absolute = _read(selection.path, options)
    return _source(selection, raw, absolute, options)


def read_text(
    raw: bytes,
    options: ReadOptions,
    name: str = STANDARD_INPUT,
    lines: tuple[int, int] | None = None,
) -> Source:
    """Cut a text that is at hand.

    Args:
        raw: As a file holds it.
        options: How it is read; the minimum size only applies where something reaches it.
        name: Name of the file that it comes from, which says something about its language; no file is
            opened.
        lines: First and last line that matter; None for all.

    Raises:
        InputError: It is no text, has no such lines, or holds nothing to compare, or too much.
        UsageError: No such language.
    """
    return _source(Selection(name, lines), raw, None, options)


def _source(selection: Selection, raw: bytes, absolute: Path | None, options: ReadOptions) -> Source:
    shown = _shown(selection.path, options)
    try:
        text = decode(raw).text
    except CannotRead as problem:
        raise _unreadable(problem, shown) from None
    language = _language(selection.path, text, options)
    try:
        if selection.lines is not None:
            minimum = ANY_SIZE
            parsed = _parse_lines(text, language, selection.lines, options.limits)
        elif absolute is not None:
            minimum = options.minimum
            parsed = _parse_whole(text, language, minimum, options.limits)
        else:
            minimum = ANY_SIZE
            parsed = _parse_text(text, language, options)
    except BeyondLimits as problem:
        raise InputError(f"cannot parse {shown}, its {problem.message}", problem.hint) from None
    if not parsed.spans:
        raise InputError(f"nothing to compare in {shown}", _smallest(minimum, options.wording))
    if options.most_fragments is not None and len(parsed.spans) > options.most_fragments:
        raise InputError(
            f"{len(parsed.spans)} fragments are more than {options.most_fragments} at a time",
            "name the lines of the function that matters",
        )
    missing = registry().degradation(language)
    return Source(
        path=display_path(selection.path),
        absolute=absolute,
        language=language,
        text=text,
        fragments=tuple(cut_fragments(parsed)),
        degraded=() if missing is None else (missing,),
    )


def _language(path: str, text: bytes, options: ReadOptions) -> Language:
    """The language that the user names, else the one that the name and the beginning of a text tell.

    Raises:
        InputError: They tell none.
        UsageError: There is none of the name.
    """
    if options.language:
        return registry().get(options.language)
    found = registry().detect(None if path == STANDARD_INPUT else path, text[:_DETECT_BYTES])
    if found is None:
        shown = _shown(path, options)
        raise InputError(f"cannot tell the language of {shown}", options.wording.language)
    return found


def _parse_text(text: bytes, language: Language, options: ReadOptions) -> ParsedSource:
    """The fragments of a text. Next to larger ones, those under the minimum size are left out: an index made
    with it holds none of their size, so that all they can find is something else. Alone they are what was
    asked for.
    """
    parsed = parse_source(text, language, options.minimum, options.limits)
    return parsed if parsed.spans else _parse_whole(text, language, ANY_SIZE, options.limits)


def _parse_whole(text: bytes, language: Language, minimum: MinimumSize, limits: ParseLimits) -> ParsedSource:
    """The fragments of a source; where any size will do and there is none, the source is one."""
    parsed = parse_source(text, language, minimum, limits)
    if not parsed.spans and minimum == ANY_SIZE:
        return select_lines(text, language, limits=limits)
    return parsed


def _parse_lines(
    text: bytes, language: Language, lines: tuple[int, int], limits: ParseLimits
) -> ParsedSource:
    """The fragment that has exactly these lines, so that a place of an answer names the fragment that was
    found there; else all that stands on them.
    """
    parsed = parse_source(text, language, ANY_SIZE, limits)
    for span in parsed.spans:
        if (span.start_line, span.end_line) == lines:
            return replace(parsed, spans=(span,))
    return select_lines(text, language, *lines, limits=limits)


def _smallest(minimum: MinimumSize, wording: Wording) -> str:
    """What to do when nothing is large enough."""
    if minimum == ANY_SIZE:
        return "it holds no code"
    return (
        f"fragments need {minimum.lines} lines and {minimum.tokens} tokens; "
        f"lower fragments.min_lines and fragments.min_tokens, or {wording.lines}"
    )


def _read(path: str, options: ReadOptions) -> tuple[bytes, Path | None]:
    """The content, and where it came from."""
    shown = _shown(path, options)
    try:
        if path == STANDARD_INPUT:
            return _read_standard_input(options.max_bytes), None
        absolute = Path(path).resolve()
        return read_regular(absolute, options.max_bytes).content, absolute
    except CannotRead as problem:
        raise _unreadable(problem, shown) from None
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
        raise InputError(f"cannot read {shown} ({error})", "check the path") from None


def _read_standard_input(max_bytes: int) -> bytes:
    content = sys.stdin.buffer.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise CannotRead(SkipReason.TOO_LARGE)
    return content


def _unreadable(problem: CannotRead, shown: str) -> InputError:
    what, hint = _PROBLEMS.get(problem.reason, (f"cannot be used ({problem.reason})", "name a source file"))
    return InputError(f"{shown} {what}", hint)


def _shown(path: str, options: ReadOptions) -> str:
    return options.wording.unnamed if path == STANDARD_INPUT else display_path(path)
