"""Files that ``codesearch feedback export`` wrote."""

from __future__ import annotations

from pathlib import Path

from codesearch.audit.textfiles import follow, read_text
from codesearch.core.feedback import Precedent
from codesearch.report.feedback_document import read_precedents

_MAX_BYTES = 1 << 28


def read_precedents_file(path: Path, what: str = "precedents") -> tuple[Precedent, ...]:
    """The precedents of a file, in its order.

    Args:
        path: The file.
        what: What it holds, for messages.

    Raises:
        InputError: It cannot be read, or a line is no precedent.
    """
    return read_precedents(read_text(follow(path, what) or path, what, _MAX_BYTES), str(path))
