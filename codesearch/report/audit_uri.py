"""Paths of a corpus as relative URI references (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import quote

_BARE_PERCENT = re.compile("%(?![0-9A-F]{2})")


def relative_uri(path: str) -> str:
    """A reference that resolves to the file below the corpus root, never to another scheme or host.

    The escapes of :func:`indexer.corpus.names.display_path` are those of a URI already; everything else is
    escaped, the colon too, which would make a scheme of the first folder.
    """
    return quote(_BARE_PERCENT.sub("%25", path.lstrip("/")), safe="/%", errors="replace")
