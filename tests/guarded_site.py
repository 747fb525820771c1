"""A small application behind the server's checks, its tokens and its clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import update
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from codesearch.core.errors import CodesearchError
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.models import AccessToken as TokenRow
from codesearch.core.store.tokens import add_token, read_tokens, revoke_token
from codesearch.core.tokens import AccessToken, Scope, TokenText
from codesearch.server.answers import failure_answer, http_answer
from codesearch.server.security.access import Access
from codesearch.server.security.access_log import Exchange
from codesearch.server.security.callers import visit_of
from codesearch.server.security.csrf import csrf_checked, csrf_token
from codesearch.server.security.kept_tokens import KeptTokens
from codesearch.server.security.middleware import middleware
from codesearch.server.security.scopes import administers, caller_of, reads, writes
from codesearch.server.security.sessions import SessionCookies

PRIVATE_CODE = "def very_private_function"

LARGE = 32 << 20
"""Bytes of an answer that no buffer between a server and its client holds."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the checks read; the defaults are those of a user on this machine."""

    host: str = "127.0.0.1"
    port: int = 8765
    require_token: bool = False
    allowed_hosts: tuple[str, ...] = ()
    rate_per_minute: int = 600
    rate_per_minute_local: int = 12_000
    request_seconds: float = 60.0
    header_seconds: float = 10.0
    body_seconds: float = 10.0
    min_body_rate: int = 1024
    connections_per_address: int = 64
    max_form_bytes: int = 4096
    session_hours: float = 12.0
    https: bool = False


OPEN_TO_OTHERS = Options(host="0.0.0.0")  # noqa: S104 - nothing listens in these tests


@dataclass
class Site:
    """The application, the store of its tokens and what was heard of requests."""

    app: FastAPI
    access: Access
    database: Database
    options: Options
    heard: list[Exchange] = field(default_factory=list)

    def client(self, address: str = "127.0.0.1", host: str = "127.0.0.1:8765") -> TestClient:
        """A client at an address, which reaches the server by this name and follows no redirect."""
        return TestClient(
            self.app,
            base_url=f"http://{host}",
            client=(address, 50_000),
            headers={"Accept": "application/json"},
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    def token(self, scope: Scope = Scope.READ, lifetime: float | None = None) -> TokenText:
        """A new token that works."""
        text = TokenText.fresh()
        with self.database.write() as connection:
            add_token(connection, text, f"{scope}-token", scope, lifetime)
        return text

    def revoke(self, text: TokenText) -> None:
        with self.database.write() as connection:
            revoke_token(connection, text.id)

    def expire(self, text: TokenText) -> None:
        """Let the time of a token be over."""
        with self.database.write() as connection:
            past = update(TokenRow).where(TokenRow.id == text.id).values(expires_at=time.time() - 1)
            connection.execute(past)

    def tokens(self) -> tuple[AccessToken, ...]:
        with self.database.read() as connection:
            return read_tokens(connection)


@contextmanager
def guarded_site(folder: Path, options: Options | None = None, **changed: object) -> Iterator[Site]:
    """A site whose store lies in ``folder``."""
    options = replace(options or Options(), **changed)  # type: ignore[arg-type]
    url = sqlite_url(folder / "tokens.db")
    with Database.create(url) as database:
        kept = KeptTokens(lambda: Database.open(url))
        access = Access(kept, SessionCookies(b"k" * 32, options), options)
        heard: list[Exchange] = []
        yield Site(_application(access, options, heard), access, database, options, heard)
        access.close()


def bearer(text: TokenText) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def _application(access: Access, options: Options, heard: list[Exchange]) -> FastAPI:
    app = FastAPI(middleware=middleware(options, access, heard.append), openapi_url=None)
    app.add_exception_handler(CodesearchError, failure_answer)
    app.add_exception_handler(HTTPException, http_answer)

    @app.get("/", dependencies=[reads])
    @app.get("/audits/{number}", dependencies=[reads])
    async def page(request: Request) -> Response:
        return HTMLResponse(csrf_token(request))

    @app.post("/form", dependencies=[reads, csrf_checked])
    async def form(request: Request) -> Response:
        caller = caller_of(request)
        return PlainTextResponse(caller.name if caller else "-")

    @app.post("/enter")
    async def enter(request: Request, token: str) -> Response:
        visit = visit_of(request)
        assert visit is not None
        visit.replace(await access.sign_in(token))
        return PlainTextResponse("in")

    @app.get("/api/v1/status", dependencies=[reads])
    async def status() -> dict[str, str]:
        return {"status": "fine"}

    @app.get("/api/v1/health")
    async def health() -> dict[str, str]:
        return {"status": "fine"}

    @app.post("/api/v1/query", dependencies=[reads])
    @app.post("/api/v1/feedback/import", dependencies=[writes])
    @app.post("/settings-form")
    async def query(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post("/api/v1/typed", dependencies=[reads])
    async def typed(document: dict[str, str]) -> dict[str, str]:
        return document

    @app.post("/api/v1/jobs", dependencies=[writes])
    async def jobs() -> dict[str, str]:
        return {"job": "started"}

    @app.post("/api/v1/schedules", dependencies=[administers])
    async def schedules() -> dict[str, str]:
        return {"schedule": "added"}

    @app.get("/api/v1/slow")
    async def slow() -> dict[str, str]:
        await asyncio.sleep(3600)
        return {}

    @app.get("/api/v1/events")
    async def events() -> Response:
        async def lines() -> AsyncIterator[str]:
            for number in range(3):
                await asyncio.sleep(options.request_seconds)
                yield f"data: {number}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    @app.get("/api/v1/endless")
    async def endless() -> Response:
        async def lines() -> AsyncIterator[str]:
            yield "data: 0\n\n"
            await asyncio.sleep(3600)

        return StreamingResponse(lines(), media_type="text/event-stream")

    @app.get("/api/v1/broken")
    @app.get("/broken")
    async def broken() -> None:
        raise ValueError(f"in {PRIVATE_CODE}")

    @app.get("/cached")
    async def cached() -> Response:
        return PlainTextResponse("", headers={"Cache-Control": "private, no-cache"})

    @app.get("/large")
    async def large() -> Response:
        return PlainTextResponse("x" * LARGE)

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        return PlainTextResponse(name)

    return app
