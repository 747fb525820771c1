"""Files of a corpus once more, after they were indexed."""

from __future__ import annotations

from pathlib import Path

from indexer.corpus.decode import decode
from indexer.corpus.names import system_path
from indexer.corpus.opening import CannotRead, read_regular


def reread_source(path: Path, max_bytes: int) -> bytes | None:
    """A file's text as UTF-8 with line feeds; None when it is gone, too large, or no longer text."""
    try:
        return decode(read_regular(path, max_bytes).content).text
    except (CannotRead, OSError, ValueError):
        return None


def reread_member(root: Path, path: str, max_bytes: int) -> bytes | None:
    """Likewise of a file of a corpus, by its path there; None too when a link has led it out of the corpus
    since.
    """
    try:
        real = (root / system_path(path)).resolve()
        inside = real.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL in the name
        return None
    return reread_source(real, max_bytes) if inside else None
