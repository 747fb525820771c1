"""The packs that are mounted beside an index, ready to be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.protocols import Embedder
from codesearch.core.results import Place
from codesearch.packs.cache import cached_pack
from codesearch.packs.head import PackManifest
from codesearch.packs.mounting import MountedPack, require_dimensions, require_fitting
from codesearch.packs.trust import TrustStore
from codesearch.query.searched_index import SearchedIndex
from indexer.parsing.revision import is_current
from retriever.candidates import open_retriever


@dataclass(frozen=True, slots=True)
class PackShelf:
    """Mounted packs, in the order in which the user named them.

    Attributes:
        packs: Open for reading.
        indexes: The same, as searches read them.
    """

    packs: tuple[MountedPack, ...]
    indexes: tuple[SearchedIndex, ...]

    def __len__(self) -> int:
        return len(self.packs)

    def __iter__(self) -> Iterator[MountedPack]:
        return iter(self.packs)

    def text(self, place: Place) -> bytes | None:
        """The file at a place of a pack as UTF-8 with line feeds; None where none has it."""
        texts = (pack.text(place) for pack in self.packs)
        return next((text for text in texts if text is not None), None)


def mount_packs(
    paths: Sequence[Path],
    user_folder: Path,
    key_file: Path,
    embedder: Callable[[], Embedder],
    weights: Mapping[str, float],
) -> PackShelf:
    """Mount packs.

    Args:
        paths: Their files.
        user_folder: Where the user's own files are, the trusted signers among them.
        key_file: This installation's key.
        embedder: Gives the configured embedder, where there is a pack.
        weights: Share of each lane in the fusion, by name.

    Raises:
        InputError: There is no such file, or two packs have one name.
        EnvironmentFailure: One is damaged, of somebody whom the user does not trust, or of other models.
        MissingExtra: The library for signatures is not installed.
    """
    trust = TrustStore(user_folder)
    known: dict[str, Path] = {}
    packs, indexes = [], []
    for path in dict.fromkeys(path.absolute() for path in paths):
        cached = cached_pack(path, trust, key_file)
        name = cached.manifest.name
        if name in known:
            raise InputError(
                f"{path} and {known[name]} are both called '{name}'",
                "mount one of them, or write one again under another name",
            )
        known[name] = path
        model = embedder()
        require_fitting(cached.manifest, path, model.id)
        pack = MountedPack(cached)
        require_dimensions(pack, path, model.dim)
        retriever = open_retriever(pack.snapshot, model if cached.manifest.model else None, weights)
        packs.append(pack)
        lacks = _lacks(cached.manifest)
        indexes.append(SearchedIndex(pack.snapshot, pack.database, retriever, name, pack.sealed, lacks))
    return PackShelf(tuple(packs), tuple(indexes))


def _lacks(manifest: PackManifest) -> frozenset[str]:
    """What answers are to say of a pack."""
    told = {
        "no-source": not manifest.source,
        "no-embeddings": not manifest.model,
        "other-analysis": not is_current(manifest.analysis, manifest.settings),
    }
    return frozenset(f"pack:{manifest.name}:{what}" for what, holds in told.items() if holds)
