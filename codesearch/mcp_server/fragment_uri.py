"""Addresses of lines of indexed files: ``codesearch://CORPUS/PATH#L10-31``."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from codesearch.core.errors import InputError
from codesearch.core.results import Place

SCHEME = "codesearch"
TEMPLATE = f"{SCHEME}://{{corpus}}/{{+path}}{{#lines}}"
"""As RFC 6570 writes it; ``lines`` is such as ``L10-31``."""

WHOLE = 0
"""End line of an address that names none: to the end of the file."""

_ADDRESS = re.compile(rf"{SCHEME}://([^/#?]+)/([^#?]+)(?:#L(\d{{1,9}})(?:-L?(\d{{1,9}}))?)?", re.IGNORECASE)


def fragment_uri(place: Place) -> str:
    """The address of a place."""
    path = quote(place.path, safe="/")
    return f"{SCHEME}://{quote(place.corpus, safe='')}/{path}#L{place.start_line}-{place.end_line}"


def parse_uri(uri: str) -> Place:
    """The place of an address; its end line is :data:`WHOLE` where no lines are named.

    Raises:
        InputError: It is no such address.
    """
    found = _ADDRESS.fullmatch(uri)
    if found is not None:
        first = int(found[3] or 1)
        last = int(found[4] or (found[3] or WHOLE))
        if first >= 1 and (last == WHOLE or first <= last):
            return Place(unquote(found[1]), unquote(found[2]), first, last)
    raise InputError(f"no address of a fragment: {uri[:200]!r}", f"write {SCHEME}://CORPUS/PATH#L10-31")
