"""How much of an audit one page holds, and what was left out to stay within it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codesearch.core.audit import CloneClass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one page; the two sizes leave room for markup within the 20 MB that mail and forges accept.

    Attributes:
        classes: Clone classes.
        members: Members listed per class.
        listed: Members listed in all classes; where it would not hold, fewer of each class are.
        class_bytes: UTF-8 bytes of JSON for the classes.
        source_bytes: UTF-8 bytes of JSON for source text and alignments.
        lines: Lines of source per member.
        columns: Characters of a line of source.
        manipulations: Places that talk to the judge.
        static: Classes in plain HTML, for readers without JavaScript; a page of the list with it.
    """

    classes: int = 10_000
    members: int = 100
    listed: int = 120_000
    class_bytes: int = 7_500_000
    source_bytes: int = 12_000_000
    lines: int = 400
    columns: int = 300
    manipulations: int = 200
    static: int = 50

    def members_per_class(self, classes: Sequence[CloneClass]) -> int:
        """The most members that any class may list so that all together are within ``listed``; at least 2."""
        sizes = sorted(min(len(found.members), self.members) for found in classes)
        left = self.listed
        for position, size in enumerate(sizes):
            share = left // (len(sizes) - position)
            if size > share:
                return max(share, 2)
            left -= size
        return self.members


@dataclass(slots=True)
class Cuts:
    """What the page does not hold; counted while it is made.

    Attributes:
        classes: Classes beyond the limits.
        members: Members of shown classes that are not listed.
        lines: Source lines of listed members beyond the limit per member.
        columns: Source lines that were shortened.
        sources: Listed members without source text because the page is full.
        manipulations: Places that talk to the judge beyond the limit.
        changed: Listed members without source text because their file is gone or has changed.
    """

    classes: int = 0
    members: int = 0
    lines: int = 0
    columns: int = 0
    sources: int = 0
    manipulations: int = 0
    changed: int = 0

    def sentences(self) -> Iterator[str]:
        """One sentence for each thing that was cut."""
        for number, one, many in (
            (self.classes, "clone class is not shown", "clone classes are not shown"),
            (self.members, "member is not listed", "members are not listed"),
            (self.lines, "line of source is not embedded", "lines of source are not embedded"),
            (self.columns, "long line of source is shortened", "long lines of source are shortened"),
            (self.sources, "member has no source here", "members have no source here"),
            (
                self.manipulations,
                "place that talks to the judge is not listed",
                "places that talk to the judge are not listed",
            ),
        ):
            if number:
                yield f"{number:,} {one if number == 1 else many} to keep this file small."
        if self.changed:
            noun = "member has" if self.changed == 1 else "members have"
            yield f"{self.changed:,} {noun} no source here because a file is gone or has changed since."
