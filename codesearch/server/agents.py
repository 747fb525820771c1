"""The agents' tools at ``/mcp`` of the same process, over the same index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.util import find_spec

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from codesearch.core.errors import MissingExtra
from codesearch.core.tokens import Scope as AccessScope
from codesearch.server.security.scopes import require
from codesearch.serving.live_index import LiveIndex

PATH = "/mcp"


class Agents:
    """Answers those who may read, while it is open and the extra ``mcp`` is installed."""

    def __init__(self, index: LiveIndex) -> None:
        self._index = index
        self._app: ASGIApp | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer for as long as this lasts."""
        if find_spec("mcp") is None:
            yield
            return
        from codesearch.mcp_server.streamable_http import agents_app

        app = agents_app(self._index, PATH)
        async with app.router.lifespan_context(app):
            self._app = app
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request.

        Raises:
            RequestFailure: The caller may not read.
            MissingExtra: The extra is not installed.
        """
        require(HTTPConnection(scope), AccessScope.READ)
        if self._app is None:
            raise MissingExtra("the MCP server", "mcp")
        if scope["method"] != "POST":
            # A stream of what the server has to say by itself would never end: it has nothing to say.
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        await self._app(scope, receive, send)
