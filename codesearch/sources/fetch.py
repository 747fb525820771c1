"""Makes folders of sources: fetches and unpacks what changed, one source after the other."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import CodesearchError, EnvironmentFailure, InputError
from codesearch.sources.archive import EmptySource, archive_digest, archive_stamp, unpack_archive
from codesearch.sources.git import GitFetch
from codesearch.sources.shelf import Origin, SourceShelf
from codesearch.sources.spec import CorpusSource, SourceKind
from codesearch.sources.tree import UnpackLimits

if TYPE_CHECKING:
    from indexer.build import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of some sources.

    Attributes:
        paths: Folders to index, in the order of the sources.
        failures: What went wrong with the others, by origin. A source that is new and empty fails only where
            there is nothing else.
        notes: Such as ``not-unpacked:NAME:link:3`` and ``empty:NAME``, in alphabetical order.
    """

    paths: tuple[Path, ...]
    failures: Mapping[str, CodesearchError]
    notes: tuple[str, ...]


def fetch_sources(
    shelf: SourceShelf,
    sources: Sequence[CorpusSource],
    limits: UnpackLimits,
    timeout: float,
    progress: Progress,
) -> Fetched:
    """Bring the folders of the sources up to date; a source that fails leaves its old folder as it was.

    Args:
        shelf: Where the folders are.
        sources: What was named; folders come back as they are.
        limits: What one source may hold.
        timeout: Seconds for one call of git.
        progress: Hears how far it is.

    Raises:
        IndexFailure: Another process is fetching.
        EnvironmentFailure: The folder cannot be written.
    """
    run = _Fetching(shelf, limits, timeout)
    if all(source.kind is SourceKind.FOLDER for source in sources):
        return Fetched(tuple(Path(source.location) for source in sources), {}, ())
    progress.stage("fetching", "sources", len(sources))
    with shelf.writing():
        for source in sources:
            run.take(source)
            progress.advance(1)
    failures = run.failures if run.paths else {**run.failures, **run.empty}
    return Fetched(tuple(run.paths), failures, tuple(sorted(run.notes)))


class _Fetching:
    def __init__(self, shelf: SourceShelf, limits: UnpackLimits, timeout: float) -> None:
        self._shelf = shelf
        self._limits = limits
        self._timeout = timeout
        self._origins: dict[str, str] = {}
        self.paths: list[Path] = []
        self.failures: dict[str, CodesearchError] = {}
        self.empty: dict[str, CodesearchError] = {}
        self.notes: set[str] = set()

    def take(self, source: CorpusSource) -> None:
        """Bring one source up to date, or note why not."""
        try:
            path = self._folder(source) if source.kind is SourceKind.FOLDER else self._tree(source)
        except EmptySource as error:
            known = self._shelf.tree(source.name).is_dir()  # then it lost what the index still has
            (self.failures if known else self.empty)[source.origin] = error
            if not known:
                self.notes.add(f"empty:{source.name}")
        except CodesearchError as error:
            self.failures[source.origin] = error
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            reason = "no space left" if full else error.strerror or str(error)
            hint = "free some space and run again; the old state is untouched" if full else "check the folder"
            self.failures[source.origin] = EnvironmentFailure(
                f"cannot store {source.origin} in {self._shelf.path} ({reason})", hint
            )
        else:
            if path not in self.paths:
                self.paths.append(path)

    def _folder(self, source: CorpusSource) -> Path:
        path = Path(source.location)
        if not path.exists():
            raise InputError(f"no such file or folder: {source.origin}", "check the path")
        return path

    def _tree(self, source: CorpusSource) -> Path:
        name = source.name
        if source.stripped:
            log.warning("left out the credentials in %s: use git's credential helper", source.location)
        known = self._shelf.origins().get(name)
        self._require_own_name(source, known)
        # What is on disk counts only where nobody deleted it.
        state = known.state if known and known.ref == source.ref and self._shelf.tree(name).is_dir() else ""
        fetch = self._unpack if source.kind is SourceKind.ARCHIVE else self._clone
        origin = fetch(source, state) or known
        if origin is None:
            raise AssertionError("nothing is up to date that was never fetched")
        self._shelf.record(name, origin)
        self.notes.update(f"not-unpacked:{name}:{reason}:{n}" for reason, n in origin.left_out.items())
        return self._shelf.tree(name)

    def _require_own_name(self, source: CorpusSource, known: Origin | None) -> None:
        """Refuse a name that another source has.

        Raises:
            InputError: One has it, in this run or in the index.
        """
        other = self._origins.setdefault(source.name, source.origin)
        if other == source.origin and known and known.location != source.location:
            other = known.shown
        if other != source.origin:
            raise InputError(
                f"the name {source.name} of {source.origin} is that of {other}",
                f"name it another one, as in {source.name}-2={source.origin}",
            )

    def _unpack(self, source: CorpusSource, state: str) -> Origin | None:
        """Unpack an archive; None when it is as it was."""
        path = Path(source.location)
        stamp = archive_stamp(path)
        if state.startswith(f"{stamp}:"):
            return None
        digest = archive_digest(path)
        left_out: Mapping[str, int]
        if state.endswith(f":{digest}"):
            left_out = self._shelf.origins()[source.name].left_out
        else:
            with self._shelf.incoming(source.name) as target:
                left_out = unpack_archive(path, target, self._limits)
        return _origin(source, f"{stamp}:{digest}", left_out)

    def _clone(self, source: CorpusSource, state: str) -> Origin | None:
        """Fetch from a git URL; None when nothing came."""
        git = GitFetch(self._shelf.repository(source.name), source, self._limits, self._timeout)
        tree = git.fetch()
        if tree == state:
            return None
        with self._shelf.incoming(source.name) as target:
            left_out = git.write(tree, target)
        return _origin(source, tree, left_out)


def _origin(source: CorpusSource, state: str, left_out: Mapping[str, int]) -> Origin:
    return Origin(source.kind, source.location, source.ref, state, dict(left_out))
