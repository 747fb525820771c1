"""``codesearch models``: the models that can be used."""

from __future__ import annotations

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation


@click.group()
def command() -> None:
    """List the models that can be used."""


@command.command("list")
@json_option
@pass_invocation
def list_models(invocation: Invocation, as_json: bool) -> None:
    """List every shipped model with its kind, size and licence.

    With the extra 'torch', any embedder of the Hugging Face hub can be used too: set embedding.model to
    hf:ORG/NAME and embedding.revision to a commit, or embedding.model to the path of a folder.
    """
    from codesearch.core.errors import EnvironmentFailure
    from indexer.embedding.registry import model_entries

    rows = []
    for entry in model_entries().values():
        try:
            entry.verify()
            state = "ok"
        except EnvironmentFailure as problem:
            state = problem.message
        size = entry.size if state == "ok" else 0
        rows.append(
            {
                "id": entry.id,
                "kind": entry.kind,
                "dim": entry.dim or None,
                "bytes": size,
                "licence": entry.licence,
                "state": state,
                "description": entry.description,
            }
        )
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json({"schema": "codesearch.models/1", "degraded": [], "models": rows})
        return
    from rich.table import Table

    from codesearch.cli.output import results_console
    from codesearch.report.lines import Indented

    table = Table("model", "kind", "dim", "size", "licence", "state", "description", box=None, pad_edge=False)
    for row in rows:
        shown = {**row, "bytes": f"{int(str(row['bytes'])) / 1000:,.0f} kB", "dim": row["dim"] or ""}
        table.add_row(*(str(value) for value in shown.values()))
    results_console(invocation).print(Indented(table, 0))
