"""Kept-alive HTTP connections to a server on this machine, as many as there are requests under way."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

NO_ANSWER = 0
"""Status of a request whose connection broke."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status, or :data:`NO_ANSWER`.
        head: Status line and headers in lower case, each ended by a line break.
        body: Whole.
    """

    status: int
    head: bytes = b""
    body: bytes = b""


class Connections:
    """Sends requests, each on an idle connection or a new one.

    Args:
        port: On 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request, once it has come whole.

        A server closes what was idle for long, maybe at the moment at which it is used again: a request that
        no byte answers there is sent anew, as clients do.
        """
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof():
                writer.close()
            elif answer := await self._exchange(reader, writer, request):
                return answer
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return Answer(NO_ANSWER)
        return await self._exchange(reader, writer, request) or Answer(NO_ANSWER)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> Answer | None:
        """None where the connection ended before the first byte of an answer."""
        first, may_stay = b"", False
        try:
            writer.write(request)
            first = await reader.read(1)
            answer = await _answer(first, reader) if first else None
            may_stay = answer is not None and b"\r\nconnection: close\r\n" not in answer.head
        except (OSError, EOFError):
            answer = Answer(NO_ANSWER) if first else None
        finally:
            if may_stay:
                self._idle.append((reader, writer))
            else:
                writer.close()
        return answer

    def close(self) -> None:
        """Close what is idle."""
        for _, writer in self._idle:
            writer.close()


def request_of(port: int, path: str, body: str | None = None) -> bytes:
    """A GET, or a POST of a JSON document."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    if body is None:
        return f"{head}\r\n".encode()
    content = body.encode()
    return (
        f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
    )


async def _answer(first: bytes, reader: asyncio.StreamReader) -> Answer:
    head = (first + await reader.readuntil(b"\r\n\r\n")).lower()
    length = _LENGTH.search(head)
    if length is None:
        raise EOFError("an answer without its length")
    body = await reader.readexactly(int(length[1]))
    return Answer(int(head.split(b" ", 2)[1]), head, body)
