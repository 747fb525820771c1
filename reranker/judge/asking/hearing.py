"""One pair before a model: asked, checked, asked again where the answer does not hold."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from codesearch.core.judge import Answer, Case, CaseContext, CaseSide, ContextKind
from codesearch.core.results import Verdict
from codesearch.core.store.judged_pairs import JudgedAnswer
from codesearch.core.types import Fragment
from reranker.judge.answers import parse_answer, problem_with, retry_note
from reranker.judge.answers.tagged import spoken
from reranker.judge.asking.prompting import PromptTemplate, Side, leaks, write_prompt
from reranker.judge.asking.verdict_cache import as_kept, ordered
from reranker.judge.completer import Completion, Prompt
from reranker.judge.view.code import View, renamed_view, suspicious, view_of

Ask = Callable[[Prompt], Completion]
Sides = tuple[Side, Side]

UNHEARD = "The model gave no answer that holds"
LEAKED = "The model repeated what it was told to keep to itself"
CONTRADICTED = "The model contradicts itself when the sides are swapped"
TALKED_INTO = "The model says otherwise once names are replaced in code that seems to talk to it"


@dataclass(frozen=True, slots=True)
class Manner:
    """How pairs are asked about.

    Attributes:
        prompt: What is asked.
        confident: An answer with less confidence is asked again with the sides swapped.
    """

    prompt: PromptTemplate
    confident: float


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer that holds, or why there is none."""

    answer: Answer | None
    why: str = ""


class Hearing:
    """Hears a model about one pair.

    Args:
        ask: Asks the model; whatever it raises ends the hearing.
        manner: How it is asked.
        case: The pair; the side whose content sorts first is shown as A.
        context: What was retrieved for it.
    """

    def __init__(self, ask: Ask, manner: Manner, case: Case, context: CaseContext) -> None:
        self._ask = ask
        self._manner = manner
        self._sides = ordered(case)
        self._context = context
        self._tokens = 0
        self._failed = False

    @property
    def failed(self) -> bool:
        """Whether the model gave an answer that could not be used, even when asked again."""
        return self._failed

    def outcome(self) -> JudgedAnswer:
        """The verdict; ``unsure`` with the reason where no answer holds."""
        sides = _shown(self._sides, view_of)
        heard = self._hear(sides, self._context)
        if heard.answer is None:
            return self._abstained(heard.why)
        answer = heard.answer
        if answer.verdict is Verdict.UNSURE:
            return self._kept(answer)
        if answer.confidence < self._manner.confident:
            again = self._hear((sides[1], sides[0]), self._context, confirms=True).answer
            if again is None or again.verdict is not answer.verdict:
                return self._abstained(CONTRADICTED)
            answer = replace(answer, confidence=(answer.confidence + again.confidence) / 2)
        if any(suspicious(side.fragment) for side in self._sides):
            # Without context, whose names would tell the ones that were replaced.
            blind = self._hear(_shown(self._sides, renamed_view), CaseContext(), confirms=True).answer
            if blind is None or blind.verdict is not answer.verdict:
                return self._abstained(TALKED_INTO)
        return self._kept(answer)

    def _hear(self, sides: Sides, context: CaseContext, *, confirms: bool = False) -> _Heard:
        """An answer about two sides, the first shown as A: one that does not hold gets a second chance.

        An answer that ``confirms`` is asked for its verdict alone; the evidence is that of the first one.
        """
        note = ""
        for _ in range(2):
            canary = secrets.token_hex(8)
            prompt = write_prompt(
                self._manner.prompt,
                sides,
                context,
                boundary=secrets.token_hex(8),
                canary=canary,
            )
            completion = self._ask(replace(prompt, user=prompt.user + note))
            self._tokens += completion.read + completion.written
            if leaks(canary, spoken(completion.text)):  # thoughts, which nobody reads, may quote it
                self._failed = True
                return _Heard(None, LEAKED)
            answer = parse_answer(self._manner.prompt.parser, completion)
            problem = problem_with(answer, sides, context, self._manner.prompt)
            if answer is not None and (confirms or not problem):
                return _Heard(answer)
            note = f"\n\n{retry_note(problem)}"
        self._failed = True
        return _Heard(None, UNHEARD)

    def _kept(self, answer: Answer) -> JudgedAnswer:
        return JudgedAnswer(
            answer.verdict,
            answer.clone_type,
            answer.confidence,
            answer.reason,
            as_kept(answer, self._sides),
            self._precedents,
            self._tokens,
            {str(kind): count for kind, count in self._context.cut.items()},
        )

    def _abstained(self, why: str) -> JudgedAnswer:
        return self._kept(Answer(Verdict.UNSURE, None, 0.0, reason=why))

    @property
    def _precedents(self) -> tuple[str, ...]:
        return tuple(item.source for item in self._context.of(ContextKind.PRECEDENT))


def _shown(sides: tuple[CaseSide, CaseSide], view: Callable[[Fragment], View]) -> Sides:
    first, second = (Side(view(side.fragment), side.fragment.language) for side in sides)
    return first, second
