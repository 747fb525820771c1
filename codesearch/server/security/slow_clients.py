"""Connections of clients that take their time on purpose (slow-loris), or open too many.

The server below waits for ever for the rest of a header or body, and for a client to read. Here a client has
seconds for its header, a body has to arrive at a least rate, an answer has to be read, and an address holds
only so many connections.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from codesearch.server.security.addresses import client_group, is_loopback
from codesearch.server.security.options import SecurityOptions

LONGEST_HEADER = 64 << 10
"""Bytes; the address of a search holds its code, and the server's own 16 KiB are short for that."""

_LOCAL_SHARE = 8  # a browser, a benchmark and agents share the address of this machine


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long clients are waited for, and who is connected.

    Attributes:
        header: Seconds for a header, from the connection or from its first byte.
        body: Seconds between two looks at the speed of a body.
        rate: Bytes per second that a body has to arrive with.
        reading: Seconds for which a client may read nothing of an answer.
        connections: Most per address.
        connected: How many each address has.
    """

    header: float
    body: float
    rate: int
    reading: float
    connections: int
    connected: Counter[str] = field(default_factory=Counter)


def guarded_protocol(options: SecurityOptions) -> type[asyncio.Protocol]:
    """The protocol of connections, which uvicorn takes as ``http``."""
    limits = _Patience(
        header=options.header_seconds,
        body=options.body_seconds,
        rate=options.min_body_rate,
        reading=options.request_seconds,
        connections=options.connections_per_address,
    )

    class Protocol(GuardedProtocol):
        patience = limits

    return Protocol


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to patience."""

    patience: _Patience
    _address: str | None = None  # set while the connection is counted
    _header_timer: asyncio.TimerHandle | None = None
    _body_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    _arrived = 0  # bytes since the last look

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _send_at_once(transport)
        address = client_group({"client": self.client})
        most = self.patience.connections * (_LOCAL_SHARE if is_loopback(address) else 1)
        if self.patience.connected[address] >= most:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections of this address")
            return
        self.patience.connected[address] += 1
        self._address = address
        self._await_header()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._header_timer, self._body_timer, self._reading_timer):
            _stopped(timer)
        if self._address is not None:
            self.patience.connected[self._address] -= 1
            if not self.patience.connected[self._address]:
                del self.patience.connected[self._address]
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._arrived += len(data)
        super().data_received(data)
        self._look()

    def send_400_response(self, msg: str) -> None:
        """Tell what is no request; only hang up where an answer has begun, which can have no second."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        self._give_up()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_timer = self.loop.call_later(self.patience.reading, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reading_timer = _stopped(self._reading_timer)

    def _look(self) -> None:
        """Start and stop the timers by what the client is at."""
        if self.transport.is_closing():
            return
        state = self.conn.their_state
        if state is not h11.IDLE:
            self._header_timer = _stopped(self._header_timer)
        elif self.conn.trailing_data[0] and self._header_timer is None:
            self._await_header()
        if state is not h11.SEND_BODY:
            self._body_timer = _stopped(self._body_timer)
        elif self._body_timer is None and self.patience.rate:
            self._await_body()

    def _await_header(self) -> None:
        self._header_timer = self.loop.call_later(self.patience.header, self._end_header)

    def _end_header(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the header took too long")
        else:
            self.transport.close()  # browsers open connections that they may need, and hear nothing gladly

    def _await_body(self) -> None:
        self._arrived = 0
        self._body_timer = self.loop.call_later(self.patience.body, self._weigh_body)

    def _weigh_body(self) -> None:
        ours = self.flow.read_paused or self.cycle.waiting_for_100_continue  # it is us who are waited for
        if not ours and self._arrived < self.patience.rate * self.patience.body:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the body arrives too slowly")
        elif self.cycle.response_complete:
            self.transport.abort()  # it was answered long ago and goes on sending
        else:
            self._await_body()

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Say why, where nothing was said yet, and hang up."""
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started or self.conn.their_state is h11.IDLE:
            head = f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: text/plain", "Connection: close"
            text = "\r\n".join((*head, f"Content-Length: {len(reason)}", "", reason))
            self.transport.write(text.encode("ascii"))
        self._give_up()

    def _give_up(self) -> None:
        """Hang up; whoever works on an answer hears so from its next receive."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the application answers, and no library is missing."""


def _send_at_once(transport: asyncio.Transport) -> None:
    """Have the body of an answer not wait until its header is acknowledged: 40 ms of every request.

    asyncio does so itself, except for listeners made by ``socket.create_server``, which name no protocol.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """None, in place of a timer that is not wanted any more."""
    if timer is not None:
        timer.cancel()
    return None
