"""Vectors are computed by actors, each with a model that it loads once, on a GPU where there is one."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from codesearch.core.errors import CodesearchError
from codesearch.core.protocols import Embedder
from codesearch.distributed.cluster import Cluster
from codesearch.distributed.failures import Failure, told_plainly
from codesearch.distributed.shards import chunk_path, fresh_rows, opened
from codesearch.distributed.work import RETRIES, fetched, first_done
from indexer.embedding.checkpoint import CHUNK
from indexer.embedding.registry import load_embedder, runs_on_torch
from indexer.embedding.stored import embed_stored
from indexer.segments.segment import Segment

if TYPE_CHECKING:
    from ray import ObjectRef


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model every actor loads.

    Attributes:
        name: As the settings name it.
        revision: Commit of a hub model.
        device: Where it runs.
        batch: Tokens of one forward pass.
        dimensions: To which vectors are cut; 0 keeps all.
    """

    name: str
    revision: str
    device: str
    batch: int
    dimensions: int = 0

    def load(self) -> Embedder:
        """The model.

        Raises:
            CodesearchError: It cannot be loaded here.
        """
        return load_embedder(
            self.name, self.device, revision=self.revision, batch=self.batch, dimensions=self.dimensions
        )

    @property
    def takes_gpu(self) -> bool:
        """Whether a GPU makes it faster."""
        return self.device != "cpu" and runs_on_torch(self.name)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a shard that are embedded in one go: from ``first`` up to and excluding ``last``."""

    folder: Path
    first: int
    last: int


def chunks_of(folder: Path, rows: int) -> list[Chunk]:
    """A shard's rows in runs that depend on nothing but their number."""
    return [Chunk(folder, first, min(first + CHUNK, rows)) for first in range(0, rows, CHUNK)]


class EmbeddingActor:
    """Lives on a node; Ray starts it anew elsewhere when the node dies."""

    def __init__(self, choice: ModelChoice) -> None:
        self._choice = choice
        self._model: Embedder | None = None

    def embed(self, chunk: Chunk) -> int | Failure:
        """Write a chunk's vectors; returns how many were computed, none where they are there already."""
        path = chunk_path(chunk.folder, chunk.first)
        try:
            if path.is_file():
                return 0
            self._model = self._model or self._choice.load()
            rows = fresh_rows(chunk.folder, chunk.first, chunk.last).tolist()
            segment = _segment(chunk.folder)
            vectors = embed_stored([segment.fragment(row) for row in rows], self._model)
        except CodesearchError as error:
            return Failure.of(error)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        with temporary.open("wb") as file:
            np.save(file, vectors.reshape(len(rows), self._model.dim), allow_pickle=False)
        temporary.replace(path)
        return len(rows)


@lru_cache(maxsize=1)
def _segment(folder: Path) -> Segment:
    """The shard that was asked for last: its vocabulary is described once for all of its chunks."""
    return opened(folder)


def embed_chunks(
    cluster: Cluster, choice: ModelChoice, chunks: Sequence[Chunk], done: Callable[[Chunk, int], None]
) -> None:
    """Have all chunks embedded, each by whoever is free.

    Args:
        cluster: Where.
        choice: With what.
        chunks: In any order.
        done: Hears which chunk is there, and how many of its vectors were computed now.

    Raises:
        CodesearchError: The model cannot be used, or the cluster failed.
    """
    import ray

    gpus = cluster.gpus if choice.takes_gpu else 0
    count = min(gpus or cluster.slots, len(chunks))
    with told_plainly():
        kind: Any = ray.remote(EmbeddingActor)
        kind = kind.options(
            num_cpus=1, num_gpus=1 if gpus else 0, max_restarts=RETRIES, max_task_retries=RETRIES
        )
        idle = deque(kind.remote(choice) for _ in range(count))
        actors = list(idle)
    waiting = deque(chunks)
    running: dict[ObjectRef[int | Failure], tuple[Any, Chunk]] = {}
    try:
        while waiting or running:
            while idle and waiting:
                actor, chunk = idle.popleft(), waiting.popleft()
                running[actor.embed.remote(chunk)] = actor, chunk
            first = first_done(list(running))
            actor, chunk = running.pop(first)
            done(chunk, fetched(first))
            idle.append(actor)
    finally:
        for actor in actors:
            ray.kill(actor)
