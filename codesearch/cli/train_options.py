"""Options and output that the commands of ``train`` share."""

from __future__ import annotations

import re

import click

seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of every random draw.")


def check_device(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """The name of a device, as torch spells it or ``auto``.

    Raises:
        click.BadParameter: It is none.
    """
    if re.fullmatch(r"auto|cpu|cuda(:\d{1,2})?", name) is None:
        raise click.BadParameter(f"'{name}' is none of auto, cpu, cuda and cuda:N")
    return name


def emit(document: dict[str, object], as_json: bool) -> None:
    """Print a document as JSON, or its single values one to a line."""
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json(document)
    else:
        from codesearch.report.printable import printable

        for key, value in document.items():
            if not isinstance(value, dict | list):
                click.echo(f"{key}: {printable(str(value))}")
