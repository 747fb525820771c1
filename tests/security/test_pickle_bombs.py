"""A pickle that would run code when it is read, put into the place of every file that is read."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from commandline import Outcome, call, tally, write_tree
from pack_lab import PACK, become, forge, head_of, stored_members

from codesearch.packs.head import PackManifest

QUERY = tally("mine")


class Bomb:
    """Makes a folder when its pickle is read."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._mark),)


def plain(mark: Path) -> bytes:
    """A pickle and nothing else."""
    return pickle.dumps(Bomb(mark))


def array(mark: Path) -> bytes:
    """An array of objects, as numpy stores one."""
    file = io.BytesIO()
    np.save(file, np.array([Bomb(mark)], dtype=object), allow_pickle=True)
    return file.getvalue()


def archive(mark: Path) -> bytes:
    """A zip with a pickle, as torch and numpy write one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("archive/data.pkl", plain(mark))
        packed.writestr("data.npy", array(mark))
    return file.getvalue()


BOMBS = (plain, array, archive)
TRIED = [array, *(pytest.param(bomb, marks=pytest.mark.nightly) for bomb in (plain, archive))]
"""Files are mostly arrays; the others take as long again each."""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What a bomb makes; in the end it is not there."""
    return tmp_path / "exploded"


@pytest.fixture(scope="module")
def indexed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a user with an indexed and audited corpus, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        home = become(patch, tmp_path_factory.mktemp("whole"))
        write_tree(home / "corpus", {"a.py": tally("first"), "b.py": tally("second")})
        assert call("index", "corpus").code == 0
        assert call("audit", "--no-refresh", "--jobs", "1").code == 0
        return home


@pytest.fixture
def home(indexed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with an index that may be damaged; the current folder."""
    home = become(monkeypatch, tmp_path / "user")
    shutil.copytree(indexed_home, home, dirs_exist_ok=True)
    return home


def files_of(index: Path) -> list[Path]:
    return sorted(path for path in index.rglob("*") if path.is_file())


def resealed(index: Path) -> None:
    """Have the manifest say that its files are as they are now, as their author would."""
    path = index / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except ValueError:  # the manifest is the bomb
        return
    for segment in manifest["segments"]:
        folder = index / "segments" / segment["name"]
        for name in segment["files"]:
            content = (folder / name).read_bytes()
            digest = blake2b(content, digest_size=16).hexdigest()
            segment["files"][name] = {"size": len(content), "checksum": digest}
    path.write_text(json.dumps(manifest))


def survived(outcome: Outcome, mark: Path) -> None:
    assert outcome.code in {0, 1, 2, 3}
    assert "Traceback" not in outcome.err
    assert not mark.exists()


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_bombs_do_explode(mark: Path, tmp_path: Path, bomb: Callable[[Path], bytes]) -> None:
    """Otherwise the tests below prove nothing."""
    path = tmp_path / "bomb"
    path.write_bytes(bomb(mark))
    if bomb is plain:
        pickle.loads(path.read_bytes())  # noqa: S301 - our own
    elif bomb is array:
        np.load(path, allow_pickle=True)
    else:
        np.load(path, allow_pickle=True)["data.npy"]
    assert mark.is_dir()


@pytest.mark.parametrize("bomb", TRIED)
def test_no_file_of_an_index_is_unpickled(home: Path, mark: Path, bomb: Callable[[Path], bytes]) -> None:
    index, whole = home / ".codesearch", home / "whole"
    shutil.move(index, whole)
    for path in files_of(whole):
        shutil.copytree(whole, index)
        (index / path.relative_to(whole)).write_bytes(bomb(mark))
        resealed(index)
        survived(call("query", "-", "--lang", "python", stdin=QUERY.encode()), mark)
        shutil.rmtree(index)


@pytest.mark.parametrize("bomb", TRIED)
@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("doctor",),
        ("doctor", "--repair"),
        ("audit", "--no-refresh", "--jobs", "1"),
        ("audit", "show"),
        ("index", "corpus"),
        ("feedback", "list"),
        ("schedule", "list"),
        ("pack", "-o", "out.codesearch-pack"),
    ],
)
def test_no_command_unpickles_what_an_index_holds(
    home: Path, mark: Path, words: tuple[str, ...], bomb: Callable[[Path], bytes]
) -> None:
    index, whole = home / ".codesearch", home / "whole"
    shutil.copytree(index, whole)
    for spared in ({"index.db", "manifest.json", "identity"}, set[str]()):
        shutil.rmtree(index)
        shutil.copytree(whole, index)
        for path in files_of(index):
            if path.name not in spared:
                path.write_bytes(bomb(mark))
        resealed(index)
        survived(call(*words), mark)


@pytest.mark.parametrize("bomb", TRIED)
def test_no_member_of_a_signed_pack_is_unpickled(
    home: Path, mark: Path, bomb: Callable[[Path], bytes]
) -> None:
    pytest.importorskip("cryptography", reason="packs need the extra 'pack'")
    assert call("pack", "-o", PACK, "--with-source").code == 0
    pack = home / PACK
    whole, content = pack.read_bytes(), bomb(mark)
    stored = zlib.compress(content)
    for name in stored_members(pack):
        pack.write_bytes(whole)
        body = b"".join((stored_members(pack) | {name: stored}).values())
        manifest = with_member(head_of(pack).manifest, name, len(content), stored)
        forge(pack, lambda _, manifest=manifest: manifest, body)  # type: ignore[misc]
        survived(call("query", "-", "--lang", "python", "--with", PACK, stdin=QUERY.encode()), mark)


def with_member(manifest: PackManifest, name: str, size: int, stored: bytes) -> PackManifest:
    """The manifest of a pack that has another member of this name."""
    checksum = blake2b(stored, digest_size=32).hexdigest()
    members = tuple(
        replace(one, size=size, stored=len(stored), checksum=checksum) if one.name == name else one
        for one in manifest.members
    )
    return replace(manifest, members=members)
