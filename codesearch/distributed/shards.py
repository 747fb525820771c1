"""Shards: segments that tasks build, in three steps whose results stay on the shared disk until all are done.

A step whose result is there already does nothing, so a task that is run twice, or by the next run, costs
nothing.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch import __version__
from codesearch.core.types import I32, I64, U8, ContentKey, Fragment, Tokens
from codesearch.distributed.parts import TokenFolder, move_into_place
from indexer.embedding.stored import Stored
from indexer.segments.builder import SegmentBuilder
from indexer.segments.files import StoredFile, read_array, write_arrays
from indexer.segments.manifest import FORMAT_VERSION, SegmentEntry
from indexer.segments.segment import VECTORS, Segment, write_segment
from indexer.vectors.choice import build_structure
from indexer.vectors.memory import VectorMemory

_ENTRY = "entry.json"
_KEPT = "kept"
"""Array with the rows whose vectors an earlier segment has."""
_KEPT_VECTORS = "kept_vectors"


@dataclass(frozen=True, slots=True)
class Shard:
    """What one segment is made from; rows in the order of the segment.

    Attributes:
        sources: Folders of parts and of segments that go.
        source: int32 [n], where each content's tokens lie: position in ``sources``.
        first: int64 [n], position of its first token there.
        last: int64 [n], position after its last.
        exact: uint8 [n, 16], T1 keys.
        renamed: uint8 [n, 16], T2 keys.
        languages: What the codes mean.
        language: uint8 [n].
        vector: int64 [n], row of its vector in its source, -1 where it has to be computed.
        digest: Names all of this by content: equal ones give equal segments.
    """

    sources: tuple[Path, ...]
    source: I32
    first: I64
    last: I64
    exact: U8
    renamed: U8
    languages: tuple[str, ...]
    language: U8
    vector: I64
    digest: str


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all shards of a run have in common.

    Attributes:
        folder: Where they are built.
        model: Id of the model of the vectors, empty without one.
        memory: What searching the vectors may take.
    """

    folder: Path
    model: str
    memory: VectorMemory


def digest_of(parts: Sequence[bytes], model: str, memory: VectorMemory, key: bytes) -> str:
    """Names a shard by what its contents are, where their lines come from, and what is made of them.

    The key is this installation's: the manifest will vouch for what is found under the name, so nobody else
    may be able to put something there.
    """
    made_of = f"{__version__} {FORMAT_VERSION} {model} {memory}"
    digest = blake2b(made_of.encode(), digest_size=16, key=key)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def is_finished(workshop: Workshop, digest: str) -> bool:
    """Whether all steps of a shard are done."""
    return (workshop.folder / digest / _finished(workshop.model)).is_file()


def assemble_shard(workshop: Workshop, shard: Shard) -> int:
    """What a node runs first: all arrays but the vectors; returns how many contents there are."""
    folder = workshop.folder / shard.digest
    if folder.is_dir():
        return len(shard.exact)
    builder = SegmentBuilder()
    for fragment in _fragments(shard):
        builder.add(fragment)
    arrays, _, languages = builder.build()
    temporary = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    entry = write_segment(temporary, arrays, languages, None, "")
    kept = np.flatnonzero(shard.vector >= 0)
    if len(kept):
        write_arrays(temporary, {_KEPT: kept, _KEPT_VECTORS: _kept_vectors(shard, kept)})
    _write_entry(temporary / _finished(""), replace(entry, name=shard.digest))
    move_into_place(temporary, folder)
    return len(shard.exact)


def finish_shard(workshop: Workshop, digest: str) -> SegmentEntry:
    """What a node runs last: the vectors in one array, and what searches them; the segment's entry."""
    folder = workshop.folder / digest
    finished = folder / _finished(workshop.model)
    if not finished.is_file():
        entry = read_entry(folder, "")
        vectors = _gathered(folder, entry.rows)
        files = write_arrays(folder, {VECTORS: vectors})
        structure, recall = build_structure(folder, vectors, workshop.memory)
        files = {**entry.files, **files, **structure}
        _write_entry(finished, replace(entry, model=workshop.model, files=files, recall=recall))
    return read_entry(folder, workshop.model)


def fresh_rows(folder: Path, first: int, last: int) -> I64:
    """int64 [m]: the rows of a shard from ``first`` up to and excluding ``last`` that need a vector."""
    rows = np.arange(first, last)
    kept, _ = _kept(folder)
    return rows[~np.isin(rows, kept)]


def chunk_path(folder: Path, first: int) -> Path:
    """Where the vectors of the fresh rows of a chunk go."""
    return folder / f"chunk-{first:09}.npy"


def publish_shard(folder: Path, entry: SegmentEntry, target: Path) -> SegmentEntry:
    """Make a finished shard a segment folder, which nobody reads before a manifest names it."""
    for path in folder.iterdir():
        if path.name not in entry.files:
            path.unlink()
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    return replace(entry, name=target.name)


def opened(folder: Path) -> Segment:
    """A shard whose arrays are there, as the segment it will be."""
    return Segment(folder, read_entry(folder, ""))


def read_entry(folder: Path, model: str) -> SegmentEntry:
    """The entry that a step wrote."""
    raw = json.loads((folder / _finished(model)).read_bytes())
    files = {name: StoredFile(**file) for name, file in raw.pop("files").items()}
    return SegmentEntry(**{**raw, "languages": tuple(raw["languages"]), "files": files})


def _finished(model: str) -> str:
    return f"embedded-{_ENTRY}" if model else _ENTRY


def _write_entry(path: Path, entry: SegmentEntry) -> None:
    temporary = path.with_suffix(f".{secrets.token_hex(4)}")
    temporary.write_text(json.dumps(asdict(entry)), encoding="utf-8")
    temporary.replace(path)


def _fragments(shard: Shard) -> Iterator[Fragment]:
    """The contents, those of one source after the other, so that its vocabulary is read once."""
    exact, renamed = shard.exact.tobytes(), shard.renamed.tobytes()
    order = np.lexsort((shard.first, shard.source))
    tokens: TokenFolder | None = None
    for row in order.tolist():
        path = shard.sources[shard.source[row]]
        if tokens is None or tokens.path != path:
            tokens = TokenFolder(path)
        cut = slice(int(shard.first[row]), int(shard.last[row]))
        key = slice(16 * row, 16 * row + 16)
        yield Fragment(
            shard.languages[shard.language[row]],
            Tokens(tokens.ids[cut], tokens.lines[cut], None, tokens.vocabulary),
            ContentKey(exact[key]),
            ContentKey(renamed[key]),
        )


def _kept_vectors(shard: Shard, rows: I64) -> Stored:
    """int8 [m, dim]: the vectors that rows have in their sources."""
    opened = {
        number: read_array(shard.sources[number], VECTORS) for number in set(shard.source[rows].tolist())
    }
    vectors = [opened[int(shard.source[row])][shard.vector[row]] for row in rows.tolist()]
    return np.stack(vectors).astype(np.int8)


def _kept(folder: Path) -> tuple[I64, Stored | None]:
    if not (folder / f"{_KEPT}.npy").is_file():
        return np.empty(0, np.int64), None
    return read_array(folder, _KEPT).astype(np.int64), read_array(folder, _KEPT_VECTORS).astype(np.int8)


def _gathered(folder: Path, rows: int) -> Stored:
    """int8 [n, dim]: the vectors of a shard in row order."""
    kept, known = _kept(folder)
    chunks = [np.load(path, allow_pickle=False) for path in sorted(folder.glob("chunk-*.npy"))]
    fresh = (
        np.concatenate(chunks) if chunks else np.empty((0, 0 if known is None else known.shape[1]), np.int8)
    )
    vectors = np.empty((rows, fresh.shape[1]), np.int8)
    if known is not None:
        vectors[kept] = known
    vectors[np.setdiff1d(np.arange(rows), kept)] = fresh
    return vectors
