"""``codesearch mcp``: the server that coding agents talk to."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Unpack

import click

from codesearch.cli.options import (
    Invocation,
    JudgeFlags,
    judge_options,
    judge_settings,
    pack_settings,
    packs_option,
    pass_invocation,
)

DEFAULT_PORT = 8765


@click.command()
@click.option(
    "--http", "over_http", is_flag=True, help="Serve streamable HTTP on 127.0.0.1 instead of stdio."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help=f"Port for --http; 0 takes a free one. [default: {DEFAULT_PORT}]",
)
@packs_option
@judge_options
@pass_invocation
def command(
    invocation: Invocation,
    /,
    over_http: bool,
    port: int | None,
    packs: tuple[Path, ...],
    **judge: Unpack[JudgeFlags],
) -> None:
    """Answer coding agents over the Model Context Protocol (MCP).

    Tools: find_clones, compare, list_clone_classes, explain_class, index_status. Agents start this command
    themselves: docs/mcp.md has the lines for each.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.core.errors import MissingExtra, UsageError

    if port is not None and not over_http:
        raise UsageError("--port is for HTTP", "add --http")
    if find_spec("mcp") is None:
        raise MissingExtra("the MCP server", "mcp")
    engine = open_engine(invocation, {**pack_settings(packs), **judge_settings(judge)})
    from codesearch.serving.live_index import LiveIndex

    with closing(LiveIndex(engine, None if over_http else Path.cwd())) as index:
        if over_http:
            from codesearch.mcp_server.streamable_http import serve_http

            serve_http(index, DEFAULT_PORT if port is None else port, _announce)
        else:
            from codesearch.mcp_server.stdio import serve_stdio

            serve_stdio(index)


def _announce(address: str) -> None:
    click.echo(f"codesearch: listening on {address}", err=True)
