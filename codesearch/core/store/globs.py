"""Which files of a corpus its user asked for, kept with the index for every run that does not say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

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


def read_globs(connection: Connection) -> dict[Path, NamedGlobs]:
    """What was named last for each corpus, by its root; corpora for which nothing ever was are left out."""
    text = read_meta(connection, _KEY)
    if text is None:
        return {}
    try:
        return {
            Path(root): NamedGlobs(_from_json(kept["named"]), _from_json(kept["instead_of"]))
            for root, kept in json.loads(text).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # by nobody of us; a repair could tell no more, and the next run that names some mends it


def keep_globs(connection: Connection, named: Mapping[Path, NamedGlobs]) -> None:
    """Put what was named for corpora into the place of what was named for them before."""
    before = read_globs(connection)
    now = {**before, **named}
    if now != before:
        _write(connection, now)


def forget_globs(connection: Connection, roots: Iterable[Path]) -> None:
    """Forget what was named for corpora."""
    before = read_globs(connection)
    gone = set(roots)
    if gone & before.keys():
        _write(connection, {root: kept for root, kept in before.items() if root not in gone})


def _write(connection: Connection, kept: Mapping[Path, NamedGlobs]) -> None:
    document = {str(root): asdict(globs) for root, globs in sorted(kept.items())}
    write_meta(connection, _KEY, json.dumps(document) if document else None)


def _from_json(kept: Mapping[str, Sequence[str]]) -> Globs:
    return Globs(tuple(map(str, kept["include"])), tuple(map(str, kept["exclude"])))
