"""The longest wait for an answer."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.server.failures import TimedOut
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.refusals import refuse


class DeadlineMiddleware:
    """Answers 504 when no answer has begun in time.

    One that has begun may go on: events of a job last as long as the job, and a client that does not read is
    cut off by :mod:`.slow_clients`.
    """

    def __init__(self, app: ASGIApp, options: SecurityOptions) -> None:
        self._app = app
        self._seconds = options.request_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_in_time(message: Message) -> None:
            if not deadline.expired():
                deadline.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as deadline:
                await self._app(scope, receive, send_in_time)
        except TimeoutError:
            if not deadline.expired():
                raise
            failure = TimedOut(f"no answer within {self._seconds:g} s", "ask for less, or try again later")
            await refuse(scope, receive, send, failure)
