"""Plug points. Whoever implements one of these passes its contract suite in ``tests/contracts``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TextIO

from codesearch.core.audit import AuditReport, AuditSources
from codesearch.core.judge import Case, Ruling
from codesearch.core.types import F32, I64, Fragment, Mask, Role


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a corpus that is a candidate for analysis.

    Attributes:
        path: Relative to the corpus root, ``/`` separated, bytes outside UTF-8 percent-escaped.
        absolute: Where to open it.
        size: Bytes.
        modified_ns: Modification time in nanoseconds.
        language: Registry id.
        role: What the file is for, as far as its path tells.
        known_hash: Hash of its content at the last run; an equal content is not parsed again.
    """

    path: str
    absolute: Path
    size: int
    modified_ns: int
    language: str
    role: Role
    known_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is seen and not analysed, with the reason the ledger shows."""

    path: str
    size: int
    modified_ns: int
    reason: str


class CorpusReader(Protocol):
    """Lists a corpus: every file is yielded exactly once, in path order."""

    name: str
    root: Path

    @property
    def notes(self) -> tuple[str, ...]:
        """What did not go as usual while listing, such as ``git-unavailable:./``."""
        ...

    def covers(self, path: str) -> bool:
        """Whether :meth:`files` would list a file at this path, relative to the root."""
        ...

    def files(self) -> Iterator[SourceFile | SkippedFile]:
        """Files in path order; opening none of them."""
        ...


class Embedder(Protocol):
    """Turns fragments into vectors; a vector depends on its fragment alone, never on the batch."""

    @property
    def id(self) -> str:
        """Model id with version, such as ``static-1``; vectors of different ids never mix."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised, in input order; an empty fragment gives a zero row."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product over rows that are numbered from 0 in the order added."""

    @property
    def size(self) -> int:
        """Number of rows."""
        ...

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows."""
        ...

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first; padded with -inf and -1."""
        ...

    def save(self, path: Path) -> None:
        """Write the structure; :meth:`load` reads it back."""
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a structure that this installation wrote; never call it on a file of unknown origin."""
        ...


@dataclass(frozen=True, slots=True)
class LaneHits:
    """What one lane found for one query: rows int64 [m] of the snapshot and scores float32 [m], best
    first.
    """

    rows: I64
    scores: F32


class CandidateLane(Protocol):
    """Proposes contents of the snapshot that may be clones of a fragment."""

    @property
    def name(self) -> str:
        """Key of the lane in ``scores``."""
        ...

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` hits per query, best first, ties by content key; ``allowed`` bool [rows] restricts
        them.
        """
        ...


class PairScorer(Protocol):
    """Gives the pairs that fingerprints and alignment leave open a calibrated probability."""

    def probabilities(self, features: F32) -> F32:
        """P(clone) float32 [n] of the features of n pairs, float32 [n, f]; no pair depends on another."""
        ...


class Judge(Protocol):
    """Gives the final verdict on pairs that the cascade leaves open."""

    @property
    def degraded(self) -> frozenset[str]:
        """What did not go as configured so far, such as ``judge:unreachable``."""
        ...

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order; None where it gives none, so that what was said before stands.

        A pair gets the same ruling whichever of its sides comes first. What goes wrong with one case is never
        raised: it shows in :attr:`degraded`.
        """
        ...


class Reporter(Protocol):
    """Writes an audit in one format, the same text for the same report.

    Whatever comes from a corpus (names, paths, code) is data in the format: it can neither break the document
    nor act on whoever opens it. What a limit leaves out is counted in the document.
    """

    @property
    def name(self) -> str:
        """What users call the format, such as ``sarif``."""
        ...

    @property
    def suffix(self) -> str:
        """Usual end of a file's name, such as ``.sarif``."""
        ...

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Write the whole document to ``out``, which takes any Unicode text and leaves line ends alone."""
        ...
