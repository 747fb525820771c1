"""Rebuilds an index from its corpora, in its place; what cannot be computed from them is kept.

A repair that dies is taken up by the next one: the damaged manifest waits under another name, so that until
the end there is either the damaged index, none, or the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import CodesearchError, InputError
from codesearch.core.store.carry_over import EVERYTHING, carry_over
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.globs import settle_globs
from codesearch.core.store.history import collect_garbage, forget_after, read_runs
from codesearch.core.store.integrity import require_sound
from codesearch.core.store.schema import revision_of
from codesearch.engine import Engine
from indexer.build import Progress
from indexer.folder import IndexFolder
from indexer.segments.files import sync_file
from indexer.segments.manifest import MANIFEST

SET_ASIDE = f"{MANIFEST}.damaged"
_SALVAGED = "index.db.salvaged"
_UNFINISHED = "index.db.salvage"


@dataclass(frozen=True, slots=True)
class _Found:
    """What a damaged index still says.

    Attributes:
        roots: Of its corpora.
        embedded: Whether it has vectors; True where that cannot be told.
    """

    roots: tuple[Path, ...]
    embedded: bool


def is_unfinished(folder: IndexFolder) -> bool:
    """Whether a repair of this folder has begun and not ended."""
    return (folder.path / SET_ASIDE).exists() and not folder.exists()


def clear_away(folder: IndexFolder) -> None:
    """Delete the damaged manifest that a repair left which died when its work was done.

    Raises:
        IndexFailure: Another process is writing.
    """
    if (folder.path / SET_ASIDE).exists() and folder.exists():
        with folder.writing():
            (folder.path / SET_ASIDE).unlink(missing_ok=True)


def repair(engine: Engine, progress: Progress) -> str:
    """Build the index anew; returns what was done, and what was lost.

    The settings of now decide what is analysed; embeddings are made if the index had them. Audits, schedules,
    jobs, tokens and answers of models stay; feedback is no part of an index.

    Raises:
        InputError: Nothing tells which corpora the index held, all of them are gone, or the store is not part
            of the folder.
        IndexFailure: Another process is writing.
    """
    folder = engine.folder
    if not engine.owns_store:
        raise InputError(
            f"cannot repair {folder.path}, its store is a server's",
            "index the corpora into a new folder and database",
        )
    with folder.writing():
        if is_unfinished(folder):
            (folder.path / SET_ASIDE).replace(folder.path / MANIFEST)
        found = _found(folder)
        there = [root for root in found.roots if root.exists()]
        gone = [root for root in found.roots if not root.exists()]
        if not there:
            named = ", ".join(map(str, gone)) or "every corpus"
            raise InputError(
                f"cannot repair {folder.path}, {named} is not there", "put it back, or index anew elsewhere"
            )
        lost = _salvage(folder)
        if folder.exists():
            (folder.path / MANIFEST).replace(folder.path / SET_ASIDE)
            sync_file(folder.path)
    report = engine.index(there, progress, embed=found.embedded)
    (folder.path / SET_ASIDE).unlink(missing_ok=True)
    contents = f"{report.counts.unique_fragments:,} contents"
    return "; ".join(
        (
            f"rebuilt {folder.path} from {len(there)} corpora: {contents}",
            *(f"{root} is not there and was left out" for root in gone),
            *((f"lost because the store is damaged: {', '.join(lost)}",) if lost else ()),
        )
    )


def _found(folder: IndexFolder) -> _Found:
    """What the store and the manifest say; one of the two is enough.

    Raises:
        InputError: Neither can be read.
    """
    roots: Sequence[Path] = ()
    embedded = True
    published: int | None = None
    problems: list[str] = []
    try:
        manifest = folder.manifest()
        published = manifest.snapshot
        roots = sorted(map(Path, manifest.analysis))
        embedded = bool(manifest.settings.get("embedding.model", True))
    except CodesearchError as problem:
        problems.append(problem.message)
    try:
        roots = _roots_in_store(folder, published) or roots
    except CodesearchError as problem:
        problems.append(problem.message)
    if not roots and problems:
        raise InputError(
            f"cannot repair {folder.path}, nothing tells its corpora any more ({'; '.join(problems)})",
            "delete the folder and index the corpora again",
        )
    return _Found(tuple(roots), embedded)


def _roots_in_store(folder: IndexFolder, published: int | None) -> tuple[Path, ...]:
    """Roots of the corpora by name, after what a run removed is forgotten for good; runs after the published
    snapshot, where one is known, are undone before.

    Raises:
        CodesearchError: The store cannot be read.
    """
    if not folder.database.is_file():
        return ()
    url = sqlite_url(folder.database)
    with Database(url) as database, database.read() as connection:
        if revision_of(connection) is None:
            return ()
    with Database.create(url) as database, database.write() as connection:
        if published is not None:
            forget_after(connection, published)
        runs = read_runs(connection)
        if runs:
            collect_garbage(connection, runs[0].id)
        settle_globs(connection)
        return tuple(corpus.root for corpus in read_corpora(connection))


def _salvage(folder: IndexFolder) -> tuple[str, ...]:
    """Put a new store, with all that can be read, into the place of a damaged one; returns what is lost."""
    ready = folder.path / _SALVAGED
    if ready.exists():
        _swap_store(folder, ready)
    lost: tuple[str, ...] = ()
    if not _is_sound(folder):
        fresh = folder.path / _UNFINISHED
        _remove_store(fresh)
        lost = _read_into(fresh, folder.database)
        fresh.replace(ready)
        _swap_store(folder, ready)
    return lost


def _is_sound(folder: IndexFolder) -> bool:
    try:
        with Database.open(sqlite_url(folder.database)) as database, database.read() as connection:
            require_sound(connection, database.place)
    except CodesearchError:
        return False
    return True


def _read_into(fresh: Path, damaged: Path) -> tuple[str, ...]:
    """Make a store with what can be read in another one; returns what cannot."""
    with Database.create(sqlite_url(fresh)) as target, target.write() as new:
        if not damaged.is_file():
            return EVERYTHING
        with ExitStack() as opened:
            try:
                source = opened.enter_context(Database(sqlite_url(damaged)))
                old = opened.enter_context(source.read())
            except CodesearchError:
                return EVERYTHING
            return carry_over(old, new)  # a new store that cannot be written ends it, and the old one stays


def _swap_store(folder: IndexFolder, ready: Path) -> None:
    # The log of the damaged store would be played into the new one.
    for suffix in ("-wal", "-shm"):
        folder.database.with_name(folder.database.name + suffix).unlink(missing_ok=True)
    ready.replace(folder.database)
    sync_file(folder.path)


def _remove_store(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
