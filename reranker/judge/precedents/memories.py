"""The memories of the precedent judge: what is shipped, and what the user said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from codesearch.core.feedback import Precedent, Side
from codesearch.core.protocols import Embedder
from codesearch.core.results import CloneType, Verdict
from indexer.embedding.registry import model_entry
from reranker.cascade import Cascade
from reranker.judge.precedents.kept_points import measured_precedents
from reranker.judge.precedents.kernel import PairScale
from reranker.judge.precedents.memory import KERNELS, Origin, PrecedentMemory, RememberedPair
from reranker.judge.precedents.pair_points import Measured, PairEmbedder, on_scale

PRECEDENTS = "precedents-1"
_FILE = "precedents.jsonl"
_AUTHOR = "codesearch"


@dataclass(frozen=True, slots=True)
class Memories:
    """What the precedent judge remembers, and how it looks at pairs."""

    embedder: PairEmbedder
    of_origin: tuple[PrecedentMemory, ...]


@cache
def shipped_precedents() -> tuple[RememberedPair, ...]:
    """The precedents that were written for this project, by id.

    Raises:
        EnvironmentFailure: Their file is missing or damaged.
    """
    entry = model_entry(PRECEDENTS, "precedents")
    entry.verify()
    lines = (entry.folder / _FILE).read_text(encoding="utf-8").split("\n")
    return tuple(_shipped(json.loads(line)) for line in lines if line)


def _shipped(row: Mapping[str, Any]) -> RememberedPair:
    first, second = (Side(side["content"], side["language"], side["code"]) for side in row["sides"])
    verdict = Verdict(row["verdict"])
    precedent = Precedent.between(first, second, verdict, reason=row["reason"], by=_AUTHOR, at=0)
    return RememberedPair(row["id"], precedent, CloneType(row["type"]), shipped=True)


def user_precedents(precedents: Sequence[Precedent]) -> tuple[RememberedPair, ...]:
    """The user's own, under names that follow from their pairs."""
    return tuple(RememberedPair(_name(precedent), precedent, None) for precedent in precedents)


def _name(precedent: Precedent) -> str:
    pair = repr(sorted(precedent.pair)).encode()
    return f"feedback-{blake2b(pair, digest_size=4).hexdigest()}"


def load_memories(
    feedback: Sequence[Precedent], embedder: Embedder, cascade: Cascade, kept: Path
) -> Memories:
    """The shipped precedents and the user's, ready to be searched.

    Args:
        feedback: What the user said.
        embedder: Embeds fragments.
        cascade: Rates pairs.
        kept: File in which what is computed is kept for the next time.

    Raises:
        EnvironmentFailure: The shipped precedents are missing or damaged.
    """
    shipped, own = shipped_precedents(), user_precedents(feedback)
    pairs = [*shipped, *own]
    measured = measured_precedents(pairs, embedder, cascade, kept)
    count = len(shipped)
    readable = count + np.flatnonzero(np.isfinite(measured.priors[count:]))
    scale = PairScale.of(measured.features[:count], measured.priors[:count])
    memories = [
        PrecedentMemory([pairs[n] for n in rows], on_scale(_rows(measured, rows), scale), KERNELS[origin])
        for origin, rows in ((Origin.SHIPPED, range(count)), (Origin.FEEDBACK, readable.tolist()))
        if rows
    ]
    return Memories(PairEmbedder(embedder, cascade, scale), tuple(memories))


def _rows(measured: Measured, rows: Sequence[int]) -> Measured:
    return Measured(measured.features[rows], measured.priors[rows], measured.topics[rows])
