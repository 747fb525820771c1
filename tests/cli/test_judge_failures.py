"""``query`` and ``compare`` when the judge's model fails: one line, and the verdict without it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import Outcome, call
from judged_corpus import KEY, ask, not_a_clone, settings_for, write_judged
from scripted_server import Reply, ScriptedServer, answer, error, half, hang, html, redirect, verdict

pytest.importorskip("langchain_openai")
pytestmark = pytest.mark.enable_socket

PAIR = "mine.py:4-9", "corpus/shop/orders.py:7-13"


@pytest.fixture
def mine(user: Path) -> Path:
    return write_judged(user)


def judged(done: Outcome) -> dict[str, Any]:
    [match] = [one for one in done.document["results"][0]["matches"] if one["name"] == "total_of_paid"]
    return match  # type: ignore[no-any-return]


def assert_falls_back(done: Outcome, degraded: str, without: dict[str, Any]) -> None:
    """The command succeeds with the verdict that stands without a model, and says why in one line."""
    assert done.code == 0
    assert judged(done) == without
    assert done.document["degraded"] == [degraded]
    [line] = done.err.splitlines()
    assert line.startswith("codesearch: warning: ")
    assert KEY not in done.out + done.err


FAILURES: dict[str, tuple[Reply, str]] = {
    "wrong key": (error(401, f"wrong key {KEY}"), "judge:unauthorised"),
    "no permission": (error(403), "judge:unauthorised"),
    "no such model": (error(404, "The model `coder:7b` does not exist"), "judge:no-such-model"),
    "busy": (error(429), "judge:rate-limited"),
    "broken": (error(500, f"no luck with {KEY}"), "judge:server-error"),
    "half an answer": (half(not_a_clone()), "judge:broken-answer"),
    "another dialect": (Reply(200, b'{"generated_text": "clone"}'), "judge:broken-answer"),
    "no JSON": (Reply(200, b"clone"), "judge:broken-answer"),
    "a page for people": (html(), "judge:broken-answer"),
    "elsewhere": (redirect("http://127.0.0.1:9/v1"), "judge:broken-answer"),
    "empty": (answer(""), "judge:empty-answer"),
    "declined": (answer(None, refusal="I cannot help."), "judge:refused"),
    "too long": (
        error(400, "This model's maximum context length is 4096 tokens", code="context_length_exceeded"),
        "judge:context-too-large",
    ),
}


@pytest.mark.parametrize(("reply", "degraded"), FAILURES.values(), ids=FAILURES)
def test_where_the_model_fails_the_verdict_without_it_stands(
    user: Path, mine: Path, reply: Reply, degraded: str
) -> None:
    without = judged(call("query", mine, "--json"))
    assert without["decided_by"] == "precedents"
    with ScriptedServer([reply]) as server:
        assert_falls_back(ask(server, user, "query", mine, "--json"), degraded, without)
    with ScriptedServer([not_a_clone()]) as server:  # nothing of it was remembered
        assert judged(ask(server, user, "query", mine, "--json"))["decided_by"] == "llm:coder:7b"


def test_a_server_that_is_down_is_not_waited_for(user: Path, mine: Path) -> None:
    without = judged(call("query", mine, "--json"))
    with ScriptedServer([not_a_clone()]) as server:
        gone = server.url
    done = call("--config", settings_for(user, gone), "query", mine, "--json")
    assert_falls_back(done, "judge:unreachable", without)
    assert gone.removeprefix("http://").partition("/")[0] in done.err


def test_a_server_that_hangs_is_given_up(user: Path, mine: Path) -> None:
    without = judged(call("query", mine, "--json"))
    with ScriptedServer([hang()]) as server:
        done = ask(server, user, "query", mine, "--json", timeout_seconds=0.2)
    assert_falls_back(done, "judge:timeout", without)


@pytest.mark.parametrize(
    ("reply", "calls"), [(error(401), 1), (error(404, "no such model"), 1), (error(500), 3)]
)
def test_a_model_that_does_not_answer_is_not_asked_on_and_on(
    user: Path, mine: Path, reply: Reply, calls: int
) -> None:
    with ScriptedServer([reply]) as server:
        done = ask(server, user, "query", mine, "--json", "--judge-always", concurrency=1, structured="text")
        assert len(server.requests) == calls
    assert done.code == 0
    [line] = done.err.splitlines()
    assert line.startswith("codesearch: warning: ")


def test_what_a_model_says_wrongly_twice_is_no_verdict(user: Path, mine: Path) -> None:
    hallucinated = answer(
        {
            "verdict": "clone",
            "clone_type": "T1",
            "confidence": 1.0,
            "evidence": [{"a_lines": [1, 900], "b_lines": [1, 1]}],
            "reason": "x",
        }
    )
    with ScriptedServer([hallucinated]) as server:
        done = ask(server, user, "query", mine, "--json")
        assert len(server.requests) == 2
        assert "it cites lines 1 to 900 of A" in server.requests[1].text
    match = judged(done)
    assert (match["verdict"], match["clone_type"], match["decided_by"]) == ("unsure", None, "llm:coder:7b")
    assert done.document["degraded"] == ["judge:unusable-answer"]


def test_a_failure_of_some_pairs_leaves_the_others_judged(user: Path, mine: Path) -> None:
    with ScriptedServer([error(500), not_a_clone()]) as server:
        done = ask(server, user, "query", mine, "--json", "--judge-always", concurrency=1, structured="text")
    deciders = [match["decided_by"] for match in done.document["results"][0]["matches"]]
    assert deciders.count("llm:coder:7b") == len(deciders) - 1
    assert done.document["degraded"] == ["judge:server-error"]


@pytest.mark.parametrize("script", [lambda: [error(401)], lambda: [html()], lambda: [verdict("perhaps")]])
def test_compare_falls_back_too(user: Path, mine: Path, script: Callable[[], list[Reply]]) -> None:
    with ScriptedServer(script()) as server:
        done = ask(server, user, "compare", *PAIR, "--json")
    document = done.document
    assert document["verdict"] == "unsure"
    assert len(document["degraded"]) == 1
    assert KEY not in done.out + done.err


def test_an_index_that_cannot_be_written_is_searched_all_the_same(user: Path, mine: Path) -> None:
    import sqlite3

    [path] = user.rglob("index.db")
    store = sqlite3.connect(path)
    store.execute("CREATE TRIGGER full BEFORE INSERT ON judged_pairs BEGIN SELECT RAISE(ABORT, 'full'); END")
    store.commit()
    store.close()
    with ScriptedServer([not_a_clone()]) as server:
        for _ in range(2):
            assert judged(ask(server, user, "query", mine, "--json"))["decided_by"] == "llm:coder:7b"
        assert len(server.requests) == 2


WRONG = {
    "no address": ({"base_url": "localhost"}, "judge.base_url"),
    "a key in the address": ({"base_url": "http://a:b@localhost/v1"}, "judge.base_url"),
    "no prompt": ({"prompt": "poem"}, "judge.prompt"),
    "a negative budget": ({"budget": -1}, "judge.budget"),
}


@pytest.mark.parametrize(("changes", "named"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be_are_one_line(
    user: Path, mine: Path, changes: dict[str, object], named: str
) -> None:
    settings = settings_for(user, **{"base_url": "http://localhost:9/v1", **changes})
    done = call("--config", settings, "query", mine, "--json")
    assert done.code == 2
    assert named in done.error
    assert KEY not in done.err


def test_tracing_that_the_environment_asks_for_stays_off(
    user: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([Reply()]) as elsewhere, ScriptedServer([not_a_clone()]) as server:
        monkeypatch.setitem(os.environ, "LANGSMITH_TRACING", "true")
        monkeypatch.setitem(os.environ, "LANGSMITH_API_KEY", "ls-key")
        monkeypatch.setitem(os.environ, "LANGSMITH_ENDPOINT", elsewhere.origin)
        assert judged(ask(server, user, "query", mine, "--json"))["decided_by"] == "llm:coder:7b"
        assert not elsewhere.requests
