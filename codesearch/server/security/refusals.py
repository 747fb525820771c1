"""Answers of the middleware itself, in the form that those of routes have."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from codesearch.core.errors import CodesearchError
from codesearch.server.answers import failure_answer


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    error: CodesearchError,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request with a failure instead of passing it on."""
    response = failure_answer(Request(scope, receive), error)
    response.headers.update(headers or {})
    await response(scope, receive, send)
