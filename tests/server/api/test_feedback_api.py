from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from commandline import call
from starlette.testclient import TestClient

from codesearch.server.models.feedback import Imported, Precedent, Precedents, VerdictsDocument, WaitingPair
from codesearch.server.state import ServerState

FEEDBACK = "/api/v1/feedback"
CODE = (
    "def total(prices):\n    found = 0\n    for price in prices:\n        found += price\n    return found\n"
)
OTHER = "def names(people):\n    return sorted(person.name for person in people if person.name)\n"


@pytest.fixture
def tidy_client(client: TestClient, state: ServerState) -> Iterator[TestClient]:
    """The client of a user who has judged nothing yet, and whose verdicts are forgotten afterwards."""
    yield client
    state.index.engine.feedback.path.unlink(missing_ok=True)


def side(code: str) -> dict[str, str]:
    return {"code": code, "language": "python"}


def given(client: TestClient, **fields: object) -> dict[str, Any]:
    body = {"verdict": "not_clone", "a": side(CODE), "b": side(OTHER), **fields}
    answer = client.post(FEEDBACK, json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_a_verdict_on_two_texts_is_kept_and_listed(tidy_client: TestClient) -> None:
    document = given(tidy_client, reason="only sums", by="kim")
    assert Precedents.model_validate(document).model_dump(mode="json", by_alias=True) == document
    [kept] = document["precedents"]
    assert (kept["verdict"], kept["reason"], kept["by"]) == ("not_clone", "only sums", "kim")
    assert {one["code"] for one in kept["sides"]} == {CODE.rstrip(), OTHER.rstrip()}
    page = tidy_client.get(FEEDBACK).json()
    VerdictsDocument.model_validate(page)
    assert page["items"] == [kept]
    assert Precedent.model_validate(kept).model_dump(mode="json") == kept


def test_a_verdict_without_a_name_is_the_users(
    tidy_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "sam")
    assert given(tidy_client)["precedents"][0]["by"] == "sam"


def test_a_token_gives_verdicts_under_its_name(own_client: TestClient) -> None:
    made = call("token", "create", "--name", "reviewer", "--scope", "write")
    token = next(word for word in made.out.split() if word.startswith("csk_"))
    own_client.headers["Authorization"] = f"Bearer {token}"
    assert given(own_client)["precedents"][0]["by"] == "reviewer"


def test_a_class_of_the_last_audit_is_judged_as_a_whole(tidy_client: TestClient, state: ServerState) -> None:
    classes = state.index.audit().report.classes
    largest = max(classes, key=lambda one: len({member.content for member in one.members}))
    answer = tidy_client.post(FEEDBACK, json={"verdict": "clone", "class": largest.id})
    assert answer.status_code == 201, answer.text
    said = {frozenset(one["content"] for one in kept["sides"]) for kept in answer.json()["precedents"]}
    first, *others = (member.content for member in largest.members)
    assert said == {frozenset((first, other)) for other in others}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "unsure", "a": side(CODE), "b": side(OTHER)}, 422),
        ({"verdict": "clone", "a": side(CODE)}, 422),
        ({"verdict": "clone"}, 422),
        ({"verdict": "clone", "a": side(CODE), "b": side(OTHER), "class": "abc"}, 422),
        ({"verdict": "clone", "a": side(CODE), "b": side(OTHER), "extra": 1}, 422),
        ({"verdict": "clone", "a": side(CODE), "b": side(OTHER), "reason": "x" * 2001}, 422),
        ({"verdict": "clone", "a": side(CODE), "b": {"path": "../outside/secret.py"}}, 400),
        ({"verdict": "clone", "a": side(CODE), "b": {"path": "corpus/linked.py"}}, 400),
        ({"verdict": "clone", "class": "no-such-class"}, 400),
    ],
)
def test_what_is_no_verdict_is_refused(client: TestClient, body: dict[str, object], status: int) -> None:
    answer = client.post(FEEDBACK, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hidden" not in answer.text
    assert client.get(FEEDBACK).json()["total"] == 0


def test_verdicts_are_searched_by_code_reason_name_and_verdict(tidy_client: TestClient) -> None:
    given(tidy_client, reason="one SUMS", by="kim")
    given(tidy_client, a=side(CODE.replace("0", "1")), verdict="clone", by="sam")
    for query, total in (("?q=sums", 1), ("?q=KIM", 1), ("?q=person.name", 2), ("?verdict=clone", 1)):
        assert tidy_client.get(f"{FEEDBACK}{query}").json()["total"] == total, query
    assert tidy_client.get(f"{FEEDBACK}?q=nothing").json()["items"] == []


def test_the_list_comes_in_pages(tidy_client: TestClient) -> None:
    for number in range(3):
        given(tidy_client, a=side(CODE.replace("0", str(number))))
    page = tidy_client.get(f"{FEEDBACK}?limit=2").json()
    assert (len(page["items"]), page["total"]) == (2, 3)
    assert len(tidy_client.get(page["next"]).json()["items"]) == 1


def test_an_export_is_imported_where_it_is_not_known(tidy_client: TestClient) -> None:
    given(tidy_client, reason="only sums")
    exported = tidy_client.get(f"{FEEDBACK}/export")
    assert exported.headers["content-type"] == "application/x-ndjson"
    assert exported.text == call("feedback", "export", "-").out
    older = exported.text.replace('"only sums"', '"older"')
    answer = tidy_client.post(f"{FEEDBACK}/import", files={"file": ("feedback.jsonl", older)})
    assert answer.status_code == 200, answer.text
    assert Imported.model_validate(answer.json()).unchanged == 1
    newer = json.loads(exported.text)
    newer["at"] += 1
    newer["reason"] = "looked again"
    answer = tidy_client.post(f"{FEEDBACK}/import", files={"file": ("feedback.jsonl", json.dumps(newer))})
    assert answer.json()["replaced"] == 1
    assert tidy_client.get(FEEDBACK).json()["items"][0]["reason"] == "looked again"


@pytest.mark.parametrize("content", [b"no json", b"\xff\xfe", b'{"schema": "codesearch.feedback/1"}'])
def test_an_import_with_a_line_that_is_no_verdict_changes_nothing(client: TestClient, content: bytes) -> None:
    answer = client.post(f"{FEEDBACK}/import", files={"file": ("feedback.jsonl", content)})
    assert answer.status_code == 400, answer.text
    assert client.get(FEEDBACK).json()["total"] == 0


def test_pairs_that_wait_are_what_their_model_says_and_the_same_each_time(client: TestClient) -> None:
    page = client.get("/api/v1/review").json()
    assert page["total"] == len(page["items"]) > 0
    for pair in page["items"]:
        assert WaitingPair.model_validate(pair).model_dump(mode="json") == pair
        assert pair["why"].endswith(".")
    assert client.get("/api/v1/review").json() == page


def test_a_judged_pair_waits_no_more(tidy_client: TestClient) -> None:
    first, *others = tidy_client.get("/api/v1/review").json()["items"]
    sides = {
        key: {
            "path": f"{first[key]['corpus']}/{first[key]['path']}",
            "lines": f"{first[key]['start_line']}-{first[key]['end_line']}",
        }
        for key in ("a", "b")
    }
    assert tidy_client.post(FEEDBACK, json={"verdict": "clone", **sides}).status_code == 201
    left = tidy_client.get("/api/v1/review").json()["items"]
    assert [pair["id"] for pair in left] == [pair["id"] for pair in others]
