"""Looks at the installation and at an index, and says of every part whether it works."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from codesearch.core.errors import CodesearchError, InputError
from codesearch.core.health import Check
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.integrity import require_sound
from codesearch.core.store.occurrences import live_keys
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.engine import Engine
from indexer.build import Progress
from indexer.embedding.registry import ModelEntry, model_entries
from indexer.parsing.languages import registry
from indexer.segments.files import verify_files
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import Segment
from indexer.segments.writer import alive_rows

_FAISS = ("faiss-cpu", "faiss-gpu")


def check_installation() -> Iterator[Check]:
    """Python, libraries, grammars and models, one after the other."""
    yield Check("python", True, f"{platform.python_version()} on {sys.platform}, {platform.machine()}")
    yield _faiss()
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
    yield _attempt("store", partial(_store, engine))
    yield _attempt("agreement", partial(_agreement, engine))
    for difference in engine.differences():
        detail = f"{difference.now} now, the index was built with {difference.built_with}"
        yield Check(difference.key, True, detail, "run 'codesearch index' again to use it")


def repair(engine: Engine, progress: Progress) -> str:
    """Build the index anew beside the damaged one, then put it in its place; returns what was done.

    The settings of now decide what is analysed; embeddings are made if the index had them.

    Raises:
        InputError: The store no longer tells which corpora the index held, one of them is gone, or the store
            is not part of the folder.
        IndexFailure: Another process is writing.
    """
    damaged = engine.folder.path
    if not engine.owns_store:
        raise InputError(
            f"cannot repair {damaged}, its store is a server's",
            "index the corpora into a new folder and database",
        )
    try:
        roots = list(engine.corpus_roots().values())
    except CodesearchError as problem:
        raise InputError(
            f"cannot repair {damaged}, its store tells no corpora any more ({problem.message})",
            "delete the folder and index the corpora again",
        ) from problem
    missing = [root for root in roots if not root.exists()]
    if missing or not roots:
        gone = ", ".join(map(str, missing)) or "every corpus"
        raise InputError(
            f"cannot repair {damaged}, {gone} is not there", "put it back, or index anew elsewhere"
        )
    fresh = damaged.with_name(f"{damaged.name}.repair")
    aside = damaged.with_name(f"{damaged.name}.damaged")
    with engine.folder.writing():
        shutil.rmtree(fresh, ignore_errors=True)
        report = engine.at(fresh).index(roots, progress, embed=_was_embedded(engine))
        history = _carry_history(engine, engine.at(fresh))
        shutil.rmtree(aside, ignore_errors=True)
        damaged.rename(aside)
        fresh.rename(damaged)
    shutil.rmtree(aside, ignore_errors=True)
    return (
        f"rebuilt {damaged} from {len(roots)} corpora: {report.counts.unique_fragments:,} contents{history}"
    )


def _carry_history(old: Engine, new: Engine) -> str:
    """Take over audits and schedules; says what was lost where they cannot be read."""
    from codesearch.core.store.carry_over import carry_over

    try:
        with (
            old.open_database() as damaged,
            new.open_database() as fresh,
            damaged.read() as source,
            fresh.write() as target,
        ):
            carry_over(source, target)
    except CodesearchError as problem:
        return f"; the history of audits and the schedules are lost ({problem.message})"
    return ""


def _was_embedded(engine: Engine) -> bool:
    """True where the manifest names a model, or cannot be read any more."""
    try:
        return bool(engine.folder.manifest().settings.get("embedding.model", True))
    except CodesearchError:
        return True


def _faiss() -> Check:
    installed = {}
    for name in _FAISS:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    shown = ", ".join(f"{name} {number}" for name, number in installed.items()) or "none"
    if len(installed) > 1:
        return Check("faiss", False, f"{shown}: both own the module 'faiss'", "pip uninstall one of them")
    return Check("faiss", bool(installed), shown, "" if installed else "pip install faiss-cpu")


def _attempt(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except CodesearchError as problem:
        return Check(name, False, problem.message, problem.hint)
    except OSError as problem:
        return Check(name, False, str(problem), "check that path")


def _verified(entry: ModelEntry) -> str:
    entry.verify()
    return "files match their checksums"


def _segment(path: Path, entry: SegmentEntry) -> str:
    verify_files(path, entry.files)
    segment = Segment(path, entry)
    return f"{len(segment.arrays.exact):,} contents, {len(entry.files)} files match their checksums"


def _store(engine: Engine) -> str:
    with engine.open_database() as database, database.read() as connection:
        require_sound(connection, database.place)
        return f"{len(read_corpora(connection))} corpora in {database.place}"


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
