"""Classes that a repository accepts, each with its reason, in a file at its root that is reviewed like code.

The file can only hide findings, and only as far as the review went: a class is hidden while none of its
members goes beyond what was accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesearch.audit.contents import contents_of
from codesearch.core.audit import CloneClass


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry.

    Attributes:
        id: Of the class when it was accepted.
        reason: Why; never empty.
        contents: How often each member content may stand in the class; None when only a number is given.
        size: How many members it may have.
    """

    id: str
    reason: str
    contents: Mapping[str, int] | None
    size: int

    def covers(self, found: CloneClass) -> bool:
        """Whether nothing of a class goes beyond what was accepted.

        Contents that were accepted together are, under whatever id: a part of a class may get a new one.
        """
        if self.contents is None:
            return found.id == self.id and len(found.members) <= self.size
        return contents_of(found.members) <= Counter(self.contents)


@dataclass(frozen=True, slots=True)
class Screened:
    """Classes after acceptance.

    Attributes:
        classes: Those not accepted, in their order.
        hidden: Those accepted.
        stale: Number of entries that match no class, neither by id nor by contents.
    """

    classes: tuple[CloneClass, ...]
    hidden: tuple[CloneClass, ...]
    stale: int

    @property
    def degraded(self) -> tuple[str, ...]:
        """``accepted-stale:N`` when there are such entries."""
        return (f"accepted-stale:{self.stale}",) if self.stale else ()


def screen(classes: Sequence[CloneClass], accepted: Mapping[str, Sequence[Acceptance]]) -> Screened:
    """Hide accepted classes.

    Args:
        classes: All classes that an audit found.
        accepted: Entries by corpus; a corpus can accept only classes that it has a member in.
    """
    index = {corpus: _Entries(entries) for corpus, entries in accepted.items()}
    kept: list[CloneClass] = []
    hidden: list[CloneClass] = []
    for found in classes:
        corpora = {member.place.corpus for member in found.members} & index.keys()
        covered = [index[corpus].cover(found) for corpus in sorted(corpora)]  # every one: each notes a match
        (hidden if any(covered) else kept).append(found)
    return Screened(tuple(kept), tuple(hidden), sum(entries.stale for entries in index.values()))


class _Entries:
    """The entries of one corpus, found by what a class could match, with a note of those that did."""

    def __init__(self, entries: Sequence[Acceptance]) -> None:
        self._entries = entries
        self._matched: set[int] = set()
        self._by_id: dict[str, list[int]] = {}
        self._by_content: dict[str, list[int]] = {}
        for position, entry in enumerate(entries):
            self._by_id.setdefault(entry.id, []).append(position)
            for content in entry.contents or ():
                self._by_content.setdefault(content, []).append(position)

    @property
    def stale(self) -> int:
        return len(self._entries) - len(self._matched)

    def cover(self, found: CloneClass) -> bool:
        same_id = self._by_id.get(found.id, ())
        # An entry that covers a class has all its contents: those with the first one are enough to look at.
        candidates = {*same_id, *self._by_content.get(found.members[0].content, ())}
        covering = {position for position in candidates if self._entries[position].covers(found)}
        self._matched |= covering.union(same_id)
        return bool(covering)
