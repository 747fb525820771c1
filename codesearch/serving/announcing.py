"""An HTTP server that tells when it serves."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn


class AnnouncingServer(uvicorn.Server):
    """Says when it takes connections and signals, for which a client may wait, and when it takes no more.

    Args:
        config: What is served, and how.
        ready: Called once connections are taken; a signal from then on ends the server in order.
        stopping: Called when it begins to end.
    """

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], stopping: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._stopping is not None:
            self._stopping()  # open streams would be waited for
        await super().shutdown(sockets)
