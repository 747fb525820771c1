"""``codesearch completion``: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    Add to your shell's start-up file: `source <(codesearch completion bash)`, likewise for zsh, or
    `codesearch completion fish | source` for fish.
    """
    generator = get_completion_class(shell)
    assert generator is not None  # noqa: S101 - click has these three
    root = context.find_root()
    click.echo(generator(root.command, {}, "codesearch", "_CODESEARCH_COMPLETE").source())
