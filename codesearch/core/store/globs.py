"""Which files of a corpus its user asked for, kept with the index for every run that does not say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from codesearch.core.store.corpora import read_meta, write_meta

_KEY = "globs"


@dataclass(frozen=True, slots=True)
class Globs:
    """Globs in ``.gitignore`` syntax, relative to the root of a corpus.

    Attributes:
        include: Only files that match one of these; empty means all.
        exclude: Files that match one of these are left out.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


@dataclass(frozen=True, slots=True)
class NamedGlobs:
    """Globs that a user named for a run.

    Attributes:
        named: They; a part without any was not named.
        instead_of: Those of the settings at that time.
    """

    named: Globs
    instead_of: Globs

    def over(self, settings: Globs) -> Globs:
        """The globs of a run that names none itself; settings count that were changed to others since."""
        return Globs(
            _chosen(self.named.include, self.instead_of.include, settings.include),
            _chosen(self.named.exclude, self.instead_of.exclude, settings.exclude),
        )


NO_GLOBS = Globs()
NONE_NAMED = NamedGlobs(NO_GLOBS, NO_GLOBS)
"""Where nobody ever named any."""


def _chosen(named: tuple[str, ...], before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    # Without any now: a server is not started where the settings of a project are found.
    return named if named and now in {(), before} else now


def read_globs(connection: Connection, snapshot: int | None = None) -> Mapping[Path, NamedGlobs]:
    """What was named last for each corpus, by its root; corpora for which nothing ever was are left out.

    Args:
        connection: To the store.
        snapshot: What a later run named, which may have died before it was published, does not count.
    """
    kept = _read(connection)
    return kept.now if snapshot is None or kept.run <= snapshot else kept.before


def keep_globs(connection: Connection, run: int, named: Mapping[Path, NamedGlobs]) -> None:
    """Put what was named for corpora into the place of what was named for them before, from ``run`` on."""
    kept = _read(connection)
    _write(connection, kept.changed(run, {**kept.now, **named}))


def forget_globs(connection: Connection, run: int, roots: Iterable[Path]) -> None:
    """Forget from ``run`` on what was named for corpora."""
    kept, gone = _read(connection), set(roots)
    _write(connection, kept.changed(run, {root: one for root, one in kept.now.items() if root not in gone}))


def restore_globs(connection: Connection, snapshot: int) -> None:
    """Undo what a run after ``snapshot`` kept or forgot."""
    kept = _read(connection)
    if kept.run > snapshot:
        _write(connection, _Kept(snapshot, kept.before, kept.before))


def settle_globs(connection: Connection) -> None:
    """What was named last counts from the beginning, for an index whose snapshots are forgotten."""
    now = _read(connection).now
    _write(connection, _Kept(0, now, now))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the store holds: the globs from a run on, and those before it, should it never be published."""

    run: int
    now: Mapping[Path, NamedGlobs]
    before: Mapping[Path, NamedGlobs]

    def changed(self, run: int, now: Mapping[Path, NamedGlobs]) -> _Kept:
        if now == self.now:
            return self
        return _Kept(run, now, self.before if run == self.run else self.now)


_NOTHING_KEPT = _Kept(0, {}, {})


def _read(connection: Connection) -> _Kept:
    text = read_meta(connection, _KEY)
    if text is None:
        return _NOTHING_KEPT
    try:
        document = json.loads(text)
        return _Kept(int(document["run"]), _from_json(document["now"]), _from_json(document["before"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _NOTHING_KEPT  # by nobody of us; a repair could tell no more, and the next run mends it


def _write(connection: Connection, kept: _Kept) -> None:
    document = {"run": kept.run, "now": _to_json(kept.now), "before": _to_json(kept.before)}
    write_meta(connection, _KEY, json.dumps(document) if kept.now or kept.before else None)


def _to_json(named: Mapping[Path, NamedGlobs]) -> Mapping[str, Any]:
    return {str(root): asdict(globs) for root, globs in sorted(named.items())}


def _from_json(document: Mapping[str, Any]) -> Mapping[Path, NamedGlobs]:
    return {
        Path(root): NamedGlobs(_globs(kept["named"]), _globs(kept["instead_of"]))
        for root, kept in document.items()
    }


def _globs(kept: Mapping[str, Sequence[str]]) -> Globs:
    return Globs(tuple(map(str, kept["include"])), tuple(map(str, kept["exclude"])))
