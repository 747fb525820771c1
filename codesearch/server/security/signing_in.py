"""Strangers who open a page are shown where to sign in, and come back to that page afterwards."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = "/login"
HOME = "/"
_LONGEST = 8000  # characters; a search with its code in the address may be too long to come back to
_PLACE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)


def place_here(address: str) -> str:
    r"""An address of this server that a request named; the first page in place of any other.

    Browsers read ``//name`` and ``/\name`` as another server, and drop tabs and line ends before they look.
    """
    fits = len(address) <= _LONGEST and _PLACE.fullmatch(address) is not None
    return address if fits and urlsplit(address).path != PAGE else HOME


def sign_in_address(place: str) -> str:
    """Where to sign in and then go on to a place of this server."""
    return f"{PAGE}?next={quote(place_here(place), safe='/')}"


class SignInMiddleware:
    """Turns the 401 of a page into a way to sign in; programs get the 401."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _way_in(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        replaced = False

        async def send_or_replace(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 401:
                replaced = True
                await answer(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, send_or_replace)


def _way_in(scope: Scope) -> Response | None:
    """What a stranger is told who opened a page, or had htmx send a form; None for all other requests."""
    headers = Headers(scope=scope)
    path = str(scope["path"])
    if path.startswith("/api/") or path == PAGE or "authorization" in headers:
        return None
    if "hx-request" in headers:
        address = sign_in_address(_place_in(headers.get("hx-current-url", "")))
        return Response(status_code=401, headers={"HX-Redirect": address})
    if "text/html" not in headers.get("accept", ""):
        return None
    query = scope["query_string"].decode("latin-1")
    asked = f"{quote(path)}?{query}" if query else quote(path)
    place = asked if scope["method"] in {"GET", "HEAD"} else HOME
    return RedirectResponse(sign_in_address(place), status_code=303)


def _place_in(address: str) -> str:
    """Path and arguments of a whole address; the first page when it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:  # half of an IPv6 address
        return HOME
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
