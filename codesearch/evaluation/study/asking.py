"""Asks a model every question of a study that has no answer yet."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

from codesearch.core.judge import CaseContext
from codesearch.evaluation.study.answer_log import AnswerLog, Outcome
from codesearch.evaluation.study.plan import Cell
from reranker.judge.asking.budget import Breaker, Budget
from reranker.judge.asking.prompting import Side, write_prompt
from reranker.judge.completer import Completer, FailureKind, ModelFailure, Prompt

ANSWERED = frozenset({FailureKind.REFUSED, FailureKind.EMPTY, FailureKind.CONTEXT_TOO_LARGE})
"""Failures that say how the model deals with a pair: they count as outcomes and are not asked for again. The
others say that nobody was there."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A pair as it is shown.

    Attributes:
        pair: Position among the pairs of the study.
        contents: Names of its contents, the side shown as A first.
        sides: Its two fragments.
        context: What is shown beside them.
    """

    pair: int
    contents: tuple[str, str]
    sides: tuple[Side, Side]
    context: CaseContext


@dataclass(frozen=True, slots=True)
class Question:
    """One exhibit, asked about once.

    Attributes:
        cell: How.
        exhibit: About what.
        repeat: For which time, from 1.
        key: Everything that the answer depends on, 32 hexadecimal digits.
    """

    cell: Cell
    exhibit: Exhibit
    repeat: int
    key: str

    @classmethod
    def about(cls, exhibit: Exhibit, cell: Cell, repeat: int, fingerprint: str) -> Question:
        """The question to a model of this fingerprint."""
        prompt = _written(cell, exhibit, "\0boundary", "\0canary")  # which nothing that is shown holds
        parts = (
            fingerprint,
            f"{cell.temperature:g}",
            cell.prompt.revision,
            cell.variant,
            *exhibit.contents,
            str(repeat),
            prompt.system,
            prompt.user,
        )
        text = "\0".join(parts).encode("utf-8", "replace")
        return cls(cell, exhibit, repeat, blake2b(text, digest_size=16).hexdigest())

    @property
    def canary(self) -> str:
        """The word that an answer may not repeat."""
        return self._token("canary")

    @property
    def prompt(self) -> Prompt:
        """What the model is sent.

        The tokens around the data follow from a hash of the whole prompt, which nothing in it can foresee:
        a study repeated sends the same.
        """
        return _written(self.cell, self.exhibit, self._token("boundary"), self.canary)

    @property
    def record(self) -> Mapping[str, object]:
        """What people read of it in the log."""
        return {
            "prompt": self.cell.prompt.name,
            "context": str(self.cell.variant),
            "temperature": self.cell.temperature,
            "contents": list(self.exhibit.contents),
            "repeat": self.repeat,
        }

    def _token(self, of: str) -> str:
        return blake2b(f"{of} {self.key}".encode(), digest_size=8).hexdigest()


def _written(cell: Cell, exhibit: Exhibit, boundary: str, canary: str) -> Prompt:
    return write_prompt(cell.prompt, exhibit.sides, exhibit.context, boundary=boundary, canary=canary)


class Asking:
    """Asks, as far as the budget goes and somebody answers.

    Args:
        log: Knows and keeps the answers.
        budget: Calls that may be made.
        advance: Hears how many more questions have an outcome.

    Attributes:
        unanswered: Calls that nobody answered, by cell and kind.
        failure: The last of these; None when there was none.
        interrupted: Whether the user stopped it.
    """

    def __init__(self, log: AnswerLog, budget: Budget, advance: Callable[[int], None]) -> None:
        self.unanswered: Counter[tuple[Cell, FailureKind]] = Counter()
        self.failure: ModelFailure | None = None
        self.interrupted = False
        self._log = log
        self._budget = budget
        self._advance = advance
        self._breaker = Breaker()
        self._exhausted = False
        self._lock = Lock()

    @property
    def calls(self) -> int:
        """Made so far."""
        return self._budget.spent.calls

    @property
    def gave_up(self) -> bool:
        """Whether the model is not asked any more, as it does not answer."""
        return self._breaker.is_open

    @property
    def degraded(self) -> frozenset[str]:
        """What kept questions from being asked or answered."""
        reasons = {f"judge:{kind}" for _, kind in self.unanswered}
        reasons |= {"judge:budget-exhausted"} if self._exhausted else set()
        reasons |= {"study:interrupted"} if self.interrupted else set()
        return frozenset(reasons)

    def ask(self, completer: Completer, questions: Sequence[Question]) -> Iterator[tuple[Question, Outcome]]:
        """Ask what is not known yet, equal questions once, and give what is known then, in order.

        An interrupt ends the asking for good; what is under way then is not waited for.
        """
        missing = {one.key: one for one in questions if self._log.get(one.key) is None}
        self._advance(len(questions) - len(missing))
        pool = ThreadPoolExecutor(completer.concurrency)
        try:
            for done in as_completed([pool.submit(self._ask, completer, one) for one in missing.values()]):
                self._advance(done.result())
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        for question in questions:
            if (outcome := self._log.get(question.key)) is not None:
                yield question, outcome

    def _ask(self, completer: Completer, question: Question) -> int:
        """Ask one question; 1 if it has an outcome now."""
        if self.interrupted or self.gave_up:
            return 0
        if not self._budget.take():
            self._exhausted = True
            return 0
        started = time.perf_counter()
        try:
            completion, failure = completer.complete(question.prompt), None
        except ModelFailure as problem:
            if problem.kind not in ANSWERED:
                self._fail(question, problem)
                return 0
            completion, failure = None, problem.kind
        self._breaker.answered()
        outcome = Outcome(completion, failure, time.perf_counter() - started)
        self._log.add(question.key, outcome, question.record)
        return 1

    def _fail(self, question: Question, failure: ModelFailure) -> None:
        self._breaker.failed(failure.kind)
        with self._lock:
            self.unanswered[question.cell, failure.kind] += 1
            self.failure = failure
