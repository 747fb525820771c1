"""From an index to a pack: the live contents of some corpora as one new segment, their places, their text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from codesearch import __version__
from codesearch.core.errors import InputError
from codesearch.core.store.corpora import CorpusRow, read_corpora
from codesearch.core.store.counts import count_snapshot
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.store.transfer import read_blobs, read_files
from codesearch.core.types import I64, ContentKey, Role
from codesearch.packs.container import PackWriter
from codesearch.packs.head import SUFFIX, PackedCorpus, PackManifest, is_pack_name
from codesearch.packs.rows import CONTENTS, FILES, PackedFile, blob_line, file_line
from codesearch.packs.sealed import NAMES, SealedArrays, weights_digest
from codesearch.packs.signing import Signer
from indexer.build import Progress
from indexer.corpus.decode import decode
from indexer.corpus.names import system_path
from indexer.corpus.opening import CannotRead, read_regular
from indexer.segments.builder import SegmentArrays, SegmentBuilder
from indexer.segments.manifest import FORMAT_VERSION
from indexer.segments.segment import VECTORS
from indexer.segments.snapshot import Snapshot
from reranker.weights import Weights

SOURCE_STARTS, SOURCE_TEXT = "source_starts", "source_text"
"""Arrays of the text of every content of a file, int64 [n + 1] and uint8 [b]: UTF-8 with line feeds."""

TEXTS = frozenset({"vocabulary_text", "vocabulary_starts"})
"""Arrays of a segment that hold the text of its tokens."""


@dataclass(frozen=True, slots=True)
class PackOptions:
    """What to pack.

    Attributes:
        name: Of the pack, see :attr:`.head.PackManifest.name`.
        corpora: Names of corpora; empty for all.
        source: Whether the text of the code goes in.
        licence: What to say of the rights in the code.
        calibration: Id of the shipped calibration.
        max_bytes: Longer files were not indexed.
    """

    name: str
    corpora: Collection[str]
    source: bool
    licence: str
    calibration: str
    max_bytes: int


@dataclass(frozen=True, slots=True)
class PackReport:
    """A pack that was written: where, its size in bytes, its manifest, who signed it (32 bytes)."""

    path: Path
    size: int
    manifest: PackManifest
    key: bytes


def pack_name(target: Path) -> str:
    """The name of a pack that is written to a file, from the file's.

    Raises:
        InputError: It is no name of a pack, the file lacks the suffix of packs, or there is no such folder.
    """
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}", f"there is no folder {target.parent}")
    name = target.name.removesuffix(SUFFIX)
    if name == target.name:
        raise InputError(f"{target} does not end with {SUFFIX}", f"write -o {target.name}{SUFFIX}")
    if not is_pack_name(name):
        raise InputError(
            f"{name!r} cannot be the name of a pack",
            "use letters, digits, '.', '_', '+' and '-', at most 100",
        )
    return name


def write_pack(
    target: Path,
    snapshot: Snapshot,
    connection: Connection,
    options: PackOptions,
    weights: Weights,
    signer: Signer,
    progress: Progress,
) -> PackReport:
    """Write corpora of an index into a pack; equal input gives equal bytes, but for time and signature.

    Raises:
        InputError: A corpus is not in the index, they were analysed differently, or one changed since; the
            source is to be left out of an index without embeddings.
    """
    store = StoreSnapshot(connection, snapshot.manifest.snapshot)
    corpora = _chosen(read_corpora(connection), options.corpora)
    analysis = _analysis(corpora, snapshot.manifest.analysis)
    model = _model(snapshot, options)
    packed = tuple(_counted(store, corpus) for corpus in corpora)
    with PackWriter(target) as writer:
        progress.stage("packing", "files", sum(corpus.files for corpus in packed))
        keys = _write_rows(writer, store, corpora, options, bytes.fromhex(analysis), progress)
        languages, contents = _write_contents(writer, snapshot, keys, options, weights, progress)
        manifest = PackManifest(
            name=options.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            codesearch=__version__,
            index_format=FORMAT_VERSION,
            licence=options.licence,
            source=options.source,
            model=model,
            calibration=options.calibration,
            weights=weights_digest(),
            analysis=analysis,
            settings=dict(snapshot.manifest.settings),
            languages=languages,
            contents=contents,
            corpora=packed,
            members=tuple(writer.members),
        )
        size = writer.finish(manifest, signer.sign)
    return PackReport(target, size, manifest, signer.key)


def _counted(store: StoreSnapshot, corpus: CorpusRow) -> PackedCorpus:
    counts = count_snapshot(store, corpus.id)
    return PackedCorpus(corpus.name, counts.analysed, counts.lines, counts.fragments)


def _chosen(known: Sequence[CorpusRow], names: Collection[str]) -> list[CorpusRow]:
    chosen = [corpus for corpus in known if not names or corpus.name in names]
    for name in sorted(set(names) - {corpus.name for corpus in chosen}):
        have = ", ".join(corpus.name for corpus in known) or "none"
        raise InputError(f"no corpus '{name}' in the index", f"it has {have}")
    return chosen


def _analysis(corpora: Sequence[CorpusRow], analysis: Mapping[str, str]) -> str:
    """The salt that all of the corpora were analysed with."""
    salts = {analysis.get(str(corpus.root), "") for corpus in corpora}
    if len(salts) != 1 or "" in salts:
        raise InputError(
            "the corpora were analysed with different settings or versions",
            "run 'codesearch index' on all of them again, or name those to pack",
        )
    return salts.pop()


def _model(snapshot: Snapshot, options: PackOptions) -> str:
    models = {entry.model for entry in snapshot.manifest.segments}
    model = models.pop() if len(models) == 1 else ""
    if not model and not options.source:
        raise InputError(
            "the index has no embeddings, and without source they cannot be made later",
            "run 'codesearch index' without --no-embed, or pack --with-source",
        )
    return model


def _write_rows(
    writer: PackWriter,
    store: StoreSnapshot,
    corpora: Sequence[CorpusRow],
    options: PackOptions,
    salt: bytes,
    progress: Progress,
) -> set[tuple[ContentKey, str]]:
    """Write the places, and the text; returns the contents that occur."""
    files: list[PackedFile] = []
    blobs: dict[int, int] = {}
    keys: set[tuple[ContentKey, str]] = set()
    hashes: list[bytes] = []
    with writer.member(CONTENTS) as out:
        for blob_id, blob in read_blobs(store, [corpus.id for corpus in corpora]):
            blobs[blob_id] = len(blobs)
            hashes.append(blob.hash)
            keys.update((fragment.key, fragment.language) for fragment in blob.fragments)
            out.write(blob_line(blob, source=options.source))
    where: dict[int, tuple[CorpusRow, str]] = {}
    for number, corpus in enumerate(corpora):
        for path, (_, file) in sorted(read_files(store, corpus.id).items()):
            if file.blob_id is not None:
                position = blobs[file.blob_id]
                where.setdefault(position, (corpus, path))
                role, language = file.role or Role.SOURCE, file.language or ""
                files.append(PackedFile(number, path, file.size, position, language, role, file.rule))
    with writer.member(FILES) as out:
        for one in files:
            out.write(file_line(one))
            progress.advance(1)
    if options.source:
        _write_source(
            writer, [where[position] for position in range(len(blobs))], hashes, options.max_bytes, salt
        )
    return keys


def _write_source(
    writer: PackWriter,
    where: Sequence[tuple[CorpusRow, str]],
    hashes: Sequence[bytes],
    max_bytes: int,
    salt: bytes,
) -> None:
    """Write the text of every content of a file.

    Raises:
        InputError: A file is not what was indexed.
    """

    # Twice read rather than once held: the text of a corpus may not fit into memory.
    def read(number: int) -> bytes:
        corpus, path = where[number]
        try:
            raw = read_regular(corpus.root / system_path(path), max_bytes).content
        except (CannotRead, ValueError):  # ValueError: the name is none of this system's
            raw = b""
        if blake2b(raw, digest_size=16, key=salt).digest() != hashes[number]:
            raise InputError(
                f"{path} of corpus '{corpus.name}' is not what was indexed",
                f"run 'codesearch index {corpus.root}' first",
            )
        return decode(raw).text

    sizes = [len(read(number)) for number in range(len(where))]
    starts = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64)
    writer.array(SOURCE_STARTS, starts)
    with writer.member(f"{SOURCE_TEXT}.npy") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": (int(starts[-1]),)}
        np.lib.format.write_array_header_1_0(out, header)
        for number, size in enumerate(sizes):
            text = read(number)
            if len(text) != size:
                raise InputError(f"{where[number][1]} changes while it is packed", "pack again")
            out.write(text)


def _write_contents(
    writer: PackWriter,
    snapshot: Snapshot,
    keys: Collection[tuple[ContentKey, str]],
    options: PackOptions,
    weights: Weights,
    progress: Progress,
) -> tuple[tuple[str, ...], int]:
    """Write the contents as one segment; returns what its language codes mean, and how many there are.

    It is built anew whatever the segments of the index are: a vocabulary of theirs may hold the tokens of
    contents that are not packed.
    """
    rows = sorted((name, row) for name, row in snapshot.identities().items() if name in keys)
    if not rows:
        raise InputError("the corpora hold no fragments", "index a corpus with code in it")
    progress.stage("packing", "contents", len(rows))
    builder = SegmentBuilder()
    for _, row in rows:
        builder.add(snapshot.fragment(row))
        progress.advance(1)
    arrays, fragments, languages = builder.build()
    for field in fields(SegmentArrays):
        if options.source or field.name not in TEXTS:
            writer.array(field.name, getattr(arrays, field.name))
    order: I64 = np.array([row for _, row in rows], np.int64)
    if all(entry.model for entry in snapshot.manifest.segments):
        writer.array(VECTORS, snapshot.vectors(order))
    if not options.source:
        sealed = SealedArrays.of(fragments, weights.features)
        for name in NAMES:
            writer.array(name, getattr(sealed, name))
    return languages, len(rows)
