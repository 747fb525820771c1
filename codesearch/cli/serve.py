"""``codesearch serve``: search, compare and audits in a browser, and the HTTP API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

import click

from codesearch.cli.options import (
    Invocation,
    JudgeFlags,
    device_option,
    judge_options,
    judge_settings,
    pack_settings,
    packs_option,
    pass_invocation,
)


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen; another one than 127.0.0.1 needs a token.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.option("--allowed-host", "allowed_hosts", multiple=True, metavar="NAME", help="Name behind a proxy.")
@click.option("--require-token", is_flag=True, help="Ask for a token on this machine too.")
@packs_option
@device_option
@judge_options
@pass_invocation
def command(
    invocation: Invocation,
    /,
    host: str | None,
    port: int | None,
    allowed_hosts: tuple[str, ...],
    require_token: bool,
    packs: tuple[Path, ...],
    device: str | None,
    **judge: Unpack[JudgeFlags],
) -> None:
    """Serve the web pages, the HTTP API and the agents' tools, by default on this machine alone."""
    from codesearch.cli.engine import global_words, open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.server.run import serve

    flags = {
        "server.host": host,
        "server.port": port,
        "server.allowed_hosts": allowed_hosts or None,
        "server.require_token": require_token or None,
        "embedding.device": device,
        **pack_settings(packs),
        **judge_settings(judge),
    }
    engine = open_engine(invocation, flags)
    if device is not None:
        os.environ["CODESEARCH_EMBEDDING__DEVICE"] = device  # jobs are processes of their own
    if engine.mounts_packs and not engine.folder.exists():
        with StageProgress(invocation) as progress:
            engine.index((), progress)  # of no corpora: tokens and jobs need a place
    serve(engine, global_words(invocation, engine), _announce)


def _announce(address: str) -> None:
    click.echo(f"codesearch: listening on {address}", err=True)
