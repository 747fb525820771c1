"""A hostile tree as a value: what is planted beside two healthy files, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FIRST, LAST = "0-healthy.py", "zz-healthy.py"
"""The healthy neighbours: the hostile things are read between the two."""

ANALYSED = "analysed"
"""The fate of a file that is not skipped; the others are the ledger's reasons."""

HEALTHY = """\
def settle(orders, limit):
    total = 0
    for order in orders:
        if order.amount > limit:
            total += order.amount * order.rate
        elif order.amount == limit:
            total -= order.discount + 1
        else:
            total += order.amount // 2
    if total < 0:
        raise ValueError("negative total")
    return total / max(1, len(orders))
"""
"""A function that every tool of the field calls a clone of its copy."""

Fates = dict[str, frozenset[str]]


class CannotPlant(Exception):
    """This machine or file system has no such thing; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class HostileCase:
    """One hostile tree.

    Attributes:
        name: Unique; lower case with hyphens.
        planted: What it is, in a few words.
        plant: Writes it below an empty folder. May raise :class:`CannotPlant`.
        fates: What may become of a file: :data:`ANALYSED` or reasons of the ledger, by the path as reports
            show it. Files that are not named here are analysed.
        found: Paths that hold the healthy function too, however disguised, and have to be found.
        hidden: Number of files on disk, ``.git`` apart, that the ledger does not count one by one.
        disturb: Changes the tree; called again and again while it is read, so that what is counted depends on
            the moment.
        nightly: Takes too long for a run of all cases in a minute.
    """

    name: str
    planted: str
    plant: Callable[[Path], None]
    fates: Fates = field(default_factory=dict)
    found: tuple[str, ...] = ()
    hidden: int = 0
    disturb: Callable[[Path], None] | None = None
    nightly: bool = False

    def write(self, root: Path) -> None:
        """Plant the case and its healthy neighbours in ``root``, a folder that is not there yet.

        Raises:
            CannotPlant: Not on this machine.
        """
        root.mkdir(parents=True)
        for name in (FIRST, LAST):
            (root / name).write_text(HEALTHY, encoding="utf-8")
        self.plant(root)


def skipped(reason: str, *paths: str) -> Fates:
    """All of these are skipped for one reason."""
    return dict.fromkeys(paths, frozenset({reason}))


def any_of(path: str, *outcomes: str) -> Fates:
    """One file that may end in several ways, none of them silently."""
    return {path: frozenset(outcomes)}


def file_case(
    name: str, planted: str, path: str, content: bytes | Callable[[], bytes], *outcomes: str
) -> HostileCase:
    """A case of one file with these bytes, made when they are needed; analysed where no outcome is named."""

    def plant(root: Path) -> None:
        (root / path).write_bytes(content if isinstance(content, bytes) else content())

    return HostileCase(name, planted, plant, any_of(path, *outcomes) if outcomes else {})
