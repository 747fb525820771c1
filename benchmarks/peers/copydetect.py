"""copydetect 0.5 (https://github.com/blingenf/copydetect): shared character 25-grams of blinded code.

Blinding and fingerprints are copydetect's own. Its driver compares every two files, hours for 18,000 of them;
here the same similarity is computed for one file against all others at once, and a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import installed_version
from benchmarks.peers import Pair, ordered
from codesearch.core.errors import MissingExtra
from codesearch.core.types import I64

GRAM = 25  # copydetect's default noise threshold, in characters
WINDOW = 1  # its default guarantee threshold equals the noise threshold, so every gram is a fingerprint


@dataclass(frozen=True, slots=True)
class Copydetect:
    """copydetect at a similarity threshold.

    Attributes:
        name: As the report shows it.
        threshold: Share of a file's characters that the other file holds too.
        both_sides: Whether both files must reach the threshold; copydetect itself asks it of either one.
    """

    name: str
    threshold: float
    both_sides: bool

    def version(self) -> str:
        """Version of the package."""
        return installed_version("copydetect")

    def reported_pairs(self, folder: Path) -> set[Pair]:
        """Pairs whose similarities reach the threshold.

        Raises:
            MissingExtra: copydetect is not installed.
        """
        paths = sorted(folder.iterdir())
        grams = _Grams.of(paths)
        reaching = {(a, b) for a in range(len(paths)) for b in grams.covering(a, self.threshold).tolist()}
        return {
            ordered(paths[a].name, paths[b].name)
            for a, b in reaching
            if not self.both_sides or (b, a) in reaching
        }


@dataclass(frozen=True, slots=True)
class _Grams:
    """The grams of all files and, for each distinct gram, the files that hold it.

    Attributes:
        ids: Per file, int64: the number of each gram, by place.
        places: Per file, int64 ascending: the offset of each gram in the blinded code.
        starts: int64 [grams + 1], where the holders of a gram begin in ``holders``.
        holders: int64, files.
    """

    ids: tuple[I64, ...]
    places: tuple[I64, ...]
    starts: I64
    holders: I64

    @classmethod
    def of(cls, paths: list[Path]) -> _Grams:
        fingerprints = [_fingerprints(path) for path in paths]
        sizes = [len(places) for places, _ in fingerprints]
        _, flat = np.unique(np.concatenate([hashes for _, hashes in fingerprints]), return_inverse=True)
        flat = flat.reshape(-1).astype(np.int64)
        held = np.unique(flat * len(paths) + np.repeat(np.arange(len(paths)), sizes))
        starts = np.append(0, np.cumsum(np.bincount(held // len(paths))))
        ids = np.split(flat, np.cumsum(sizes)[:-1])
        return cls(tuple(ids), tuple(places for places, _ in fingerprints), starts, held % len(paths))

    def covering(self, file: int, threshold: float) -> I64:
        """The other files that hold at least this share of a file's covered characters."""
        ids, places = self.ids[file], self.places[file]
        total = _covered(places)
        counts = self.starts[ids + 1] - self.starts[ids]
        first = np.repeat(self.starts[ids] - np.cumsum(counts) + counts, counts)
        holders = self.holders[first + np.arange(counts.sum())]
        # A gram covers at most GRAM characters: most files drop out before anything is sorted.
        possible = np.bincount(holders, minlength=len(self.ids)) * GRAM >= threshold * total
        possible[file] = False
        kept = possible[holders]
        by_holder = np.argsort(holders[kept], kind="stable")
        holders, at = holders[kept][by_holder], np.repeat(places, counts)[kept][by_holder]
        steps = np.minimum(np.diff(at, append=0), GRAM)
        steps[np.diff(holders, append=-1) != 0] = GRAM
        covered = np.bincount(holders, weights=steps, minlength=len(self.ids))
        # A file shorter than one gram has nothing to cover and resembles none.
        return np.flatnonzero(possible & (covered > 0) & (covered / max(total, 1) >= threshold))


def _covered(places: I64) -> int:
    """Characters under at least one of the grams."""
    return int(np.minimum(np.diff(places), GRAM).sum()) + GRAM if len(places) else 0


def _fingerprints(path: Path) -> tuple[I64, NDArray[np.int64]]:
    """Places, ascending, and hashes of a file's grams: int64 [m] each."""
    try:
        from copydetect import CodeFingerprint
    except ImportError as error:
        raise MissingExtra("the peer copydetect", "benchmarks") from error
    grams = CodeFingerprint(str(path), GRAM, WINDOW).hash_idx
    at = sorted((place, value) for value, places in grams.items() for place in places)
    table = np.array(at, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
