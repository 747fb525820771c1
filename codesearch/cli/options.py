"""What every command is called with: the global options as one value, and shared options."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click
from click.core import ParameterSource

from codesearch.cli.logs import log, set_up_logging

if TYPE_CHECKING:
    from codesearch.core.settings import LoadedSettings


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global options of one call.

    Attributes:
        index: Index folder named by ``--index``; None means the one of the settings.
        config: Settings file that replaces the user's own.
        debug: Print tracebacks and debug messages.
        verbose: Count of ``-v``.
        quiet: Print results and errors only; wins over ``verbose``.
        color: False with ``--no-color``; NO_COLOR and pipes are the console's business.
    """

    index: Path | None = None
    config: Path | None = None
    debug: bool = False
    verbose: int = 0
    quiet: bool = False
    color: bool = True

    def settings(self, flags: Mapping[str, object] | None = None) -> LoadedSettings:
        """Load all layers, with a command's own flags by dotted key on top; warns of ignored keys.

        Raises:
            ConfigError: A setting does not fit.
        """
        from codesearch.core.settings import load_settings  # 0.2 s that --help does not need

        loaded = load_settings({"index.dir": self.index, **(flags or {})}, config_file=self.config)
        self.set_up_logging(loaded.settings.log.level)
        for entry in loaded.ignored:
            log.warning("ignored %s in %s: %s", entry.key, entry.origin, entry.reason)
        return loaded

    def set_up_logging(self, level: str = "warning") -> None:
        """Log to standard error from ``level`` on; ``-q``, ``-v`` and ``--debug`` override it."""
        if self.quiet:
            level = "error"
        elif self.verbose:
            level = "info"
        set_up_logging("debug" if self.debug or self.verbose > 1 else level)


pass_invocation = click.make_pass_decorator(Invocation)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on standard output."
)

_JUDGES = click.Choice(["off", "precedents", "llm", "local"])

Command = TypeVar("Command", bound=Callable[..., object])


def check_device(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """The name of a device; None where the option was not given.

    Raises:
        click.BadParameter: It is none.
    """
    from codesearch.core.device import PATTERN

    if name is not None and re.fullmatch(PATTERN, name) is None:
        raise click.BadParameter(f"'{name}' is none of auto, cpu, cuda and cuda:N")
    return name


device_option = click.option(
    "--device",
    metavar="NAME",
    callback=check_device,
    help="Where models and large vector searches run: auto, cpu, cuda or cuda:N.",
)


def judge_options(command: Command) -> Command:
    """The options ``judge``, ``judge_budget`` and ``judge_always`` of the commands that give verdicts."""
    always = click.option(
        "--judge-always", is_flag=True, help="Ask the judge about pairs too that are settled without it."
    )
    budget = click.option(
        "--judge-budget", type=click.IntRange(0, 1_000_000), metavar="N", help="Calls of a model at most."
    )
    judge = click.option("--judge", type=_JUDGES, help="Who settles the pairs that stay uncertain.")
    return judge(budget(always(command)))


class JudgeFlags(TypedDict):
    """What :func:`judge_options` adds to a command's arguments."""

    judge: str | None
    judge_budget: int | None
    judge_always: bool


def judge_settings(flags: JudgeFlags) -> dict[str, object]:
    """The settings that these options mean, by dotted key; None where an option was not given."""
    return {
        "judge.kind": flags["judge"],
        "judge.budget": flags["judge_budget"],
        "judge.always": flags["judge_always"] or None,
    }


def cluster_options(command: Command) -> Command:
    """The options ``engine`` and ``address`` of the commands that can work on a cluster."""
    address = click.option(
        "--address",
        metavar="HOST:PORT",
        help="Ray cluster, of which this machine is a node; implies --engine ray.",
    )
    engine = click.option(
        "--engine", type=click.Choice(["local", "ray"]), help="Work in this process, or on a Ray cluster."
    )
    return engine(address(command))


class ClusterFlags(TypedDict):
    """What :func:`cluster_options` adds to a command's arguments."""

    engine: str | None
    address: str | None


def cluster_settings(flags: ClusterFlags) -> dict[str, object]:
    """The settings that these options mean, by dotted key; None where an option was not given.

    Raises:
        UsageError: An address is of no use.
    """
    from codesearch.core.errors import UsageError

    engine, address = flags["engine"], flags["address"]
    if address is not None and engine == "local":
        raise UsageError("--address names a cluster and --engine local uses none", "leave one of them out")
    return {"cluster.engine": engine or ("ray" if address else None), "cluster.address": address}


packs_option = click.option(
    "--with",
    "packs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PACK",
    help="Search this pack too; without an index, it alone. Repeatable.",
)


def pack_settings(packs: tuple[Path, ...]) -> dict[str, object]:
    """The settings that :data:`packs_option` means, by dotted key; None where it was not given."""
    return {"index.packs": tuple(str(pack.absolute()) for pack in packs) or None}


def global_options() -> list[click.Option]:
    """The options that are taken before and after the name of a command; the one given last wins."""
    option = partial(click.Option, expose_value=False, callback=_keep)
    path = click.Path(path_type=Path)
    return [
        option(["--index"], type=path, metavar="DIR", help="Index folder to use."),
        option(["--config"], type=path, metavar="FILE", help="Settings file instead of your own."),
        option(["-v", "--verbose"], count=True, help="Say more; twice for debug messages."),
        option(["-q", "--quiet"], is_flag=True, help="Print results and errors only."),
        option(["--color/--no-color"], default=None, help="Colours on a terminal."),
        option(["--debug"], is_flag=True, help="Print debug messages and tracebacks."),
    ]


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Put a global option into the context's :class:`Invocation` instead of the command's arguments."""
    name = parameter.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and not context.resilient_parsing:
        changed: dict[str, Any] = {name: value}
        context.obj = replace(context.find_object(Invocation) or Invocation(), **changed)
        context.obj.set_up_logging()
