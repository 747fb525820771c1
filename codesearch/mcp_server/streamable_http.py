"""The server over streamable HTTP on the loopback interface, for clients that share one process."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from codesearch.core.errors import EnvironmentFailure
from codesearch.mcp_server.server import build_server
from codesearch.serving.announcing import AnnouncingServer
from codesearch.serving.garbage import look_for_garbage_of_requests
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import MOST_CODE

HOST = "127.0.0.1"
PATH = "/mcp"

_MOST_REQUESTS = 64  # at once; beyond it clients are told to come back (503)
_SHUTDOWN_SECONDS = 5
_SIDES = 2  # of a comparison
_ESCAPES = 2  # JSON writes quotes, backslashes and line ends as two bytes
_ENVELOPE_BYTES = 64 << 10


def serve_http(index: LiveIndex, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        index: Answers the calls.
        port: Where to listen on :data:`HOST`; 0 takes a free one.
        announce: Hears the address once it takes connections.

    Raises:
        EnvironmentFailure: The port is taken, or not ours to take.
    """
    # By SIGTERM service managers stop a process; like an interrupt it is the normal end, after what is open.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _listening(port) as listener, suppress(KeyboardInterrupt):
        number = listener.getsockname()[1]
        ready = partial(announce, f"http://{HOST}:{number}{PATH}")
        look_for_garbage_of_requests()
        _server(index, number, ready).run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise EnvironmentFailure(
            f"cannot listen on {HOST}:{port} ({os.strerror(error.errno or 0)})", "choose another --port"
        ) from None
    # Connections inherit it; without, the kernel holds the second part of an answer back for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def agents_app(
    index: LiveIndex, path: str = PATH, security: TransportSecuritySettings | None = None
) -> Starlette:
    """The server as an application, to be run with its lifespan.

    Args:
        index: Answers the calls.
        path: Where.
        security: Names that clients may call us by; None where whoever runs it looks at that.
    """
    app: Starlette = build_server(index).streamable_http_app(
        streamable_http_path=path,
        # Every call stands alone: nothing grows with clients that come and never say that they went.
        stateless_http=True,
        json_response=True,
        max_request_body_size=_SIDES * _ESCAPES * MOST_CODE + _ENVELOPE_BYTES,
        transport_security=security or TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return app


def _server(index: LiveIndex, port: int, ready: Callable[[], None]) -> AnnouncingServer:
    names = [f"{host}:{port}" for host in (HOST, "localhost")]
    # A page in a browser that had its own name resolve to this machine shows by the names it sends.
    security = TransportSecuritySettings(
        allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )
    config = uvicorn.Config(
        agents_app(index, PATH, security),
        log_config=None,
        access_log=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return AnnouncingServer(config, ready)
