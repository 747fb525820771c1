"""The last stage: from what the cascade leaves open to final decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codesearch.core.judge import Case, Lines, Ruling
from codesearch.core.protocols import Judge
from codesearch.core.results import CloneType, Decision, Evidence, EvidenceKind, Verdict
from reranker.judge.clone_type import clone_type_of, is_copy
from reranker.judge.user_verdicts import UserVerdicts

NOT_CONFIGURED = "judge:not-configured"
"""Of ``degraded``: no model is set, or not enough of it to be asked."""
LEFT_OUT = "judge:left-out"
"""Of ``degraded``: whoever asked did not want one."""


class JudgeStage:
    """Asks judges in turn, each about the cases that the ones before it left open.

    Args:
        user: What the user said, which is final for every pair.
        judges: Asked about uncertain pairs, best first.
        always: Ask about pairs too that the cascade is sure of; what is a copy stays one.
        degraded: What does not go as configured from the start, such as ``judge:not-configured``.
    """

    def __init__(
        self,
        user: UserVerdicts,
        judges: Sequence[Judge],
        *,
        always: bool = False,
        degraded: frozenset[str] = frozenset(),
    ) -> None:
        self._user = user
        self._judges = judges
        self._always = always
        self._degraded = degraded

    @property
    def of_the_user(self) -> JudgeStage:
        """The same with nobody but the user."""
        return JudgeStage(self._user, (), degraded=frozenset({LEFT_OUT}))

    @property
    def silent(self) -> bool:
        """Whether every decision of the cascade stands, for there is nobody who would say anything."""
        return not (self._user or self._judges)

    @property
    def degraded(self) -> frozenset[str]:
        """What did not go as configured so far."""
        return self._degraded.union(*(judge.degraded for judge in self._judges))

    def accepted(self, first: tuple[bytes, str], second: tuple[bytes, str]) -> bool:
        """Whether the user called a pair of contents, each given by its key and language, a clone."""
        return self._user.accepts(first, second)

    def leaves_open(self, decision: Decision) -> bool:
        """Whether judges are asked about a pair with this decision."""
        return bool(self._judges) and (self._always or decision.verdict is Verdict.UNSURE)

    def rule(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order; None where the cascade's decision stands."""
        rulings = self._user.judge(cases)
        for judge in self._judges:
            left = [
                n
                for n, (case, ruling) in enumerate(zip(cases, rulings, strict=True))
                if ruling is None and self.leaves_open(case.decision)
            ]
            if not left:
                break
            for n, ruling in zip(left, judge.judge([cases[n] for n in left]), strict=True):
                rulings[n] = _held_to_the_text(cases[n], ruling)
        return rulings


def _held_to_the_text(case: Case, ruling: Ruling | None) -> Ruling | None:
    """A judge's ruling with a type that the text bears out; None where it says that a copy is none."""
    if ruling is None or ruling.verdict is not Verdict.CLONE:
        return None if is_copy(case) else ruling
    return replace(ruling, clone_type=clone_type_of(case, ruling.clone_type))


def ruled(decision: Decision, ruling: Ruling | None, starts: tuple[int, int] = (1, 1)) -> Decision:
    """The decision with a ruling in the place of what the cascade said.

    The lines that a judge cites are the evidence of other syntax; where the text still shows a copy, and has
    lines to show for it, its alignment says more.

    Args:
        decision: What the cascade said.
        ruling: None where it stands.
        starts: First line of the query's and of the match's place.
    """
    if ruling is None:
        return decision
    aligned = any(row.kind in _ALIKE for row in decision.evidence)
    if ruling.evidence and (ruling.clone_type is CloneType.T4 or not aligned):
        cited = tuple(
            Evidence(EvidenceKind.CITED, _placed(ours, starts[0]), _placed(theirs, starts[1]))
            for ours, theirs in ruling.evidence
        )
        decision = replace(decision, evidence=cited)
    return replace(
        decision,
        verdict=ruling.verdict,
        clone_type=ruling.clone_type,
        probability=ruling.probability,
        decided_by=ruling.decided_by,
        scores={**decision.scores, "judge": ruling.probability},
        explanation=_explanation(decision, ruling),
        precedents=tuple(ruling.precedents),
    )


_ALIKE = frozenset({EvidenceKind.EQUAL, EvidenceKind.RENAMED})


def _explanation(decision: Decision, ruling: Ruling) -> str:
    """The judge's sentence; behind what the text shows where the judge read no code."""
    if ruling.decided_by != "precedents":
        return ruling.reason
    return ". ".join(part for part in (decision.explanation, ruling.reason) if part)


def _placed(lines: Lines, start: int) -> tuple[int, int]:
    """Lines of a file, for lines of a fragment that starts at ``start``."""
    return start + lines[0] - 1, start + lines[1] - 1
