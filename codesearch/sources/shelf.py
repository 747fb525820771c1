"""The folder of fetched sources inside an index folder: one tree per source, and where each came from.

``NAME/`` is a corpus. ``.repositories/`` holds what git fetched, ``.incoming/`` a tree that is being written,
``.replaced/`` the one before while the two change places, ``origins.json`` the records.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from codesearch.sources.spec import SourceKind, is_folder_name, shown_origin

FOLDER = "sources"
_ORIGINS = "origins.json"
_REPOSITORIES, _INCOMING, _REPLACED = _FOLDERS = (".repositories", ".incoming", ".replaced")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fetched corpus came from.

    Attributes:
        kind: Archive or git URL.
        location: Absolute path or URL without credentials.
        ref: As named; empty for the default branch.
        state: Of the tree on disk: a git tree id, or size, time and digest of an archive.
        left_out: Entries that were not written, by reason.
    """

    kind: SourceKind
    location: str
    ref: str
    state: str
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """What users see."""
        return shown_origin(self.kind, self.location, self.ref)


@dataclass(frozen=True, slots=True)
class SourceShelf:
    """The fetched sources of one index.

    Attributes:
        path: The folder; it need not be there.
    """

    path: Path

    @classmethod
    def of_index(cls, index: Path) -> SourceShelf:
        """The shelf in an index folder."""
        return cls(index.resolve() / FOLDER)

    def tree(self, name: str) -> Path:
        """Root of a corpus."""
        return self.path / name

    def repository(self, name: str) -> Path:
        """What git fetched for it."""
        return self.path / _REPOSITORIES / f"{name}.git"

    def holds(self, root: Path) -> bool:
        """Whether a path is the root of a fetched corpus.

        Raises:
            IndexFailure: It should be there, and another process is putting it there.
        """
        found = root.resolve().parent == self.path
        if found and not root.exists() and (self.path / _REPLACED / root.name).exists():
            with self.writing():  # puts back what a killed process had moved away
                pass
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of those who fetch, with what a killed one left behind put right.

        Raises:
            IndexFailure: Another process is fetching.
            EnvironmentFailure: The folder cannot be written.
        """
        from filelock import FileLock, Timeout  # writers only

        try:
            for folder in (self.path, *(self.path / name for name in _FOLDERS)):
                if folder.is_symlink():  # in the index of a stranger it could lead anywhere
                    raise IndexFailure(f"{folder} is a link", "delete it")
                folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise IndexFailure(f"another process fetches sources into {self.path}", "wait for it") from None
        except OSError as error:
            raise EnvironmentFailure(
                f"cannot write {self.path}: {error.strerror}", "check its mode"
            ) from error
        try:
            self._recover()
            yield
        finally:
            lock.release()

    def origins(self) -> dict[str, Origin]:
        """The records by name; those of a damaged file are lost, and everything is fetched again."""
        try:
            document = json.loads((self.path / _ORIGINS).read_text(encoding="utf-8"))
            return {
                str(name): Origin(
                    SourceKind(entry["kind"]),
                    str(entry["location"]),
                    str(entry["ref"]),
                    str(entry["state"]),
                    {str(reason): int(count) for reason, count in entry["left_out"].items()},
                )
                for name, entry in document["sources"].items()
                if is_folder_name(name)
            }
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {}

    def record(self, name: str, origin: Origin) -> None:
        """Write down where a tree came from."""
        self._write(self.origins() | {name: origin})

    @contextmanager
    def incoming(self, name: str) -> Iterator[Path]:
        """An empty folder whose content takes the place of the tree when the block ends without an error."""
        fresh = self.path / _INCOMING / name
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            yield fresh
            self._swap(name, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def discard(self, roots: Collection[Path]) -> None:
        """Delete the trees, repositories and records of the sources at these roots; others are let be.

        Raises:
            IndexFailure: Another process is fetching.
        """
        origins = self.origins()
        gone = [name for name in origins if self.tree(name) in roots]
        if not gone:
            return
        with self.writing():
            for name in gone:
                shutil.rmtree(self.tree(name), ignore_errors=True)
                shutil.rmtree(self.repository(name), ignore_errors=True)
            self._write({name: origin for name, origin in origins.items() if name not in gone})

    def _swap(self, name: str, fresh: Path) -> None:
        replaced = self.path / _REPLACED / name
        with suppress(FileNotFoundError):
            self.tree(name).rename(replaced)
        fresh.rename(self.tree(name))
        shutil.rmtree(replaced, ignore_errors=True)

    def _recover(self) -> None:
        """Undo what a killed process had begun."""
        for half in list((self.path / _INCOMING).iterdir()):
            shutil.rmtree(half, ignore_errors=True)
        for replaced in list((self.path / _REPLACED).iterdir()):
            if self.tree(replaced.name).exists():
                shutil.rmtree(replaced, ignore_errors=True)
            else:
                replaced.rename(self.tree(replaced.name))

    def _write(self, origins: Mapping[str, Origin]) -> None:
        document = {
            "version": _VERSION,
            "sources": {name: asdict(origin) for name, origin in origins.items()},
        }
        fresh = self.path / f"{_ORIGINS}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / _ORIGINS)


def shown_origins(roots: Iterable[Path]) -> dict[Path, str]:
    """What to call fetched corpora instead of their folders, by root.

    A corpus that was taken over from another index lies where that index fetched it, and is known there.
    """
    shelves = [
        SourceShelf(folder) for folder in {root.parent for root in roots if root.parent.name == FOLDER}
    ]
    return {shelf.tree(name): origin.shown for shelf in shelves for name, origin in shelf.origins().items()}
