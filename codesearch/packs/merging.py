"""What ``codesearch index --merge`` names: another index folder, or a pack with source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesearch.core.errors import IndexFailure, InputError
from codesearch.core.store.corpora import CorpusRow
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.packs.cache import cached_pack, corpus_name
from codesearch.packs.head import merged_root
from codesearch.packs.mounting import MountedPack
from codesearch.packs.trust import TrustStore
from indexer.folder import FOLDER_NAME, IndexFolder
from indexer.merge import OtherIndex


@contextmanager
def opened_other(path: Path, trust: TrustStore, own: IndexFolder) -> Iterator[OtherIndex]:
    """The index at a path, open for reading.

    Args:
        path: An index folder, a folder that holds one, or a pack.
        trust: Whose packs are read.
        own: The index that takes its corpora over.

    Raises:
        InputError: There is nothing, it is the index itself, or a pack without source.
        IndexFailure: It is no index, or damaged.
        EnvironmentFailure: The pack cannot be used.
    """
    if path.is_dir():
        folder = IndexFolder(path / FOLDER_NAME if (path / FOLDER_NAME).is_dir() else path, own.key_file)
        if folder.path.resolve() == own.path.resolve():
            raise InputError(f"{path} is the index itself", "name another one")
        snapshot = folder.open()
        if not folder.database.is_file():
            raise IndexFailure(
                f"{folder.path} has its store elsewhere", "merge an index that keeps it in its folder"
            )
        with Database.open(sqlite_url(folder.database)) as database:
            yield OtherIndex(snapshot, database, lambda corpus: corpus.name, lambda corpus: corpus.root)
        return
    pack = MountedPack(cached_pack(path, trust, own.key_file))
    if pack.sealed is not None:
        raise InputError(
            f"{path} holds no source, which an index needs", "search it with --with, or pack it --with-source"
        )
    prefix = corpus_name(pack.name, "")

    def name(corpus: CorpusRow) -> str:
        return corpus.name.removeprefix(prefix)

    with pack.database:
        yield OtherIndex(pack.snapshot, pack.database, name, lambda corpus: merged_root(corpus.name))
