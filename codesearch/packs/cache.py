"""Packs as they are used: verified, unpacked once into an ordinary index folder of the user's cache.

A folder is named by the digest of what the pack's maker signed, so that a copy of the pack finds it, and it
appears by one rename. Inode, size and time of the pack's file are kept beside the contents: a file that was
verified once is not read again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from codesearch.core.filestamp import file_stamp
from codesearch.core.store.contents import add_blobs
from codesearch.core.store.corpora import ensure_corpus
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.files import NewFile, add_files
from codesearch.core.store.history import begin_run, finish_run
from codesearch.core.store.schema import HEAD
from codesearch.packs.container import opened_pack, read_members
from codesearch.packs.head import PREFIX, Head, PackManifest, damaged, way_out
from codesearch.packs.rows import CONTENTS, FILES, read_blob_lines, read_file_lines
from codesearch.packs.sealed import HIDDEN, SealedContents
from codesearch.packs.trust import TrustStore
from codesearch.packs.writing import SOURCE_STARTS, SOURCE_TEXT, TEXTS
from indexer.folder import IndexFolder
from indexer.segments.builder import SegmentArrays
from indexer.segments.consistency import require_consistent, require_starts
from indexer.segments.files import StoredFile, checksum, read_array, write_arrays
from indexer.segments.manifest import FORMAT_VERSION, Manifest, SegmentEntry
from indexer.segments.segment import VECTORS, Segment
from indexer.vectors.choice import build_structure

MEMBERS = "members"
"""Folder, beside the segments, of the members of a pack that are no arrays of a segment."""

_SEGMENT = "00000001"
_SEEN = "seen-files.json"
_LAYOUT = 1  # counts up with every change of what is made of a pack
_BLOBS_AT_ONCE = 10_000
_MISFITS = (
    *(ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError),
    *(FileNotFoundError, EOFError, IndexFailure),
)
"""What reading members raises that some other program wrote."""


def cache_folder() -> Path:
    """Where the user's caches are; what is in it may be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
    return Path(base) / "codesearch" / "packs"


@dataclass(frozen=True, slots=True)
class CachedPack:
    """A pack that was verified: what it says of itself, and the index folder that was made of it."""

    manifest: PackManifest
    folder: IndexFolder

    @property
    def members(self) -> Path:
        """Folder of the members that are no arrays of a segment."""
        return self.folder.path / MEMBERS


def cached_pack(path: Path, trust: TrustStore, key_file: Path) -> CachedPack:
    """Verify a pack and unpack it, or find what was unpacked before.

    Args:
        path: Of the pack.
        trust: Whose packs are read.
        key_file: This installation's key, which signs the manifest of the folder.

    Raises:
        InputError: There is no such file.
        EnvironmentFailure: It is no pack, damaged, or of somebody whom the user does not trust; the cache
            cannot be written.
        MissingExtra: The library for signatures is not installed.
    """
    shown = str(path)
    with opened_pack(path) as (file, head):
        trust.require(head, shown)
        if head.manifest.index_format != FORMAT_VERSION:
            raise EnvironmentFailure(
                f"{shown} was written by codesearch {head.manifest.codesearch}, whose indexes differ",
                way_out(head.manifest.index_format, FORMAT_VERSION),
            )
        folder = cache_folder() / f"{head.digest}-{_LAYOUT}-{HEAD}"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            if not folder.is_dir():
                _unpack(file, head, shown, IndexFolder(folder, key_file))
            elif not _is_seen(folder, path):
                read_members(file, head.manifest, shown, None)
            _see(folder, path)
        except OSError as error:
            raise EnvironmentFailure(
                f"cannot unpack {shown} into {folder.parent}: {error.strerror or error}",
                "free some space, or set XDG_CACHE_HOME to a folder that can be written",
            ) from error
    return CachedPack(head.manifest, IndexFolder(folder, key_file))


def _unpack(file: BinaryIO, head: Head, shown: str, folder: IndexFolder) -> None:
    """Make the folder, unless another process is faster."""
    from filelock import FileLock  # where there is something to unpack

    target = folder.path
    with FileLock(target.with_suffix(".lock")):
        if target.is_dir():
            return
        fresh = replace(folder, path=target.with_suffix(".new"))
        shutil.rmtree(fresh.path, ignore_errors=True)  # of a process that died
        (fresh.path / MEMBERS).mkdir(parents=True)
        try:
            read_members(file, head.manifest, shown, fresh.path / MEMBERS)
            _make_index(fresh, head, shown)
            fresh.path.rename(target)
        except BaseException:
            shutil.rmtree(fresh.path, ignore_errors=True)
            raise


def corpus_name(pack: str, corpus: str) -> str:
    """What a corpus of a pack is called where the pack is mounted."""
    return f"{PREFIX}{pack}/{corpus}"


def _make_index(folder: IndexFolder, head: Head, shown: str) -> None:
    """Make an index of the members that were unpacked."""
    manifest = head.manifest
    try:
        entry = _make_segment(folder, manifest)
        with Database.create(sqlite_url(folder.database)) as database:
            run = _fill(database, folder.path / MEMBERS, manifest)
    except _MISFITS as error:
        raise damaged(shown, f"its members do not fit each other ({error!r})") from error
    folder.publish(
        Manifest(
            snapshot=run,
            segments=(entry,),
            dead=(),
            settings=manifest.settings,
            started=manifest.created,
            analysis={
                corpus_name(manifest.name, corpus.name): manifest.analysis for corpus in manifest.corpora
            },
        )
    )


def _make_segment(folder: IndexFolder, manifest: PackManifest) -> SegmentEntry:
    members, target = folder.path / MEMBERS, folder.segments / _SEGMENT
    target.mkdir(parents=True)
    names = [field.name for field in fields(SegmentArrays) if manifest.source or field.name not in TEXTS]
    files: dict[str, StoredFile] = {}
    for name in [*names, *([VECTORS] if manifest.model else [])]:
        path = target / f"{name}.npy"
        (members / path.name).rename(path)
        files[path.name] = StoredFile(path.stat().st_size, checksum(path))
    if not manifest.source:
        files |= write_arrays(target, _hidden_texts(target))
    _require_consistent(target, members, manifest)
    recall = 1.0
    if manifest.model:
        bare = SegmentEntry(_SEGMENT, manifest.contents, manifest.model, manifest.languages, {})
        vectors = Segment(target, bare).vectors
        structure, recall = build_structure(target, vectors)
        files |= structure
    return SegmentEntry(_SEGMENT, manifest.contents, manifest.model, manifest.languages, files, recall)


def _require_consistent(segment: Path, members: Path, manifest: PackManifest) -> None:
    """Check that arrays fit each other: what a maker signs may have been made by any program.

    Raises:
        ValueError: They do not.
    """
    arrays: dict[str, Any] = {field.name: read_array(segment, field.name) for field in fields(SegmentArrays)}
    require_consistent(SegmentArrays(**arrays), manifest.contents, len(manifest.languages))
    if not manifest.source:
        SealedContents(members).require_fitting(manifest.contents, len(arrays["vocabulary_kinds"]))


def _hidden_texts(segment: Path) -> Mapping[str, np.ndarray]:
    """The arrays of a vocabulary whose tokens all read the same."""
    count = len(read_array(segment, "vocabulary_kinds"))
    text = np.frombuffer(HIDDEN * count, np.uint8)
    return {"vocabulary_text": text, "vocabulary_starts": np.arange(count + 1, dtype=np.int64) * len(HIDDEN)}


def _fill(database: Database, members: Path, manifest: PackManifest) -> int:
    """Write the places into a store without any; returns the number of the snapshot."""
    with database.write() as connection:
        run = begin_run(connection, manifest.codesearch)
        corpora = []
        for corpus in manifest.corpora:
            name = corpus_name(manifest.name, corpus.name)
            corpora.append(ensure_corpus(connection, name, Path(name)).id)
        ids: list[int] = []
        pending = []
        for blob in read_blob_lines(members / CONTENTS):
            pending.append(blob)
            if len(pending) == _BLOBS_AT_ONCE:
                ids += add_blobs(connection, pending)
                pending.clear()
        ids += add_blobs(connection, pending)
        if manifest.source:
            starts: Any = read_array(members, SOURCE_STARTS)
            require_starts(SOURCE_STARTS, starts, len(ids), read_array(members, SOURCE_TEXT).size)
        files: dict[int, list[NewFile]] = {}
        for file in read_file_lines(members / FILES):
            files.setdefault(corpora[file.corpus], []).append(file.row(ids[file.blob]))
        for corpus_id, rows in files.items():
            add_files(connection, run, corpus_id, rows)
        finish_run(connection, run, {"files": sum(map(len, files.values()))})
    for name in (CONTENTS, FILES):
        (members / name).unlink()
    return run


def _is_seen(folder: Path, path: Path) -> bool:
    """Whether this very file was verified before, as far as its inode, size and time tell."""
    return _seen(folder).get(str(path.absolute())) == _stamp(path)


def _see(folder: Path, path: Path) -> None:
    known = _seen(folder)
    if known.get(str(path.absolute())) != (stamp := _stamp(path)):
        fresh = folder / f"{_SEEN}.{os.getpid()}"
        fresh.write_text(json.dumps({**known, str(path.absolute()): stamp}), encoding="utf-8")
        fresh.replace(folder / _SEEN)


def _seen(folder: Path) -> dict[str, list[int]]:
    try:
        raw = json.loads((folder / _SEEN).read_bytes())
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _stamp(path: Path) -> list[int] | None:
    stamp = file_stamp(path)
    return None if stamp is None else list(stamp)
