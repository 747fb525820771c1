"""Only regular files are read, never more than allowed, and nothing blocks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead, read_head, read_regular


def reason(path: Path, max_bytes: int = 1000) -> SkipReason:
    with pytest.raises(CannotRead) as caught:
        read_regular(path, max_bytes)
    return caught.value.reason


def test_content_comes_with_the_size_and_time_it_had(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 1000)
    raw = read_regular(path, 1000)
    assert (raw.content, raw.size, raw.modified_ns) == (b"x" * 1000, 1000, path.stat().st_mtime_ns)


def test_one_byte_too_many_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1001)
    assert reason(tmp_path / "a") is SkipReason.TOO_LARGE


def test_a_file_whose_size_is_not_told_is_read_up_to_the_limit() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no /proc on this system")
    assert status.stat().st_size == 0
    assert b"Pid:" in read_regular(status, 100_000).content
    assert reason(status, 50) is SkipReason.TOO_LARGE


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert reason(tmp_path / "fifo") is SkipReason.NOT_REGULAR
    assert reason(tmp_path / "link") is SkipReason.SYMLINK
    assert reason(Path("/dev/zero")) is SkipReason.NOT_REGULAR
    assert reason(tmp_path) is SkipReason.NOT_REGULAR


def test_a_file_that_is_gone_has_vanished(tmp_path: Path) -> None:
    assert reason(tmp_path / "gone") is SkipReason.VANISHED
    (tmp_path / "file").touch()
    assert reason(tmp_path / "file" / "below") is SkipReason.VANISHED


def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch(mode=0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert reason(path) is SkipReason.UNREADABLE


def test_the_head_of_a_large_file_is_short(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    assert read_head(tmp_path / "a", 4) == b"0123"
    assert read_head(tmp_path / "a", 100) == b"0123456789"
