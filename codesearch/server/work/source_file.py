"""The source of an indexed file as it is now, with what the index knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import Role
from codesearch.server.failures import NotFound
from codesearch.serving.fragments import indexed_file, is_unchanged, lines_now
from codesearch.serving.live_index import LiveIndex
from indexer.parsing.languages import registry

_DETECT_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the index.

    Attributes:
        corpus: Name of its corpus.
        path: Its path there.
        language: Registry id; empty when it is not known.
        role: What it is for.
        fragments: What the index has of it, by first line, outer before inner.
        lines: As the file is now, without line ends.
        touched: It was written since it was indexed: the lines of fragments may be others.
    """

    corpus: str
    path: str
    language: str
    role: Role
    fragments: tuple[Occurrence, ...]
    lines: Sequence[str]
    touched: bool


def read_source_file(index: LiveIndex, corpus: str, path: str) -> SourceFile:
    """Read a file that the index analysed.

    Raises:
        NotFound: The index analysed no such file, or it is gone or outside its corpus; which of them is not
            told.
        IndexFailure: There is no index, or it cannot be used.
    """
    known = indexed_file(index, corpus, path)
    lines = None if known is None else lines_now(index, corpus, path)
    if known is None or lines is None:
        raise NotFound("the index has no such file", "it may be gone, or was not analysed")
    return SourceFile(
        corpus=corpus,
        path=path,
        language=_language(path, known.fragments, lines),
        role=known.file.role,
        fragments=known.fragments,
        lines=lines,
        touched=not is_unchanged(index, corpus, path, known.file),
    )


def _language(path: str, fragments: Sequence[Occurrence], lines: Sequence[str]) -> str:
    """That of its fragments, else by its name and first lines; code of others may be within a file."""
    if fragments:
        return fragments[0].language
    head = "\n".join(lines[:50])[:_DETECT_CHARACTERS].encode("utf-8", "replace")
    language = registry().detect(path, head)
    return "" if language is None else language.id
