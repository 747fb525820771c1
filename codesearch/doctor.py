"""Looks at the installation and at an index, and says of every part whether it works."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from codesearch.accelerators import check_devices
from codesearch.core.errors import CodesearchError, InputError
from codesearch.core.health import Check
from codesearch.core.settings.sections import Cluster, Embedding
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.integrity import database_version, require_sound
from codesearch.core.store.occurrences import live_keys
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.engine import Engine
from codesearch.repair import is_unfinished
from indexer.embedding.registry import ModelEntry, model_entries, runs_on_torch
from indexer.folder import IDENTITY, IndexFolder
from indexer.parsing.languages import registry
from indexer.segments.files import REBUILD, verify_files
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import Segment
from indexer.segments.writer import alive_rows


def check_installation(embedding: Embedding) -> Iterator[Check]:
    """Python, libraries, GPUs, grammars and models, one after the other.

    Args:
        embedding: The settings that say where the embedder runs.
    """
    yield Check("python", True, f"{platform.python_version()} on {sys.platform}, {platform.machine()}")
    yield from check_devices(embedding.device, transformer=runs_on_torch(embedding.model))
    missing = [
        language.id
        for language in registry()
        if language.grammar and not registry().grammar_available(language)
    ]
    have = sum(registry().grammar_available(language) for language in registry())
    if missing:
        yield Check(
            "grammars", False, f"missing: {', '.join(missing)}", "pip install the tree-sitter wheels of these"
        )
    else:
        yield Check(
            "grammars", True, f"{have} languages by grammar, {len(list(registry())) - have} by windows"
        )
    for entry in model_entries().values():
        yield _attempt(f"model {entry.id}", partial(_verified, entry))


def check_index(engine: Engine) -> Iterator[Check]:
    """Manifest, every file of every segment, the store, and that both agree; nothing where there is no
    index.
    """
    folder = engine.folder
    if is_unfinished(folder):
        yield Check("index", False, f"a repair of {folder.path} was interrupted", REBUILD)
        return
    if not folder.exists():
        yield Check("index", True, f"none at {folder.path}")
        return
    yield _attempt(
        "manifest", lambda: f"snapshot {folder.manifest().snapshot}, {folder.manifest().rows:,} contents"
    )
    try:
        manifest = folder.manifest()
    except CodesearchError:
        return
    for entry in manifest.segments:
        yield _attempt(f"segment {entry.name}", partial(_segment, folder.segments / entry.name, entry))
    yield _identity(folder)
    yield _attempt("store", partial(_store, engine))
    yield _attempt("agreement", partial(_agreement, engine))
    for difference in engine.differences():
        detail = f"{difference.now} now, the index was built with {difference.built_with}"
        yield Check(difference.key, True, detail, "run 'codesearch index' again to use it")


def check_packs(engine: Engine) -> Iterator[Check]:
    """The packs of the settings; nothing where there are none."""
    if engine.mounts_packs:
        yield _attempt("packs", partial(_mounted, engine))


def check_cluster(settings: Cluster) -> Iterator[Check]:
    """The cluster of the settings; nothing where they name none."""
    if settings.engine == "ray":
        from codesearch.distributed.cluster import require_usable

        yield _attempt("cluster", partial(require_usable, settings.address))


def _attempt(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except CodesearchError as problem:
        return Check(name, False, problem.message, problem.hint)
    except OSError as problem:
        return Check(name, False, str(problem), "check that path")


def _mounted(engine: Engine) -> str:
    contents = [f"{pack.name} with {pack.manifest.contents:,} contents" for pack in engine.packs]
    return ", ".join(contents)


def _verified(entry: ModelEntry) -> str:
    entry.verify()
    return "files match their checksums"


def _identity(folder: IndexFolder) -> Check:
    """Whether the file that tells this index from others is as it was written; a run makes a new one."""
    if folder.identity:
        return Check("identity", True, folder.identity)
    return Check("identity", False, f"{folder.path / IDENTITY} is missing or damaged", REBUILD)


def _segment(path: Path, entry: SegmentEntry) -> str:
    verify_files(path, entry.files)
    segment = Segment(path, entry)
    return f"{len(segment.arrays.exact):,} contents, {len(entry.files)} files match their checksums"


def _store(engine: Engine) -> str:
    with engine.open_database() as database, database.read() as connection:
        require_sound(connection, database.place)
        version = database_version(connection)
        kept = f", {version}" if version else ""
        return f"{len(read_corpora(connection))} corpora in {database.place}{kept}"


def _agreement(engine: Engine) -> str:
    """Every fragment that the store lists has its content in a segment."""
    snapshot = engine.folder.open()
    with engine.open_database() as database, database.read() as connection:
        keys = live_keys(StoreSnapshot(connection, snapshot.manifest.snapshot))
    found = int(alive_rows(snapshot, keys).sum())
    if found < len(keys):
        raise InputError(
            f"{len(keys) - found} contents of the store are in no segment", "run 'codesearch doctor --repair'"
        )
    return f"{len(keys):,} contents of the store are all in segments"
