from __future__ import annotations

import asyncio
import gc

import pytest

from benchmarks.serving.connections import Answer, Connections, request_of

pytestmark = pytest.mark.enable_socket


async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One answer, then the end of the connection, as a server does that has waited too long."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()
    writer.close()


async def two_answers(pause: float) -> list[Answer]:
    """The second request finds an idle connection that the server has closed."""
    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connections = Connections(port)
        answers = []
        for _ in range(2):
            answers.append(await connections.ask(request_of(port, "/")))
            await asyncio.sleep(pause)
        connections.close()
    return answers


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["unnoticed", "noticed"])
def test_a_connection_that_the_server_closed_is_closed_here_too_and_the_request_sent_anew(
    pause: float,
) -> None:
    answers = asyncio.run(two_answers(pause))
    gc.collect()  # a connection left open warns when it is collected
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"ok")] * 2
