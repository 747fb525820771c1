"""Packs: whatever a file holds, and whatever its maker signed, it is mounted and searched, or refused."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from unittest.mock import patch

import pytest
from commandline import call
from fuzz.target import Target, refusals, scratch
from pack_lab import PACK, QUERY, become, head_of, unpacked_members, write_corpus

from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.core.store.snapshot import Filters
from codesearch.engine import Engine
from codesearch.packs.container import opened_pack, read_members
from codesearch.packs.head import Head, Member, PackedCorpus, PackManifest, signature_line
from codesearch.packs.signing import Signer, own_signer
from codesearch.query.options import SearchOptions
from codesearch.query.source import ReadOptions, Source, read_text
from indexer.segments.manifest import FORMAT_VERSION

_EDIT = 5
"""Bytes of an edit: which member, two for where, what is done there, with what."""
_MOST_EDITS = 8


def _opens(data: bytes) -> None:
    """A file that may be no pack at all; no signature is looked at."""
    path = scratch("packs") / "any.codesearch-pack"
    path.write_bytes(data)
    with refusals(), opened_pack(path) as (file, head):
        read_members(file, head.manifest, str(path), None)


@dataclass(frozen=True, slots=True)
class Workshop:
    """A maker of packs, who signs anything, and a user who trusts the maker.

    Attributes:
        engine: Of a user who mounts the pack at ``path``.
        path: Where packs are put.
        head: Of a pack as it should be.
        members: Its members, unpacked, by name.
        signer: Signs.
        query: What packs are searched for.
    """

    engine: Engine
    path: Path
    head: Head
    members: dict[str, bytes]
    signer: Signer
    query: Source

    def write(self, members: dict[str, bytes]) -> None:
        """A pack of these members, each as large as its manifest says, signed."""
        packed = {name: zlib.compress(content, 1) for name, content in members.items()}
        listed = tuple(
            Member(name, len(members[name]), len(data), blake2b(data, digest_size=32).hexdigest())
            for name, data in packed.items()
        )
        signed = replace(self.head.manifest, members=listed).signed_part()
        self.path.write_bytes(signed + signature_line(*self.signer.sign(signed)) + b"".join(packed.values()))

    def search(self) -> None:
        """Mount what was written, and ask it."""
        engine = copy(self.engine)  # which has mounted nothing
        options = SearchOptions.of(engine.settings.retrieval, Filters())
        packs = engine.packs
        try:
            found = engine.query(self.query, engine.searcher(), options)
            assert all(match.occurrences for result in found.results for match in result.matches)
        finally:
            for pack in packs:
                pack.database.close()


@cache
def workshop() -> Workshop:
    """The one of this process."""
    folder = scratch("workshop")
    with pytest.MonkeyPatch.context() as change:
        for name in [name for name in os.environ if name.startswith("CODESEARCH_")]:
            change.delenv(name)
        home = become(change, folder)
        write_corpus(home)
        assert call("index", "corpus").code == 0
        assert call("pack", "-o", PACK, "--with-source").code == 0
        flags = {"index.dir": folder / "none", "index.packs": [str(folder / PACK)]}
        user_folder = user_config_file().parent
        engine = Engine(load_settings(flags).settings, user_folder)
        _ = engine.embedder, engine.cascade, engine.judges_of_pairs()  # loaded once, for all copies
        made = home / PACK
        query = read_text(QUERY.encode(), ReadOptions.of(engine.settings, "python"))
        return Workshop(
            engine, folder / PACK, head_of(made), unpacked_members(made), own_signer(user_folder), query
        )


def _mounts(data: bytes) -> None:
    """The bytes are edits of the members of a good pack, which its maker signs again."""
    at = workshop()
    members = dict(at.members)
    for member, place, action, value in _edits(data):
        name = sorted(members)[member % len(members)]
        members[name] = _edited(members[name], place, action % 4, value)
    cached = scratch("cache")
    with patch.dict(os.environ, {"XDG_CACHE_HOME": str(cached)}):
        at.write(members)
        with refusals():
            at.search()
    shutil.rmtree(cached / "codesearch", ignore_errors=True)


def _edits(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    for first in range(0, min(len(data) - _EDIT + 1, _EDIT * _MOST_EDITS), _EDIT):
        edit = data[first : first + _EDIT]
        yield edit[0], int.from_bytes(edit[1:3], "big"), edit[3], edit[4]


def _edited(content: bytes, place: int, action: int, value: int) -> bytes:
    """A content that was changed at a place, given in parts of 65,536."""
    at = place * len(content) >> 16
    match action:
        case 0:
            return content[:at] + bytes([value]) + content[at + 1 :]
        case 1:
            return content[:at] + bytes([value]) + content[at:]
        case 2:
            return content[:at] + content[at + value + 1 :]
        case _:
            return content[:at]


def _file(manifest: PackManifest, body: bytes) -> bytes:
    return manifest.signed_part() + signature_line(bytes(32), bytes(64)) + body


_BODY = zlib.compress(b"[]\n")
_MEMBER = Member("files.jsonl", 3, len(_BODY), blake2b(_BODY, digest_size=32).hexdigest())
_MANIFEST = PackManifest(
    "ref", "2026-01-31T00:00:00+00:00", "0.1.0", FORMAT_VERSION, "", True, "", "calibration-1", "", "",
    {"fragments.min_lines": 6}, ("python",), 1, (PackedCorpus("corpus", 1, 1, 1),), (_MEMBER,),
)  # fmt: skip

TARGETS = (
    Target(
        "pack",
        "packs",
        _opens,
        (
            _file(_MANIFEST, _BODY),
            _file(replace(_MANIFEST, members=(replace(_MEMBER, stored=10**12),)), _BODY),
            b"codesearch-pack 2\n{}\n",
            b"codesearch-pack 1\n" + b"[" * 2000 + b"\n" + signature_line(bytes(32), bytes(64)),
        ),
    ),
    Target(
        "pack-members",
        "packs",
        _mounts,
        tuple(bytes([member, 0x80, 0, action, 0xFF]) for member in range(0, 24, 3) for action in range(2)),
        longest=_EDIT * _MOST_EDITS,
        costly=True,
    ),
)
