"""``codesearch pack``: a signed reference index in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.packs.writing import PackReport


@click.command()
@click.argument("corpora", nargs=-1, metavar="[CORPUS]...")
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="NAME.codesearch-pack",
    help="File to write; the pack is called NAME.",
)
@click.option("--with-source", is_flag=True, help="Pack the text of the code too.")
@click.option("--licence", default="", metavar="TEXT", help="What to say of the rights in the code.")
@json_option
@pass_invocation
def command(
    invocation: Invocation,
    /,
    corpora: tuple[str, ...],
    target: Path,
    with_source: bool,
    licence: str,
    as_json: bool,
) -> None:
    """Write corpora of the index, all without any, into one signed file for others.

    It holds fingerprints, vectors and places, and the text of the code only with --with-source. Others name
    it with --with once they trust your key: docs/packs.md.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress

    engine = open_engine(invocation)
    with StageProgress(invocation) as progress:
        report = engine.pack(target, corpora, progress, source=with_source, licence=licence)
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.pack_document import pack_document

        emit_json(pack_document(report))
    else:
        _print(invocation, report)


def _print(invocation: Invocation, report: PackReport) -> None:
    from codesearch.cli.output import results_console
    from codesearch.report.pack_text import render_pack

    results_console(invocation).print(render_pack(report), crop=False)
