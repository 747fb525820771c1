from __future__ import annotations

import json
import re
import shlex

import pytest
from commandline import CHECKOUT
from fastapi.testclient import TestClient

from codesearch.core.settings.load import default_settings
from codesearch.server.openapi import Node, operations
from codesearch.server.page import api_page, described

MANY = 25


@pytest.fixture(scope="module")
def document() -> Node:
    return described()


def test_the_page_is_the_one_in_the_docs() -> None:
    page = (CHECKOUT / "docs" / "api.md").read_text("utf-8")
    assert page == api_page(), "run: python -m codesearch.server.page > docs/api.md"


def test_the_page_names_the_usual_address() -> None:
    port = default_settings().server.port
    assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", api_page())) == {str(port)}


def test_the_server_describes_itself_as_the_page_does(client: TestClient, document: Node) -> None:
    served = client.get("/openapi.json").json()
    api = {path: found for path, found in served["paths"].items() if path.startswith(("/api/", "/metrics"))}
    assert api == document["paths"]
    assert served["components"]["schemas"] == document["components"]["schemas"]


def test_every_operation_is_named_explained_and_tells_its_failures(document: Node) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    found = [operation for _, operation in operations(document)]
    assert len({operation["operationId"] for operation in found}) == len(found) > MANY
    for operation in found:
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
        assert {"429", "500", "503"} <= operation["responses"].keys()
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]


def test_all_but_health_and_readiness_ask_who_calls(document: Node) -> None:
    free = [operation["operationId"] for _, operation in operations(document) if "security" not in operation]
    assert sorted(free) == ["getHealth", "getReady"]


@pytest.mark.parametrize("tag", ["search", "index", "jobs", "audits", "feedback", "schedules", "server"])
def test_documents_have_examples(document: Node, tag: str) -> None:
    schemas = document["components"]["schemas"]
    answers = [
        answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        for _, operation in operations(document)
        if tag in operation["tags"]
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    documents = [name for name in (ref.rpartition("/")[2] for ref in answers) if name.endswith("Document")]
    assert documents
    assert [name for name in documents if "examples" not in schemas[name]] == []


def test_bodies_of_the_examples_are_json() -> None:
    commands = re.findall(r"```sh\n(curl .*?)\n```", api_page(), re.DOTALL)
    assert len(commands) > MANY
    for command in commands:
        words = shlex.split(command)
        if "-d" in words:
            assert json.loads(words[words.index("-d") + 1])
