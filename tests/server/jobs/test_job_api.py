from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from job_lab import SLEEPS, Program
from starlette.testclient import TestClient

from codesearch.engine import Engine
from codesearch.server.app import create_app
from codesearch.server.jobs import queue
from codesearch.server.models.jobs import JobDocument, JobsDocument
from codesearch.server.run import server_state

JOBS = "/api/v1/jobs"
INDEX = {"kind": "index"}
DONE = ["done", "failed", "cancelled"]


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    """A program or browser of the user on this machine; jobs run as long as it is there."""
    app = create_app(server_state(engine, 8765))
    with TestClient(
        app, base_url="http://127.0.0.1:8765", client=("127.0.0.1", 50_000), follow_redirects=False
    ) as made:
        yield made


def ended(client: TestClient, job: int) -> Any:
    """The document of a job, once it has ended."""
    return events(client, job)[-1]


def events(client: TestClient, job: int, **headers: str) -> list[Any]:
    """The documents of all events of a job that ends."""
    answer = client.get(f"{JOBS}/{job}/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [block for block in answer.text.split("\n\n") if "data:" in block]
    for block in told:
        assert {line.partition(":")[0] for line in block.split("\n")} == {"event", "data", "id", "retry"}
    return [json.loads(block.partition("data: ")[2].partition("\n")[0]) for block in told]


def csrf(client: TestClient) -> str:
    """The token of the forms of this browser."""
    page: str = client.get("/jobs").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_job_is_accepted_watched_and_found(client: TestClient) -> None:
    accepted = client.post(JOBS, json={"kind": "audit", "corpora": ["app"], "types": ["T2"]})
    assert accepted.status_code == 202
    job = accepted.json()["id"]
    assert accepted.headers["location"] == f"{JOBS}/{job}"
    JobDocument.model_validate(accepted.json())
    told = events(client, job)
    assert [document["status"] for document in told][-1] == "done"
    last = client.get(accepted.headers["location"])
    assert last.json() == told[-1]
    document = JobDocument.model_validate(last.json())
    assert last.json()["result"]["classes"] == 1
    assert last.json()["request"]["types"] == ["T2"]
    assert document.progress is None
    same = client.get(f"{JOBS}/{job}", headers={"If-None-Match": last.headers["etag"]})
    assert (same.status_code, same.text) == (304, "")


def test_index_document_has_no_more_than_an_index_job_has(client: TestClient) -> None:
    document = ended(client, client.post(JOBS, json=INDEX).json()["id"])
    assert document["request"] == {"corpora": []}
    assert document["degraded"] == []
    assert set(document["result"]) == {
        *("snapshot", "files", "analysed", "lines", "fragments", "parsed", "embedded"),
    }


def test_jobs_are_listed_in_pages_newest_first(client: TestClient, program: Program) -> None:
    program("finish()")
    for name in ("app", "lib"):
        ended(client, client.post(JOBS, json={**INDEX, "corpora": [name]}).json()["id"])
    page = client.get(f"{JOBS}?limit=1").json()
    JobsDocument.model_validate(page)
    assert (page["total"], [job["id"] for job in page["items"]]) == (2, [2])
    following = client.get(page["next"]).json()
    assert [job["id"] for job in following["items"]] == [1]
    assert following["next"] is None


def test_cancelled_job_says_so_again_and_again(client: TestClient, program: Program) -> None:
    program(SLEEPS)
    job = client.post(JOBS, json=INDEX).json()["id"]
    assert client.delete(f"{JOBS}/{job}").status_code == 200
    assert ended(client, job)["status"] == "cancelled"
    assert client.delete(f"{JOBS}/{job}").json()["status"] == "cancelled"
    assert [document["status"] for document in events(client, job)] == ["cancelled"]


def test_full_line_says_when_to_try_again(
    client: TestClient, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(SLEEPS)
    monkeypatch.setattr(queue, "RETRY_AFTER", 7)
    names: list[dict[str, Any]] = [{"kind": "audit", "min_lines": lines} for lines in range(10, 30)]
    answers = [client.post(JOBS, json=body) for body in names]
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "7"
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"kind": "delete"}, 422),
        ({"kind": "index", "types": ["T1"]}, 422),
        ({"kind": "audit", "types": []}, 422),
        ({"kind": "audit", "types": ["T9"]}, 422),
        ({"kind": "audit", "min_probability": 2}, 422),
        ({"kind": "audit", "min_lines": 0}, 422),
        ({"kind": "audit", "min_lines": 1}, 400),
        ({"kind": "audit", "languages": ["klingon"]}, 400),
        ({"kind": "index", "corpora": ["../../etc"]}, 400),
        ({"kind": "index", "corpora": ["\x00\ud83d"]}, 422),
    ],
)
def test_job_that_cannot_be_is_a_problem(client: TestClient, body: dict[str, Any], status: int) -> None:
    answer = client.post(JOBS, content=json.dumps(body), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.get(JOBS).json()["total"] == 0


@pytest.mark.parametrize("path", ["7", "7/events"])
def test_unknown_job_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"{JOBS}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "no job 7" in answer.json()["detail"]


def test_pages_start_show_and_cancel_a_job(client: TestClient, program: Program) -> None:
    assert "No jobs yet" in client.get("/jobs").text
    program("progress('analysing <files>', 3, 9)\n" + SLEEPS.partition("\n")[2])
    token = csrf(client)
    form = {"csrf": token, "kind": "audit", "types": ["T1", "T2"], "roles": ["source"], "corpora": "app"}
    begun = client.post("/jobs", data=form)
    assert (begun.status_code, begun.headers["location"]) == (303, "/jobs/1")
    while "3 of 9 files" not in (page := client.get("/jobs/1").text):
        assert "running" in page or "queued" in page
    assert "Audit of app" in page
    assert "analysing &lt;files&gt;" in page
    assert "of the index as it was" in page  # the box was not ticked
    assert "3 of 9 files" in client.get("/jobs").text
    assert client.post("/jobs/1/cancel", data={"csrf": token}).headers["location"] == "/jobs/1"
    ended(client, 1)
    page = client.get("/jobs/1").text
    assert "cancelled" in page
    assert "/cancel" not in page
    assert "job.js" not in page


def test_page_of_a_finished_job_leads_to_what_came_of_it(client: TestClient) -> None:
    for body, link in (({"kind": "audit"}, "/audits/classes"), (INDEX, "/corpora")):
        job = client.post(JOBS, json=body).json()["id"]
        assert ended(client, job)["status"] == "done"
        assert f'href="{link}"' in client.get(f"/jobs/{job}").text


def test_page_of_a_failed_job_says_why(client: TestClient, program: Program) -> None:
    program("print('codesearch: error: <b>no space</b>', file=sys.stderr)\nsys.exit(3)")
    ended(client, client.post(JOBS, json=INDEX).json()["id"])
    for page in ("/jobs", "/jobs/1"):
        assert "&lt;b&gt;no space&lt;/b&gt;" in client.get(page).text


@pytest.mark.parametrize("form", [{"kind": "index"}, {"kind": "index", "csrf": "forged"}])
def test_form_of_another_site_starts_nothing(client: TestClient, form: dict[str, str]) -> None:
    client.get("/jobs")
    assert client.post("/jobs", data=form).status_code == 403
    assert client.get(JOBS).json()["total"] == 0


def test_form_that_does_not_fit_is_a_page_not_a_crash(client: TestClient) -> None:
    token = csrf(client)
    for form, status in (
        ({"kind": "audit"}, 400),
        ({"kind": "x"}, 422),
        ({"kind": "audit", "min_lines": "y"}, 422),
    ):
        answer = client.post("/jobs", data={"csrf": token, **form}, headers={"accept": "text/html"})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


def test_first_audit_does_not_claim_to_be_compared_with_another(client: TestClient) -> None:
    def audited() -> str:
        job = client.post(JOBS, json={"kind": "audit", "corpora": ["app"], "types": ["T2"]}).json()["id"]
        ended(client, job)
        page: str = client.get(f"/jobs/{job}", headers={"accept": "text/html"}).text
        return page

    first = audited()
    assert "first audit of its kind" in first
    assert "since the audit before" not in first
    assert "first of its kind" in client.get("/audits", headers={"accept": "text/html"}).text
    assert "since the audit before" in audited()
