"""Folders that a command makes when it has something to put there, checked before it works for hours."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def require_writable(folder: Path) -> None:
    """Check that a folder can be written to, or made; it is not made.

    Raises:
        OSError: It cannot.
    """
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if os.path.lexists(parent))
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(nearest))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(nearest))
