"""Pairs whose answer is known, to see whether whoever labels can be trusted."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judged.pairs import Drawing, DrawnPair, Origin, Text
from benchmarks.pest import ALIKE, blinded_similarity
from codesearch.core.errors import InputError
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair, read_fragments, read_pairs

DECOYS = 25  # of either answer
LOOKS_ALIKE = ALIKE / 2  # most pairs that are no clones have nothing in common, which deceives nobody


def draw_decoys(data: Path, count: int, draw: random.Random, drawing: Drawing) -> list[DrawnPair]:
    """``count`` known clones and as many known look-alikes.

    Clones are BigCloneBench's Type-3. Look-alikes are its pairs that are labelled no clones, and half of them
    FEMP's that people found to behave differently; by the textual rule they are no Type-3 either.

    Raises:
        InputError: The labelled data cannot be read, or there is too little of it.
    """
    bcb, femp = _Labelled.read(data, "bcb"), _Labelled.read(data, "femp")
    wanted = (
        (bcb.clones(draw), count),
        (femp.look_alikes(draw), count // 2),
        (bcb.look_alikes(draw), count - count // 2),
    )
    decoys = [pair for pairs, number in wanted for pair in drawing.take(pairs, number)]
    if len(decoys) < 2 * count:
        raise InputError(
            f"the labelled data has only {len(decoys)} of {2 * count} decoys",
            "the whole of bcb and femp has enough",
        )
    return decoys


KNOWN_CLONES = frozenset(("VST3", "ST3"))


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A labelled data set: its fragments by id, and its pairs."""

    fragments: Mapping[str, LabelledFragment]
    pairs: Sequence[LabelledPair]

    @classmethod
    def read(cls, data: Path, name: str) -> _Labelled:
        fragments = {item.id: item for item in read_fragments(data / f"{name}.jsonl.gz")}
        return cls(fragments, read_pairs(data / f"{name}.pairs.jsonl.gz"))

    def clones(self, draw: random.Random) -> Iterator[DrawnPair]:
        """Type-3 clones in random order; the moderately similar ones are clones to some judges only."""
        clones = [pair for pair in self.pairs if pair.label and pair.type in KNOWN_CLONES]
        return (self._drawn(pair, Origin.CLONE) for pair in draw.sample(clones, len(clones)))

    def look_alikes(self, draw: random.Random) -> Iterator[DrawnPair]:
        """Pairs that are no clones by label and by the textual rule, but look alike; in random order."""
        others = [pair for pair in self.pairs if not pair.label and not pair.type]
        for pair in draw.sample(others, len(others)):
            if LOOKS_ALIKE <= self._likeness(pair) < ALIKE:
                yield self._drawn(pair, Origin.LOOK_ALIKE)

    def _drawn(self, pair: LabelledPair, origin: Origin) -> DrawnPair:
        first, second = (self.fragments[side] for side in (pair.a, pair.b))
        return DrawnPair(origin, (Text(first.language, first.code), Text(second.language, second.code)))

    def _likeness(self, pair: LabelledPair) -> float:
        return blinded_similarity(self.fragments[pair.a].code, self.fragments[pair.b].code)
