"""Who decides in the end: the user, then a model, then precedents, else the cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from judge_lab import decision, numbered_pair, pair_of, said, settled_pair, shipped_cascade
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment

from codesearch.core.judge import Case, Lines, Ruling
from codesearch.core.results import CloneType, EvidenceKind, Verdict
from reranker.cascade import Candidate
from reranker.judge.stage import JudgeStage, ruled
from reranker.judge.user_verdicts import UserVerdicts

CHANGED = PYTHON_MEDIAN.replace("middle", "centre").replace("return total / 2", "return round(total / 2, 3)")
UNLIKE = "def close(door):\n    door.shut()\n    return door.key\n"
SURE = replace(numbered_pair(7), decision=decision(0.001, Verdict.NOT_CLONE))


def ruling(
    verdict: Verdict = Verdict.CLONE,
    by: str = "llm:m",
    reason: str = "Because.",
    evidence: tuple[tuple[Lines, Lines], ...] = (),
    clone_type: CloneType = CloneType.T4,
) -> Ruling:
    named = clone_type if verdict is Verdict.CLONE else None
    return Ruling(verdict, named, 0.9, by, reason, evidence)


@dataclass
class Says:
    """A judge that always says the same, and keeps what it was asked."""

    answer: Ruling | None
    degraded: frozenset[str] = frozenset()
    asked: list[Case] = field(default_factory=list)

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        self.asked += cases
        return [self.answer] * len(cases)


def test_the_next_judge_is_asked_about_what_the_one_before_leaves_open() -> None:
    model, precedents = Says(None, frozenset({"judge:timeout"})), Says(ruling(by="precedents"))
    stage = JudgeStage(UserVerdicts(()), (model, precedents))
    [found] = stage.rule([numbered_pair(1)])
    assert found is not None
    assert found.decided_by == "precedents"
    assert stage.degraded == {"judge:timeout"}


def test_what_is_ruled_is_not_asked_again() -> None:
    model, precedents = Says(ruling(Verdict.UNSURE)), Says(ruling(by="precedents"))
    [found] = JudgeStage(UserVerdicts(()), (model, precedents)).rule([numbered_pair(1)])
    assert found is not None
    assert found.verdict is Verdict.UNSURE
    assert not precedents.asked


@pytest.mark.parametrize("always", [False, True])
def test_sure_pairs_are_asked_about_only_where_that_is_wanted(always: bool) -> None:
    model = Says(ruling())
    stage = JudgeStage(UserVerdicts(()), (model,), always=always)
    rulings = stage.rule([SURE, numbered_pair(1)])
    assert [one is not None for one in rulings] == [always, True]
    assert stage.leaves_open(SURE.decision) is always


def test_nobody_is_asked_about_what_the_user_said() -> None:
    model = Says(ruling())
    known = settled_pair(fragment(PYTHON_MEDIAN), fragment(UNLIKE))
    user = UserVerdicts([said(PYTHON_MEDIAN, UNLIKE, Verdict.NOT_CLONE, reason="No.")])
    swapped = replace(known, first=known.second, second=known.first)
    for judges in ((), (model,)):
        found = JudgeStage(user, judges, always=True).rule([known, swapped])
        assert [one.verdict for one in found if one] == [Verdict.NOT_CLONE] * 2
        assert [one.reason for one in found if one] == ["Rejected by me: No."] * 2
    assert not model.asked


def test_the_user_speaks_of_that_very_pair_in_its_languages() -> None:
    user = UserVerdicts([said(JAVA_COPY, JAVA_COPY, Verdict.CLONE, language="java")])
    java, csharp = fragment(JAVA_COPY, "java"), fragment(JAVA_COPY, "csharp")
    assert [one is not None for one in user.judge([pair_of(java, java), pair_of(csharp, java)])] == [
        True,
        False,
    ]
    assert user.judge([numbered_pair(1)]) == [None]


@pytest.mark.parametrize(
    ("other", "clone_type"),
    [(PYTHON_MEDIAN, CloneType.T1), (CHANGED, CloneType.T3), (UNLIKE, CloneType.T4)],
)
def test_an_accepted_pair_is_of_the_type_that_its_text_shows(other: str, clone_type: CloneType) -> None:
    case = settled_pair(fragment(PYTHON_MEDIAN), fragment(other))
    [found] = UserVerdicts([said(PYTHON_MEDIAN, other, Verdict.CLONE)]).judge([case])
    assert found is not None
    assert found.clone_type is clone_type


def test_half_a_copy_of_which_the_cascade_is_unsure_is_accepted_as_type_three() -> None:
    case = settled_pair(fragment(PYTHON_MEDIAN), fragment(UNLIKE))
    case = replace(case, decision=replace(decision(), similarity=0.6))
    [found] = UserVerdicts([said(PYTHON_MEDIAN, UNLIKE, Verdict.CLONE)]).judge([case])
    assert found is not None
    assert found.clone_type is CloneType.T3


def test_without_a_ruling_a_decision_stands() -> None:
    assert ruled(decision(), None) == decision()


def test_cited_lines_become_lines_of_the_files() -> None:
    found = ruled(decision(), ruling(evidence=(((1, 2), (3, 3)),)), (10, 200))
    [cited] = found.evidence
    assert (cited.kind, cited.query_lines, cited.match_lines) == (EvidenceKind.CITED, (10, 11), (202, 202))
    assert (found.verdict, found.clone_type, found.probability) == (Verdict.CLONE, CloneType.T4, 0.9)
    assert found.scores["judge"] == 0.9
    assert found.explanation == "Because."


def test_what_the_text_shows_of_a_copy_says_more_than_cited_lines() -> None:
    candidate = Candidate(fragment(PYTHON_MEDIAN), fragment(CHANGED), 0.9)
    shown = shipped_cascade().settle([candidate])[0].explained()
    found = ruled(shown, ruling(clone_type=CloneType.T3, evidence=(((1, 2), (3, 3)),)))
    assert found.evidence == shown.evidence


def test_where_the_text_shows_no_copy_cited_lines_are_all_there_is() -> None:
    found = ruled(decision(), ruling(clone_type=CloneType.T3, evidence=(((1, 2), (3, 3)),)))
    assert [row.kind for row in found.evidence] == [EvidenceKind.CITED]


def test_no_judge_makes_anything_else_of_a_copy() -> None:
    copy = settled_pair(fragment(PYTHON_MEDIAN), fragment(PYTHON_MEDIAN))
    for answer in (ruling(Verdict.NOT_CLONE), ruling(Verdict.UNSURE), None):
        stage = JudgeStage(UserVerdicts(()), (Says(answer),), always=True)
        assert ruled(copy.decision, stage.rule([copy])[0]) == copy.decision


def test_a_judge_that_read_no_code_adds_to_what_the_text_shows() -> None:
    found = ruled(decision(), ruling(by="precedents"))
    assert found.explanation == f"{decision().explanation}. Because."
    quiet = ruled(decision(), ruling(by="precedents", reason=""))
    assert quiet.explanation == decision().explanation
