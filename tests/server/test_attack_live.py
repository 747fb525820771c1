"""A real server that asks everybody for a token, as somebody meets it who has none, or a bad one."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from audit_trees import python_function
from code_base import as_user
from commandline import call
from own_server import user_engine
from served import CodeBase, Site, serving
from sqlalchemy import update

from codesearch.core.store.models import AccessToken

pytestmark = pytest.mark.enable_socket

STATUS = "/api/v1/status"
QUERY = "/api/v1/query"
SLOW = {"code": "a=" * (100 << 10) + "1", "language": "javascript"}
SMALL = {"code": python_function("sum_up", "order")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and the cookie that it set, as a browser sends it back."""

    status: int
    text: str
    cookie: str


class Client:
    """A connection to the server."""

    def __init__(self, site: Site) -> None:
        self._connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=60)

    def send(self, path: str, headers: dict[str, str] | None = None, document: object = None) -> None:
        """Ask, without waiting for the answer."""
        if document is None:
            self._connection.request("GET", path, headers=headers or {})
        else:
            sent = {"Content-Type": "application/json"} | (headers or {})
            self._connection.request("POST", path, json.dumps(document), sent)

    def fill_in(self, path: str, cookie: str, **fields: str) -> Answer:
        """Send a form with the token that its page has."""
        page = self.ask("/login" if path == "/login" else "/", {"Cookie": cookie, "Accept": "text/html"})
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert found is not None
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie or page.cookie}
        self._connection.request("POST", path, urlencode({"csrf": found[1], **fields}), headers)
        return self.hear()

    def hear(self) -> Answer:
        """The answer to what was sent."""
        answer = self._connection.getresponse()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        return Answer(answer.status, answer.read().decode(), cookie)

    def ask(self, path: str, headers: dict[str, str] | None = None, document: object = None) -> Answer:
        self.send(path, headers, document)
        return self.hear()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def site(served_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that says what it is asked."""
    folder = tmp_path_factory.mktemp("attacked")
    base = folder / "home"
    shutil.copytree(served_base / "home" / ".codesearch", base / ".codesearch")
    with pytest.MonkeyPatch.context() as patch:
        as_user(folder, patch)
        assert call("token", "create", "--name", "first").code == 0
    served = folder / "served"
    served.mkdir()
    with serving(CodeBase(base, ""), served, "--require-token", "-v") as running:
        yield running


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    asking = Client(site)
    yield asking
    asking.close()


@pytest.fixture
def token(site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of the server, whose user's commands work on its index from here on."""
    monkeypatch.chdir(site.home)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(site.home / "config"))
    for known in call("token", "list", "--json").document["tokens"]:
        if known["name"] == "attacked":
            call("token", "revoke", known["id"])
    made = call("token", "create", "--name", "attacked", "--json").document["token"]
    assert isinstance(made, str)
    return made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed_in(client: Client, token: str) -> str:
    """The cookie of a browser that has just signed in."""
    answer = client.fill_in("/login", "", token=token)
    assert answer.status == 303
    return answer.cookie


def test_token_that_is_revoked_stops_at_once(client: Client, token: str) -> None:
    assert client.ask(STATUS, bearer(token)).status == 200
    assert call("token", "revoke", "attacked").code == 0
    assert client.ask(STATUS, bearer(token)).status == 401


def test_token_whose_time_is_over_stops(client: Client, token: str) -> None:
    with user_engine().open_database() as database, database.write() as connection:
        mine = update(AccessToken).where(AccessToken.name == "attacked")
        connection.execute(mine.values(expires_at=time.time() - 1))
    assert client.ask(STATUS, bearer(token)).status == 401


@pytest.mark.parametrize("changed", ["", "{0}x", "{0} {0}", "x{0}", "{0}\t", "csk_", "\xff" * 40, "0" * 9000])
def test_token_that_is_not_quite_right_is_refused(client: Client, token: str, changed: str) -> None:
    answer = client.ask(STATUS, bearer(changed.format(token)))
    expected = 200 if changed.strip() == "{0}" else 401  # HTTP drops white space at the end of a header
    assert answer.status == expected, answer.text
    assert token not in answer.text


def test_token_in_an_address_does_not_work_and_is_not_logged(client: Client, token: str, site: Site) -> None:
    for name in ("token", "access_token", "authorization"):
        assert client.ask(f"{STATUS}?{urlencode({name: token})}").status == 401
    logged = site.messages.read_text("utf-8")
    assert f"{STATUS}?… 401" in logged
    assert token.rpartition("_")[2] not in logged


def test_cookie_that_was_changed_is_no_session(client: Client, token: str) -> None:
    cookie = signed_in(client, token)
    assert client.ask(STATUS, {"Cookie": cookie}).status == 200
    name, _, value = cookie.partition("=")
    said, stamp, signature = value.rsplit(".", 2)
    other = f"{said[:-1]}{'A' if said[-1] != 'A' else 'B'}"
    changed = (f"{other}.{stamp}.{signature}", f"{said}.zzzzzz.{signature}", f"{said}.{stamp}.")
    for text in (*changed, "", "." * 3000):
        assert client.ask(STATUS, {"Cookie": f"{name}={text}"}).status == 401


def test_copied_cookie_works_after_signing_out_until_its_token_is_revoked(client: Client, token: str) -> None:
    cookie = signed_in(client, token)
    signed_out = client.fill_in("/logout", cookie)
    assert signed_out.status == 303
    assert client.ask(STATUS, {"Cookie": signed_out.cookie}).status == 401
    assert client.ask(STATUS, {"Cookie": cookie}).status == 200
    assert call("token", "revoke", "attacked").code == 0
    assert client.ask(STATUS, {"Cookie": cookie}).status == 401


def test_slow_code_is_refused_while_other_code_is_searched_for(
    client: Client, token: str, site: Site
) -> None:
    slow = Client(site)
    slow.send(QUERY, bearer(token), SLOW)
    assert client.ask(QUERY, bearer(token), SMALL).status == 200
    answer = slow.hear()
    slow.close()
    problem = json.loads(answer.text)
    assert (answer.status, problem["detail"]) == (400, "the code takes longer than 2 s to parse")
    assert problem["hint"] == "send the function that matters alone"


def test_flood_of_broken_requests_is_a_few_lines(site: Site) -> None:
    for _ in range(40):
        broken = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=60)
        broken.connect()
        broken.sock.sendall(b"SECRET def f(x): return\r\n\r\n")
        assert b"400" in broken.sock.recv(1000)
        broken.close()
    logged = site.messages.read_text("utf-8")
    assert logged.count("Invalid HTTP request received.") == 6
    assert "Invalid HTTP request received. (32 times)" in logged
    assert "SECRET" not in logged
