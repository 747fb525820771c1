"""What judges do in audits: who decides about classes, who is asked about what, and when nobody is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_trees import Class, audited, findings, places, python_function, steps
from commandline import call, write_tree
from judged_trees import CLONE, NOT_CLONE, OPEN, REASON, UNSURE, ScriptedJudge, open_pair

from codesearch.core.results import Verdict
from codesearch.core.store.database import Database
from codesearch.engine import Engine
from codesearch.query.source import ANY_SIZE, ReadOptions, Selection, read_source
from indexer.parsing.limits import ParseLimits
from indexer.segments.snapshot import Snapshot
from reranker.judge.stage import JudgeStage
from reranker.judge.user_verdicts import UserVerdicts

ALL = ("corpus", "--types", "all")
ALWAYS = ("corpus", "--judge-always")
UNCONFIGURED = "judge:not-configured"


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ScriptedJudge:
    """Sits in the place of every configured judge."""
    scripted = ScriptedJudge()

    def judges(engine: Engine, snapshot: Snapshot, database: Database) -> Callable[[], JudgeStage]:
        del snapshot, database
        return lambda: stage(engine)

    def stage(engine: Engine) -> JudgeStage:
        settings = engine.settings.judge
        judges = [scripted] if settings.kind != "off" else []
        return JudgeStage(UserVerdicts(engine.feedback.precedents()), judges, always=settings.always)

    monkeypatch.setattr(Engine, "_judges", judges)
    return scripted


@pytest.fixture
def corpus(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return open_pair(user / "corpus", monkeypatch)


def only(document: dict[str, object]) -> Class:
    classes = document["classes"]
    assert isinstance(classes, list)
    [found] = classes
    assert isinstance(found, dict)
    return found


def test_a_pair_that_stays_open_is_a_class_where_the_judge_says_so(
    corpus: Path, judge: ScriptedJudge
) -> None:
    found = only(audited(*ALL))
    assert places(found) == ["src/charge.py:4-12", "src/order.py:5-14"]
    assert (found["clone_type"], found["decided_by"], found["probability"]) == ("T4", "llm:coder", 0.9)
    assert found["precedents"] == ["p-001", "p-002"]
    assert found["explanation"].endswith(f". {REASON}")
    assert judge.asked == [OPEN]


@pytest.mark.parametrize("ruling", [NOT_CLONE, UNSURE, None])
def test_it_is_none_where_the_judge_says_anything_else(
    corpus: Path, judge: ScriptedJudge, ruling: object
) -> None:
    judge.answer = ruling  # type: ignore[assignment]
    assert audited(*ALL)["classes"] == []


def test_without_a_judge_it_is_none(corpus: Path, judge: ScriptedJudge) -> None:
    assert audited(*ALL, "--judge", "off")["classes"] == []
    assert judge.calls == []


def test_a_class_is_shown_with_who_decided_it(corpus: Path, judge: ScriptedJudge) -> None:
    found = only(audited(*ALL))
    shown = call("audit", "show", found["id"])
    assert "Decided by llm:coder, with precedents p-001, p-002\n" in shown.out
    assert REASON in shown.out
    assert call("audit", "show", found["id"], "--json").document["precedents"] == ["p-001", "p-002"]


def test_a_judge_sees_both_places_what_is_around_them_and_a_contrast(
    corpus: Path, judge: ScriptedJudge
) -> None:
    audited(*ALL)
    [[case]] = judge.calls
    sides = {side.name: side for side in (case.first, case.second)}
    order, charge = sides["bill_order"], sides["charge"]
    assert order.place is not None
    assert (order.place.corpus, order.place.path) == ("corpus", "src/order.py")
    assert (order.place.start_line, order.place.end_line) == (5, 14)
    assert (order.container, charge.container) == ("Billing", "")
    assert case.decision.verdict is Verdict.UNSURE
    assert case.dense > 0.8
    assert [fragment.exact_key for fragment in case.contrast] == [key_of("refund")]


def key_of(name: str) -> bytes:
    """Key of the content of ``src/<name>.py``."""
    options = ReadOptions(None, ANY_SIZE, ParseLimits(100), 1 << 20)
    source = read_source(Selection.parse(f"corpus/src/{name}.py"), options)
    return source.fragments[0][1].exact_key


def test_an_audit_of_the_same_code_asks_nobody_again(corpus: Path, judge: ScriptedJudge) -> None:
    first = audited(*ALL)
    assert audited(*ALL) == first
    assert len(judge.calls) == 1


def test_an_audit_whose_judge_failed_is_made_again(corpus: Path, judge: ScriptedJudge) -> None:
    judge.answer = None
    failed = audited(*ALL)
    assert (failed["classes"], failed["degraded"]) == ([], ["judge:unreachable"])
    assert call("audit", "history").code == 0
    judge.answer, judge.failed = CLONE, False
    whole = audited(*ALL)
    assert (len(whole["classes"]), whole["degraded"]) == (1, [])
    audited(*ALL)
    assert judge.asked == [OPEN, OPEN]


def test_a_class_of_an_audit_whose_judge_failed_can_be_shown(corpus: Path, judge: ScriptedJudge) -> None:
    text = python_function("group", "word")
    write_tree(corpus, {"a.py": text, "b.py": text})
    judge.answer = None
    found = only(audited(*ALL))
    assert call("audit", "show", found["id"]).code == 0


@pytest.mark.parametrize(
    "change",
    [
        {"CODESEARCH_JUDGE__PROMPT": "zero-shot"},
        {"CODESEARCH_JUDGE__MODEL": "another"},
        {"CODESEARCH_JUDGE__CONFIDENT": "0.5"},
        {"CODESEARCH_VERDICT__CLONE_THRESHOLD": "0.995"},
    ],
    ids=lambda change: next(iter(change)).rpartition("__")[2].lower(),
)
def test_another_judge_is_asked_anew(
    corpus: Path, judge: ScriptedJudge, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    audited(*ALL)
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    audited(*ALL)
    assert judge.asked == [OPEN, OPEN]


def test_another_key_or_budget_is_no_other_judge(
    corpus: Path, judge: ScriptedJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(*ALL)
    monkeypatch.setenv("CODESEARCH_JUDGE__API_KEY", "secret")
    audited(*ALL, "--judge-budget", "7")
    assert len(judge.calls) == 1


def test_a_word_of_the_user_changes_what_judges_know(corpus: Path, judge: ScriptedJudge) -> None:
    audited(*ALL)
    accepted = call("feedback", "accept", "corpus/src/refund.py", "corpus/src/money.py", "--reason", "r")
    assert accepted.code == 0, accepted.err
    audited(*ALL)
    assert len(judge.calls) == 2


@pytest.mark.parametrize("kind", ["off", "llm"])
def test_what_the_user_accepted_is_a_class_whatever_the_cascade_thinks(
    corpus: Path, judge: ScriptedJudge, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CODESEARCH_VERDICT__REJECT_THRESHOLD", "0.985")
    assert audited(*ALL)["classes"] == []
    pair = ("corpus/src/order.py:5-14", "corpus/src/charge.py:4-12")
    accepted = call("feedback", "accept", *pair, "--reason", "one bill")
    assert accepted.code == 0, accepted.err
    found = only(audited(*ALL, "--judge", kind))
    assert (found["decided_by"], found["probability"]) == ("precedents", 0.99)
    assert found["explanation"].endswith("one bill")
    assert judge.calls == []


def test_nobody_is_asked_about_classes_that_are_not_reported(
    user: Path, monkeypatch: pytest.MonkeyPatch, judge: ScriptedJudge
) -> None:
    open_pair(user / "corpus", monkeypatch, folder="tests")
    audited(*ALL)
    assert judge.calls == []
    assert len(audited(*ALL, "--role", "test")["classes"]) == 1
    assert judge.asked == [OPEN]


def test_the_shipped_judge_says_that_no_model_is_configured(corpus: Path) -> None:
    first = audited(*ALL)
    assert first["degraded"] == [UNCONFIGURED]
    assert audited(*ALL) == first
    assert audited("corpus")["degraded"] == []
    assert audited("corpus", "--judge", "llm")["degraded"] == [UNCONFIGURED]


COPIES = {
    "copy/a.py": python_function("group", "word"),
    "copy/b.py": python_function("group", "word"),
    "changed/a.py": python_function("gather", "name"),
    "changed/b.py": python_function("gather", "name", "    log.debug('sorted', limit)\n"),
    "changed/c.py": python_function("gather", "name", "    limit = limit or 9\n    self.seen += limit\n"),
}
"""Copies with changes; those of the other folder are copies of ``changed/a.py`` with other names."""


@pytest.fixture
def copies(user: Path) -> Path:
    return write_tree(user / "corpus", {k: COPIES[k] for k in ("copy/a.py", "copy/b.py")})


@pytest.fixture
def changed(user: Path) -> Path:
    return write_tree(user / "corpus", {k: v for k, v in COPIES.items() if k.startswith("changed")})


def test_nobody_is_asked_about_what_the_text_shows(copies: Path, judge: ScriptedJudge) -> None:
    assert len(audited(*ALL)["classes"]) == 1
    assert judge.calls == []


def test_who_wants_every_finding_read_gets_the_word_of_the_judge(copies: Path, judge: ScriptedJudge) -> None:
    found = only(audited(*ALWAYS))
    assert (found["clone_type"], found["decided_by"], found["probability"]) == ("T1", "llm:coder", 0.9)
    assert found["explanation"] == f"2 identical copies in 2 files. {REASON}"
    [[case]] = judge.calls
    assert (case.first.place, case.second.place) != (None, None)
    assert {side.place.path for side in (case.first, case.second) if side.place} == {"copy/a.py", "copy/b.py"}


def test_a_class_stands_for_its_first_member_and_the_one_least_like_it(
    changed: Path, judge: ScriptedJudge
) -> None:
    assert [places(found) for found in audited(*ALWAYS)["classes"]] == [
        ["changed/a.py:1-10", "changed/b.py:1-11", "changed/c.py:1-12"]
    ]
    [[case]] = judge.calls
    assert [side.place.path for side in (case.first, case.second) if side.place] == [
        "changed/a.py",
        "changed/c.py",
    ]


def test_a_class_that_the_judge_takes_for_none_is_dropped_and_counted(
    changed: Path, judge: ScriptedJudge
) -> None:
    judge.answer = NOT_CLONE
    document = audited(*ALWAYS)
    assert document["classes"] == []
    assert document["hidden"]["judged_classes"] == 1
    assert document["summary"]["by_role"]["source"]["classes"] == 0
    assert audited(*ALWAYS) == document
    text = call("audit", *ALWAYS).out
    assert "hidden: 1 class that the judge takes for none" in text
    assert len(judge.calls) == 1


@pytest.mark.parametrize("ruling", [UNSURE, None])
def test_a_class_of_which_the_judge_is_not_sure_stays_as_it_is(
    changed: Path, judge: ScriptedJudge, ruling: object
) -> None:
    before = audited("corpus")
    judge.answer = ruling  # type: ignore[assignment]
    after = audited(*ALWAYS)
    assert after["classes"] == before["classes"]
    assert only(after)["decided_by"] == "alignment"


def test_all_classes_are_asked_about_at_once(user: Path, judge: ScriptedJudge) -> None:
    write_tree(
        user / "corpus",
        {f"{n}/{side}.py": f"# {n}\n{text}" for n, text in enumerate(_distinct()) for side in "ab"},
    )
    assert len(findings(audited(*ALWAYS))) == 3
    assert [len(cases) for cases in judge.calls] == [3]


def _distinct() -> list[str]:
    return [f"def {name}({name}, load):\n{steps(name, 6)}" for name in ("alpha", "beta", "gamma")]


def test_what_the_user_rejected_is_hidden_as_ever_and_not_asked_about(
    copies: Path, judge: ScriptedJudge
) -> None:
    rejected = call("feedback", "reject", "corpus/copy/a.py", "corpus/copy/b.py", "--reason", "twins")
    assert rejected.code == 0, rejected.err
    document = audited(*ALWAYS)
    assert judge.calls == []
    assert (document["classes"], document["hidden"]["rejected_members"]) == ([], 1)


def test_a_member_that_a_comment_hides_leaves_the_word_of_the_judge(
    copies: Path, judge: ScriptedJudge
) -> None:
    write_tree(copies, {"copy/c.py": f"# codesearch-ignore: generated\n{COPIES['copy/a.py']}"})
    found = only(audited(*ALWAYS))
    assert (found["decided_by"], found["precedents"]) == ("llm:coder", ["p-001", "p-002"])
    assert found["explanation"].endswith(f". {REASON}")


def test_what_is_kept_of_judged_classes_is_read_back_as_it_was(corpus: Path, judge: ScriptedJudge) -> None:
    first = call("audit", *ALL, "--json").out
    assert json.loads(first)["classes"][0]["precedents"]
    assert call("audit", *ALL, "--json", "--no-refresh").out == first
