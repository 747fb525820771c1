"""How often equal fingerprints mean a clone, by the labels of a training set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from codesearch.training.candidates import LabelledSet


@dataclass(frozen=True, slots=True)
class Share:
    """``clones`` of ``pairs`` labelled pairs are clones."""

    clones: int = 0
    pairs: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.clones + other.clones, self.pairs + other.pairs)

    @property
    def smoothed(self) -> float:
        """Laplace's rule of succession: never certain, whatever was counted."""
        return (self.clones + 1) / (self.pairs + 2)


@dataclass(frozen=True, slots=True)
class FingerprintShares:
    """Shares of clones among pairs with equal T1 keys, and among pairs with equal T2 keys only."""

    exact: Share
    renamed: Share

    @classmethod
    def none(cls) -> FingerprintShares:
        """Of a set that labels no pairs."""
        return cls(Share(), Share())

    def __add__(self, other: FingerprintShares) -> FingerprintShares:
        return FingerprintShares(self.exact + other.exact, self.renamed + other.renamed)


def fingerprint_shares(training: LabelledSet) -> FingerprintShares:
    """Count a set's labelled pairs; where groups are the labels, neighbours in each class of equal keys."""
    rows = training.index.rows
    exact, renamed = Share(), Share()
    for a, b, label in _labelled(training):
        if rows[a] == rows[b]:
            exact += Share(label, 1)
        else:
            renamed += Share(label, 1)
    return FingerprintShares(exact, renamed)


def _labelled(training: LabelledSet) -> Iterator[tuple[int, int, bool]]:
    """Pairs of positions with equal T2 keys in one language."""
    index = training.index
    keys = index.snapshot.renamed_keys
    identity = [(keys[row].tobytes(), str(index.languages[row])) for row in range(len(keys))]
    pairs: Iterable[tuple[int, int]]
    if training.pairs:
        position = {fragment.id: number for number, fragment in enumerate(training.labelled)}
        pairs = ((position[a], position[b]) for a, b in training.pairs)
    else:
        names = [identity[row] for row in index.rows.tolist()]
        order = sorted(range(len(names)), key=lambda place: (names[place], index.rows[place], place))
        pairs = pairwise(order)
    for a, b in pairs:
        if identity[index.rows[a]] == identity[index.rows[b]]:
            label = training.label(a, b)
            yield a, b, bool(label > 0)
