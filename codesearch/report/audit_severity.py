"""How much a clone class matters, for the formats that sort findings by it."""

from __future__ import annotations

from enum import IntEnum

from codesearch.core.audit import Action, CloneClass
from codesearch.core.results import CloneType

LARGE = {CloneType.T1: 50, CloneType.T2: 50, CloneType.T3: 100, CloneType.T4: 100}
"""Lines that merging saves from which a class is large: twice as many where copies are no longer equal,
because what varies stays.
"""


class Severity(IntEnum):
    """Rising."""

    INFO = 0
    MINOR = 1
    MAJOR = 2


def severity(found: CloneClass, *, compared: bool) -> Severity:
    """By newness, type and size; ``compared`` says whether the audit knows what is new.

    What a baseline knows and what is boilerplate is for information. Of the rest a large class is major; a
    semantic clone, where nothing but behaviour agrees, counts one less.
    """
    if (compared and not found.new) or found.action is Action.BOILERPLATE:
        return Severity.INFO
    large = found.saved_lines >= LARGE[found.clone_type]
    if found.clone_type is CloneType.T4:
        return Severity.MINOR if large else Severity.INFO
    return Severity.MAJOR if large else Severity.MINOR
