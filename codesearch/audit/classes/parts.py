"""Members before they are described: a range of tokens of an occurrence, and the lines it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from codesearch.audit.classes.population import Population
from codesearch.core.store.contents import fragment_layouts
from codesearch.core.types import I32, I64
from indexer.segments.layout import unpack_layout


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens ``first`` up to and excluding ``last`` of an occurrence.

    Attributes:
        occurrence: Position in the population.
        row: Its content.
        first: First token.
        last: After the last token.
        file: Position of its file in the population.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        whole: True when these are all tokens of the occurrence.
    """

    occurrence: int
    row: int
    first: int
    last: int
    file: int
    start_line: int
    end_line: int
    whole: bool = True

    def overlaps(self, other: Part) -> bool:
        """Whether both have a line in common."""
        return (
            self.file == other.file
            and self.start_line <= other.end_line
            and other.start_line <= self.end_line
        )


Group = tuple[Part, ...]
"""Parts that are clones of each other, by file and line; none overlaps another."""


def whole_parts(population: Population, occurrences: Iterable[int], sizes: I64) -> list[Part]:
    """Occurrences as parts; ``sizes`` int64 [rows] holds the tokens of every content."""
    return [
        Part(
            occurrence,
            row := int(population.rows[occurrence]),
            0,
            int(sizes[row]),
            int(population.file[occurrence]),
            int(population.fragments.starts[fragment := population.fragment[occurrence]]),
            int(population.fragments.ends[fragment]),
        )
        for occurrence in occurrences
    ]


def apart(parts: Sequence[Part]) -> Group:
    """Parts by file and line; of those that overlap, as a class and its method may, the first."""
    kept: list[Part] = []
    for part in sorted(parts, key=lambda part: (part.file, part.start_line, -part.end_line, part.occurrence)):
        if not kept or not kept[-1].overlaps(part):
            kept.append(part)
    return tuple(kept)


class LineTable:
    """Lines of single tokens of occurrences."""

    def __init__(self, population: Population, connection: Connection, occurrences: Iterable[int]) -> None:
        fragments = population.fragment[np.array(sorted(set(occurrences)), np.int64)]
        self._population = population
        self._layouts: Mapping[int, bytes] = fragment_layouts(
            connection, population.fragments.ids[fragments].tolist()
        )

    def lines(self, occurrence: int, first: int, last: int) -> tuple[int, int]:
        """First and last line of tokens ``first`` up to ``last``, 1-based and inclusive."""
        relative = self.relative(occurrence)
        start = int(self._population.fragments.starts[self._population.fragment[occurrence]])
        return start + int(relative[first]), start + int(relative[last - 1])

    def relative(self, occurrence: int) -> I32:
        """int32 [n]: lines of all tokens of an occurrence, counted from 0 at the first one."""
        population = self._population
        packed = self._layouts.get(int(population.fragments.ids[population.fragment[occurrence]]))
        if packed is not None:
            return unpack_layout(packed)
        return population.snapshot.fragment(int(population.rows[occurrence])).tokens.lines
