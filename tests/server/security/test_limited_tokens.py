"""Tokens that see some corpora only: nothing of the others comes out, whatever is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from audit_trees import python_function
from commandline import call, unique, write_tree
from httpx2 import Response
from own_server import own_server
from server_routes import routes
from starlette.testclient import TestClient

from codesearch.server.downloads import FILES

CANARY = "canary9d3"
"""Is in the code that the token must not see."""

HIDDEN, FILE = "hidden9d3", "secret9d3.py"
QUESTIONS = {"corpus": HIDDEN, "path": FILE, "a": f"{HIDDEN}/{FILE}", "b": f"{HIDDEN}/{FILE}"}
VISIBLE_ROUTES = {
    "/api/v1/audits/latest/classes",
    "/api/v1/corpora",
    "/api/v1/health",
    "/api/v1/ready",
}
"""Of the GET routes that ask for nothing those that answer such a token."""


@pytest.fixture
def base(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index and an audit of a corpus that is seen and one that is not, each a copy of the other."""
    write_tree(
        user / "shown",
        {
            "orders.py": python_function("collect", "order"),
            **{f"{name}.py": unique(7) for name in ("first", "second")},
        },
    )
    write_tree(user / HIDDEN, {FILE: python_function(CANARY, "order")})
    assert call("index", "shown", HIDDEN).code == 0
    assert call("audit", "--json").document["classes"]
    monkeypatch.setenv("CODESEARCH_SERVER__REQUIRE_TOKEN", "true")
    return user


def token(*words: str) -> str:
    made = call("token", "create", "--json", *words).document["token"]
    assert isinstance(made, str)
    return made


@pytest.fixture
def client(base: Path) -> Iterator[TestClient]:
    """Somebody with a token for the corpus ``shown``."""
    headers = {"Authorization": f"Bearer {token('--corpus', 'shown')}"}
    with own_server(headers) as client:
        yield client


def whole(client: TestClient, method: str, path: str, **what: object) -> Response:
    """The same asked with a token for everything."""
    headers = {"Authorization": f"Bearer {token()}"}
    return client.request(method, path, headers=headers, **what)  # type: ignore[arg-type]


def test_no_route_that_looks_tells_of_the_hidden_corpus(client: TestClient) -> None:
    answered = set()
    for method, path in routes(client):
        if method != "GET" or path == "/api/v1/jobs/1/events":
            continue
        for questions in ({}, QUESTIONS):
            answer = client.get(path, params=questions)
            assert answer.status_code < 500, path
            assert CANARY not in answer.text, path
            assert questions or not {HIDDEN, FILE} & set(re.findall(r"[\w.]+", answer.text)), path
            if not questions and answer.status_code == 200 and path.startswith("/api/"):
                answered.add(path)
    assert answered == VISIBLE_ROUTES


def test_a_search_finds_what_is_seen_alone(client: TestClient) -> None:
    question = {"code": python_function(CANARY, "order").replace(CANARY, "asked"), "language": "python"}
    answer = client.post("/api/v1/query", json=question)
    assert answer.status_code == 200
    assert CANARY not in answer.text
    assert "orders.py" in answer.text
    assert CANARY in whole(client, "POST", "/api/v1/query", json=question).text


def test_files_of_the_hidden_corpus_are_not_there(client: TestClient, base: Path) -> None:
    hidden = base / HIDDEN / FILE
    for path in (str(hidden), f"{HIDDEN}/{FILE}", f"shown/../{HIDDEN}/{FILE}", FILE):
        answer = client.post("/api/v1/query", json={"path": path})
        assert answer.status_code == 400, path
        compared = client.post("/api/v1/compare", json={"a": {"path": path}, "b": {"code": "x = 1"}})
        assert compared.status_code == 400, path
        assert str(base / HIDDEN) not in answer.text.replace(path, "")
    assert client.post("/api/v1/query", json={"path": "shown/orders.py"}).status_code == 200
    fragments = client.get("/api/v1/fragments", params={"corpus": HIDDEN, "path": FILE})
    assert fragments.status_code == 404
    seen = {"corpus": "shown", "path": "orders.py"}
    assert client.get("/api/v1/fragments", params=seen).json()["total"] == 1


def test_lists_have_the_corpus_that_is_seen(client: TestClient) -> None:
    corpora = client.get("/api/v1/corpora").json()["items"]
    assert [corpus["name"] for corpus in corpora] == ["shown"]
    assert client.get(f"/api/v1/corpora/{HIDDEN}").status_code == 404
    assert client.get(f"/api/v1/corpora/{HIDDEN}/skipped").status_code == 404
    assert client.get("/api/v1/corpora/shown").status_code == 200


def test_classes_with_a_hidden_member_are_left_out_whole(client: TestClient) -> None:
    everything = whole(client, "GET", "/api/v1/audits/latest/classes").json()["items"]
    seen = client.get("/api/v1/audits/latest/classes").json()["items"]
    assert 0 < len(seen) < len(everything)
    assert {member["corpus"] for found in seen for member in found["members"]} == {"shown"}
    ids = {found["id"] for found in seen}
    for found in everything:
        answer = client.get(f"/api/v1/audits/latest/classes/{found['id']}")
        assert answer.status_code == (200 if found["id"] in ids else 404)


def test_only_administrators_remove_a_corpus(client: TestClient) -> None:
    assert client.delete("/api/v1/corpora/shown").status_code == 403
    assert whole(client, "DELETE", "/api/v1/corpora/shown").status_code == 403
    headers = {"Authorization": f"Bearer {token('--scope', 'admin')}"}
    assert client.delete("/api/v1/corpora/other", headers=headers).status_code == 404
    removed = client.delete(f"/api/v1/corpora/{HIDDEN}", headers=headers)
    assert (removed.status_code, removed.json()["removed"]) == (200, [HIDDEN])
    names = [one["name"] for one in client.get("/api/v1/corpora", headers=headers).json()["items"]]
    assert names == ["shown"]


def test_what_shows_all_corpora_is_refused_with_a_reason(client: TestClient) -> None:
    for path in (
        "/api/v1/status",
        "/api/v1/audits",
        "/api/v1/jobs",
        "/api/v1/schedules",
        "/metrics",
        "/audits",
    ):
        answer = client.get(path)
        assert answer.status_code == 403, path
    assert "sees some corpora only, this shows all" in client.get("/api/v1/status").text


def test_what_shows_all_corpora_is_refused_whatever_of_it_is_asked_for(client: TestClient) -> None:
    """With the parameters for which a token for everything is told of the hidden corpus."""
    headers = {"Authorization": f"Bearer {token('--scope', 'write')}"}
    asked = {"kind": "audit", "corpora": [HIDDEN, "shown"]}
    job = client.post("/api/v1/jobs", json=asked, headers=headers).json()["id"]
    assert HIDDEN in client.get(f"/api/v1/jobs/{job}/events", headers=headers).text  # until it has ended
    classes = whole(client, "GET", "/api/v1/audits/latest/classes").json()["items"]
    hidden = [one["id"] for one in classes if HIDDEN in {member["corpus"] for member in one["members"]}]
    assert hidden
    addresses = [
        *(f"/api/v1/audits/latest/report?format={name}" for name in FILES),
        *(f"/audits/report/{name}" for name in FILES),
        *(f"/api/v1/jobs/{job}", f"/api/v1/jobs/{job}/events", f"/jobs/{job}"),
        *(f"/audits/classes/{one}" for one in hidden),
        *("/api/v1/audits/latest", "/audits", "/audits/classes", "/schedules", "/corpora", "/jobs"),
        *("/judge", "/judge/verdicts", "/judge/verdicts/export"),
        *("/api/v1/feedback", "/api/v1/feedback/export", "/api/v1/schedules", "/api/v1/status", "/metrics"),
        f"/corpora/{HIDDEN}/skipped",
        f"/file?corpus={HIDDEN}&path={FILE}",
        f"/compare?a_path={HIDDEN}/{FILE}&b_path=shown/orders.py",
        f"/?path={HIDDEN}/{FILE}",
        f"/?code={quote(python_function('asked', 'order'))}&language=python",
    ]
    answered = [client.get(address, headers=headers).status_code for address in addresses]
    assert dict(zip(addresses, answered, strict=True)) == dict.fromkeys(addresses, 200)
    for address in (*addresses, "/judge/pair", "/judge/agreement"):
        for method in ("GET", "HEAD"):
            answer = client.request(method, address)
            assert answer.status_code == 403 or (method, answer.status_code) == ("HEAD", 405), address
            assert not {CANARY, HIDDEN, FILE} & set(re.findall(r"\w+(?:\.py)?", answer.text)), address


@pytest.mark.parametrize("call", ["tools/call", "tools/list", "resources/list", "resources/read"])
def test_agents_with_such_a_token_are_refused(client: TestClient, call: str) -> None:
    asked = {"name": "list_clone_classes", "arguments": {}, "uri": "codesearch://status"}
    message = {"jsonrpc": "2.0", "id": 1, "method": call, "params": asked}
    headers = {"Accept": "application/json, text/event-stream"}
    answer = client.post("/mcp", json=message, headers=headers)
    assert answer.status_code == 403
    assert "sees some corpora only" in answer.json()["detail"]


def test_matches_count_the_places_that_are_seen_alone(client: TestClient, base: Path) -> None:
    write_tree(base / HIDDEN, {"copy.py": unique(7)})
    assert call("index", HIDDEN).code == 0
    question = {"code": unique(7), "language": "python"}
    assert "copy.py" in whole(client, "POST", "/api/v1/query", json=question).text
    answer = client.post("/api/v1/query", json=question)
    [match, *_] = answer.json()["results"][0]["matches"]
    assert {place["path"] for place in match["occurrences"]} == {"first.py", "second.py"}
    assert not {HIDDEN, "copy"} & set(re.findall(r"\w+", answer.text))


def test_a_token_for_all_sees_all_in_the_same_server(client: TestClient) -> None:
    client.get("/api/v1/corpora")
    names = [corpus["name"] for corpus in whole(client, "GET", "/api/v1/corpora").json()["items"]]
    assert names == [HIDDEN, "shown"]


def test_a_corpus_that_was_removed_leaves_the_token_nothing(client: TestClient) -> None:
    assert call("remove", "shown", "--yes").code == 0
    assert client.get("/api/v1/corpora").json()["items"] == []
    question = {"code": python_function("asked", "order"), "language": "python"}
    answer = client.post("/api/v1/query", json=question)
    assert answer.status_code == 200
    assert CANARY not in answer.text


def test_a_token_for_a_corpus_that_is_not_there_is_not_made(base: Path) -> None:
    done = call("token", "create", "--corpus", "shwon")
    assert done.code == 2
    assert "no corpus 'shwon' in the index" in done.error


def test_a_token_for_some_corpora_only_reads(base: Path) -> None:
    done = call("token", "create", "--corpus", "shown", "--scope", "write")
    assert done.code == 2
    assert "a token for some corpora reads" in done.error


def test_the_list_of_tokens_says_what_each_sees(base: Path) -> None:
    token("--corpus", "shown", "--name", "phone")
    token("--name", "desk")
    tokens = call("token", "list", "--json").document["tokens"]
    assert [(one["name"], one["corpora"]) for one in tokens] == [("phone", ["shown"]), ("desk", None)]
    assert "read of shown, works until" in call("token", "list").out
