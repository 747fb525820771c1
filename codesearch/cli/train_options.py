"""Options and output that the commands of ``train`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import check_device

if TYPE_CHECKING:
    from codesearch.core.feedback import Precedent

DATA_VARIABLE = "CODESEARCH_DATA"

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the result; left out, it replaces the shipped model and its checksums.",
)
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(0, 1024), default=0, help="Parser processes; 0 means one per core."
)
precedents_option = click.option(
    "--precedents",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="What `codesearch feedback export` writes; can be repeated.",
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of every random draw.")


device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    callback=check_device,
    help="auto, cpu, cuda or cuda:N.",
)


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


def jobs_of(jobs: int) -> int:
    """The number of parser processes that ``--jobs`` means."""
    from codesearch.core.cores import available_cores

    return jobs or available_cores()


def read_precedents_file(path: Path) -> tuple[Precedent, ...]:
    """The precedents of a file of ``--precedents``.

    Raises:
        InputError: It cannot be read, or a line is no precedent.
    """
    from codesearch.report import precedents_file

    return precedents_file.read_precedents_file(path)
