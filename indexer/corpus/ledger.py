"""The ledger: every file seen is analysed or skipped with a reason, and the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from codesearch.core.errors import CodesearchError
from codesearch.core.types import Role


class SkipReason(StrEnum):
    """Why a file that was seen is not analysed."""

    # Told by the file system, before anything is opened.
    NOT_REGULAR = "not-regular"  # a FIFO, socket or device
    SYMLINK = "symlink"  # never followed; a target inside the corpus is seen by itself
    SUBMODULE = "submodule"  # another repository: git lists its folder, not its files
    EXCLUDED = "excluded"  # by the user's include and exclude globs
    NOT_CODE = "not-code"  # data, documents, media, archives
    UNKNOWN_LANGUAGE = "unknown-language"
    TOO_LARGE = "too-large"
    # Told on opening it.
    VANISHED = "vanished"  # listed, gone when opened
    UNREADABLE = "unreadable"
    BINARY = "binary"
    UNDECODABLE = "undecodable"  # a byte order mark promises UTF-16 or UTF-32, the bytes break it
    # Told by the process that parses it.
    TOO_DEEP = "too-deep"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    PARSER_CRASH = "parser-crash"


class LedgerMismatch(CodesearchError):
    """The counts of a run do not add up, so files were lost: a defect, never the user's fault."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of one or more runs.

    Attributes:
        seen: Files that the corpus holds; ignored ones are not seen.
        analysed: Files that were parsed now or reused from an earlier run.
        skipped: Files by :class:`SkipReason`, reasons in alphabetical order.
        roles: Analysed files by role.
        languages: Analysed files by language id.
        encodings: Analysed files by the decode ladder's label.

    Raises:
        LedgerMismatch: ``seen`` is not ``analysed`` plus all ``skipped``, or a breakdown of ``analysed``
            differs.
    """

    seen: int = 0
    analysed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    roles: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    encodings: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        skipped = sum(self.skipped.values())
        if self.seen != self.analysed + skipped:
            raise LedgerMismatch(
                f"{self.seen} files were seen, {self.analysed} analysed and {skipped} skipped",
                "the counts must add up; please report this with the command you ran",
            )
        for name, counts in (
            ("role", self.roles),
            ("language", self.languages),
            ("encoding", self.encodings),
        ):
            if sum(counts.values()) != self.analysed:
                raise LedgerMismatch(
                    f"{self.analysed} files were analysed, {sum(counts.values())} counted by {name}",
                    "the counts must add up; please report this with the command you ran",
                )

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            self.seen + other.seen,
            self.analysed + other.analysed,
            _sorted(Counter(self.skipped) + Counter(other.skipped)),
            _sorted(Counter(self.roles) + Counter(other.roles)),
            _sorted(Counter(self.languages) + Counter(other.languages)),
            _sorted(Counter(self.encodings) + Counter(other.encodings)),
        )


@dataclass(slots=True)
class Tally:
    """Counts while a run is under way; :meth:`close` turns them into a :class:`Ledger`.

    Whoever lists the corpus calls :meth:`see`, whoever learns a file's fate calls the other two: only because
    these are two places does the sum prove that no file was lost between them.
    """

    _seen: int = 0
    _skipped: Counter[str] = field(default_factory=Counter)
    _roles: Counter[str] = field(default_factory=Counter)
    _languages: Counter[str] = field(default_factory=Counter)
    _encodings: Counter[str] = field(default_factory=Counter)
    _analysed: int = 0

    def see(self) -> None:
        """A corpus listed one more file."""
        self._seen += 1

    def analyse(self, role: Role, language: str, encoding: str) -> None:
        """One more file was analysed, now or in the run whose result is reused."""
        self._analysed += 1
        self._roles[role.value] += 1
        self._languages[language] += 1
        self._encodings[encoding] += 1

    def skip(self, reason: str) -> None:
        """One more file was skipped.

        Raises:
            ValueError: ``reason`` is not a :class:`SkipReason`.
        """
        self._skipped[SkipReason(reason).value] += 1

    def close(self) -> Ledger:
        """The counts so far.

        Raises:
            LedgerMismatch: A file was seen and has no fate, or the other way round.
        """
        return Ledger(
            self._seen,
            self._analysed,
            _sorted(self._skipped),
            _sorted(self._roles),
            _sorted(self._languages),
            _sorted(self._encodings),
        )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
