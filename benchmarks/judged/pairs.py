"""Pairs of a round: what whoever labels sees, and where they are from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from itertools import islice


class Origin(StrEnum):
    """Where a pair is from."""

    T3 = "reported T3"
    T4 = "reported T4"
    CLONE = "known clone"
    LOOK_ALIKE = "known look-alike"


REPORTED = (Origin.T3, Origin.T4)


@dataclass(frozen=True, slots=True)
class Text:
    """Code of one side and its language."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """A pair of a round.

    Attributes:
        origin: Where it is from.
        sides: Its code, in the order in which it is shown.
    """

    origin: Origin
    sides: tuple[Text, Text]

    @property
    def hash(self) -> str:
        """32 hexadecimal digits that name the two texts in either order."""
        digests = sorted(blake2b(side.code.encode("utf-8", "replace")).digest() for side in self.sides)
        return blake2b(b"".join(digests), digest_size=16).hexdigest()


class Drawing:
    """Takes pairs for a round, none twice: two pairs of equal texts would be one to whoever labels."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, pairs: Iterable[DrawnPair], count: int) -> list[DrawnPair]:
        """The first ``count`` pairs that were not taken before; fewer where there are no more."""
        return list(islice(filter(self._is_new, pairs), count))

    def _is_new(self, pair: DrawnPair) -> bool:
        known = pair.hash in self._taken
        self._taken.add(pair.hash)
        return not known


def sample_rows(pairs: Sequence[DrawnPair]) -> list[dict[str, object]]:
    """What whoever labels gets, in order."""
    return [
        {
            "pair": pair.hash,
            "languages": [side.language for side in pair.sides],
            "a": pair.sides[0].code,
            "b": pair.sides[1].code,
        }
        for pair in pairs
    ]


def key_rows(pairs: Sequence[DrawnPair]) -> list[dict[str, object]]:
    """What is kept from them, by hash."""
    return [
        {"pair": pair.hash, "origin": str(pair.origin)} for pair in sorted(pairs, key=lambda pair: pair.hash)
    ]
