"""The head of a pack: three lines that say what it holds and who vouches for it.

``codesearch-pack 1``, then the manifest as canonical JSON, then ``ed25519 KEY SIGNATURE`` in hexadecimal. The
signature covers the bytes of the first two lines, the manifest has the size and the checksum of every member:
no byte of a pack can change unnoticed. ``head -n 2 FILE`` shows the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from codesearch.core.errors import EnvironmentFailure

FORMAT = 1
SUFFIX = ".codesearch-pack"

PREFIX = "pack:"
"""Begins the names of corpora that come from a pack: ``pack:NAME/CORPUS``."""

_MOST_BYTES = 16 << 20  # of a line: a manifest of a hundred thousand corpora is smaller
_FIRST = re.compile(rb"codesearch-pack ([1-9][0-9]{0,8})\n")
_LAST = re.compile(rb"ed25519 ([0-9a-f]{64}) ([0-9a-f]{128})\n")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_MEMBER = re.compile(r"[a-z][a-z_]{0,59}\.(npy|jsonl)")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a pack.

    Attributes:
        name: Plain file name, such as ``vectors.npy``.
        size: Bytes when unpacked.
        stored: Bytes in the pack, compressed by zlib.
        checksum: Hexadecimal BLAKE2b-256 of the stored bytes.
    """

    name: str
    size: int
    stored: int
    checksum: str


@dataclass(frozen=True, slots=True)
class PackedCorpus:
    """A corpus in a pack: its name, and how many of its files, lines and fragments are there."""

    name: str
    files: int
    lines: int
    fragments: int


@dataclass(frozen=True, slots=True)
class PackManifest:
    """What a pack says of itself.

    Attributes:
        name: What its places are named by: ``pack:NAME/CORPUS``.
        created: ISO 8601 time in UTC.
        codesearch: Version that wrote it.
        index_format: Version of the arrays in it, which are those of a segment of an index.
        licence: What its maker says of the rights in the code; empty when nothing.
        source: Whether the text of the code is in it.
        model: Embedding model of its vectors; empty when it has none.
        calibration: Id of the calibration of the version that wrote it.
        weights: Digest of the weights that the stand-ins of the source belong to, see :mod:`.sealed`.
        analysis: Salt of the analysis, in hexadecimal: what its fragments were cut with.
        settings: The settings that the contents depend on, as dotted keys.
        languages: What its language codes mean.
        contents: Number of unique contents.
        corpora: By name.
        members: In the order in which they follow the head.
    """

    name: str
    created: str
    codesearch: str
    index_format: int
    licence: str
    source: bool
    model: str
    calibration: str
    weights: str
    analysis: str
    settings: Mapping[str, str | int | float | bool]
    languages: tuple[str, ...]
    contents: int
    corpora: tuple[PackedCorpus, ...]
    members: tuple[Member, ...]

    def signed_part(self) -> bytes:
        """The first two lines of a pack, which the signature covers."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return b"codesearch-pack %d\n%s\n" % (FORMAT, text.encode())


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a pack as it stands in the file; nothing of it is verified yet.

    Attributes:
        signed: Bytes of the first two lines.
        key: The signer's public key, 32 bytes.
        signature: 64 bytes.
        manifest: What the second line says.
    """

    signed: bytes
    key: bytes
    signature: bytes
    manifest: PackManifest

    @property
    def digest(self) -> str:
        """Hexadecimal BLAKE2b-128 of what is signed, which names the contents of the pack."""
        return blake2b(self.signed, digest_size=16).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the three lines."""
        return len(self.signed) + len(signature_line(self.key, self.signature))


def signature_line(key: bytes, signature: bytes) -> bytes:
    """The third line of a pack."""
    return b"ed25519 %s %s\n" % (key.hex().encode(), signature.hex().encode())


def read_head(file: BinaryIO, shown: str) -> Head:
    """The head of a pack; ``file`` is left where its members begin.

    Args:
        file: Opened at its beginning.
        shown: Name of the file, for messages.

    Raises:
        EnvironmentFailure: It is no pack, one of a newer format, or damaged.
    """
    first = file.readline(64)
    version = _FIRST.fullmatch(first)
    if version is None:
        raise EnvironmentFailure(f"{shown} is no pack", "name a file that 'codesearch pack' wrote")
    if int(version[1]) != FORMAT:
        raise EnvironmentFailure(
            f"{shown} has pack format {int(version[1])}, this codesearch reads format {FORMAT}",
            way_out(int(version[1]), FORMAT),
        )
    second = file.readline(_MOST_BYTES)
    last = _LAST.fullmatch(file.readline(256))
    if last is None:
        raise damaged(shown, "its signature is no signature")
    try:
        manifest = _from_json(json.loads(second))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise damaged(shown, f"its manifest cannot be read ({error!r})") from None
    if manifest.signed_part() != first + second:
        raise damaged(shown, "its manifest is not as it was written")
    key, signature = (bytes.fromhex(part.decode()) for part in last.groups())
    return Head(first + second, key, signature, manifest)


def damaged(shown: str, what: str) -> EnvironmentFailure:
    """The failure of a pack that is not as it was written."""
    return EnvironmentFailure(f"{shown} is damaged: {what}", "fetch it again from where it came from")


def way_out(found: int, ours: int) -> str:
    """What to do about a pack of another format than ours."""
    if found > ours:
        return "run 'pip install --upgrade codesearch-clones'"
    return "ask its maker to run 'codesearch index' and 'codesearch pack' with a newer codesearch-clones"


def is_pack_name(name: str) -> bool:
    """Whether a pack may be called so: it becomes part of the names of its corpora."""
    return _NAME.fullmatch(name) is not None


def is_packed(corpus: str) -> bool:
    """Whether a corpus, by its name, is one of a mounted pack."""
    return corpus.startswith(PREFIX)


def merged_root(corpus: str) -> Path:
    """Where a corpus of a pack lies once it is part of an index: nowhere, under a name that no folder has."""
    return Path(f"/{corpus}")


def is_from_pack(root: Path) -> bool:
    """Whether a corpus of an index came from a pack, so that there is no folder to refresh it from."""
    return str(root).startswith(f"/{PREFIX}")


def _from_json(raw: dict[str, Any]) -> PackManifest:
    manifest = PackManifest(
        **{
            **raw,
            "languages": tuple(map(str, raw["languages"])),
            "corpora": tuple(PackedCorpus(**corpus) for corpus in raw["corpora"]),
            "members": tuple(Member(**member) for member in raw["members"]),
        }
    )
    names = [member.name for member in manifest.members]
    if type(manifest.index_format) is not int:
        raise ValueError(f"no version of a format: {manifest.index_format!r}")
    if not is_pack_name(manifest.name):
        raise ValueError(f"no name of a pack: {manifest.name!r}")
    if len(set(names)) != len(names):
        raise ValueError("two members of one name")
    for member in manifest.members:
        if not _MEMBER.fullmatch(member.name) or member.size < 0 or member.stored < 0:
            raise ValueError(f"no member of a pack: {member.name!r}")
    return manifest
