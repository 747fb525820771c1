"""Vectors of an interrupted run, kept so that the next one need not compute them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import U8, Fragment
from indexer.embedding.stored import Stored, embed_stored

# fragments per checkpoint file: a second of work for the shipped embedder, minutes for a transformer
CHUNK = 8192


class Checkpoints:
    """Files of keys and vectors in a folder, one pair per chunk; damaged ones are ignored.

    A vector depends on the content, the language and the model, so these three name it.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model
        self._written = 0
        self._vectors: dict[bytes, Stored] = {}
        for keys, vectors in self._stored():
            self._vectors.update(zip((row.tobytes() for row in keys), vectors, strict=True))

    def _stored(self) -> Iterator[tuple[U8, Stored]]:
        for path in sorted(self._folder.glob("*.npz")):
            self._written += 1
            try:
                with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                    keys, vectors = archive["keys"], archive["vectors"]
            except (OSError, ValueError, KeyError, EOFError, BadZipFile):
                continue  # cut off by the crash that it was made for: the chunk is embedded again
            if len(keys) == len(vectors) and vectors.dtype == np.int8:
                yield keys, vectors

    def identity(self, fragment: Fragment) -> bytes:
        """16 bytes that name a fragment's vector."""
        parts = b"\0".join((fragment.exact_key, fragment.language.encode(), self._model.encode()))
        return blake2b(parts, digest_size=16).digest()

    def find(self, fragment: Fragment) -> Stored | None:
        """The vector of a fragment, int8 [dim], if a run before this one computed it."""
        return self._vectors.get(self.identity(fragment)) if self._vectors else None

    def keep(self, fragments: Sequence[Fragment], vectors: Stored) -> None:
        """Write one chunk; a reader sees all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(map(self.identity, fragments)), np.uint8).reshape(-1, 16)
        path = self._folder / f"{self._written:06}.npz"
        self._written += 1
        temporary = path.with_suffix(".new")
        with temporary.open("wb") as file:
            np.savez(file, keys=keys, vectors=vectors)
        temporary.replace(path)


def embed_resumably(
    fragments: Sequence[Fragment], embedder: Embedder, checkpoints: Checkpoints
) -> Iterator[tuple[Stored, int]]:
    """Vectors int8 [m, dim] chunk by chunk, in order, with how many of them had to be computed.

    Raises:
        EnvironmentFailure: The model gave a vector that is not finite.
    """
    for first in range(0, len(fragments), CHUNK):
        chunk = fragments[first : first + CHUNK]
        vectors = np.empty((len(chunk), embedder.dim), np.int8)
        missing = []
        for position, fragment in enumerate(chunk):
            known = checkpoints.find(fragment)
            if known is not None and known.shape == (embedder.dim,):
                vectors[position] = known
            else:
                missing.append(position)
        if missing:
            wanted = [chunk[position] for position in missing]
            vectors[missing] = embed_stored(wanted, embedder)
            if len(fragments) > CHUNK:
                checkpoints.keep(wanted, vectors[missing])
        yield vectors, len(missing)
