from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from audit_trees import python_function
from pydantic import BaseModel
from starlette.testclient import TestClient

from codesearch import __version__
from codesearch.server.models.corpora import (
    CorporaDocument,
    CorpusDocument,
    HealthDocument,
    ReadyDocument,
    SkippedDocument,
    StatusDocument,
)
from codesearch.server.models.results import FragmentsDocument

API = "/api/v1"


def got(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.get(f"{API}{address}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("/status", StatusDocument),
        ("/corpora", CorporaDocument),
        ("/corpora/corpus", CorpusDocument),
        ("/corpora/corpus/skipped", SkippedDocument),
        ("/fragments?corpus=corpus&path=shop/orders.py", FragmentsDocument),
        ("/health", HealthDocument),
        ("/ready", ReadyDocument),
    ],
)
def test_documents_are_what_their_models_say(
    client: TestClient, address: str, model: type[BaseModel]
) -> None:
    document = got(client, address)
    read = model.model_validate(document)
    assert read.model_dump(mode="json", by_alias=True) == document


def test_the_ledger_of_a_corpus_adds_up_and_names_every_file(client: TestClient) -> None:
    ledger = got(client, "/corpora/corpus")["files"]
    assert ledger["seen"] == ledger["analysed"] + sum(ledger["skipped"].values())
    skipped = got(client, "/corpora/corpus/skipped")
    assert skipped["total"] == sum(ledger["skipped"].values())
    assert {"path": "binary.py", "reason": "binary"} in skipped["items"]
    assert got(client, "/corpora/corpus/skipped?reason=binary")["total"] == 1


def test_a_long_list_comes_in_pages_that_lead_to_each_other(client: TestClient) -> None:
    whole = got(client, "/corpora/corpus/skipped")["items"]
    address: str | None = f"{API}/corpora/corpus/skipped?limit=1"
    found = []
    while address is not None:
        page = client.get(address).json()
        assert (len(page["items"]), page["limit"]) == (1, 1)
        found += page["items"]
        address = page["next"]
    assert found == whole
    assert got(client, "/corpora/corpus/skipped?offset=100")["items"] == []


@pytest.mark.parametrize("window", ["limit=0", "limit=1001", "offset=-1", "limit=x", f"offset={2**31}"])
def test_a_page_has_bounds(client: TestClient, window: str) -> None:
    answer = client.get(f"{API}/corpora?{window}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_did_not_change_is_not_sent_again(client: TestClient) -> None:
    first = client.get(f"{API}/corpora")
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    for known in (tag, f'"other", W/{tag}', "*"):
        again = client.get(f"{API}/corpora", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get(f"{API}/corpora", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_fragments_of_a_file_have_their_code(client: TestClient) -> None:
    document = got(client, "/fragments?corpus=corpus&path=shop/users.py")
    [fragment] = document["items"]
    assert (fragment["name"], fragment["start_line"], fragment["end_line"]) == ("gather", 3, 12)
    assert fragment["code"] == python_function("gather", "user").rstrip("\n")
    assert document["degraded"] == []


def test_fragments_can_be_asked_for_by_line(client: TestClient) -> None:
    address = "/fragments?corpus=corpus&path=Counter.java"
    assert got(client, address)["total"] == 2
    assert [item["kind"] for item in got(client, f"{address}&lines=1")["items"]] == ["class"]


def test_a_file_that_changed_since_is_told(own_client: TestClient, own_base: Path) -> None:
    (own_base / "home" / "corpus" / "shop" / "orders.py").write_text("x = 1\n", encoding="utf-8")
    document = got(own_client, "/fragments?corpus=corpus&path=shop/orders.py")
    assert document["degraded"] == ["source:changed"]
    assert document["items"][0]["code"] is None


@pytest.mark.parametrize(
    "path", ["binary.py", "linked.py", "../outside/secret.py", "/etc/passwd", ".env", "a\0b", "nowhere.py"]
)
def test_only_analysed_files_have_fragments(client: TestClient, path: str) -> None:
    answer = client.get(f"{API}/fragments", params={"corpus": "corpus", "path": path})
    assert answer.status_code == 404, answer.text
    assert "is no indexed file" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["/corpora/nothing", "/corpora/nothing/skipped", "/nothing"])
def test_what_is_not_there_is_a_problem(client: TestClient, address: str) -> None:
    answer = client.get(f"{API}{address}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_server_tells_its_version(client: TestClient) -> None:
    assert got(client, "/health")["version"] == __version__


def test_a_server_without_its_index_lives_but_is_not_ready(own_client: TestClient, own_base: Path) -> None:
    assert got(own_client, "/ready")["snapshot"] == 1
    (own_base / "home" / ".codesearch" / "manifest.json").unlink()
    answer = own_client.get(f"{API}/ready")
    assert answer.status_code == 503
    assert answer.json()["detail"]
    assert got(own_client, "/health")["status"] == "ok"
    assert own_client.get("/metrics").status_code == 200


def test_metrics_count_requests_by_route_and_look_at_the_index(client: TestClient) -> None:
    for name in ("corpus", "nothing"):
        client.get(f"{API}/corpora/{name}")
    client.request("BREW", f"{API}/anything")
    text = client.get("/metrics").text
    for status in ("200", "404"):
        counted = rf'requests_total{{method="GET",route="[^"]*/corpora/{{name}}",status="{status}"}} 1\.0'
        assert re.search(counted, text)
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "codesearch_index_snapshot 1.0" in text
    assert "codesearch_pool_waiting 0.0" in text
    assert "process_resident_memory_bytes" in text
