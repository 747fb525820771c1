"""Headers of every answer: what a browser may do with it, which is little."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # addresses hold code; none at all makes forms come from nowhere
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "X-Frame-Options": "DENY",  # for what does not know frame-ancestors
}
"""A route that sets one of these itself means it."""

_STATIC = "/static/"
_FOREVER = "public, max-age=31536000, immutable"  # pages name a file with a digest of its content


class HeadersMiddleware:
    """Adds what an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", _caching(scope))
                if message["status"] == 401:
                    headers.setdefault("WWW-Authenticate", 'Bearer realm="codesearch"')
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, send_guarded)


def _caching(scope: Scope) -> str:
    """What may be kept of an answer that does not say so itself: nothing that may show source text."""
    if not scope["path"].startswith(_STATIC):
        return "no-store"
    return _FOREVER if scope["query_string"].startswith(b"v=") else "no-cache"
