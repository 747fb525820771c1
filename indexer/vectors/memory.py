"""How much memory the search structures of an index may take."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_TRAINING = 1 << 23
_MOST_TRAINING = 1 << 28  # as float32: 262,144 rows of 256 dimensions


@dataclass(frozen=True, slots=True)
class VectorMemory:
    """A bound for the structures of all segments together, each of which gets its share by its rows.

    Attributes:
        total: Bytes that may stay in memory while the index is searched; None sets no bound.
        rows: Contents of the whole index, as far as they are known.
    """

    total: int | None = None
    rows: int = 0

    def share(self, rows: int) -> float:
        """Bytes for the structure of a segment of so many rows; infinite without a bound."""
        return float("inf") if self.total is None else self.total * (rows / max(self.rows, rows, 1))

    @property
    def training_bytes(self) -> int:
        """What the sample may take from which centroids and codebooks are learnt."""
        if self.total is None:
            return _MOST_TRAINING
        return min(max(self.total // 4, _LEAST_TRAINING), _MOST_TRAINING)


UNBOUNDED = VectorMemory()
