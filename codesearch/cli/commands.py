"""The list of commands, and the click group that imports a command only when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from codesearch.cli.leading import LeadingCommand
from codesearch.cli.options import global_options

COMMANDS = {
    "index": "Build or refresh the index of one or more corpora.",
    "remove": "Remove corpora from the index.",
    "query": "Find clones of a file, of some of its lines, or of standard input.",
    "compare": "Compare two files or line ranges; needs no index.",
    "audit": "Find every clone class of a repository; gate, baseline, history.",
    "feedback": "Say which pairs are clones; verdicts are your own and kept.",
    "schedule": "Run audits again and again, on cron expressions.",
    "serve": "Search, compare and audit in a browser; the HTTP API.",
    "pack": "Write corpora of the index into one signed file for others.",
    "trust": "Say whose packs are read: add, list and remove signers.",
    "token": "Let others use the server: make, list and revoke access tokens.",
    "mcp": "Answer coding agents over the Model Context Protocol (MCP).",
    "status": "Show what the index holds and what was skipped.",
    "doctor": "Check the installation and the index; repair with --repair.",
    "config": "Show the settings and where each of them comes from.",
    "models": "List the models that can be used.",
    "eval": "Measure retrieval and verdicts on labelled data.",
    "study": "Try prompts, contexts and temperatures of a judge on labelled pairs.",
    "train": "Make or fine-tune the models.",
    "completion": "Print the completion script of a shell.",
}
"""One-line help by name, in the order of the help page; each name is a module of this package."""


class LazyGroup(click.Group):
    """The commands of :data:`COMMANDS`; asking for help imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of this name."""
        del ctx
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with close matches for a name that does not exist."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(name, COMMANDS, n=1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"no command {name!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names with their help and options that begin with ``incomplete``."""
        names = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list above, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def load_command(name: str) -> click.Command:
    """Import a command; it and its subcommands take the global options as well."""
    command = import_module(f"codesearch.cli.{name}").command
    assert isinstance(command, click.Command)  # noqa: S101 - what a module of this package has to define
    _complete(command)
    return command


def _complete(command: click.Command) -> None:
    if isinstance(command, click.Group | LeadingCommand):
        for child in command.commands.values():
            _complete(child)
    if isinstance(command, click.Group):
        command.no_args_is_help = False  # one line that says what is missing, not a page as an error
    else:
        taken = {option for parameter in command.params for option in parameter.opts}
        command.params += [option for option in global_options() if taken.isdisjoint(option.opts)]
