"""Requests that a page of another site had a browser make.

Browsers say where a request comes from: ``Sec-Fetch-Site`` (W3C Fetch Metadata), and ``Origin`` with whatever
changes something. Programs send neither. Other sites may link to our pages, and do nothing else.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from codesearch.server.failures import Forbidden, RequestFailure
from codesearch.server.security.refusals import refuse
from codesearch.server.security.unread import has_body

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"", "text/plain", "application/x-www-form-urlencoded"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class UnsupportedBody(RequestFailure):
    """A body of a kind that is not read here."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class OriginMiddleware:
    """Refuses what other sites ask for, and bodies that a form of theirs could have written for the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (failure := _refused(scope)) is not None:
            await refuse(scope, receive, send, failure)
        else:
            await self._app(scope, receive, send)


def _refused(scope: Scope) -> RequestFailure | None:
    headers = Headers(scope=scope)
    reads = scope["method"] in _SAFE
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if not (reads and opened):
            return Forbidden("another site asked for this", "open the page itself")
    origin = headers.get("origin")
    if not reads and origin is not None and not _is_ours(origin, headers["host"], str(scope["scheme"])):
        return Forbidden("a page of another site sent this", "use the pages of this server")
    if not reads and scope["path"].startswith("/api/") and has_body(headers):
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FORMS:
            return UnsupportedBody(
                f"the API reads no {kind or 'body without a type'}", "send application/json"
            )
    return None


def _is_ours(origin: str, host: str, scheme: str) -> bool:
    """Whether an Origin header names this server; by TLS too, which a proxy may have taken off."""
    try:
        theirs = urlsplit(origin)
        ours = urlsplit(f"{theirs.scheme}://{host}")
        same_place = (theirs.hostname, _port(theirs.port, theirs.scheme)) == (
            ours.hostname,
            _port(ours.port, theirs.scheme),
        )
    except ValueError:
        return False
    return same_place and theirs.hostname is not None and theirs.scheme in {"https", scheme}


def _port(port: int | None, scheme: str) -> int | None:
    return _DEFAULT_PORTS.get(scheme) if port is None else port
