"""Finds out who makes a request, and keeps the browser's session."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.core.errors import CodesearchError
from codesearch.server.security.access import Access
from codesearch.server.security.refusals import refuse
from codesearch.server.security.sessions import Session, SessionCookies


@dataclass(slots=True)
class Visit:
    """The session of one request, which a route may replace.

    Attributes:
        session: As it is now.
        cookies: Signs what belongs to it.
        known: Whether the browser has its cookie already.
        kept: Whether the answer brings it.
    """

    session: Session
    cookies: SessionCookies
    known: bool
    kept: bool = False

    def keep(self) -> None:
        """Have the browser know its session from now on."""
        self.kept = not self.known

    def replace(self, session: Session) -> None:
        """Sign in, or out."""
        self.session = session
        self.known = False
        self.keep()


class CallerMiddleware:
    """Puts the caller and the :class:`Visit` into a request's state."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        cookies = self._access.cookies
        session = cookies.read(connection)
        visit = Visit(session or Session.fresh(), cookies, known=session is not None)
        state = scope.setdefault("state", {})
        state["visit"] = visit
        state["caller"] = None

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visit.kept:
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.append("Set-Cookie", cookies.header(connection, visit.session))
                message = {**message, "headers": headers.raw}
            await send(message)

        try:
            state["caller"] = await self._access.caller(connection, session)
        except CodesearchError as failure:
            state["refused"] = failure
        await self._app(scope, receive, send_with_cookie)


class RefusedTokenMiddleware:
    """Ends a request whose caller could not be found out; behind the rates, so that it was counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        failure = scope["state"].get("refused") if scope["type"] == "http" else None
        if isinstance(failure, CodesearchError):
            await refuse(scope, receive, send, failure)
        else:
            await self._app(scope, receive, send)


def visit_of(connection: HTTPConnection) -> Visit | None:
    """The session of a request; None before it is known, as when the request was refused."""
    visit = connection.scope.get("state", {}).get("visit")
    return visit if isinstance(visit, Visit) else None
