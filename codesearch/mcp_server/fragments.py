"""The resource behind a fragment's address: source lines of an indexed file, as it is now."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from codesearch.core.errors import InputError
from codesearch.core.results import Place
from codesearch.core.store.models import Corpus, File
from codesearch.core.store.snapshot import Snapshot
from codesearch.mcp_server.fragment_uri import WHOLE, parse_uri
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
    with index.engine.open_database() as database, database.read() as connection:
        store = Snapshot(connection, index.engine.folder.manifest().snapshot)
        if not _is_analysed(connection, store, place):
            raise InputError(f"{named!r} is no indexed file", "take addresses from find_clones")
    whole = replace(place, start_line=1, end_line=2**31)
    lines = index.files().lines(whole)
    if lines is None:
        raise InputError(f"{named!r} is gone or changed since it was indexed", "run `codesearch index`")
    if lines[-1:] == [""]:
        lines.pop()
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


def _is_analysed(connection: Connection, store: Snapshot, place: Place) -> bool:
    query = (
        select(File.id)
        .join(Corpus, Corpus.id == File.corpus_id)
        .where(Corpus.name == place.corpus, File.path == place.path, File.blob_id.is_not(None), store.sees)
    )
    return connection.execute(query.limit(1)).first() is not None
