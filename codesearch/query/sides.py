"""Fragments as sides of a verdict that somebody gives."""

from __future__ import annotations

from codesearch.core.errors import InputError
from codesearch.core.feedback import MAX_CODE, Side
from codesearch.query.source import Source


def side_of(source: Source) -> Side:
    """The one fragment of a source.

    Raises:
        InputError: It holds several.
    """
    if len(source.fragments) != 1:
        raise InputError(
            f"{source.path} holds {len(source.fragments)} fragments", "name the lines of one with FILE:A-B"
        )
    [(span, fragment)] = source.fragments
    code = "\n".join(source.lines[span.start_line - 1 : span.end_line])
    return Side(fragment.exact_key.hex(), fragment.language, code[:MAX_CODE])
