"""All targets by name, in the order of their groups.

To add one: a function of bytes that raises when something does not hold, in a module with others of its kind
(:mod:`.decoding` is the shortest), named in the ``TARGETS`` of the module; a new module is named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from fuzz.target import Target

MODULES = ("decoding", "extraction", "aligning", "user_files", "answers", "requests", "packs")


def all_targets() -> Iterator[Target]:
    """Every target; a module is imported when its turn comes, so that nobody waits for what comes later."""
    for module in MODULES:
        yield from import_module(f"fuzz.{module}").TARGETS


def named(name: str) -> Target:
    """The target of a name.

    Raises:
        KeyError: There is none.
    """
    for target in all_targets():
        if target.name == name:
            return target
    raise KeyError(name)
