"""Audits whose judge is a language-model server: what it is sent, what it may cost, and when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_trees import audited, java_class, java_method, python_function, script_function
from commandline import call, write_tree
from judged_trees import open_pair
from scripted_server import Request, ScriptedServer, error, verdict

pytest.importorskip("langchain_openai")

pytestmark = pytest.mark.enable_socket

MODEL = "coder:7b"
DECIDED_BY = f"llm:{MODEL}"
OPEN = ("corpus", "--types", "all", "--judge", "llm")
EVERY = ("corpus", "--judge", "llm", "--judge-always")


def use(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user's environment says of a server."""
    for name, value in {
        "BASE_URL": server.url,
        "MODEL": MODEL,
        "API_KEY": "sk-hidden",
        "RETRIES": "0",
    }.items():
        monkeypatch.setenv(f"CODESEARCH_JUDGE__{name}", value)


def shows_context(request: Request) -> bool:
    """Whether callees, precedents and a neighbour stand in a prompt."""
    callee, precedent, neighbour = "scaled // 10", "<<<precedent 1 ", "def refund("
    return all(part in request.text for part in (callee, precedent, neighbour))


def three_classes(root: Path) -> Path:
    python, java, script = (
        python_function("group", "word"),
        java_class("A", java_method("count", "name")),
        script_function("group", "row"),
    )
    files = {"py": python, "java": java, "js": script}
    return write_tree(root, {f"{at}.{end}": text for end, text in files.items() for at in "ab"})


def test_the_prompts_hold_callees_precedents_and_neighbours(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_pair(user / "corpus", monkeypatch)
    with ScriptedServer([verdict("clone", "T4")]) as server:
        use(server, monkeypatch)
        document = audited(*OPEN)
        assert audited(*OPEN) == document
    [found] = document["classes"]
    assert (found["decided_by"], document["degraded"]) == (DECIDED_BY, [])
    assert found["precedents"]
    [request] = server.requests
    assert shows_context(request)


def test_a_budget_ends_an_audit_and_the_next_one_asks_for_the_rest(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_classes(user / "corpus")
    with ScriptedServer([verdict("clone", "T1")]) as server:
        use(server, monkeypatch)
        first = audited(*EVERY, "--judge-budget", "1")
        assert first["degraded"] == ["judge:budget-exhausted"]
        assert len(server.requests) == 1
        whole = audited(*EVERY, "--judge-budget", "2")
        assert len(server.requests) == 3
        assert audited(*EVERY, "--judge-budget", "0") == whole
        assert len(server.requests) == 3
    assert whole["degraded"] == []
    assert [found["decided_by"] for found in whole["classes"]] == [DECIDED_BY] * 3
    assert sorted(found["decided_by"] for found in first["classes"]) == ["fingerprint"] * 2 + [DECIDED_BY]


def test_a_server_that_fails_leaves_what_the_text_says(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three_classes(user / "corpus")
    plain = audited("corpus")
    with ScriptedServer([error(500)]) as server:
        use(server, monkeypatch)
        outcome = call("audit", *EVERY, "--json", "-v")
    assert outcome.document["classes"] == plain["classes"]
    assert outcome.document["degraded"] == ["judge:server-error"]
    assert "sk-hidden" not in outcome.out + outcome.err


def test_a_scheduled_audit_asks_the_judge_of_its_options_and_environment(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_pair(user / "corpus", monkeypatch)
    assert call("index", "corpus").code == 0
    options = ("--types", "all", "--judge", "llm", "-f", "json", "-o", "clones.json")
    added = call("schedule", "add", "corpus", "--cron", "0 3 * * *", "--", *options)
    assert added.code == 0, added.err
    with ScriptedServer([verdict("clone", "T4")]) as server:
        use(server, monkeypatch)
        ran = call("schedule", "run", "--once", "corpus")
    assert ran.code == 0, ran.err
    assert DECIDED_BY in (user / "clones.json").read_text(encoding="utf-8")
    [request] = server.requests
    assert shows_context(request)


def test_options_of_the_judge_that_mean_nothing_are_refused_when_a_schedule_is_added(user: Path) -> None:
    write_tree(user / "corpus", {"a.py": python_function("group", "word")})
    assert call("index", "corpus").code == 0
    added = call("schedule", "add", "corpus", "--cron", "0 3 * * *", "--", "--judge", "oracle")
    assert added.code == 2
    assert "oracle" in added.error
