"""Archives as files: what is written of them, and what hostile or broken ones do."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from codesearch.core.errors import InputError
from codesearch.sources.archive import unpack_archive
from codesearch.sources.tree import UnpackLimits

LIMITS = UnpackLimits(max_bytes=1 << 30, max_members=10_000, max_ratio=200)


def member(
    name: str, content: bytes = b"x = 1\n", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    return info, content


def tar(path: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]], compression: str = "") -> Path:
    with tarfile.open(path, f"w:{compression}") as archive:  # type: ignore[call-overload]
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


def unpacked(archive: Path, limits: UnpackLimits = LIMITS) -> tuple[dict[str, bytes], dict[str, int]]:
    target = archive.parent / "out"
    target.mkdir()
    left_out = unpack_archive(archive, target, limits)
    paths = [path for path in target.rglob("*") if path.is_file()]
    return {str(path.relative_to(target)): path.read_bytes() for path in paths}, dict(left_out)


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_tar_is_unpacked_whatever_its_compression(tmp_path: Path, compression: str) -> None:
    content = os.urandom(3 << 20)
    archive = tar(tmp_path / "a.tar", [member("p/a.py"), member("p/b.py", content)], compression)
    assert unpacked(archive) == ({"p/a.py": b"x = 1\n", "p/b.py": content}, {})


def test_tar_in_zstandard_is_unpacked(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    plain = tar(tmp_path / "a.tar", [member("a.py")])
    archive = tmp_path / "a.tar.zst"
    archive.write_bytes(zstandard.compress(plain.read_bytes()))
    assert unpacked(archive)[0] == {"a.py": b"x = 1\n"}


def test_zip_is_unpacked_without_its_links(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("p/a.py", "x = 1\n")
        link = zipfile.ZipInfo("p/link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("../out.py", "x")
    assert unpacked(archive) == ({"p/a.py": b"x = 1\n"}, {"link": 1, "unsafe-name": 1})


def test_nothing_is_written_outside_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    hostile = [
        member("ok.py"),
        member(str(outside / "absolute.py")),
        member("../outside/dots.py"),
        member("a/../../outside/hidden.py"),
        member("way", b"", tarfile.SYMTYPE, str(outside)),
        member("way/through.py"),
        member("hard", b"", tarfile.LNKTYPE, "/etc/passwd"),
        member("fifo", b"", tarfile.FIFOTYPE),
        member("device", b"", tarfile.CHRTYPE),
        member(".git/config", b"[core]\nfsmonitor=touch /tmp/x\n"),
        member("sub/.GIT/hooks/post-checkout"),
        member("/".join(["d"] * 1500) + "/deep.py"),
        member("n" * 300),
    ]
    files, left_out = unpacked(tar(tmp_path / "a.tar", hostile))
    assert set(files) == {"ok.py", "way/through.py"}
    assert left_out == {
        "unsafe-name": 4,
        "link": 2,
        "not-regular": 2,
        "version-control": 2,
        "unwritable-name": 1,
    }
    assert list(outside.iterdir()) == []
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_any_bytes_can_be_a_name(tmp_path: Path) -> None:
    names = ["new\nline.py", os.fsdecode(b"latin-\xe9.py"), "a\\b.py"]
    files, _ = unpacked(tar(tmp_path / "a.tar", map(member, names)))
    assert sorted(files) == sorted(names)


def test_later_member_replaces_the_earlier_one(tmp_path: Path) -> None:
    files, _ = unpacked(tar(tmp_path / "a.tar", [member("a.py", b"long old text"), member("a.py", b"new")]))
    assert files == {"a.py": b"new"}


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (UnpackLimits(1 << 30, 1 << 20, 100), "over 100 times its size"),
        (UnpackLimits(1 << 20, 1 << 20, 100_000), "over 1,048,576 bytes"),
        (UnpackLimits(1 << 30, 2, 100_000), "over 2 entries"),
    ],
)
def test_bombs_are_stopped(tmp_path: Path, limits: UnpackLimits, what: str) -> None:
    zeros = [member(f"{number}.py", bytes(40 << 20)) for number in range(3)]
    with pytest.raises(InputError, match=what):
        unpacked(tar(tmp_path / "a.tar.gz", zeros, "gz"), limits)


def test_bomb_of_a_zip_is_stopped(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.py", bytes(100 << 20))
    with pytest.raises(InputError, match="over 200 times its size"):
        unpacked(archive)


def test_name_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    info, _ = member("././@LongLink", b"", tarfile.GNUTYPE_LONGNAME)
    info.size = 8 << 30
    archive = tmp_path / "a.tar"
    archive.write_bytes(member("a.py", b"")[0].tobuf() + info.tobuf() + bytes(4096))
    with pytest.raises(InputError, match="damaged after 1 entries"):
        unpacked(archive)


def test_chain_of_headers_ends_in_a_message(tmp_path: Path) -> None:
    info, _ = member("x", b"", tarfile.GNUTYPE_LONGNAME)
    info.size = 0
    archive = tmp_path / "a.tar"
    archive.write_bytes(member("a.py", b"")[0].tobuf() + info.tobuf() * 5000 + bytes(1024))
    with pytest.raises(InputError, match="damaged"):
        unpacked(archive)


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_truncated_archive_is_refused(tmp_path: Path, compression: str, share: float) -> None:
    members = [member(f"{number}.py", os.urandom(50_000)) for number in range(20)]
    archive = tar(tmp_path / "a.tar", members, compression)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    with pytest.raises(InputError, match=r"truncated|damaged|not a tar"):
        unpacked(archive)


def test_tar_that_ends_between_two_members_is_truncated(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar", [member("a.py", bytes(512)), member("b.py", bytes(512))])
    archive.write_bytes(archive.read_bytes()[:1024])
    with pytest.raises(InputError, match="truncated or damaged after 1 entries"):
        unpacked(archive)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not a tar archive"),
        (b"#!/bin/sh\necho hello\n" * 100, "not a tar archive"),
        (b"\x1f\x8b" + b"no gzip at all" * 50, "damaged"),
        (b"\xfd7zXZ\x00" + b"no xz at all" * 50, "damaged"),
        (b"BZh9" + b"no bzip2 at all" * 50, "damaged"),
        (b"PK\x03\x04" + b"no zip at all" * 50, "damaged"),
        (bytes(10240), "holds no files"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    archive = tmp_path / "a.tar"
    archive.write_bytes(content)
    with pytest.raises(InputError, match=what):
        unpacked(archive)


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.py", "x = 1\n")
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # the flags of the entry, and of its line in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match="is encrypted"):
        unpacked(archive)
