"""``codesearch doctor``: check the installation and the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codesearch.core.health import Check

ENVIRONMENT = 3  # exit code where something does not work


@click.command()
@click.option(
    "--repair", "repairing", is_flag=True, help="Rebuild the index from its corpora if it is damaged."
)
@json_option
@pass_invocation
def command(invocation: Invocation, repairing: bool, as_json: bool) -> int:
    """Check the installation and the index; exit 3 when something does not work."""
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.doctor import check_cluster, check_index, check_installation, check_packs
    from codesearch.repair import clear_away, repair

    engine = open_engine(invocation)
    installation = list(check_installation(engine.settings.embedding))
    installation += check_cluster(engine.settings.cluster)
    index = list(check_index(engine))
    repaired = None
    if repairing and not all(check.healthy for check in index):
        with StageProgress(invocation) as progress:
            repaired = repair(engine, progress)
        index = list(check_index(engine))
    elif repairing:
        clear_away(engine.folder)
    checks = [*installation, *index, *check_packs(engine)]
    healthy = all(check.healthy for check in checks)
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json(
            {
                "schema": "codesearch.doctor/1",
                "degraded": [],
                "healthy": healthy,
                "repaired": repaired,
                "checks": [
                    {"name": check.name, "healthy": check.healthy, "detail": check.detail, "hint": check.hint}
                    for check in checks
                ],
            }
        )
    else:
        _print(invocation, checks, repaired)
    return 0 if healthy else ENVIRONMENT


def _print(invocation: Invocation, checks: Sequence[Check], repaired: str | None) -> None:
    from rich.text import Text

    from codesearch.cli.output import results_console
    from codesearch.report.printable import printable

    console = results_console(invocation)
    for check in checks:
        mark = Text("ok    ", "green") if check.healthy else Text("broken", "bold red")
        hint = f": {check.hint}" if check.hint else ""
        line = Text.assemble(mark, "  ", (check.name, "bold"), "  ", printable(check.detail + hint))
        console.print(line, soft_wrap=True)
    if repaired:
        console.print(Text(printable(repaired), "bold"), soft_wrap=True)
