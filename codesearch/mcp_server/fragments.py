"""The resource behind a fragment's address: source lines of an indexed file, as it is now."""

from __future__ import annotations

from dataclasses import replace

from codesearch.core.errors import InputError
from codesearch.mcp_server.fragment_uri import WHOLE, parse_uri
from codesearch.serving.fragments import indexed_file, lines_now
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.names import display_path

MOST_LINES = 1000
"""Lines of one resource: more than a model reads, and far less than generated files have."""

MOST_CHARACTERS = 200_000
"""Likewise: one line of minified code may be the whole file."""


def read_fragment(index: LiveIndex, uri: str) -> str:
    """The source lines at an address, without the last line end.

    Raises:
        InputError: It is no address, its file is not one that the index analysed, or has no such lines.
        IndexFailure: There is no index.
    """
    place = parse_uri(uri)
    named = f"{place.corpus}/{place.path}"[:200]
    place = replace(place, corpus=_corpus(index, place.corpus))
    if indexed_file(index, place.corpus, place.path) is None:
        raise InputError(f"{named!r} is no indexed file", "take addresses from find_clones")
    lines = lines_now(index, place.corpus, place.path)
    if lines is None:
        raise InputError(f"{named!r} is gone or changed since it was indexed", "run `codesearch index`")
    last = len(lines) if place.end_line == WHOLE else place.end_line
    if not place.start_line <= last <= len(lines):
        raise InputError(f"{named!r} has {len(lines)} lines", "name lines that it has")
    wanted = lines[place.start_line - 1 : last]
    if len(wanted) > MOST_LINES:
        raise InputError(f"{len(wanted)} lines are more than {MOST_LINES} at a time", "name fewer: #L1-200")
    text = "\n".join(wanted)
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"{len(text):,} characters are more than {MOST_CHARACTERS:,} at a time", "name fewer lines"
        )
    return text


def _corpus(index: LiveIndex, name: str) -> str:
    """The corpus of this name; in any case, because URL libraries make hosts lower-case."""
    roots = index.roots()
    if name in roots:
        return name
    alike = [known for known in roots if known.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    raise InputError(f"no corpus {display_path(name[:80])!r}", f"there are {', '.join(roots)}")
