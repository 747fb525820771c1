"""Verdicts of models that are known already: by what they depend on, in terms that equal contents share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Protocol

import numpy as np

from codesearch.core.errors import CodesearchError
from codesearch.core.judge import Answer, Case, CaseSide, Lines
from codesearch.core.store.database import Database
from codesearch.core.store.judged_pairs import JudgedAnswer, Positions, keep_answers, read_answers
from codesearch.core.types import Fragment


def ordered(case: Case) -> tuple[CaseSide, CaseSide]:
    """The two sides by content and language: what a model is asked does not depend on who searched whom."""
    first, second = sorted((case.first, case.second), key=_name)
    return first, second


def case_key(case: Case, asked: str) -> bytes:
    """16 bytes: the contents, and ``asked``, which stands for model, prompt and settings."""
    names = b"\0".join(side for one in ordered(case) for side in _name(one))
    return blake2b(names + b"\0" + asked.encode(), digest_size=16).digest()


def _name(side: CaseSide) -> tuple[bytes, bytes]:
    return side.fragment.exact_key, side.fragment.language.encode()


class VerdictCache(Protocol):
    """Keeps answers between runs."""

    def read(self, keys: Iterable[bytes]) -> Mapping[bytes, JudgedAnswer]:
        """The known ones."""
        ...

    def keep(self, key: bytes, answer: JudgedAnswer) -> bool:
        """Keep one at once, so that a run that is stopped loses nothing; False where that fails.

        May be called from any thread.
        """
        ...


class NoCache:
    """For pairs outside of an index: nothing is known, nothing is kept."""

    def read(self, keys: Iterable[bytes]) -> Mapping[bytes, JudgedAnswer]:
        """Nothing."""
        del keys
        return {}

    def keep(self, key: bytes, answer: JudgedAnswer) -> bool:
        """Forget it, as is meant."""
        del key, answer
        return True


class StoreCache:
    """The answers in the store of an index."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()

    def read(self, keys: Iterable[bytes]) -> Mapping[bytes, JudgedAnswer]:
        """The known ones."""
        with self._database.read() as connection:
            return read_answers(connection, keys)

    def keep(self, key: bytes, answer: JudgedAnswer) -> bool:
        """Keep one at once; False where the store takes none, as on a disk that is read only."""
        try:
            with self._lock, self._database.write() as connection:
                keep_answers(connection, {key: answer})
        except CodesearchError:
            return False
        return True


def positions_of(fragment: Fragment, lines: Lines) -> Positions:
    """First and last token that start on lines of a fragment, which hold at least one."""
    relative = fragment.tokens.lines - fragment.tokens.lines[0] + 1
    first, end = np.searchsorted(relative, (lines[0], lines[1] + 1)).tolist()
    return first, max(end - 1, first)


def lines_of(fragment: Fragment, positions: Positions) -> Lines:
    """The lines of a fragment on which tokens stand, 1-based from its own first line."""
    lines = fragment.tokens.lines
    first, last = (int(lines[min(position, len(lines) - 1)] - lines[0]) + 1 for position in positions)
    return first, last


def as_kept(answer: Answer, sides: tuple[CaseSide, CaseSide]) -> tuple[tuple[Positions, Positions], ...]:
    """The evidence of an answer about sides, as it is kept."""
    return tuple(
        (positions_of(sides[0].fragment, ours), positions_of(sides[1].fragment, theirs))
        for ours, theirs in answer.evidence
    )
