"""What a run may spend on a model, and when it stops asking."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from reranker.judge.completer import FATAL, FailureKind

FAILURES_IN_A_ROW = 3
"""After so many the model is not asked again in this run: each of them already had its new tries."""
_ABOUT_A_PAIR = frozenset({FailureKind.CONTEXT_TOO_LARGE, FailureKind.REFUSED})  # others may well be answered


@dataclass(frozen=True, slots=True)
class Spent:
    """What a judge used: calls, tokens read and tokens written."""

    calls: int = 0
    read: int = 0
    written: int = 0


class Budget:
    """Counts calls and tokens; safe between threads.

    Args:
        calls: Calls at most.
        tokens: Tokens at most, read and written; 0 sets no limit. The calls that run when
            it ends may go beyond it.
    """

    def __init__(self, calls: int, tokens: int = 0) -> None:
        self._calls = calls
        self._tokens = tokens
        self._spent = Spent()
        self._lock = Lock()

    @property
    def spent(self) -> Spent:
        """What was used so far."""
        return self._spent

    @property
    def ended(self) -> str:
        """What is used up, as ``degraded`` says it; empty while something is left."""
        if self._spent.calls >= self._calls:
            return "judge:budget-exhausted"
        if self._tokens and self._spent.read + self._spent.written >= self._tokens:
            return "judge:token-budget-exhausted"
        return ""

    def take(self) -> bool:
        """Whether one more call may be made; it counts as made."""
        with self._lock:
            left = not self.ended
            if left:
                self._spent = Spent(self._spent.calls + 1, self._spent.read, self._spent.written)
            return left

    def use(self, read: int, written: int) -> None:
        """Count the tokens of a call."""
        with self._lock:
            spent = self._spent
            self._spent = Spent(spent.calls, spent.read + read, spent.written + written)


class Breaker:
    """Stops a run from asking a model that does not answer; safe between threads."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._lock = Lock()
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether the model is given up for this run."""
        return self._open

    def answered(self) -> None:
        """A call succeeded."""
        with self._lock:
            self._in_a_row = 0

    def failed(self, kind: FailureKind) -> None:
        """A call failed for good; that a model declines one pair says nothing about the next."""
        with self._lock:
            self._in_a_row += kind not in _ABOUT_A_PAIR
            self._open = self._open or kind in FATAL or self._in_a_row >= FAILURES_IN_A_ROW

    def give_up(self) -> None:
        """Ask no more, whatever the model does."""
        self._open = True
