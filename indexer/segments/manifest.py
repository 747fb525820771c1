"""The manifest: which segments make up the current index. Replacing it is the only switch there is."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from indexer.segments.files import REBUILD, StoredFile, create_whole, sync_file

FORMAT_VERSION = 3  # 1 had vectors in float16, 2 BM25 scores by the average of each segment
MANIFEST = "manifest.json"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment as the manifest names it.

    Attributes:
        name: Folder below ``segments/``.
        rows: Number of contents.
        model: Embedding model of its vectors, empty when it has none.
        languages: What its language codes mean.
        files: Every file by name.
        recall: Measured recall@10 of its vector structure against exact search; 1.0 for exact structures.
    """

    name: str
    rows: int
    model: str
    languages: tuple[str, ...]
    files: Mapping[str, StoredFile]
    recall: float = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of an index.

    Attributes:
        snapshot: Number of the run that wrote it; rows of the store beyond it do not exist yet.
        segments: In row order.
        dead: Rows that no file of this snapshot holds any more, ascending.
        settings: The settings that the contents depend on, as dotted keys.
        started: ISO 8601 time in UTC when the run that wrote it began; files modified after it are unknown.
        analysis: By corpus root, what its files were analysed with last: the salt of their content hashes in
            hexadecimal. Runs name their corpora, so two corpora of one index may differ in it.
        signature: Keyed BLAKE2b of all the above by the installation that wrote it.
        format: Version of the on-disk layout.
    """

    snapshot: int
    segments: tuple[SegmentEntry, ...]
    dead: tuple[int, ...]
    settings: Mapping[str, str | int | float | bool]
    started: str
    analysis: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""
    format: int = FORMAT_VERSION

    @property
    def rows(self) -> int:
        """Number of contents in all segments, tombstones included."""
        return sum(segment.rows for segment in self.segments)

    def signed(self, key: bytes) -> Manifest:
        """The same manifest with its signature."""
        return replace(self, signature=self._mac(key))

    def signed_by(self, key: bytes) -> bool:
        """True when the holder of the key wrote this manifest."""
        return hmac.compare_digest(self.signature.encode(), self._mac(key).encode())

    def _mac(self, key: bytes) -> str:
        body = asdict(self)
        del body["signature"]
        return blake2b(json.dumps(body, sort_keys=True).encode(), key=key, digest_size=32).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the current one by an atomic rename."""
    temporary = folder / f"{MANIFEST}.new"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST)
    sync_file(folder)


def read_manifest(folder: Path) -> Manifest:
    """The current manifest of an index folder.

    Raises:
        IndexFailure: There is none, it is damaged, or another format version wrote it.
    """
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise IndexFailure(f"no index in {folder}", "run 'codesearch index PATH' first") from None
    except (OSError, ValueError, RecursionError) as error:
        raise IndexFailure(f"cannot read {path}: {error}", REBUILD) from error
    version = raw.get("format") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        raise IndexFailure(
            f"{folder} has index format {version}, this codesearch reads format {FORMAT_VERSION}",
            "upgrade codesearch-clones" if newer else REBUILD,
        )
    try:
        return _from_json(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IndexFailure(f"{path} is damaged: {error!r}", REBUILD) from error


def _from_json(raw: dict[str, Any]) -> Manifest:
    segments = tuple(
        SegmentEntry(
            name=_plain_name(entry["name"]),
            rows=int(entry["rows"]),
            model=str(entry["model"]),
            languages=tuple(map(str, entry["languages"])),
            files={_plain_name(name): StoredFile(**file) for name, file in entry["files"].items()},
            recall=float(entry["recall"]),
        )
        for entry in raw["segments"]
    )
    manifest = Manifest(
        snapshot=int(raw["snapshot"]),
        segments=segments,
        dead=tuple(map(int, raw["dead"])),
        settings=dict(raw["settings"]),
        started=str(raw["started"]),
        analysis=dict(raw["analysis"]),
        signature=str(raw["signature"]),
    )
    if any(segment.rows < 0 for segment in segments) or any(
        not 0 <= row < manifest.rows for row in manifest.dead
    ):
        raise ValueError("a row number out of range")
    return manifest


def _plain_name(name: str) -> str:
    """A manifest from elsewhere must not lead out of its folder."""
    if Path(name).name != name or name in {"", ".", ".."} or "\0" in name:
        raise ValueError(f"not a plain file name: {name!r}")
    return name


def signing_key(path: Path) -> bytes:
    """This installation's secret, created on first use with mode 0600.

    Raises:
        EnvironmentFailure: The file can be neither read nor created.
    """
    try:
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_whole(path, secrets.token_bytes(_KEY_BYTES), 0o600)
            key = path.read_bytes()
    except OSError as error:
        raise EnvironmentFailure(
            f"cannot use the signing key {path}: {error.strerror}", "set index.key_file to a writable path"
        ) from error
    if len(key) != _KEY_BYTES:
        raise EnvironmentFailure(
            f"the signing key {path} is damaged", "delete it; indexes are then verified again"
        )
    return key
