"""Golden indexes: what earlier versions of codesearch wrote, and what must be read from it for ever.

``golden/format-N-schema-NNNN/`` has one for each on-disk format that was ever released:

- ``index.zip``: an index folder of :data:`CODE`, with the verdicts of its user beside it, as that version
  wrote them. Corpora stand below :data:`HOME`, a path that no machine has; :func:`opened` moves them to where
  a test is.
- ``expected.json``: the documents that commands printed about it.

A golden index is written once, by ``PYTHONPATH=tests python -m upgrade.make_golden``, and never again.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from commandline import call

FOLDER = Path(__file__).parent / "golden"
CODE = Path(__file__).parent / "code"
HOME = "/golden"
CORPORA = ("shop", "library")
QUERIES = ("queries/distance.py", "queries/Settling.java", "shop/orders.js:1-11")

Document = dict[str, Any]

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "--skipped"),
    "audit history": ("audit", "history"),
    "schedules": ("schedule", "list"),
    "tokens": ("token", "list"),
    "verdicts": ("feedback", "list"),
    **{f"query {place}": ("query", place, "-k", "3") for place in QUERIES},
}
"""Commands whose answers are expected, by the name of the expectation; none of them changes the index."""

AUDIT = ("audit", *CORPORA, "--no-refresh", "--types", "all", "--role", "all")
"""The audit that is expected; it adds a run to the history."""

OF_A_MACHINE = re.compile(rb"/(?:home|root|tmp|Users|work|mnt|opt|var)/|[A-Z]:\\Users")
"""What nothing that is kept may hold."""

_OF_AN_OLDER_VERSION = "index:other-analysis"
"""In ``degraded`` once this version cuts code differently from the one that made the golden index."""
_OF_THE_MOMENT = frozenset(
    {"timing_ms", "bytes", "index", "root", "started_at", "finished_at", "next_run_at", "last_run_at", "host"}
)
"""Keys of documents that say where and when, not what."""

_SINCE: Mapping[str, list[str]] = {"include": [], "exclude": []}
"""What documents have gained since indexes were written that have none of it."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden index.

    Attributes:
        folder: Where it is kept.
        format: Version of its on-disk layout.
        schema: Revision of its store.
    """

    folder: Path
    format: int
    schema: str

    @classmethod
    def named(cls, format_version: int, schema: str) -> Golden:
        """The one of a format and a schema, whether it is there or not."""
        return cls(FOLDER / f"format-{format_version}-schema-{schema}", format_version, schema)

    @property
    def archive(self) -> Path:
        """The index folder and the folder of its user's settings."""
        return self.folder / "index.zip"

    @property
    def expected(self) -> Document:
        """What each command of :data:`ANSWERS` and :data:`AUDIT` printed, without what is of the moment."""
        text = (self.folder / "expected.json").read_text(encoding="utf-8")
        return json.loads(text)  # type: ignore[no-any-return]


def golden_indexes() -> list[Golden]:
    """All of them, oldest first."""
    names = sorted(path.name.split("-") for path in FOLDER.iterdir())
    return [Golden.named(int(number), schema) for _, number, _, schema in names]


def opened(golden: Golden, home: Path, patch: pytest.MonkeyPatch) -> Path:
    """Unpack a golden index as a user's own who is in ``home``, beside the code; returns the index folder."""
    with zipfile.ZipFile(golden.archive) as archive:
        archive.extractall(home)
    for part in (*CORPORA, "queries"):
        shutil.copytree(CODE / part, home / part)
    as_user(home, patch)
    index = home / ".codesearch"
    relocate(index, HOME, str(home))
    return index


def as_user(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Be the user whose settings lie in ``home``, and be there."""
    patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    patch.chdir(home)


def relocate(index: Path, before: str, now: str) -> None:
    """Let an index that was made of corpora below one folder be one of corpora below another folder."""
    manifest = index / "manifest.json"
    manifest.write_text(_moved(manifest.read_text(encoding="utf-8"), before, now), encoding="utf-8")
    store = sqlite3.connect(index / "index.db")
    store.create_function("moved", 1, lambda text: _moved(text, before, now), deterministic=True)
    with store:
        for table, column in (
            ("corpora", "root"),
            ("audits", "target"),
            ("audits", "options"),
            ("schedules", "paths"),
            ("schedules", "folder"),
        ):
            store.execute(f"UPDATE {table} SET {column} = moved({column})")  # noqa: S608 - our own names
    store.close()


def answers() -> dict[str, Document]:
    """What the commands of :data:`ANSWERS` print about the index of the current user."""
    return {name: _answer(words) for name, words in ANSWERS.items()}


def audit_answer() -> Document:
    """What :data:`AUDIT` prints about it."""
    return _answer(AUDIT)


def lasting(value: object) -> Any:
    """A document without what is of the moment, or new and empty; probabilities and scores with three digits.

    Digits beyond depend on the order in which a CPU adds.
    """
    if isinstance(value, dict):
        return {
            key: lasting(item)
            for key, item in value.items()
            if key not in _OF_THE_MOMENT and (key not in _SINCE or item != _SINCE[key])
        }
    if isinstance(value, list):
        return [lasting(item) for item in value if item != _OF_AN_OLDER_VERSION]
    return round(value, 3) if isinstance(value, float) else value


def _answer(words: Iterable[str]) -> Document:
    document = json.dumps(call(*words, "--json").document)
    return lasting(json.loads(_moved(document, str(Path.cwd()), HOME)))  # type: ignore[no-any-return]


def _moved(text: str, before: str, now: str) -> str:
    """A path, or a JSON text of paths, from one folder to another one."""
    whole = text.replace(f"{before}/", f"{now}/")
    return now if whole == before else whole.replace(f'"{before}"', f'"{now}"')


def about(expected: object) -> object:
    """An expectation that takes numbers as equal which are a hundredth apart."""
    if isinstance(expected, dict):
        return {key: about(value) for key, value in expected.items()}
    if isinstance(expected, list):
        return [about(value) for value in expected]
    return pytest.approx(expected, abs=0.01) if isinstance(expected, float) else expected


def digests(folder: Path) -> dict[str, bytes]:
    """A digest of every file of an index but its locks and the note of what was verified here."""
    found = (path for path in folder.rglob("*") if path.is_file())
    files = (path for path in found if path.suffix != ".lock" and path.name != "seen.json")
    return {str(path): blake2b(path.read_bytes()).digest() for path in files}


def removed(index: Path, names: Callable[[str], bool]) -> None:
    """Delete the files of an index folder whose name below it is chosen."""
    for path in sorted(index.rglob("*")):
        if path.is_file() and names(path.relative_to(index).as_posix()):
            path.unlink()
