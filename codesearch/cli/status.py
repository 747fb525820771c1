"""``codesearch status``: what the index holds and what was skipped."""

from __future__ import annotations

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation


@click.command()
@click.option("--skipped", "with_skipped", is_flag=True, help="List every skipped file with the reason.")
@json_option
@pass_invocation
def command(invocation: Invocation, with_skipped: bool, as_json: bool) -> None:
    """Show what the index holds, what was skipped and why, and how it was built."""
    from codesearch.cli.engine import open_engine

    engine = open_engine(invocation)
    status = engine.status()
    skipped = engine.skipped_files() if with_skipped else None
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.status import status_document

        emit_json(status_document(status, skipped))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.status import render_status

        results_console(invocation).print(render_status(status, skipped), crop=False)
