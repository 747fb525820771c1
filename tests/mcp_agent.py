"""A coding agent: the SDK's own client, called from tests that are no coroutines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
from commandline import CHECKOUT

pytest.importorskip("mcp.server", reason="needs the extra mcp")

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import TextResourceContents

COPIES = 40
"""Functions of the code base that differ in their names alone."""
ESCAPE = "\x1b]8;;evil\x07"
"""What a terminal would act on, in a file of the code base."""


class Agent:
    """One connection."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def call(self, tool: str, **arguments: object) -> Any:
        """The result of a tool, whether it is an error or not."""
        return self._portal.call(self.client.call_tool, tool, arguments)

    def ask(self, tool: str, **arguments: object) -> tuple[str, dict[str, Any]]:
        """Text and document of a tool that succeeds."""
        result = self.call(tool, **arguments)
        [content] = result.content
        assert not result.is_error, content.text
        return content.text, result.structured_content

    def refused(self, tool: str, **arguments: object) -> str:
        """The one line of a tool's error."""
        result = self.call(tool, **arguments)
        [content] = result.content
        assert result.is_error, content.text
        assert result.structured_content is None
        assert "\n" not in content.text
        assert "Traceback" not in content.text
        return str(content.text)

    def read(self, uri: str) -> str:
        """The text of a resource."""
        [content] = self._portal.call(self.client.read_resource, uri).contents
        assert isinstance(content, TextResourceContents)
        return str(content.text)

    def unreadable(self, uri: str) -> str:
        """Why a resource cannot be read."""
        with pytest.raises(MCPError) as refused:
            self.read(uri)
        return str(refused.value)

    def tools(self) -> list[Any]:
        """All tools."""
        return list(self._portal.call(self.client.list_tools).tools)

    def templates(self) -> list[str]:
        """The forms of resource addresses."""
        found = self._portal.call(self.client.list_resource_templates).resource_templates
        return [str(template.uri_template) for template in found]


def server_environment() -> dict[str, str]:
    """What a server needs of the environment of a test."""
    names = [name for name in os.environ if name.startswith(("CODESEARCH_", "XDG_", "COVERAGE_"))]
    return {name: os.environ[name] for name in names} | {"PYTHONPATH": str(CHECKOUT)}


@contextmanager
def stdio_agent(folder: Path, errors: TextIO) -> Iterator[Agent]:
    """An agent that has started ``codesearch mcp`` in a folder, as agents do."""
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "codesearch", "mcp"], env=server_environment(), cwd=folder
    )
    with _connected(Client(stdio_client(started, errors))) as agent:
        yield agent


@contextmanager
def http_agent(address: str) -> Iterator[Agent]:
    """An agent that talks to a server over HTTP."""
    with _connected(Client(address)) as agent:
        yield agent


@contextmanager
def _connected(client: Client) -> Iterator[Agent]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):
        yield Agent(portal, client)
