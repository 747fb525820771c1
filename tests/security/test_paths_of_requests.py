"""No path or name in a request leads to a file outside the indexed corpora, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from code_base import as_user, make_code_base
from own_server import SITE, own_server
from server_routes import routes
from starlette.testclient import TestClient

NAMED = re.compile(r"(?<!jobs)(?<!schedules)/1(/|$)")
"""In the path of a route, whatever it asks for that is no number."""

HIDDEN = "def hidden("
"""Stands in a file beside the corpus, to which two links in the corpus lead."""

LEAKS = (HIDDEN, "root:x:0:0", "TOKEN = 'secret'", "SQLite format 3")

TARGETS = ("outside/secret.py", "corpus/linked.py", "corpus/linked/secret.py", "corpus/.env")
"""Files that no request may see: beside the corpus, behind links out of it, and left out of it."""


def ways(target: str, home: Path) -> Iterator[str]:
    """How somebody might write the path of a file from a folder beside it."""
    yield from (target, f"../{target}", f"corpus/../{target}", f"./corpus/./../{target}", f"{home}/{target}")
    yield from (f"..\\{target}", f"corpus\\..\\{target}", f"....//{target}", f"..;/{target}")
    yield from (f"%2e%2e/{target}", f"%252e%252e%252f{target}", f"..%c0%af{target}", f"\uff0e\uff0e/{target}")
    yield from (f"{target}\0.py", f"corpus/odd.py\0/../../{target}", f"file://{home}/{target}", f"~/{target}")
    yield from (f"//{home}/{target}", f"/proc/self/root{home}/{target}", f"/proc/self/cwd/{target}")


ELSEWHERE = (
    "/etc/passwd",
    "../../../../../../../../etc/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "/dev/stdin",
)
INDEX = (".codesearch/index.db", "../.codesearch/index.db", ".codesearch/manifest.json")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a user with a served code base."""
    folder = tmp_path_factory.mktemp("paths")
    with pytest.MonkeyPatch.context() as patch:
        make_code_base(folder, patch, copies=2)
        yield as_user(folder, patch)


@pytest.fixture(scope="module")
def client(base: Path) -> Iterator[TestClient]:
    """The user, from whom nothing is kept but files outside the corpus."""
    del base
    with own_server(here=True) as client:
        yield client


def attempts(base: Path) -> list[str]:
    """Every way to the first of the targets, and the plain one to all else."""
    return [*ways(TARGETS[0], base), *TARGETS, *ELSEWHERE, *INDEX]


def refused(client: TestClient, method: str, address: str, **sent: object) -> None:
    answer = client.request(method, address, **sent)  # type: ignore[arg-type]
    assert answer.status_code < 500, (address, sent, answer.text)
    assert not [leak for leak in LEAKS if leak in answer.text], (address, sent)


def test_the_secrets_are_there(base: Path, client: TestClient) -> None:
    """Otherwise nothing is proved below."""
    assert HIDDEN in (base / "corpus/linked.py").read_text("utf-8")
    assert HIDDEN in (base / "corpus/linked/secret.py").read_text("utf-8")
    assert client.get("/api/v1/fragments", params={"corpus": "corpus", "path": "odd.py"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/file", ("path", "corpus")),
        ("/api/v1/fragments", ("path", "corpus")),
        ("/", ("path",)),
        ("/compare", ("a_path",)),
    ],
)
def test_no_argument_of_an_address_leads_outside(
    client: TestClient, base: Path, address: str, names: tuple[str, ...]
) -> None:
    for attempt in attempts(base):
        for name in names:
            refused(client, "GET", address, params={"corpus": "corpus", name: attempt})


def test_no_path_of_a_document_leads_outside(client: TestClient, base: Path) -> None:
    for attempt in attempts(base):
        refused(client, "POST", "/api/v1/query", json={"path": attempt, "lines": "1-30"})
        refused(client, "POST", "/api/v1/compare", json={"a": {"path": attempt}, "b": {"path": attempt}})
        refused(client, "POST", "/api/v1/jobs", json={"kind": "index", "corpora": [attempt]})


def test_no_part_of_an_address_leads_outside(client: TestClient, base: Path) -> None:
    """Also where a route takes a name, and among the files of pages."""
    places = {
        re.sub(r"/1(?=/|$)", "/{}", path)
        for method, path in routes(client)
        if method == "GET" and NAMED.search(path)
    }
    for attempt in attempts(base):
        for place in sorted(places | {"/static/{}", "/{}", "/static/..{}"}):
            for written in (quote(attempt, safe="/"), quote(attempt, safe="")):
                refused(client, "GET", SITE + place.format(written))


def test_name_of_an_uploaded_file_is_a_name_alone(client: TestClient, base: Path) -> None:
    for attempt in attempts(base):
        name = attempt.replace("\0", "%00")
        refused(client, "POST", "/api/v1/query/file", files={"file": (name, b"x = 1\n" * 20)})
        refused(client, "POST", "/compare", files={"a_file": (name, b"x"), "b_file": (name, b"y")})


def test_link_that_appears_after_indexing_is_not_followed(
    base: Path, client: TestClient, tmp_path: Path
) -> None:
    """The index knows the file; what is in its place now may be anything."""
    known = base / "corpus" / "shop" / "users.py"
    code = known.read_bytes()
    path = "corpus/shop/users.py"
    assert client.post("/api/v1/query", json={"path": path}).status_code == 200
    try:
        for target in (base / "outside" / "secret.py", Path("/dev/zero"), tmp_path, base / "nowhere"):
            known.unlink()
            known.symlink_to(target)
            refused(client, "GET", "/file", params={"corpus": "corpus", "path": "shop/users.py"})
            refused(client, "POST", "/api/v1/query", json={"path": path})
            refused(client, "POST", "/api/v1/query", json={"code": code.decode()})
    finally:
        known.unlink()
        known.write_bytes(code)
