from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from audit_trees import python_function
from commandline import call
from pydantic import BaseModel
from starlette.testclient import TestClient

from codesearch.server.models.results import CompareDocument, QueryDocument
from codesearch.serving.sources import MOST_CODE

COLLECT = python_function("collect", "order")
QUERY = "/api/v1/query"


def asked(client: TestClient, address: str, body: Mapping[str, object]) -> dict[str, Any]:
    answer = client.post(address, json=body)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def assert_described(document: dict[str, Any], model: type[BaseModel]) -> None:
    """The model takes the document and knows all of it."""
    read = model.model_validate(document)
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == document


def places(document: dict[str, Any]) -> list[str]:
    return [match["path"] for found in document["results"] for match in found["matches"]]


def test_clones_of_a_text_are_found(client: TestClient) -> None:
    document = asked(client, QUERY, {"code": COLLECT, "types": ["T1", "T2"]})
    assert_described(document, QueryDocument)
    assert places(document)[:2] == ["shop/orders.py", "shop/users.py"]


def test_the_answer_is_the_document_of_the_command_line(client: TestClient) -> None:
    ours = asked(client, QUERY, {"path": "shop/orders.py"})
    theirs = call("query", "corpus/shop/orders.py", "--json").document
    for document in (ours, theirs):
        del document["timing_ms"]
        del document["query"]["path"]
        for found in document["results"]:
            del found["fragment"]["path"]
    assert ours == theirs


def test_lines_of_an_indexed_file_are_no_match_of_themselves(client: TestClient) -> None:
    document = asked(client, QUERY, {"path": "corpus/shop/orders.py", "lines": "1-10", "types": ["T2"]})
    assert places(document) == ["shop/users.py"]


def test_filters_narrow_what_is_found(client: TestClient) -> None:
    body = {"code": COLLECT, "languages": ["py"], "paths": ["shop/**"], "roles": ["source"], "k": 1}
    assert places(asked(client, QUERY, body)) == ["shop/orders.py"]
    assert places(asked(client, QUERY, {"code": COLLECT, "languages": ["java"], "types": ["T1"]})) == []


def test_stages_can_be_left_out_and_the_answer_says_so(client: TestClient) -> None:
    assert "judge:left-out" in asked(client, QUERY, {"code": COLLECT, "judge": False})["degraded"]
    sides = {"a": {"code": COLLECT}, "b": {"path": "shop/users.py"}}
    assert "judge:left-out" in asked(client, "/api/v1/compare", {**sides, "judge": False})["degraded"]
    assert "judge:left-out" not in asked(client, "/api/v1/compare", sides)["degraded"]
    quick = asked(client, QUERY, {"code": COLLECT, "rerank": False})
    assert "rerank:left-out" in quick["degraded"]
    assert places(quick)[0] == "shop/orders.py"


def test_an_uploaded_file_is_read_by_its_name_and_encoding(client: TestClient) -> None:
    raw = COLLECT.encode("utf-16")
    answer = client.post(
        f"{QUERY}/file",
        files={"file": ("Draft.py", raw)},
        data={"types": ["T1", "T2"], "paths": "shop/**", "min_probability": "0.5"},
    )
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["query"] == {"path": "Draft.py", "language": "python", "fragments": 1}
    assert places(document) == ["shop/orders.py", "shop/users.py"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"language": "python", "code": "x = \'\\ud800\'"}', "valid string"),
        (b'{"language": "python", "code": "x = 1", "paths": ["\\ud800*"]}', "valid Unicode"),
    ],
)
def test_half_a_surrogate_pair_is_no_text(client: TestClient, body: bytes, told: str) -> None:
    answer = client.post(QUERY, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 422, "code.code: Field required"),
        ({"code": COLLECT, "path": "shop/orders.py"}, 422, "code: Extra inputs are not permitted"),
        ({"code": COLLECT, "speed": 3}, 422, "speed: Extra inputs are not permitted"),
        ({"code": COLLECT, "k": 0}, 422, "k: Input should be greater than or equal to 1"),
        ({"code": COLLECT, "min_probability": "NaN"}, 422, "min_probability"),
        ({"code": COLLECT, "paths": ["*a*b*c*d*e*f"]}, 422, "a glob has at most 5 stars"),
        ({"path": "shop/orders.py", "lines": "9"}, 200, ""),
        ({"path": "shop/orders.py", "lines": "9-2"}, 400, "not a range of lines: '9-2'"),
        ({"path": "shop/orders.py", "lines": "90-99"}, 400, "lines 90-99 are not in the source"),
        ({"path": "../outside/secret.py"}, 400, "no file ../outside/secret.py in an indexed corpus"),
        ({"path": "linked.py"}, 400, "no file linked.py in an indexed corpus"),
        ({"path": "a\0b"}, 400, "no file a"),
        ({"path": "binary.py"}, 400, "binary.py is binary"),
        ({"code": "lorem ipsum"}, 400, "cannot tell the language of the code"),
        ({"code": "\0\1\2", "language": "python"}, 400, "the code is binary"),
        ({"code": " \n "}, 400, "name either code or path"),
        ({"code": COLLECT, "language": "klingon"}, 400, "klingon"),
        ({"code": COLLECT, "languages": ["klingon"]}, 400, "klingon"),
        ({"code": "x = 1\n" * (MOST_CODE // 6 + 1), "language": "python"}, 413, "the code has 262,146 bytes"),
        ({"code": "(" * 100_000, "language": "python"}, 400, "brackets nest"),
        ({"code": "def f(): pass\n" * 60, "language": "python"}, 400, "60 fragments are more than 50"),
    ],
)
def test_bad_input_is_a_problem_with_the_right_status(
    client: TestClient, body: dict[str, object], status: int, told: str
) -> None:
    answer = client.post(QUERY, json=body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert told in problem["detail"]


def test_what_is_no_json_is_refused(client: TestClient) -> None:
    answer = client.post(QUERY, content=b'{"code": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "JSON" in answer.json()["detail"]


def test_a_refusal_does_not_repeat_source_text(client: TestClient) -> None:
    answer = client.post(QUERY, json={"code": ["secret_word"], "language": "python"})
    assert answer.status_code == 422
    assert "secret_word" not in answer.text


def test_two_texts_are_compared(client: TestClient) -> None:
    body = {"a": {"code": COLLECT, "language": "python"}, "b": {"code": python_function("gather", "user")}}
    document = asked(client, "/api/v1/compare", body)
    assert_described(document, CompareDocument)
    assert (document["verdict"], document["clone_type"]) == ("clone", "T2")
    assert document["evidence"]


def test_a_file_of_several_fragments_is_compared_pair_by_pair(client: TestClient) -> None:
    several = COLLECT + "\n\n" + python_function("gather", "user")
    document = asked(client, "/api/v1/compare", {"a": {"code": several}, "b": {"path": "shop/users.py"}})
    assert_described(document, CompareDocument)
    assert len(document["pairs"]) == 2


def test_a_side_needs_code_or_a_path(client: TestClient) -> None:
    answer = client.post("/api/v1/compare", json={"a": {"code": COLLECT}, "b": {}})
    assert answer.status_code == 422
    assert "b.code.code: Field required" in answer.json()["detail"]
