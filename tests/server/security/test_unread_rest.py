"""Who goes on sending a refused body is not waited for without end, and not by the application."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from codesearch.server.security.unread import UnreadBodyMiddleware

SCOPE: dict[str, Any] = {"type": "http", "headers": [(b"content-length", b"1000000")]}


class Exchange:
    """An application that refuses, between a client and the server.

    Attributes:
        sent: What the client hears.
        returned: Whether the application has.
        asked_before: How often the body was asked for before that.
    """

    def __init__(self, chunks: int) -> None:
        self.sent: list[Message] = []
        self.returned = False
        self.asked_before = 0
        self._chunks = chunks

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too large"})
        self.returned = True

    async def receive(self) -> Message:
        self.asked_before += not self.returned
        if not self._chunks:
            await asyncio.Event().wait()  # a client that sends no more
        self._chunks -= 1
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def run(self) -> None:
        guarded = UnreadBodyMiddleware(self.refuse, seconds=0.01)
        asyncio.run(asyncio.wait_for(guarded(SCOPE, self.receive, self.send), 60))


def test_client_that_stops_sending_is_answered_to_the_end() -> None:
    exchange = Exchange(chunks=3)
    exchange.run()
    assert [message.get("more_body", False) for message in exchange.sent] == [False, True, False]


def test_application_has_returned_before_the_rest_is_thrown_away() -> None:
    exchange = Exchange(chunks=3)
    exchange.run()
    assert exchange.asked_before == 0
