"""``codesearch config``: the settings in effect and where each of them comes from."""

from __future__ import annotations

import json

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation
from codesearch.cli.output import emit_json
from codesearch.report.printable import printable


@click.group("config", short_help="Show the settings and where each of them comes from.")
def command() -> None:
    """Show the settings.

    Layers, lowest to highest: defaults, your own file, the project's codesearch.toml, CODESEARCH_ variables,
    flags.
    """


@command.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@json_option
@pass_invocation
def show(invocation: Invocation, *, origin: bool, as_json: bool) -> None:
    """Print every setting; secrets are masked."""
    loaded = invocation.settings()
    from codesearch.core.settings.keys import shown_values  # as costly as the settings themselves

    values = shown_values(loaded.settings)
    if as_json:
        emit_json(
            {
                "schema": "codesearch.config/1",
                "degraded": [],
                "settings": values,
                "origins": dict(loaded.origins),
                "ignored": [{"key": e.key, "origin": e.origin, "reason": e.reason} for e in loaded.ignored],
            }
        )
        return
    lines = {key: f"{key} = {_toml(value)}" for key, value in values.items()}
    width = max(map(len, lines.values()))
    for key, line in lines.items():
        click.echo(
            f"{printable(line):<{width}}  # {printable(loaded.origins[key])}" if origin else printable(line)
        )
    for entry in loaded.ignored:
        click.echo(f"# ignored: {printable(f'{entry.key} in {entry.origin}')}: {entry.reason}")


def _toml(value: object) -> str:
    """A value as TOML writes it, which is as JSON does; TOML has no null."""
    return "(unset)" if value is None else json.dumps(value, ensure_ascii=False)
