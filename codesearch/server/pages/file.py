"""The source of an indexed file: numbered, coloured, with the fragments that can be searched for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from codesearch.core.store.occurrences import Occurrence
from codesearch.server.pages.addresses import file_address, search_address
from codesearch.server.pages.highlighting import coloured_lines, line_markup, shown_lines
from codesearch.server.pages.rendering import render
from codesearch.server.security.scopes import reads
from codesearch.server.state import State
from codesearch.server.work.source_file import SourceFile, read_source_file

router = APIRouter()

MOST_LINES = 1500
"""Lines on a page; longer files are shown a window at a time."""
BEFORE = 200
"""Lines of a window before the one that was asked for."""
LEXED_FROM_START = 60_000
"""Characters up to the end of a window with which a file is lexed from its beginning, so that a comment which
was opened above the window is right; that takes 0.1 s."""
LAST_LINE = 2**31 - 1

LineNumber = Annotated[int, Query(ge=0, le=LAST_LINE)]


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line with its 1-based number; ``aimed`` at when it is in the range that was asked for."""

    number: int
    code: Markup
    aimed: bool


@dataclass(frozen=True, slots=True)
class ListedFragment:
    """A fragment in the list beside the source.

    Attributes:
        name: With what contains it; its kind where it has none.
        kind: Of the fragment.
        depth: How many other fragments it stands in, at most 3.
        lines: ``10–31``.
        href: The lines in the source.
        search: A search for its clones.
    """

    name: str
    kind: str
    depth: int
    lines: str
    href: str
    search: str


@dataclass(frozen=True, slots=True)
class FilePage:
    """What ``file.html`` shows.

    Attributes:
        corpus: Name of the corpus.
        folder: Path to its folder, ending with ``/``; empty at the top.
        name: File name.
        language: Registry id; empty when it is not known.
        role: What it is for.
        total: Lines of the file.
        touched: It was written since it was indexed.
        lines: Of the window.
        before: The window before this one; empty at the beginning.
        after: The window after this one; empty at the end.
        fragments: All of the file.
        search: A search for clones of the lines that were asked for; empty without any.
        aimed: Those lines, such as ``10–31``.
    """

    corpus: str
    folder: str
    name: str
    language: str
    role: str
    total: int
    touched: bool
    lines: tuple[FileLine, ...]
    before: str
    after: str
    fragments: tuple[ListedFragment, ...]
    search: str
    aimed: str


@router.get("/file", dependencies=[reads])
async def show_file(
    request: Request,
    state: State,
    corpus: Annotated[str, Query(max_length=1000)],
    path: Annotated[str, Query(max_length=10_000)],
    line: LineNumber = 0,
    end: LineNumber = 0,
) -> Response:
    """The source of a file that the index analysed; ``line`` to ``end`` are marked."""

    def work() -> Response:
        source = read_source_file(state.index, corpus, path)
        return render(request, "file.html", {"file": file_page(source, line, max(line, end))})

    return await state.pool.run(work)


def file_page(source: SourceFile, first: int, last: int) -> FilePage:
    """The page of a file.

    Args:
        source: The file.
        first: 1-based line that was asked for; 0 for none.
        last: Last line that was asked for.
    """
    total = len(source.lines)
    window = _window(total, first)
    folder, _, name = source.path.rpartition("/")
    aimed = _range(first, min(last, total)) if 0 < first <= total else ""
    return FilePage(
        corpus=source.corpus,
        folder=f"{folder}/" if folder else "",
        name=name,
        language=source.language,
        role=source.role,
        total=total,
        touched=source.touched,
        lines=tuple(_lines(source, window, range(first, last + 1))),
        before=_window_address(source, window.start - MOST_LINES + BEFORE) if window.start > 1 else "",
        after=_window_address(source, window.stop + BEFORE) if window.stop <= total else "",
        fragments=_listed(source),
        search=search_address(_request_path(source), first, min(last, total)) if aimed else "",
        aimed=aimed,
    )


def _window(total: int, first: int) -> range:
    """1-based numbers of the lines that are shown, as many as may be."""
    if total <= MOST_LINES:
        return range(1, total + 1)
    start = max(1, min(first - BEFORE, total - MOST_LINES + 1))
    return range(start, start + MOST_LINES)


def _window_address(source: SourceFile, line: int) -> str:
    return file_address(source.corpus, source.path, max(line, 1))


def _lines(source: SourceFile, window: range, aimed: range) -> Sequence[FileLine]:
    above, shown = (
        shown_lines(source.lines[: window.start - 1]),
        shown_lines(source.lines[window.start - 1 : window.stop - 1]),
    )
    if sum(map(len, above)) + sum(map(len, shown)) > LEXED_FROM_START:
        above = []
    pieces = coloured_lines([*above, *shown], source.language)[len(above) :]
    return [
        FileLine(number, line_markup(line), number in aimed)
        for number, line in zip(window, pieces, strict=True)
    ]


def _listed(source: SourceFile) -> tuple[ListedFragment, ...]:
    listed: list[ListedFragment] = []
    around: list[Occurrence] = []
    for fragment in source.fragments:
        while around and around[-1].place.end_line < fragment.place.end_line:
            around.pop()
        listed.append(_listed_fragment(source, fragment, min(len(around), 3)))
        around.append(fragment)
    return tuple(listed)


def _listed_fragment(source: SourceFile, fragment: Occurrence, depth: int) -> ListedFragment:
    first, last = fragment.place.start_line, fragment.place.end_line
    return ListedFragment(
        name=fragment.name or str(fragment.kind),
        kind=fragment.kind,
        depth=depth,
        lines=_range(first, last),
        href=file_address(source.corpus, source.path, first, last),
        search=search_address(_request_path(source), first, last),
    )


def _request_path(source: SourceFile) -> str:
    """The path as searches name it: that of the corpus first, because two may have the same files."""
    return f"{source.corpus}/{source.path}"


def _range(first: int, last: int) -> str:
    return f"{first}–{last}" if last > first else str(first)
