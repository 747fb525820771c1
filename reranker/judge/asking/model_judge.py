"""The judge that asks a model: most uncertain pairs first, within a budget, each pair once and for all.

Where the model fails, the case has no ruling and what was said before stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

from codesearch.core.errors import CodesearchError
from codesearch.core.judge import Case, CaseContext, Ruling
from codesearch.core.results import Verdict
from codesearch.core.store.judged_pairs import JudgedAnswer
from reranker.judge.asking.budget import Breaker, Budget
from reranker.judge.asking.hearing import Hearing, Manner
from reranker.judge.asking.verdict_cache import VerdictCache, case_key, lines_of, ordered
from reranker.judge.completer import Completer, Completion, FailureKind, ModelFailure, Prompt

log = logging.getLogger(__name__)

Retrieve = Callable[[Case, Callable[[str], int]], CaseContext]
"""Finds what a model is shown beside a pair, its size counted by the model's own tokens."""

_TOO_LARGE = f"judge:{FailureKind.CONTEXT_TOO_LARGE}"
MOST = 0.99  # P(clone) that the word of a model brings at most: none is ever sure


class _Stop(Exception):
    """Nothing more is asked in this run."""


class ModelJudge:
    """Asks a model.

    Args:
        completer: The model.
        manner: How it is asked.
        budget: What may be spent.
        retrieve: Finds the context of a case.
        cache: Knows earlier verdicts.
        settings: What else answers depend on, such as how much context may be shown.
    """

    def __init__(
        self,
        completer: Completer,
        manner: Manner,
        budget: Budget,
        retrieve: Retrieve,
        cache: VerdictCache,
        settings: str = "",
    ) -> None:
        self._completer = completer
        self._manner = manner
        self._budget = budget
        self._retrieve = retrieve
        self._cache = cache
        self._asked = "\0".join(
            (completer.fingerprint, manner.prompt.revision, str(manner.confident), settings)
        )
        self._breaker = Breaker()
        self._degraded: set[str] = set()
        self._lock = Lock()  # of what is remembered
        self._retrieving = Lock()  # the index is read by one thread at a time

    @property
    def degraded(self) -> frozenset[str]:
        """What did not go as configured so far."""
        with self._lock:
            return frozenset(self._degraded)

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order; None where the model gave none."""
        keys = [case_key(case, self._asked) for case in cases]
        known = dict(self._cache.read(keys))
        if any(found.without_context for found in known.values()):
            self._note(_TOO_LARGE)  # when they were asked about, the log said why
        missing = {key: case for key, case in zip(keys, cases, strict=True) if key not in known}
        ranked = sorted(missing.items(), key=lambda item: (_certainty(item[1]), item[0]))
        if ranked:
            heard = zip(ranked, self._heard_of(ranked), strict=True)
            known |= {key: found for (key, _), found in heard if found}
        return [
            self._ruling(case, known[key]) if key in known else None
            for case, key in zip(cases, keys, strict=True)
        ]

    def _heard_of(self, ranked: Sequence[tuple[bytes, Case]]) -> list[JudgedAnswer | None]:
        with ThreadPoolExecutor(min(self._completer.concurrency, len(ranked))) as pool:
            try:
                return list(pool.map(lambda item: self._hear(*item), ranked))
            except BaseException:  # interrupted: what is running ends with its call
                self._breaker.give_up()
                raise

    def _hear(self, key: bytes, case: Case) -> JudgedAnswer | None:
        """What the model says about a case, kept for the next run where it is of use; None where it gave no
        answer.
        """
        if self._stopped():
            return None
        try:
            with self._retrieving:
                context = self._retrieve(case, self._completer.count_tokens)
            found, usable = self._outcome(case, context)
        except _Stop:
            return None
        except ModelFailure as failure:
            self._fail(failure)
            return None
        except CodesearchError as problem:  # such as a language that only the builder of the index knows
            self._note("judge:not-asked", f"{problem}; such pairs are judged without it")
            return None
        if usable and not self._cache.keep(key, found):
            self._note("judge:verdicts-not-kept", "the index takes no verdicts; they will be asked for again")
        return found

    def _outcome(self, case: Case, context: CaseContext) -> tuple[JudgedAnswer, bool]:
        """The outcome of a hearing, and whether it is the model's word, not a lack of one."""
        try:
            return self._heard(case, context)
        except ModelFailure as failure:
            if failure.kind is not FailureKind.CONTEXT_TOO_LARGE or not context.items:
                raise
            self._note(_TOO_LARGE, f"{failure}; such pairs are judged without context")
            outcome, usable = self._heard(case, CaseContext())
            return replace(outcome, without_context=True), usable

    def _heard(self, case: Case, context: CaseContext) -> tuple[JudgedAnswer, bool]:
        hearing = Hearing(self._ask, self._manner, case, context)
        outcome = hearing.outcome()
        if hearing.failed:
            self._note(
                "judge:unusable-answer",
                f"{self._completer.name} gave an answer that cannot be used; such pairs are left unsure",
            )
        return outcome, not hearing.failed

    def _ask(self, prompt: Prompt) -> Completion:
        if self._breaker.is_open or not self._budget.take():
            self._stopped()
            raise _Stop
        completion = self._completer.complete(prompt)
        read = completion.read or self._completer.count_tokens(prompt.system + prompt.user)
        written = completion.written or self._completer.count_tokens(completion.text)
        self._budget.use(read, written)
        self._breaker.answered()
        return replace(completion, read=read, written=written)

    def _stopped(self) -> bool:
        """Whether nothing more may be asked; says why."""
        ended = self._budget.ended
        if ended:
            self._note(
                ended,
                f"{ended.replace(':', ' ').replace('-', ' ')} after {self._budget.spent.calls} calls; other "
                "pairs are judged without the model: raise judge.budget or judge.token_budget",
            )
        return self._breaker.is_open or bool(ended)

    def _fail(self, failure: ModelFailure) -> None:
        self._breaker.failed(failure.kind)
        self._note(f"judge:{failure.kind}", f"{failure}; such pairs are judged without it")

    def _note(self, what: str, message: str = "") -> None:
        """Remember what did not go as configured, and say it once."""
        with self._lock:
            fresh = what not in self._degraded
            self._degraded.add(what)
        if fresh and message:
            log.warning("%s", message)

    def _ruling(self, case: Case, found: JudgedAnswer) -> Ruling:
        sides = ordered(case)
        evidence = tuple(
            (lines_of(sides[0].fragment, ours), lines_of(sides[1].fragment, theirs))
            for ours, theirs in found.evidence
        )
        if sides[0] is not case.first:
            evidence = tuple((theirs, ours) for ours, theirs in evidence)
        return Ruling(
            verdict=found.verdict,
            clone_type=found.clone_type,
            probability=_probability(found, case.decision.probability),
            decided_by=self._completer.name,
            reason=found.reason,
            evidence=evidence,
            precedents=found.precedents,
        )


def _certainty(case: Case) -> float:
    """How far the cascade is from a coin's throw: the least certain pairs gain most from a judge."""
    return abs(case.decision.probability - 0.5)


def _probability(found: JudgedAnswer, before: float) -> float:
    """P(clone): the model's own confidence on the side of its verdict, and what it was where it abstains."""
    sure = min(max(found.confidence, 0.5), MOST)
    if found.verdict is Verdict.UNSURE:
        return before
    return sure if found.verdict is Verdict.CLONE else 1 - sure
