"""The server over standard input and output, as agents start it."""

from __future__ import annotations

import os
import signal
from types import FrameType

import anyio
from mcp.server.stdio import stdio_server

from codesearch.mcp_server.server import build_server
from codesearch.serving.live_index import LiveIndex


def serve_stdio(index: LiveIndex) -> None:
    """Serve one client until its end of standard input; standard output belongs to the protocol."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    anyio.run(_serve, index)


async def _serve(index: LiveIndex) -> None:
    server = build_server(index)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _end(number: int, frame: FrameType | None) -> None:
    """End the process, as shells report it. A thread waits for input, and nothing but input would end that;
    nothing is lost, because every write to a store is one transaction.
    """
    del frame
    os._exit(128 + number)
