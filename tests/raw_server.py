"""A real server on a port of its own, and clients that write to its socket what no library would."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from guarded_site import Options, guarded_site

from codesearch.server.security.slow_clients import LONGEST_HEADER, guarded_protocol

Address = tuple[str, int]
FOUND = re.compile(rb"HTTP/1\.1 (\d{3})")
"""The status of every answer in what a server said."""


@contextmanager
def running(folder: Path, options: Options) -> Iterator[tuple[Address, uvicorn.Server]]:
    """The guarded site at an address, stopped at the end of the block."""
    with guarded_site(folder, options) as site, socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            site.app,
            http=guarded_protocol(options),
            ws="none",
            h11_max_incomplete_event_size=LONGEST_HEADER,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[:2], server
        server.should_exit = True
        thread.join()


def request(head: str, body: bytes = b"") -> bytes:
    """A request of this server, from its first line and further headers."""
    return f"{head}\r\nHost: localhost\r\n".replace("\r\n\r\n", "\r\n").encode("latin-1") + b"\r\n" + body


def answers(connection: socket.socket) -> bytes:
    """All that the server says until it hangs up."""
    said = b""
    try:
        while more := connection.recv(1 << 16):
            said += more
    except ConnectionResetError:
        pass
    return said


def told(address: Address, text: bytes) -> bytes:
    """What the server says to a client that sends this and no more."""
    with socket.create_connection(address, 20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return answers(connection)
