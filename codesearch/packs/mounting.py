"""Opens packs to be searched beside an index, after checking that they fit it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.results import Place
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.files import files_at
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.packs.cache import CachedPack
from codesearch.packs.head import PackManifest, damaged
from codesearch.packs.sealed import SealedContents, weights_digest
from codesearch.packs.writing import SOURCE_STARTS, SOURCE_TEXT
from indexer.segments.files import read_array


class MountedPack:
    """A pack that is open for reading; threads may share one.

    Args:
        cached: Verified and unpacked.
    """

    def __init__(self, cached: CachedPack) -> None:
        self._cached = cached
        self.snapshot = cached.folder.open()
        self.database = Database.open(sqlite_url(cached.folder.database))
        self.sealed = None if cached.manifest.source else SealedContents(cached.members)

    @property
    def manifest(self) -> PackManifest:
        """What the pack says of itself."""
        return self._cached.manifest

    @property
    def name(self) -> str:
        """What its places are named by."""
        return self.manifest.name

    def text(self, place: Place) -> bytes | None:
        """The file at a place as UTF-8 with line feeds; None where the pack has none, or no source."""
        blob = self._blobs.get((place.corpus, place.path))
        if blob is None or not self.manifest.source:
            return None
        starts, text = (read_array(self._cached.members, name) for name in (SOURCE_STARTS, SOURCE_TEXT))
        return text[int(starts[blob]) : int(starts[blob + 1])].tobytes()

    @cached_property
    def _blobs(self) -> Mapping[tuple[str, str], int]:
        """The position of each file's content in the pack, by corpus and path."""
        with self.database.read() as connection:
            store = StoreSnapshot(connection, self.snapshot.manifest.snapshot)
            return {
                (corpus.name, path): state.blob_id - 1  # a store without any counts from 1
                for corpus in read_corpora(connection)
                for path, state in files_at(store, corpus.id).items()
                if state.blob_id is not None
            }


def require_dimensions(pack: MountedPack, path: Path, dim: int) -> None:
    """Check that the vectors of a pack, where it has some, are as long as those of the user's embedder.

    Raises:
        EnvironmentFailure: They are not, although they are said to be of the same model.
    """
    if pack.manifest.model:
        for segment in pack.snapshot.segments:
            if (found := segment.vectors.shape[1]) != dim:
                raise damaged(str(path), f"its vectors have {found} dimensions, not {dim}")


def require_fitting(manifest: PackManifest, path: Path, model: str) -> None:
    """Check that a pack can be searched with the user's models.

    Args:
        manifest: Of the pack.
        path: Its file, for the message.
        model: Id of the configured embedder.

    Raises:
        EnvironmentFailure: Its vectors are of another model, or what it has in place of its source belongs to
            other weights.
    """
    if manifest.model and manifest.model != model:
        raise EnvironmentFailure(
            f"{path} has vectors of '{manifest.model}', your embedder is '{model}'",
            f"set embedding.model to {manifest.model}, or ask for a pack made with {model}",
        )
    if not manifest.source and manifest.weights != weights_digest():
        raise EnvironmentFailure(
            f"{path} was made without source by codesearch {manifest.codesearch}, whose models were others",
            "ask for a pack made with this version, or for one with source",
        )
