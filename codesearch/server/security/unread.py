"""What a client still sends when its answer is there: it is thrown away, so that the answer is heard.

A connection that is closed while something arrives is reset, and a client that first sends all of its body
then sees a broken connection in place of the reason.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST = 256 << 20
"""Bytes that are thrown away; how slowly they may come is for :mod:`.slow_clients` to say."""


class UnreadBodyMiddleware:
    """Answers at once, and ends the answer when the body has ended or is far too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if not has_body(headers):
            await self._app(scope, receive, send)
            return
        # Who asks first sends nothing until somebody wants to read it.
        comes = headers.get("expect", "").lower() != "100-continue"
        ended = False

        async def receive_noted() -> Message:
            nonlocal comes, ended
            comes = True
            message = await receive()
            ended = not message.get("more_body", False)
            return message

        async def send_before_the_rest(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and comes and not ended:
                await send({**message, "more_body": True})
                left = _MOST
                while left > 0 and not ended:
                    left -= len((await receive_noted()).get("body", b""))
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, receive_noted, send_before_the_rest)


def has_body(headers: Headers) -> bool:
    """Whether a request says that a body follows."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
