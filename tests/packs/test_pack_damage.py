"""No byte of a pack changes unnoticed, and a pack that was made to do harm does none."""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import call
from numpy.typing import NDArray
from pack_lab import PACK, forge, head_of, killed, renamed_member, stored_members

from codesearch.packs.head import PackManifest


def refused(pack: str | Path, code: int = 3) -> str:
    """Why a pack is not read; nothing of it is left in the cache."""
    done = call("query", "query.py", "--with", pack)
    assert done.code == code
    packs = Path(os.environ["XDG_CACHE_HOME"]) / "codesearch/packs"
    assert not [path for path in packs.glob("*") if path.suffix != ".lock"]
    return done.error


def test_changed_byte_is_noticed_wherever_it_is(sealed: Path) -> None:
    raw, head = sealed.read_bytes(), head_of(sealed)
    places = [*range(0, head.size, 61), *range(head.size - 200, head.size, 7), head.size - 1, len(raw) - 1]
    start = head.size
    for member in head.manifest.members:
        places += [start, start + member.stored // 2, start + member.stored - 1]
        start += member.stored
    for place in places:
        sealed.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        refused(sealed)


def test_pack_that_changed_after_it_was_mounted_is_noticed(sealed: Path) -> None:
    assert call("query", "query.py", "--with", sealed).code == 0
    raw = sealed.read_bytes()
    sealed.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    done = call("query", "query.py", "--with", sealed)
    assert (done.code, "the checksum of" in done.error) == (3, True)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.999])
def test_pack_that_was_cut_off_is_noticed(sealed: Path, share: float) -> None:
    raw = sealed.read_bytes()
    sealed.write_bytes(raw[: int(share * len(raw))])
    refused(sealed)


def test_pack_that_was_added_to_is_noticed(sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes() + b"\0")
    assert "is damaged: it has" in refused(sealed)


def test_members_that_changed_places_are_noticed(sealed: Path) -> None:
    head, members = head_of(sealed), stored_members(sealed)
    swapped = b"".join(members[one.name] for one in reversed(head.manifest.members))
    sealed.write_bytes(sealed.read_bytes()[: head.size] + swapped)
    assert "the checksum of" in refused(sealed)


def test_signature_of_another_pack_is_bad(maker: Path, sealed: Path) -> None:
    assert call("pack", "-o", "other.codesearch-pack").code == 0
    ours, theirs = sealed.read_bytes(), (maker / "other.codesearch-pack").read_bytes()
    lines, others = ours.split(b"\n", 3), theirs.split(b"\n", 3)
    sealed.write_bytes(b"\n".join([*lines[:2], others[2], lines[3]]))
    assert "has a bad signature" in refused(sealed)


@pytest.mark.parametrize(
    "name", ["../exact.npy", "/etc/exact.npy", "a/exact.npy", "..", "index.db", "x.faiss"]
)
def test_member_cannot_be_called_what_leads_elsewhere(sealed: Path, name: str) -> None:
    forge(sealed, lambda manifest: renamed_member(manifest, "exact.npy", name))
    assert "its manifest cannot be read" in refused(sealed)


def test_two_members_of_one_name_are_refused(sealed: Path) -> None:
    forge(sealed, lambda manifest: renamed_member(manifest, "exact.npy", "renamed.npy"))
    assert "two members of one name" in refused(sealed)


def test_missing_member_is_refused(sealed: Path) -> None:
    forge(sealed, lambda manifest: renamed_member(manifest, "vectors.npy", "other.npy"))
    assert "is damaged" in refused(sealed)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "x" * 101, "\n"])
def test_pack_cannot_be_called_what_is_no_name(sealed: Path, name: str) -> None:
    forge(sealed, lambda manifest: replace(manifest, name=name))
    assert "its manifest cannot be read" in refused(sealed)


def _with_first(manifest: PackManifest, size: int, stored: int, checksum: str) -> PackManifest:
    first, *others = manifest.members
    changed = replace(first, size=size, stored=stored, checksum=checksum)
    return replace(manifest, members=(changed, *others))


@pytest.mark.parametrize(("content", "size"), [(1 << 22, 1 << 10), (1 << 10, 1 << 22)])
def test_member_is_unpacked_no_further_than_it_says(sealed: Path, content: int, size: int) -> None:
    packed = zlib.compress(bytes(content))
    _, *others = stored_members(sealed).values()
    checksum = blake2b(packed, digest_size=32).hexdigest()
    forge(
        sealed,
        lambda manifest: _with_first(manifest, size, len(packed), checksum),
        b"".join([packed, *others]),
    )
    assert "than it says" in refused(sealed)


def _npy(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=False)
    return out.getvalue()


def _zipped(array: NDArray[Any]) -> bytes:
    """An archive of arrays, which numpy opens as one."""
    out = io.BytesIO()
    np.savez(out, array)
    return out.getvalue()


def _claiming(shape: tuple[int, ...]) -> bytes:
    """An array that says it is large, and has four bytes."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<i8", "fortran_order": False, "shape": shape})
    return out.getvalue() + bytes(4)


def _rewritten(pack: Path, name: str, content: bytes) -> None:
    """The pack with another content of a member, signed by its maker."""
    members = stored_members(pack) | {name: zlib.compress(content)}

    def change(manifest: PackManifest) -> PackManifest:
        listed = (
            replace(
                member,
                size=len(content) if member.name == name else member.size,
                stored=len(members[member.name]),
                checksum=blake2b(members[member.name], digest_size=32).hexdigest(),
            )
            for member in manifest.members
        )
        return replace(manifest, members=tuple(listed))

    forge(pack, change, b"".join(members.values()))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("exact.npy", _npy(np.zeros((3, 16), np.uint8))),
        ("exact.npy", _npy(np.zeros((3, 16), np.float64))),
        ("token_starts.npy", _npy(np.array([0, 1 << 40], np.int64))),
        ("token_starts.npy", _claiming((1 << 50,))),
        ("token_ids.npy", b"no array"),
        ("token_ids.npy", _zipped(np.zeros(3, np.uint32))),
        ("token_ids.npy", b""),
        ("vectors.npy", _npy(np.zeros((1, 4), np.int8))),
        ("vectors.npy", _npy(np.zeros((5,), np.float16))),
        ("source_starts.npy", _npy(np.array([0, 5], np.int64))),
        ("source_starts.npy", _npy(np.array([0.0, 5.0], np.float64))),
        ("contents.jsonl", b"\xff\xfe\n"),
        ("contents.jsonl", b"[" * 100_000),
        ("contents.jsonl", b"{}\n"),
        ("files.jsonl", b"3\n"),
        ("files.jsonl", b'[0,"a.py",1,0,"python","source",{"a":1}]\n'),
        ("files.jsonl", b'[0,"a.py",1e400,0,"python","source",null]\n'),
        ("files.jsonl", b'[0,"a.py",99999999999999999999,0,"python","source",null]\n'),
        ("files.jsonl", b'[0,"../../../etc/passwd",1,0,"python","source",null]\n'),
        ("files.jsonl", b'[0,"/etc/passwd",1,0,"python","source",null]\n'),
        ("files.jsonl", b'[-1,"a.py",1,0,"python","source",null]\n'),
        ("files.jsonl", b'[0,7,1,0,"python","source",null]\n'),
        ("files.jsonl", b'[0,"a.py",1,999,"python","source",null]\n'),
    ],
)
def test_members_that_do_not_fit_are_refused_although_their_maker_is_trusted(
    readable: Path, name: str, content: bytes
) -> None:
    _rewritten(readable, name, content)
    assert "is damaged: its members do not fit each other" in refused(readable)


@pytest.mark.parametrize("line", [-5, (1 << 31) - 1])
def test_lines_that_are_none_are_refused_although_their_maker_is_trusted(readable: Path, line: int) -> None:
    packed = stored_members(readable)["token_lines.npy"]
    lines = np.lib.format.read_array(io.BytesIO(zlib.decompress(packed)))
    _rewritten(readable, "token_lines.npy", _npy(np.full_like(lines, line)))
    assert "token_lines does not fit the other arrays" in refused(readable)


def test_pack_of_a_newer_format_says_so(sealed: Path) -> None:
    forge(sealed, lambda manifest: manifest, first=b"codesearch-pack 2\n")
    told = refused(sealed)
    assert "has pack format 2, this codesearch reads format 1" in told
    assert "pip install --upgrade codesearch-clones" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("part_hashes.npy", _npy(np.zeros((1, 1), np.uint64))),
        ("bag_entries.npy", _npy(np.array(["text"]))),
        ("bag_totals.npy", _npy(np.zeros((5, 3), np.float32))),
    ],
)
def test_stand_ins_of_the_source_that_do_not_fit_are_refused(sealed: Path, name: str, content: bytes) -> None:
    _rewritten(sealed, name, content)
    assert "is damaged: its members do not fit each other" in refused(sealed)


@pytest.mark.parametrize(
    ("index_format", "command"),
    [(1, "'codesearch pack'"), (1000, "'pip install --upgrade codesearch-clones'")],
)
def test_pack_of_another_format_of_indexes_says_what_to_run(
    sealed: Path, index_format: int, command: str
) -> None:
    forge(sealed, lambda manifest: replace(manifest, index_format=index_format, codesearch="0.0.9"))
    told = refused(sealed)
    assert "was written by codesearch 0.0.9" in told
    assert command in told


def test_pack_of_another_analysis_is_searched_and_told(sealed: Path) -> None:
    forge(sealed, lambda manifest: replace(manifest, analysis="0" * 32))
    document = call("query", "query.py", "--with", sealed, "--json").document
    assert "pack:ref:other-analysis" in document["degraded"]


def test_pack_of_another_model_says_so(sealed: Path) -> None:
    forge(sealed, lambda manifest: replace(manifest, model="other-1"))
    done = call("query", "query.py", "--with", sealed)
    assert done.code == 3
    assert "has vectors of 'other-1', your embedder is 'static-1'" in done.error


def test_pack_without_source_of_other_weights_says_so(sealed: Path) -> None:
    forge(sealed, lambda manifest: replace(manifest, weights="0" * 32))
    done = call("query", "query.py", "--with", sealed)
    assert (done.code, "whose models were others" in done.error) == (3, True)


def test_what_is_no_pack_says_so(sealed: Path) -> None:
    assert "no pack" in refused("missing.codesearch-pack", code=2)
    assert "is no pack" in refused("query.py")
    os.mkfifo("fifo")
    assert "is no pack" in refused("fifo")
    assert "is a folder, not a pack" in refused(".codesearch")
    done = call("query", "query.py", "--index", sealed)
    assert (done.code, "is a file, not an index folder" in done.error) == (3, True)


def test_two_packs_of_one_name_are_refused(sealed: Path) -> None:
    (sealed.parent / "sub").mkdir()
    assert call("pack", "-o", f"sub/{PACK}", "--licence", "MIT").code == 0
    done = call("query", "query.py", "--with", sealed, "--with", f"sub/{PACK}")
    assert (done.code, "are both called 'ref'" in done.error) == (2, True)


def test_cache_that_cannot_be_written_is_one_line(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(sealed))
    done = call("query", "query.py", "--with", sealed)
    assert (done.code, "set XDG_CACHE_HOME" in done.error) == (3, True)


def test_pack_that_is_killed_leaves_the_one_before(sealed: Path) -> None:
    before = sealed.read_bytes()
    killed("codesearch.packs.container", "shutil.copyfileobj", "pack", "-o", PACK, "--licence", "MIT")
    assert sealed.read_bytes() == before
    assert call("pack", "-o", PACK).code == 0
    assert call("query", "query.py", "--with", PACK).code == 0


@pytest.mark.parametrize("when", ["_make_index", "_fill", "_see"])
def test_mounting_that_is_killed_is_done_again(sealed: Path, when: str) -> None:
    killed("codesearch.packs.cache", when, "query", "query.py", "--with", PACK)
    assert call("query", "query.py", "--with", PACK).code == 0
