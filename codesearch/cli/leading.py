"""A command that can be called by itself and has commands of its own: ``audit PATH``, ``audit history``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class LeadingCommand(click.Command):
    """Takes its own arguments unless the first one is the name of one of its ``commands``.

    A folder of such a name is written ``./name``.
    """

    commands: Mapping[str, click.Command] = {}

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that the first argument names, else of this one."""
        if args and args[0] in self.commands:
            child = self.commands[args[0]]
            return child.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, after the options."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, child.get_short_help_str(80)) for name, child in self.commands.items()]
            )
