"""Checksums are verified when a segment is first seen here, afterwards size and times stand for them.

The time of change is one of the two: whoever sets that of modification back cannot set it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from codesearch.core.errors import IndexFailure
from indexer.segments.files import REBUILD, verify_files
from indexer.segments.manifest import Manifest, SegmentEntry
from indexer.segments.snapshot import SEGMENTS

SEEN = "seen.json"

_Stamps = dict[str, list[int]]


def verify_unseen(folder: Path, manifest: Manifest, key: bytes) -> None:
    """Verify the segments that this installation has not verified before.

    Raises:
        IndexFailure: A file is missing or damaged.
    """
    known = _read(folder / SEEN, key)
    stamps: dict[str, _Stamps] = {}
    for entry in manifest.segments:
        current = _stamps(folder / SEGMENTS / entry.name, entry)
        if known.get(entry.name) != current:
            verify_files(folder / SEGMENTS / entry.name, entry.files)
        stamps[entry.name] = current
    if stamps != known:
        _write(folder / SEEN, stamps, key)


def _stamps(folder: Path, entry: SegmentEntry) -> _Stamps:
    """Size, and times of modification and change, of every file.

    Raises:
        IndexFailure: A file is missing or has another size than the manifest says.
    """
    stamps = {}
    for name, stored in entry.files.items():
        try:
            status = (folder / name).stat()
        except OSError as error:
            raise IndexFailure(f"cannot read {folder / name}: {error.strerror}", REBUILD) from error
        if status.st_size != stored.size:
            raise IndexFailure(
                f"{folder / name} is damaged: {status.st_size} bytes, not {stored.size}", REBUILD
            )
        stamps[name] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    return stamps


def _read(path: Path, key: bytes) -> Mapping[str, _Stamps]:
    """What was verified before; nothing unless this installation wrote it."""
    try:
        raw = json.loads(path.read_bytes())
        trusted = hmac.compare_digest(raw["mac"], _mac(raw["segments"], key))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return raw["segments"] if trusted else {}


def _write(path: Path, stamps: Mapping[str, _Stamps], key: bytes) -> None:
    temporary = path.with_suffix(".new")
    try:
        temporary.write_text(json.dumps({"segments": stamps, "mac": _mac(stamps, key)}), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        # A read-only index works all the same; its checksums are then verified every time.
        return


def _mac(stamps: Mapping[str, _Stamps], key: bytes) -> str:
    return blake2b(json.dumps(stamps, sort_keys=True).encode(), key=key, digest_size=16).hexdigest()
