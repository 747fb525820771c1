"""``/api/v1/audits``: documents, filters, pages and files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from commandline import call
from pydantic import BaseModel

from codesearch.report.audit_formats import FORMATS
from codesearch.server.models.audits import AuditDocument, AuditHistory, ClassDocument, ClassesDocument

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AUDITS = "/api/v1/audits"
CLASSES = f"{AUDITS}/latest/classes"


def document(client: TestClient, address: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    fields: dict[str, Any] = answer.json()
    return fields


def ids(client: TestClient, query: str = "") -> list[str]:
    return [found["id"] for found in document(client, f"{CLASSES}?{query}")["items"]]


def test_history_has_the_audit_with_its_figures(client: TestClient) -> None:
    [run] = document(client, AUDITS)["items"]
    assert run["status"] == "finished"
    assert run["summary"]["classes"] == len(ids(client))


def test_latest_audit_is_the_document_of_the_command_line(client: TestClient) -> None:
    latest = document(client, f"{AUDITS}/latest")
    assert latest["schema"] == "codesearch.audit/1"
    assert [found["id"] for found in latest["classes"]] == ids(client)
    assert latest["summary"]["classes"] == len(latest["classes"])


def test_latest_audit_tells_what_its_run_concluded(own_client: TestClient) -> None:
    audited = json.loads(call("audit", "--no-refresh", "--fail-on", "classes>1", "--json").out)
    latest = document(own_client, f"{AUDITS}/latest")
    assert not latest["gate"]["passed"]
    assert {name: latest[name] for name in ("gate", "hidden", "degraded")} == {
        name: audited[name] for name in ("gate", "hidden", "degraded")
    }


def test_what_an_older_run_concluded_is_unknown(own_client: TestClient) -> None:
    with closing(sqlite3.connect(".codesearch/index.db")) as store, store:
        store.execute("update audits set summary = json_remove(summary, '$.conclusion')")
    latest = document(own_client, f"{AUDITS}/latest")
    assert (latest["gate"], latest["hidden"]) == (None, None)
    assert latest["summary"]["classes"] == len(latest["classes"])
    AuditDocument.model_validate(latest)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 3),
        ("types=T1", 0),
        ("types=T1&types=T2&types=T3", 3),
        ("languages=java", 1),
        ("folder=shop/", 1),
        ("text=gather", 1),
        ("roles=test", 0),
        ("min_lines=1000", 0),
        ("shown=hidden", 0),
    ],
)
def test_filters_leave_the_classes_that_fit(client: TestClient, query: str, expected: int) -> None:
    assert len(ids(client, query)) == expected


def test_order_is_that_of_merge_value_unless_another_one_is_asked_for(client: TestClient) -> None:
    found = document(client, f"{CLASSES}?sort=members")["items"]
    sizes = [len(one["members"]) for one in found]
    assert sizes == sorted(sizes, reverse=True)


def test_pages_of_the_list_make_the_whole(client: TestClient) -> None:
    address: str | None = f"{CLASSES}?limit=2"
    seen = []
    while address:
        page = document(client, address)
        assert page["total"] == 3
        seen += [found["id"] for found in page["items"]]
        address = page["next"]
    assert seen == ids(client)


def test_one_class_is_found_by_its_id_alone(client: TestClient) -> None:
    class_id = ids(client)[0]
    assert document(client, f"{CLASSES}/{class_id}")["id"] == class_id
    problem = document(client, f"{CLASSES}/{class_id[:4]}", 404)
    assert problem["title"] == "Not Found"
    assert problem["hint"]


def test_a_client_that_knows_the_answer_gets_none(client: TestClient) -> None:
    for address in (AUDITS, f"{AUDITS}/latest", CLASSES, f"{CLASSES}/{ids(client)[0]}"):
        tag = client.get(address).headers["etag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("query", ["types=T7", "sort=worst", "min_lines=-1", "limit=0", "shown=x"])
def test_filters_that_do_not_fit_are_refused(client: TestClient, query: str) -> None:
    assert client.get(f"{CLASSES}?{query}").status_code == 422


@pytest.mark.parametrize("name", FORMATS)
def test_report_comes_in_every_format(client: TestClient, name: str) -> None:
    answer = client.get(f"{AUDITS}/latest/report?format={name}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    if "json" in answer.headers["content-type"]:
        json.loads(answer.content)


def test_report_of_an_unknown_format_is_not_found(client: TestClient) -> None:
    assert "markdown" in document(client, f"{AUDITS}/latest/report?format=docx", 404)["hint"]


def test_documents_are_what_their_models_describe(client: TestClient) -> None:
    described: list[tuple[str, type[BaseModel]]] = [
        (AUDITS, AuditHistory),
        (f"{AUDITS}/latest", AuditDocument),
        (CLASSES, ClassesDocument),
        (f"{CLASSES}/{ids(client)[0]}", ClassDocument),
    ]
    for address, model in described:
        assert_described(document(client, address), model)


@pytest.mark.parametrize("model", [AuditHistory, AuditDocument, ClassesDocument, ClassDocument])
def test_examples_are_what_their_models_describe(model: type[BaseModel]) -> None:
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)
    for example in examples:
        assert_described(example, model)


def assert_described(fields: object, model: type[BaseModel]) -> None:
    """No field is missing, none is more, and none is of another type."""
    read = model.model_validate(fields, strict=False)
    assert read.model_dump(mode="json", by_alias=True) == fields
