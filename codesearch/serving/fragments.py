"""What an index knows of one of its files."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.results import Place
from codesearch.core.store.files import AnalysedFile, analysed_file
from codesearch.core.store.occurrences import Occurrence, occurrences_in
from codesearch.core.store.snapshot import Snapshot
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.names import system_path

_LAST_LINE = 2**31


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file that was analysed.

    Attributes:
        file: As it was then.
        fragments: By line, outer before inner.
    """

    file: AnalysedFile
    fragments: tuple[Occurrence, ...]


def indexed_file(index: LiveIndex, corpus: str, path: str) -> IndexedFile | None:
    """A file of a corpus by the names of both, whatever they are; None where there is none, or it was
    skipped.

    Raises:
        IndexFailure: There is no index.
    """
    if "\0" in corpus + path:  # no file has it in its name, and PostgreSQL refuses it in a text
        return None
    with index.engine.open_database() as database, database.read() as connection:
        store = Snapshot(connection, index.engine.folder.manifest().snapshot)
        file = analysed_file(store, corpus, path)
        return None if file is None else IndexedFile(file, occurrences_in(store, corpus, path))


def is_unchanged(index: LiveIndex, corpus: str, path: str, known: AnalysedFile) -> bool:
    """Whether a file still has the size and the time that it had when it was analysed."""
    try:
        now = (index.roots()[corpus] / system_path(path)).stat()
    except (KeyError, OSError, ValueError):  # ValueError: the name is none of this system's
        return False
    return (now.st_size, now.st_mtime_ns) == (known.size, known.modified_ns)


def lines_now(index: LiveIndex, corpus: str, path: str) -> list[str] | None:
    """All lines of such a file as it is now; None when it is gone, or no text any more."""
    lines = index.files().lines(Place(corpus, path, 1, _LAST_LINE))
    if lines is not None and lines[-1:] == [""]:
        lines.pop()
    return lines
