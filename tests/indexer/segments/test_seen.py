"""Checksums are verified when a segment is first seen here; afterwards size and time stand for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from snippets import real_fragments, write_part

from codesearch.core.errors import IndexFailure
from indexer.segments import seen
from indexer.segments.manifest import Manifest
from indexer.segments.snapshot import SEGMENTS

KEY = b"k" * 32


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(1, (write_part(tmp_path, "one", real_fragments()[:5], None),), (), {}, "")


def damage(path: Path, *, keep_time: bool) -> None:
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def test_damage_before_the_first_look_is_found(tmp_path: Path, manifest: Manifest) -> None:
    damage(tmp_path / SEGMENTS / "one" / "exact.npy", keep_time=True)
    with pytest.raises(IndexFailure, match=r"exact\.npy is damaged"):
        seen.verify_unseen(tmp_path, manifest, KEY)


def test_a_verified_segment_is_not_read_again(
    tmp_path: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.verify_unseen(tmp_path, manifest, KEY)
    monkeypatch.setattr(seen, "verify_files", lambda *_: pytest.fail("it was read again"))
    seen.verify_unseen(tmp_path, manifest, KEY)


def test_a_file_touched_since_is_verified_again(tmp_path: Path, manifest: Manifest) -> None:
    seen.verify_unseen(tmp_path, manifest, KEY)
    damage(tmp_path / SEGMENTS / "one" / "exact.npy", keep_time=False)
    with pytest.raises(IndexFailure, match=r"exact\.npy is damaged"):
        seen.verify_unseen(tmp_path, manifest, KEY)


def test_another_size_is_found_without_reading(tmp_path: Path, manifest: Manifest) -> None:
    seen.verify_unseen(tmp_path, manifest, KEY)
    path = tmp_path / SEGMENTS / "one" / "exact.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexFailure, match=r"exact\.npy is damaged: \d+ bytes, not \d+"):
        seen.verify_unseen(tmp_path, manifest, KEY)


@pytest.mark.parametrize(
    "forged", [b"", b"[]", b'{"segments": {}, "mac": 5}', b'{"segments": {}, "mac": "\xc3\xa9"}']
)
def test_a_note_that_this_installation_did_not_write_counts_for_nothing(
    tmp_path: Path, manifest: Manifest, forged: bytes
) -> None:
    (tmp_path / seen.SEEN).write_bytes(forged)
    damage(tmp_path / SEGMENTS / "one" / "exact.npy", keep_time=True)
    with pytest.raises(IndexFailure, match=r"exact\.npy is damaged"):
        seen.verify_unseen(tmp_path, manifest, KEY)


def test_the_note_of_another_installation_counts_for_nothing(tmp_path: Path, manifest: Manifest) -> None:
    seen.verify_unseen(tmp_path, manifest, b"x" * 32)
    damage(tmp_path / SEGMENTS / "one" / "exact.npy", keep_time=True)
    with pytest.raises(IndexFailure, match=r"exact\.npy is damaged"):
        seen.verify_unseen(tmp_path, manifest, KEY)
