"""An embedder that remembers its last vectors: retrieval and verdict ask for the same fragments.

Threads may share one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, ContentKey, Fragment

_REMEMBERED = 1024  # fragments: 4 MB at 1,024 dimensions, more than any file has


class RememberingEmbedder:
    """Passes on what it has not seen lately; batches larger than its memory go straight through."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._lock = Lock()  # a vector may not be forgotten between look-up and use
        self._vectors: OrderedDict[tuple[ContentKey, str], F32] = OrderedDict()

    @property
    def id(self) -> str:
        """Model id of the embedder behind it."""
        return self._inner.id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._inner.dim

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised."""
        if not fragments or len(fragments) > _REMEMBERED:
            return self._inner.embed(fragments)
        with self._lock:
            return self._remembered(fragments)

    def _remembered(self, fragments: Sequence[Fragment]) -> F32:
        identities = [(fragment.exact_key, fragment.language) for fragment in fragments]
        missing = {
            identity: fragment
            for identity, fragment in zip(identities, fragments, strict=True)
            if identity not in self._vectors
        }
        if missing:
            self._vectors.update(zip(missing, self._inner.embed(list(missing.values())), strict=True))
        vectors = np.stack([self._vectors[identity] for identity in identities])
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        return vectors
