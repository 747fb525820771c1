"""Files of a corpus once more, after they were indexed."""

from __future__ import annotations

from pathlib import Path

from indexer.corpus.decode import decode
from indexer.corpus.opening import CannotRead, read_regular


def reread_source(path: Path, max_bytes: int) -> bytes | None:
    """A file's text as UTF-8 with line feeds; None when it is gone, too large, or no longer text."""
    try:
        return decode(read_regular(path, max_bytes).content).text
    except (CannotRead, OSError, ValueError):
        return None
