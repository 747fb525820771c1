"""Places of contents in a pack: what the store of an index knows, as lines of JSON.

``contents.jsonl`` has the contents of files with their fragments, by hash and language; ``files.jsonl`` the
files that have them, by corpus and path. A store is made of them where a pack is mounted, so that a pack does
not depend on the schema of a database.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.store.contents import NewBlob, NewFragment
from codesearch.core.store.files import NewFile
from codesearch.core.types import ContentKey, FragmentKind, Role

CONTENTS = "contents.jsonl"
FILES = "files.jsonl"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file in a pack; ``corpus`` and ``blob`` are positions in the lists of corpora and of contents."""

    corpus: int
    path: str
    size: int
    blob: int
    language: str
    role: Role
    rule: str | None

    def row(self, blob_id: int) -> NewFile:
        """Its row in a store."""
        return NewFile(self.path, self.size, 0, blob_id, self.language, self.role, self.rule)


def blob_line(blob: NewBlob, *, source: bool) -> bytes:
    """A content as a line; names, which are source text too, only where ``source`` is packed."""
    fragments = [
        [
            fragment.key.hex(),
            fragment.language,
            str(fragment.kind),
            fragment.name if source else "",
            fragment.container if source else "",
            fragment.start_line,
            fragment.end_line,
            None if fragment.layout is None else b64encode(fragment.layout).decode(),
        ]
        for fragment in blob.fragments
    ]
    role = blob.role_by_content and str(blob.role_by_content)
    about = [blob.hash.hex(), blob.language, blob.encoding, blob.lines, blob.tokens, blob.damaged, role]
    return _line([*about, fragments])


def file_line(file: PackedFile) -> bytes:
    """A file as a line."""
    role = str(file.role)
    return _line([file.corpus, file.path, file.size, file.blob, file.language, role, file.rule])


def read_blob_lines(path: Path) -> Iterator[NewBlob]:
    """The contents of ``contents.jsonl``, in order.

    Raises:
        ValueError, TypeError: It is not what :func:`blob_line` writes.
    """
    for digest, language, encoding, lines, tokens, damaged, role, fragments in _rows(path):
        yield NewBlob(
            hash=bytes.fromhex(digest),
            language=str(language),
            encoding=str(encoding),
            lines=int(lines),
            tokens=int(tokens),
            damaged=bool(damaged),
            role_by_content=None if role is None else Role(role),
            fragments=tuple(_fragment(*row) for row in fragments),
        )


def read_file_lines(path: Path) -> Iterator[PackedFile]:
    """The files of ``files.jsonl``, in order.

    Raises:
        ValueError, TypeError, AttributeError: It is not what :func:`file_line` writes.
    """
    for corpus, name, size, blob, language, role, rule in _rows(path):
        if not isinstance(rule, str | None):
            raise TypeError(f"no rule of a role: {rule!r}")
        if corpus < 0 or blob < 0 or not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise ValueError(f"no file of a corpus: {name!r}")
        yield PackedFile(int(corpus), str(name), int(size), int(blob), str(language), Role(role), rule)


def _fragment(
    key: str, language: str, kind: str, name: str, container: str, start: int, end: int, layout: str | None
) -> NewFragment:
    return NewFragment(
        ContentKey(bytes.fromhex(key)),
        str(language),
        FragmentKind(kind),
        str(name),
        str(container),
        int(start),
        int(end),
        None if layout is None else b64decode(layout, validate=True),
    )


def _line(row: list[object]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _rows(path: Path) -> Iterator[Iterable]:  # type: ignore[type-arg]  # whatever JSON holds, checked above
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)
