"""How often one caller may ask."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.server.failures import TooMany
from codesearch.server.security.addresses import client_group
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.refusals import refuse
from codesearch.server.security.scopes import How, caller_of

_UNCOUNTED = ("/static/", "/api/v1/health", "/api/v1/ready")
"""What costs nothing: files of pages, and what supervisors ask every few seconds."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a caller stands: requests per minute, those left, and seconds until there are more."""

    limit: int
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }


class RateMiddleware:
    """Answers 429 to whoever asks too often.

    A token is counted wherever it is used, a stranger or refused token by its address. Windows slide; a
    counter per caller is kept, not a list of times, so that a flood costs no memory.
    """

    def __init__(self, app: ASGIApp, options: SecurityOptions) -> None:
        self._app = app
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._others = options.rate_per_minute
        self._local = options.rate_per_minute_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        caller = caller_of(HTTPConnection(scope))
        limit = self._local if caller is not None and caller.how is How.LOCAL else self._others
        who = caller.token_id if caller is not None and caller.token_id else client_group(scope)
        if not limit:
            await self._app(scope, receive, send)
            return
        item = RateLimitItemPerMinute(limit)
        allowed = await self._limiter.hit(item, who)
        window = await self._limiter.get_window_stats(item, who)
        reset = max(1, math.ceil(window.reset_time - time.time()))
        standing = _Standing(limit, max(0, window.remaining), reset)
        if not allowed:
            failure = TooMany(f"more than {limit} requests a minute", reset)
            await refuse(scope, receive, send, failure, standing.headers)
            return

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.update(standing.headers)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, send_with_standing)
