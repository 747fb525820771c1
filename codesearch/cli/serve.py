"""``codesearch serve``: search, compare and audits in a browser, and the HTTP API."""

from __future__ import annotations

from typing import Unpack

import click

from codesearch.cli.options import Invocation, JudgeFlags, judge_options, judge_settings, pass_invocation


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen; another one than 127.0.0.1 needs a token.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.option("--allowed-host", "allowed_hosts", multiple=True, metavar="NAME", help="Name behind a proxy.")
@click.option("--require-token", is_flag=True, help="Ask for a token on this machine too.")
@judge_options
@pass_invocation
def command(
    invocation: Invocation,
    /,
    host: str | None,
    port: int | None,
    allowed_hosts: tuple[str, ...],
    require_token: bool,
    **judge: Unpack[JudgeFlags],
) -> None:
    """Serve the web pages, the HTTP API and the agents' tools, by default on this machine alone."""
    from codesearch.cli.engine import global_words, open_engine
    from codesearch.server.run import serve

    flags = {
        "server.host": host,
        "server.port": port,
        "server.allowed_hosts": allowed_hosts or None,
        "server.require_token": require_token or None,
        **judge_settings(judge),
    }
    engine = open_engine(invocation, flags)
    serve(engine, global_words(invocation, engine), _announce)


def _announce(address: str) -> None:
    click.echo(f"codesearch: listening on {address}", err=True)
