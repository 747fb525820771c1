"""The source of listed members: each distinct text once, and how the lines of a class's members align."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.audit import AuditSources, Member
from codesearch.report.alignment import Side, aligned_rows, identical_rows
from codesearch.report.audit_html.encoded_rows import encoded_rows
from codesearch.report.audit_html.encoding import encode, encoded_list
from codesearch.report.audit_html.highlight import Highlighter
from codesearch.report.audit_html.limits import Cuts, Limits
from codesearch.report.printable import printable_code

NOTHING = -1
"""Number of a text or an alignment that the page does not hold."""


@dataclass(frozen=True, slots=True)
class _Text:
    """An embedded text: its number, and how many lines it has."""

    number: int
    lines: int


class Excerpts:
    """Texts and alignments within a size, first come, first served."""

    def __init__(self, sources: AuditSources, limits: Limits, cuts: Cuts) -> None:
        self._sources = sources
        self._limits = limits
        self._cuts = cuts
        self._highlighter = Highlighter()
        self._room = limits.source_bytes
        self._full = False
        self._numbers: dict[tuple[str, str], _Text] = {}
        self._texts: list[str] = []
        self._alignments: dict[tuple[int, int], int] = {}
        self._rows: list[str] = []

    def embed(self, classes: Sequence[Sequence[Member]]) -> str:
        """JSON of all source text.

        Args:
            classes: The listed members of every shown class.

        Returns:
            An object: ``texts``, pairs of a text and its coloured runs; ``rows``, alignments as
            :func:`encoded_rows` writes them; ``members``, for each class the number of the text of each
            member and of its alignment with the first one, in turn.
        """
        firsts = [self._text(members[0]) for members in classes]
        # One comparison of every class before the second of any, should the room not do for all.
        seconds = [self._others(members[:2], first) for members, first in zip(classes, firsts, strict=True)]
        rest = [
            self._others([members[0], *members[2:]], first)
            for members, first in zip(classes, firsts, strict=True)
        ]
        numbers = (
            encode([_number(first), NOTHING, *second, *others])
            for first, second, others in zip(firsts, seconds, rest, strict=True)
        )
        return (
            f'{{"texts":{encoded_list(self._texts)},"rows":{encoded_list(self._rows)}'
            f',"members":{encoded_list(numbers)}}}'
        )

    def _others(self, members: Sequence[Member], first: _Text | None) -> list[int]:
        """Numbers of text and alignment of all members but the first, in turn."""
        numbers: list[int] = []
        for member in members[1:]:
            other = self._text(member)
            alignment = NOTHING
            if first is not None and other is not None:
                alignment = self._alignment(members[0], first, member, other)
            numbers += (_number(other), alignment)
        return numbers

    def _text(self, member: Member) -> _Text | None:
        """The text of a member, embedded unless it is already; None when it cannot be."""
        if self._full:
            self._cuts.sources += 1
            return None
        lines = self._sources.lines(member)
        if lines is None:
            self._cuts.changed += 1
            return None
        shown = _shown(lines[: self._limits.lines])
        key = member.language, "\n".join(shown)
        if (known := self._numbers.get(key)) is not None:
            return known
        text = "\n".join(self._narrow(line) for line in shown)
        encoded = encode([text, self._highlighter.runs(text, member.language)])
        if not self._take(encoded):
            self._cuts.sources += 1
            return None
        self._cuts.lines += max(len(lines) - self._limits.lines, 0)
        self._cuts.columns += sum(len(line) > self._limits.columns for line in shown)
        self._texts.append(encoded)
        found = self._numbers[key] = _Text(len(self._texts) - 1, len(shown))
        return found

    def _alignment(self, first: Member, left: _Text, other: Member, right: _Text) -> int:
        """Number of the alignment of two embedded texts."""
        key = left.number, right.number
        if (known := self._alignments.get(key)) is not None:
            return known
        if left.number == right.number:
            rows = identical_rows(left.lines)
        else:
            rows = aligned_rows(
                self._sources.evidence(first, other),
                Side(first.place.start_line, left.lines),
                Side(other.place.start_line, right.lines),
            )
        encoded = encode(encoded_rows(rows))
        if not self._take(encoded):
            return NOTHING
        self._rows.append(encoded)
        self._alignments[key] = len(self._rows) - 1
        return len(self._rows) - 1

    def _take(self, encoded: str) -> bool:
        """Whether there is still room for a value; once there was not, nothing more is read."""
        size = len(encoded.encode("utf-8")) + 1
        self._full = self._full or size > self._room
        if not self._full:
            self._room -= size
        return not self._full

    def _narrow(self, line: str) -> str:
        columns = self._limits.columns
        return line if len(line) <= columns else f"{line[:columns]} … {len(line) - columns:,} more characters"


def _shown(lines: Sequence[str]) -> list[str]:
    """Lines with control characters made visible, less the indentation they share."""
    printed = [printable_code(line) for line in lines]
    shared = min((len(line) - len(line.lstrip(" ")) for line in printed if line.strip()), default=0)
    return [line[shared:] for line in printed]


def _number(text: _Text | None) -> int:
    return NOTHING if text is None else text.number
