"""Verdicts that are known already are not asked for again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from judge_lab import ScriptedModel, in_turn, model_judge, number_of, numbered_pair, pair_of, says, shown
from snippets import fragment
from sqlalchemy import URL, update

from codesearch.core.judge import Case, Ruling
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.judged_pairs import JudgedAnswer
from codesearch.core.store.models import JudgedPair
from codesearch.core.types import Fragment
from reranker.judge.asking.verdict_cache import StoreCache, lines_of, positions_of
from reranker.judge.completer import Prompt

PAIR = numbered_pair(1)
SPREAD = """\
def copy(source,
         target):

    for row in source:  # all of them
        target.append(
            row)
    return target
"""
TIGHT = """\
def copy(source, target):
    for row in source:
        target.append(row)
    return target
"""
OTHER = "def move(rows):\n    kept = list(rows)\n    return kept\n"


@pytest.fixture
def database(store_url: URL) -> Iterator[Database]:
    with Database.create(store_url) as opened:
        yield opened


def swap(case: Case) -> Case:
    return replace(case, first=case.second, second=case.first)


def rule(case: Case, database: Database, model: ScriptedModel, **changes: object) -> Ruling:
    [ruling] = model_judge(model, cache=StoreCache(database), **changes).judge([case])  # type: ignore[arg-type]
    assert ruling is not None
    return ruling


def test_a_second_run_asks_nothing_and_says_the_same(database: Database) -> None:
    model = ScriptedModel(says("clone", lines=[((1, 2), (1, 1)), ((4, 4), (3, 3))]))
    first = rule(PAIR, database, model)
    silent = ScriptedModel("not to be asked")
    assert rule(PAIR, database, silent) == first
    assert rule(PAIR, database, silent, calls=0) == first
    assert not silent.prompts


def test_the_sides_may_come_the_other_way_round(database: Database) -> None:
    first = rule(PAIR, database, ScriptedModel(says("clone", lines=[((1, 2), (1, 1))])))
    silent = ScriptedModel("not to be asked")
    again = rule(swap(PAIR), database, silent)
    assert not silent.prompts
    assert again.evidence == tuple(pair[::-1] for pair in first.evidence)
    assert replace(again, evidence=()) == replace(first, evidence=())


def test_evidence_follows_a_content_into_another_layout(database: Database) -> None:
    def script(prompt: Prompt) -> str:
        spread_is_a = "target)" in shown(prompt, "A").split("\n")[1]
        lines = ((4, 6), (2, 3))
        return says(lines=[lines if spread_is_a else lines[::-1]])

    spread, tight, other = fragment(SPREAD), fragment(TIGHT), fragment(OTHER)
    assert spread.exact_key == tight.exact_key
    first = rule(pair_of(spread, other), database, ScriptedModel(script))
    assert first.evidence == (((4, 6), (2, 3)),)
    silent = ScriptedModel("not to be asked")
    assert rule(pair_of(tight, other), database, silent).evidence == (((2, 3), (2, 3)),)
    assert rule(pair_of(other, tight), database, silent).evidence == (((2, 3), (2, 3)),)
    assert not silent.prompts


@pytest.mark.parametrize("base", [0, 1, 500])
def test_lines_of_a_fragment_count_from_its_first_wherever_it_stands(base: int) -> None:
    target = fragment(SPREAD)
    tokens = replace(target.tokens, lines=target.tokens.lines - target.tokens.lines[0] + base)
    moved: Fragment = replace(target, tokens=tokens)
    for lines in ((1, 1), (2, 4), (5, 7), (1, 7)):
        assert lines_of(moved, positions_of(moved, lines)) == lines


def test_a_range_that_begins_on_an_empty_line_keeps_its_code() -> None:
    target = fragment(SPREAD)
    assert lines_of(target, positions_of(target, (3, 4))) == (4, 4)


CHANGES: dict[str, tuple[str, dict[str, object]]] = {
    "model": ("another", {}),
    "prompt": ("scripted", {"prompt": "zero-shot"}),
    "confidence": ("scripted", {"confident": 0.7}),
    "context": ("scripted", {"settings": "context 0"}),
}


@pytest.mark.parametrize(("model", "changes"), CHANGES.values(), ids=CHANGES)
def test_another_question_is_asked_anew(database: Database, model: str, changes: dict[str, object]) -> None:
    rule(PAIR, database, ScriptedModel(says("clone")))
    other = ScriptedModel(says("not_clone", lines=[]), fingerprint=model)
    assert rule(PAIR, database, other, **changes).verdict == "not_clone"
    assert other.prompts


def test_what_is_spent_does_not_change_what_was_said(database: Database) -> None:
    rule(PAIR, database, ScriptedModel(says("clone")), calls=5, tokens=100)
    silent = ScriptedModel("not to be asked", concurrency=4)
    rule(PAIR, database, silent, calls=9)
    assert not silent.prompts


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_interrupted_run_keeps_what_was_answered(database: Database, concurrency: int) -> None:
    cases = [numbered_pair(number, 0.5 + number / 100) for number in range(8)]

    def script(prompt: Prompt) -> str:
        if number_of(prompt) == 4:
            raise KeyboardInterrupt
        return says("clone")

    model = ScriptedModel(script, concurrency=concurrency)
    with pytest.raises(KeyboardInterrupt):
        model_judge(model, cache=StoreCache(database)).judge(cases)
    assert len(model.prompts) >= 5

    answered = {number_of(prompt) for prompt in model.prompts} - {4}
    again = ScriptedModel(says("clone"))
    assert None not in model_judge(again, cache=StoreCache(database)).judge(cases)
    assert {number_of(prompt) for prompt in again.prompts} == set(range(8)) - answered


def test_an_abstention_is_known_too(database: Database) -> None:
    first = rule(PAIR, database, ScriptedModel(in_turn(says("clone", 0.5), says("not_clone"))))
    assert first.verdict == "unsure"
    silent = ScriptedModel("not to be asked")
    assert rule(PAIR, database, silent) == first
    assert not silent.prompts


def test_a_model_that_was_out_of_its_mind_is_asked_again(database: Database) -> None:
    assert rule(PAIR, database, ScriptedModel("gibberish")).verdict == "unsure"
    assert rule(PAIR, database, ScriptedModel(says("clone"))).verdict == "clone"


def test_a_pair_without_an_answer_is_asked_about_next_time(database: Database) -> None:
    assert model_judge(ScriptedModel(says()), cache=StoreCache(database), calls=0).judge([PAIR]) == [None]
    assert rule(PAIR, database, ScriptedModel(says("clone"))).verdict == "clone"


def test_a_store_that_takes_nothing_loses_nothing_but_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with Database.create(sqlite_url(path)) as database, database.read():
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("CREATE TRIGGER full BEFORE INSERT ON judged_pairs BEGIN SELECT RAISE(ABORT, 'full'); END")
    other.close()
    with Database.create(sqlite_url(path)) as database:
        assert rule(PAIR, database, ScriptedModel(says("clone"))).verdict == "clone"
        again = ScriptedModel(says("clone"))
        assert rule(PAIR, database, again).verdict == "clone"
        assert again.prompts


def test_an_answer_that_another_version_wrote_is_asked_for_again(database: Database) -> None:
    rule(PAIR, database, ScriptedModel(says("clone")))
    for answer in ("{}", "no json", '{"verdict": "perhaps"}', "[]", ""):
        with database.write() as connection:
            connection.execute(update(JudgedPair).values(answer=answer))
        again = ScriptedModel(says("clone"))
        assert rule(PAIR, database, again).verdict == "clone"
        assert again.prompts


def test_a_key_of_an_unknown_pair_is_not_known(database: Database) -> None:
    cache = StoreCache(database)
    cache.keep(b"k" * 16, JudgedAnswer(PAIR.decision.verdict, None, 0.5, "why"))
    assert set(cache.read([b"k" * 16, b"x" * 16])) == {b"k" * 16}
