"""Declared names replaced: does a model read what code does, or what its author called things?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from codesearch.evaluation.declarations.names import Names, Occurrence, Role, can_read, read_names
from codesearch.evaluation.declarations.receivers import callee_is_declared, reaches_declared
from indexer.parsing.languages import Language

_NEUTRAL = re.compile(rb"\bv[1-9][0-9]*\b")


def can_rename(language: Language) -> bool:
    """Whether the language has a grammar and a query of its declarations."""
    return can_read(language)


def rename_declared(code: str, language: Language) -> str:
    """Replace every name that the code declares by ``v1``, ``v2`` and so on, in order of appearance.

    A name is replaced wherever it stands by itself, also in code that is interpolated in a string. After a
    receiver it is replaced where it is a field or method of a class that the code defines, as far as that
    can be told without types. What libraries declare stays, and so do names that the language gives a
    meaning (``main``, ``__init__``), comments and strings. A new name that the code uses for something else
    is skipped. Syntax errors do no harm.

    Args:
        code: Source text, a whole file or a piece of one.
        language: Its language; code of one that :func:`can_rename` refuses comes back as it is.
    """
    if not can_rename(language):
        return code
    source = code.encode("utf-8", "replace")
    replaced = list(_replaced(source, read_names(source, language)))
    edges = [0, *(edge for found in replaced for edge in (found.start, found.end)), len(source)]
    kept = [source[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    taken = set(_NEUTRAL.findall(b"\n".join(kept)))
    fresh = (name for number in count(1) if (name := b"v%d" % number) not in taken)
    neutral = dict(zip(dict.fromkeys(found.name for found in replaced), fresh, strict=False))
    pieces = [kept[0]]
    for found, piece in zip(replaced, kept[1:], strict=True):
        pieces += neutral[found.name], piece
    return b"".join(pieces).decode("utf-8")


def _replaced(source: bytes, names: Names) -> Iterator[Occurrence]:
    """The places of declared names, by start and without overlap."""
    end = 0
    for found in names.occurrences:
        if found.start >= end and _is_declared(source, names, found):
            end = found.end
            yield found


def _is_declared(source: bytes, names: Names, found: Occurrence) -> bool:
    match found.role:
        case Role.PLAIN | Role.DECLARED:
            return found.name in names.declared
        case Role.TYPE:  # `stack<int> stack` declares the second one only
            return found.name in names.declared and found.name in names.classes
        case Role.MEMBER | Role.OWN | Role.EXTENSION:
            return found.name in names.members
        case Role.ACCESS | Role.CALL:
            return reaches_declared(source, names, found)
        case Role.KEYWORD:
            known = found.name in names.declared or found.name in names.members
            return known and callee_is_declared(source, names, found.start)
