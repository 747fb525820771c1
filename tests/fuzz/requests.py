"""Requests to the whole application: whatever they hold, they are answered, and never by a fault of ours.

What the API's own description allows is asked by ``tests/server/test_schemathesis.py``; here are raw bodies,
forms, query strings and paths, of which few mean anything.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes, unquote

import pytest
from audit_trees import python_function
from code_base import as_user, make_code_base
from fuzz.target import Target, scratch

from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file

if TYPE_CHECKING:
    from fastapi import FastAPI

_PORT = 8765
_EXPECTED = {501, 503}
"""An extra or a thread that is not there: what a server may answer to the best of requests."""

_JSON, _FORM, _MULTIPART = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
)
_API = "/api/v1"
_ASCII = bytes(range(0x21, 0x7F))

Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Route:
    """Where the bytes of an input go: into a body of this kind, or into the query string where it has none.

    Attributes:
        path: Of the request.
        content: Content type of the body; empty for a GET.
        example: Bytes that it understands.
    """

    path: str
    content: str
    example: bytes


_CODE = python_function("collect", "order")
_FILE = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.py"\r\n\r\n'
    + _CODE.encode()
    + b'\r\n--b\r\nContent-Disposition: form-data; name="k"\r\n\r\n3\r\n--b--\r\n'
)
_VERDICT = {"code": _CODE, "language": "python"}
_EXPORTED = b'{"schema": "codesearch.feedback/1", "verdict": "clone", "a": {}, "b": {}, "at": 1}\n'
_ROUTES = (
    _Route(f"{_API}/query", _JSON, json.dumps({"code": _CODE, "k": 3, "paths": ["**/*.py"]}).encode()),
    _Route(f"{_API}/query", _JSON, b'{"path": "shop/orders.py", "lines": "1-9", "rerank": false}'),
    _Route(f"{_API}/query/file", _MULTIPART, _FILE),
    _Route(f"{_API}/compare", _JSON, json.dumps({"a": {"code": _CODE}, "b": {"path": "odd.py"}}).encode()),
    _Route(
        f"{_API}/feedback", _JSON, json.dumps({"a": _VERDICT, "b": _VERDICT, "verdict": "clone"}).encode()
    ),
    _Route(f"{_API}/feedback/import", _MULTIPART, _FILE.replace(_CODE.encode(), _EXPORTED)),
    _Route(f"{_API}/schedules", _JSON, b'{"cron": "0 5 * * 1", "corpora": ["corpus"]}'),
    _Route("/", _FORM, b"code=def+f%28x%29%3A%0A++return+x&language=python&k=3"),
    _Route("/compare", _FORM, b"a_code=x+%3D+1&b_code=y+%3D+2&a_language=python"),
    _Route("/", _MULTIPART, _FILE.replace(b'name="k"', b'name="language"')),
    *(
        _Route(path, "", query)
        for path, query in (
            (f"{_API}/fragments", b"corpus=corpus&path=shop/orders.py&lines=1-9"),
            (f"{_API}/corpora", b"limit=2&cursor=abc"),
            (f"{_API}/corpora/corpus/skipped", b"reason=binary"),
            (f"{_API}/audits/latest/classes", b"type=T2&role=source&path=**%2F*.py&sort=lines"),
            (f"{_API}/audits/latest/report", b"format=sarif"),
            (f"{_API}/feedback", b"limit=5&cursor=eyJhIjoxfQ"),
            (f"{_API}/review", b"limit=1"),
            (f"{_API}/schedules", b"limit=1"),
            ("/file", b"corpus=corpus&path=shop/orders.py&line=1&end=5"),
            ("/audits", b"corpus=corpus&days=3"),
            ("/audits/classes", b"type=T1&page=2&sort=lines"),
            ("/compare", b"a_path=shop/orders.py&a_lines=1-9&b_path=odd.py"),
            ("/judge", b"look=true"),
            ("/", b"code=def+f%28x%29%3A+return+x&language=python&k=3"),
            ("/judge/verdicts", b"page=1&verdict=clone"),
            ("/jobs", b"page=1"),
            ("/corpora", b"page=1"),
        )
    ),
    _Route("", "", b"/api/v1/audits/latest/classes/c0ffee?a=%00"),  # the bytes are the path
)


@dataclass
class _Served:
    """An application over an index of its own, made when it is first asked, and what is to be closed then.

    Attributes:
        app: None while it is closed.
    """

    app: FastAPI | None = None
    runner: asyncio.Runner | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def answer(self, scope: Message, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of an answer."""
        if self.app is None or self.runner is None:
            self.runner = self._stack.enter_context(asyncio.Runner())
            self.app = self._stack.enter_context(_application())
        return self.runner.run(_exchange(self.app, scope, body))

    def close(self) -> None:
        """End its threads and processes; the next request makes another one."""
        self._stack.close()
        self.app = self.runner = None


@contextmanager
def _application() -> Iterator[FastAPI]:
    from codesearch.engine import Engine
    from codesearch.server.app import create_app
    from codesearch.server.run import server_state

    folder = scratch("server")
    flags = {"index.dir": folder / "home" / ".codesearch", "server.rate_per_minute_local": 10_000_000}
    with pytest.MonkeyPatch.context() as patch:
        if not (folder / "home").exists():
            make_code_base(folder, patch, copies=2)
        as_user(folder, patch)
        engine = Engine(load_settings(flags).settings, user_config_file().parent)
    state = server_state(engine, _PORT)
    try:
        yield create_app(state)
    finally:
        state.pool.close()
        state.access.close()
        state.index.close()


async def _exchange(app: FastAPI, scope: Message, body: bytes) -> tuple[int, str, bytes]:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()  # the caller stays for the whole answer
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    start = next(message for message in said if message["type"] == "http.response.start")
    kind = dict(start["headers"]).get(b"content-type", b"").decode()
    return start["status"], kind, b"".join(message.get("body", b"") for message in said)


def _scope(route: _Route, data: bytes) -> Message:
    path, query = route.path.encode(), b"" if route.content else data
    if not path:
        path, _, query = data.partition(b"?")
        path = b"/" + path.lstrip(b"/")
    # What stands in a request's first line otherwise is refused before the application hears of it.
    path, query = (quote_from_bytes(part, _ASCII).encode() for part in (path, query))
    headers = [(b"host", b"127.0.0.1:%d" % _PORT)]
    if route.content:
        headers += [(b"content-type", route.content.encode()), (b"content-length", b"%d" % len(data))]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST" if route.content else "GET",
        "scheme": "http",
        "path": unquote(path.decode()),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", _PORT),
        "state": {},
    }


_SERVED = _Served()


def _asks(data: bytes) -> None:
    """The first byte chooses what is asked, the others are what is said."""
    if not data:
        return
    route, said = _ROUTES[data[0] % len(_ROUTES)], data[1:]
    status, kind, body = _SERVED.answer(_scope(route, said), said if route.content else b"")
    assert status < 500 or status in _EXPECTED, (status, route, body[:500])
    assert b"Traceback" not in body
    if kind.partition(";")[0].endswith("json"):
        document = json.loads(body)
        assert status < 400 or document["status"] == status


TARGETS = (
    Target(
        "requests",
        "API bodies",
        _asks,
        tuple(bytes([number]) + route.example for number, route in enumerate(_ROUTES)),
        costly=True,
        close=_SERVED.close,
    ),
)
