"""Secrets of every kind are set, everything is run, and then all that was written is searched for them."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from audit_trees import python_function
from commandline import Outcome, call, tally, write_tree
from own_server import SITE, own_server
from scripted_server import Reply, Request, ScriptedServer, verdict
from server_routes import routes

pytestmark = pytest.mark.enable_socket

FORMATS = ("text", "json", "sarif", "html", "markdown", "csv", "gitlab", "junit")


def canary(name: str) -> str:
    """A secret whose URL form, with its sign at the end, differs from its plain one."""
    return f"{name}-kanarienvogel-7f3a/9+=x"


API_KEY, WEBHOOK, USERINFO, PASSWORD = map(canary, ("key", "hook", "user", "database"))
HEADER, ADDRESS = map(canary, ("header", "address"))


def spellings(secret: str) -> set[bytes]:
    """What a text may look like in which somebody finds the secret."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), quote(secret).encode(), quote_plus(secret).encode()}
    found |= {quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), raw[::-1]}
    found.add(secret.replace("/", "\\/").encode())
    for shift in range(3):  # base64 reads three bytes at a time, wherever the secret begins
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"." * shift + raw).rstrip(b"=")
            found.add(text[4 if shift else 0 : -1])
    return found


@dataclass
class Written:
    """All that was written somewhere, by what wrote it."""

    texts: dict[str, bytes] = field(default_factory=dict)

    def keep(self, what: str, *texts: str | bytes) -> None:
        joined = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts)
        self.texts[f"{len(self.texts)} {what}"] = joined

    def keep_files(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            self.texts[str(path)] = os.fsencode(path.name)
            if path.is_file():
                self.texts[str(path)] += path.read_bytes()

    def where(self, secret: str) -> set[str]:
        """What holds a secret, in any spelling."""
        wanted = spellings(secret)
        return {what for what, text in self.texts.items() if any(one in text for one in wanted)}


@dataclass
class Run:
    """A user with secrets, what they run, and what that wrote."""

    home: Path
    written: Written = field(default_factory=Written)

    def call(self, *words: str | Path, stdin: bytes = b"") -> Outcome:
        """Run a command that succeeds, or says why not in a line, as wordy as it can be."""
        outcome = call("--debug", *words, stdin=stdin)
        assert outcome.code in {0, 1, 2, 3}
        self.written.keep(" ".join(map(str, words)), outcome.out, outcome.err)
        return outcome

    def done(self, *words: str | Path, stdin: bytes = b"") -> None:
        """Run a command that does what it is there for."""
        outcome = self.call(*words, stdin=stdin)
        assert outcome.code == 0, outcome.err


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A judge and a webhook in one, which repeats in its answers what it was sent."""

    def reply(request: Request) -> Reply:
        if request.path.startswith("/hook"):
            return Reply(500, request.path.encode())
        if request.path.startswith("/broken"):
            return Reply(401, json.dumps({"error": {"message": dict(request.headers)}}).encode())
        return verdict()

    with ScriptedServer(reply) as server:
        yield server


@pytest.fixture
def run(user: Path, caplog: pytest.LogCaptureFixture) -> Run:
    """A user with a code base of near misses, whose logs tell all."""
    caplog.set_level(logging.DEBUG)
    files = {f"part_{number}.py": tally(f"sum_{number}") for number in range(3)}
    files |= {"orders.py": python_function("collect", "order"), "users.py": python_function("gather", "user")}
    write_tree(user / "corpus", files)
    return Run(user)


def finish(run: Run, caplog: pytest.LogCaptureFixture) -> Written:
    """All that was written, log messages of every level and library among it."""
    for record in caplog.records:
        line = f"{record.getMessage()} {record.exc_text}"
        if not record.name.startswith("httpx") or SITE not in line:  # else the test's own client says so
            run.written.keep(f"log of {record.name} {record.levelname}", line)
    run.written.keep_files(run.home)
    return run.written


def everything(run: Run) -> None:
    """What somebody does in a day."""
    run.done("index", "corpus")
    run.done("query", "corpus/part_0.py", "--judge", "llm", "--judge-always", "--json")
    run.done("query", "-", "--lang", "python", "--show", stdin=tally("mine").encode())
    run.done("compare", "corpus/part_0.py", "corpus/orders.py", "--judge", "llm", "--judge-always")
    for name in FORMATS:
        run.done("audit", "--no-refresh", "--jobs", "1", "-f", name, "-o", f"report.{name}")
    run.done("audit", "history")
    run.done("feedback", "accept", "corpus/part_0.py", "corpus/part_1.py", "--reason", "the same")
    run.done("feedback", "list")
    run.done("feedback", "export", "verdicts.jsonl")
    run.done("schedule", "add", "corpus", "--cron", "0 3 * * *", "--name", "nightly", "--", "--jobs", "1")
    run.done("schedule", "run", "nightly", "--once")
    run.done("schedule", "list", "--json")
    for words in (("status",), ("doctor",), ("config", "show", "--origin"), ("config", "show", "--json")):
        run.done(*words)
    run.done("models", "list")
    run.done("token", "list", "--json")


def asked(run: Run, token: str) -> None:
    """Every route of the server is asked, by strangers and by who has a token, with secrets all around."""
    with own_server() as client:
        for headers in (
            {"Authorization": f"Bearer {token}", "Accept": "text/html"},
            {"Authorization": f"Bearer {token}", "Accept": "application/json"},
            {"Authorization": f"Bearer {HEADER}", "Accept": "application/json"},
            {"Cookie": f"codesearch-8765={HEADER}", "X-CSRF-Token": HEADER, "Accept": "text/html"},
        ):
            for method, path in routes(client):
                if method == "GET" and not path.endswith("/events"):
                    answer = client.get(f"{path}?token={quote(ADDRESS)}", headers=headers)
                    shown = {name: value for name, value in answer.headers.items() if name != "location"}
                    # The way to sign in leads back to the address that was asked for, with all it holds.
                    body = b"" if answer.status_code == 303 else answer.content
                    run.written.keep(f"{method} {path}", body, repr(shown))
            document = {"code": tally("mine"), "language": "python", "judge": True}
            answer = client.post("/api/v1/query", json=document, headers=headers)
            run.written.keep("POST query", answer.content)


@pytest.mark.parametrize("by", ["environment", pytest.param("settings file", marks=pytest.mark.nightly)])
def test_keys_and_webhooks_are_in_nothing_that_is_written(
    run: Run,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    by: str,
) -> None:
    secrets = {
        ("judge", "api_key"): API_KEY,
        ("judge", "base_url"): server.url,
        ("judge", "model"): "coder:7b",
        ("audit", "webhook"): f"http://localhost:{server.port}/hook/{quote(WEBHOOK)}",
    }
    config = run.home.parent / "config" / "codesearch" / "config.toml"
    if by == "environment":
        for (section, name), value in secrets.items():
            monkeypatch.setenv(f"CODESEARCH_{section.upper()}__{name.upper()}", value)
    else:
        lines = [f"{section}.{name} = {json.dumps(value)}" for (section, name), value in secrets.items()]
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text("\n".join(lines), encoding="utf-8")
    everything(run)
    monkeypatch.setenv("CODESEARCH_SERVER__REQUIRE_TOKEN", "true")
    token = call("token", "create", "--json").document["token"]
    asked(run, token)
    assert API_KEY in {str(r.headers.get("authorization")).removeprefix("Bearer ") for r in server.requests}
    assert any(request.path.startswith("/hook/") for request in server.requests)
    written = finish(run, caplog)
    for secret in (API_KEY, WEBHOOK, token.rpartition("_")[2], HEADER, ADDRESS):
        assert written.where(secret) == set()


def test_key_that_a_hostile_judge_repeats_is_not_shown(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CODESEARCH_JUDGE__API_KEY", API_KEY)
    monkeypatch.setenv("CODESEARCH_JUDGE__MODEL", "coder:7b")
    monkeypatch.setenv("CODESEARCH_JUDGE__BASE_URL", f"{server.origin}/broken")
    run.call("compare", "corpus/part_0.py", "corpus/orders.py", "--judge", "llm", "--judge-always", "--json")
    assert server.requests
    assert finish(run, caplog).where(API_KEY) == set()


def test_credentials_in_addresses_are_not_repeated(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = f"me:{quote(USERINFO, safe='')}@127.0.0.1:1"  # where nobody listens
    run.call("index", f"https://{known}/app.git")
    run.call("index", f"ssh://{known}/app.git")
    run.call("index", f"https://127.0.0.1:1/app.git?token={quote(USERINFO)}")
    (run.home / "list.txt").write_text(f"https://{known}/app.git\n", encoding="utf-8")
    run.call("index", "--from", "list.txt")
    (run.home / "list.txt").unlink()
    run.call("index", "corpus")
    for name, value in (
        ("JUDGE__BASE_URL", f"http://{known}/v1"),
        ("AUDIT__WEBHOOK", f"http://{known}/hook"),
        ("AUDIT__WEBHOOK", f"ftp://{known}/hook"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"CODESEARCH_{name}", value)
            patch.setenv("CODESEARCH_JUDGE__MODEL", "coder:7b")
            for words in (("config", "show"), ("doctor",), ("schedule", "run", "--once")):
                run.call(*words)
            run.call("compare", "corpus/part_0.py", "corpus/orders.py", "--judge", "llm", "--judge-always")
    assert finish(run, caplog).where(USERINFO) == set()


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "mysql", "nonsense", ""])
def test_password_of_the_database_is_not_repeated(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    address = f"{scheme}://me:{quote(PASSWORD, safe='')}@127.0.0.1:1/clones?connect_timeout=1"
    monkeypatch.setenv("CODESEARCH_STORE__URL", address)
    for words in (
        ("index", "corpus"),
        ("status",),
        ("query", "corpus/part_0.py"),
        ("doctor",),
        ("config", "show", "--origin"),
        ("token", "create"),
    ):
        run.call(*words)
    assert finish(run, caplog).where(PASSWORD) == set()
