"""Addresses of pages that others lead to."""

from __future__ import annotations

from urllib.parse import urlencode

from codesearch.core.results import Place
from codesearch.packs.head import is_packed
from codesearch.serving.sources import Named


def file_address(corpus: str, path: str, first: int = 0, last: int = 0) -> str:
    """The source of an indexed file, scrolled to a line.

    Args:
        corpus: Name of its corpus.
        path: Its path there.
        first: 1-based line to scroll to; 0 for the beginning.
        last: Last line of a range to mark.
    """
    query: dict[str, str | int] = {"corpus": corpus, "path": path}
    if first:
        query["line"] = first
    if last > first:
        query["end"] = last
    anchor = f"#L{first}" if first else ""
    return f"/file?{urlencode(query, errors='replace')}{anchor}"


def place_address(place: Place) -> str:
    """The source of a place of an answer, marked; empty for one in a pack, whose files have no pages."""
    if is_packed(place.corpus):
        return ""
    return file_address(place.corpus, place.path, place.start_line, place.end_line)


def search_address(path: str, first: int, last: int) -> str:
    """A search for clones of lines of an indexed file; the path as requests name it."""
    return f"/?{urlencode({'path': path, 'lines': f'{first}-{last}'}, errors='replace')}"


def pair_query(first: Named, second: Named) -> str:
    """Two sides as parameters of an address; what is empty is left out."""
    query = {
        f"{side}_{field}": value
        for side, named in (("a", first), ("b", second))
        for field, value in (
            ("code", named.code),
            ("path", named.path),
            ("lines", named.lines),
            ("language", named.language),
            ("name", named.name),
        )
        if value
    }
    return urlencode(query, errors="replace")


def compare_address(first: Named, second: Named) -> str:
    """The comparison of two sides."""
    return f"/compare?{pair_query(first, second)}"
