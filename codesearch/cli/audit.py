"""``codesearch audit``: every clone class of a repository, and what a team does with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from codesearch.cli.audit_class import accept, show
from codesearch.cli.leading import LeadingCommand
from codesearch.cli.options import (
    ClusterFlags,
    Invocation,
    JudgeFlags,
    cluster_options,
    cluster_settings,
    device_option,
    json_option,
    judge_options,
    judge_settings,
    pass_invocation,
)

if TYPE_CHECKING:
    from codesearch.audit.gate import Condition
    from codesearch.audit.options import AuditOptions
    from codesearch.audit.run import Audit
    from codesearch.core.results import CloneType
    from codesearch.core.types import Role
    from codesearch.engine import Engine

_ROLES = click.Choice(["source", "test", "generated", "vendored", "minified", "data", "all"])
_FORMATS = click.Choice(["text", "json", "sarif", "html", "markdown", "csv", "gitlab", "junit"])
_FILE = click.Path(path_type=Path)
GATE_CLOSED = 1


class _AuditFlags(JudgeFlags, ClusterFlags):
    paths: tuple[Path, ...]
    types: frozenset[CloneType]
    min_lines: int | None
    min_tokens: int | None
    min_probability: float
    precision: float | None
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    path_globs: tuple[str, ...]
    cross_language: bool
    baseline: Path | None
    update_baseline: bool
    since: str | None
    fail_on: tuple[Condition, ...]
    no_refresh: bool
    jobs: int | None
    device: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    report_format: str
    output: str | None
    as_json: bool


def _parse_types(_context: click.Context, _option: click.Parameter, value: str) -> frozenset[CloneType]:
    from codesearch.cli.clone_types import parse_types

    return parse_types(value)


def _parse_conditions(
    _context: click.Context, _option: click.Parameter, values: Sequence[str]
) -> tuple[Condition, ...]:
    from codesearch.audit.gate import Condition

    return tuple(map(Condition.parse, values))


@click.command("audit", cls=LeadingCommand)
@click.argument("paths", nargs=-1, type=_FILE, metavar="[PATH...]")
@click.option(
    "--types",
    default="T1,T2,T3",
    show_default=True,
    callback=_parse_types,
    metavar="LIST",
    help="Clone types, or all.",
)
@click.option("--min-lines", type=click.IntRange(1, 10_000), metavar="N", help="Lines of a clone at least.")
@click.option("--min-tokens", type=click.IntRange(1, 100_000), metavar="N", help="Tokens of it at least.")
@click.option("--min-probability", type=click.FloatRange(0, 1), default=0.0, help="Leave out classes below.")
@click.option("--precision", type=click.FloatRange(0.5, 1), help="Report only what is a clone this surely.")
@click.option(
    "--role", "roles", multiple=True, type=_ROLES, help="Report classes of this role; source by default."
)
@click.option("--lang", "languages", multiple=True, metavar="LANGUAGE", help="Only files in this language.")
@click.option("--path", "path_globs", multiple=True, metavar="GLOB", help="Only files that fit.")
@click.option("--cross-language", is_flag=True, help="Also classes of code in several languages.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Known classes; what is not in it is new.")
@click.option("--update-baseline", is_flag=True, help="Write what is found to the baseline.")
@click.option("--since", metavar="REV", help="Only classes that touch what changed since a git revision.")
@click.option(
    "--fail-on",
    multiple=True,
    callback=_parse_conditions,
    metavar="CONDITION",
    help="Exit with 1 on 'new', 'any', 'duplication>3%' or 'classes>10' (quote it); can be repeated.",
)
@click.option("--no-refresh", is_flag=True, help="Audit the index as it is.")
@click.option("-j", "--jobs", type=click.IntRange(0, 1024), help="Parser processes; 0 means one per core.")
@device_option
@click.option("--include", multiple=True, metavar="GLOB", help="Analyse only files that match; remembered.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Skip files that match; remembered.")
@click.option("-f", "--format", "report_format", type=_FORMATS, default="text", help="Of the report.")
@click.option("-o", "--output", metavar="FILE", help="Where the report goes, - for standard output.")
@cluster_options
@judge_options
@json_option
@pass_invocation
def command(invocation: Invocation, /, **flags: Unpack[_AuditFlags]) -> int:
    """Find every clone class in the corpora at PATH.

    Without a PATH all indexed corpora are audited, or the current folder where nothing is indexed. The index
    is brought up to date first. Source code is reported; clones in tests, generated and vendored code are
    counted apart. Mounted packs (index.packs) are not audited.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.core.store.globs import Globs

    settings = {
        "parsing.jobs": flags["jobs"],
        "embedding.device": flags["device"],
        **cluster_settings(flags),
        **judge_settings(flags),
    }
    engine = open_engine(invocation, settings, Globs(flags["include"], flags["exclude"]))
    options = _options(engine, flags)
    with StageProgress(invocation) as progress:
        result = engine.audit(flags["paths"], options, progress)
    _write(invocation, result, flags)
    if flags["baseline"] is not None and flags["update_baseline"]:
        from codesearch.audit.baseline import write_baseline

        write_baseline(flags["baseline"], result.standing)  # last: what fails leaves it as it was
    return 0 if result.report.gate.passed else GATE_CLOSED


def _options(engine: Engine, flags: _AuditFlags) -> AuditOptions:
    from codesearch.audit.options import AuditOptions
    from codesearch.core.errors import UsageError
    from codesearch.core.store.snapshot import Filters
    from indexer.parsing.languages import registry

    if flags["update_baseline"] and flags["baseline"] is None:
        raise UsageError("--update-baseline needs a file to write", "name it with --baseline FILE")
    if not flags["types"]:
        raise UsageError("--types names no clone type", "use T1, T2, T3, T4 or all")
    if flags["as_json"] and _has_report(flags) and flags["output"] in {None, "-"}:
        raise UsageError(
            "--json and the report would both go to standard output", "name a file for the report with -o"
        )
    least = flags["min_probability"]
    if flags["precision"] is not None:
        engine.require_precision(flags["precision"])
        least = max(least, engine.calibration.threshold_of(flags["precision"]))
    fragments = engine.settings.fragments
    options = AuditOptions(
        min_lines=_at_least("lines", flags["min_lines"], fragments.min_lines),
        min_tokens=_at_least("tokens", flags["min_tokens"], fragments.min_tokens),
        types=flags["types"],
        roles=_roles(flags["roles"]),
        filters=Filters(
            languages=frozenset(registry().get(name).id for name in flags["languages"]),
            paths=flags["path_globs"],
        ),
        min_probability=least,
        cross_language=flags["cross_language"],
        baseline=flags["baseline"],
        update_baseline=flags["update_baseline"],
        since=flags["since"],
        conditions=flags["fail_on"],
        refresh=not flags["no_refresh"],
    )
    if flags["no_refresh"] and (flags["include"] or flags["exclude"]):
        raise UsageError(
            "--include and --exclude say which files a refresh reads, and --no-refresh reads none",
            "narrow the report with --path",
        )
    if options.update_baseline and options.narrowed:
        raise UsageError(
            "a baseline of a part of the classes would forget the others",
            "leave --lang, --path, --min-probability and --precision out with --update-baseline",
        )
    return options


def _at_least(unit: str, asked: int | None, indexed: int) -> int:
    """The minimum size that was asked for, by default that of the index, which holds nothing smaller."""
    from codesearch.core.errors import UsageError

    if asked is not None and asked < indexed:
        raise UsageError(
            f"--min-{unit} {asked}: the index leaves out what has fewer than {indexed} {unit}",
            f"set fragments.min_{unit}, such as with CODESEARCH_FRAGMENTS__MIN_{unit.upper()}={asked}",
        )
    return asked or indexed


def _has_report(flags: _AuditFlags) -> bool:
    """Whether a report is asked for beside what people read."""
    return flags["report_format"] != "text" or flags["output"] is not None


def _roles(names: Sequence[str]) -> frozenset[Role]:
    from codesearch.core.types import Role

    if "all" in names:
        return frozenset(Role)
    return frozenset(map(Role, names)) or frozenset({Role.SOURCE})


def _write(invocation: Invocation, result: Audit, flags: _AuditFlags) -> None:
    """The report to its file, and what was asked for to standard output."""
    from codesearch.report.audit_formats import write_report

    if _has_report(flags):
        write_report(result.report, result.sources, flags["report_format"], flags["output"] or "-")
    if flags["as_json"]:
        from codesearch.cli.output import emit_json
        from codesearch.report.audit_document import audit_document

        emit_json(audit_document(result.report))
    elif not _has_report(flags) or flags["output"] not in {None, "-"}:
        _print(invocation, result)


def _print(invocation: Invocation, result: Audit) -> None:
    from codesearch.cli.output import results_console
    from codesearch.report.audit_text import MAX_CLASSES, AuditTextOptions, render_audit

    limit = None if invocation.verbose else MAX_CLASSES
    rendered = render_audit(result.report, AuditTextOptions(limit, Path.cwd()))
    results_console(invocation).print(rendered, crop=False)


@click.command("history")
@click.option("--target", metavar="NAME", help="Only audits of this target or corpus.")
@json_option
@pass_invocation
def history(invocation: Invocation, /, target: str | None, as_json: bool) -> None:
    """Show how duplication went from audit to audit."""
    from codesearch.cli.audit_history import show_history

    show_history(invocation, target, as_json=as_json)


assert isinstance(command, LeadingCommand)  # noqa: S101 - what the decorator above makes of it
command.commands = {"show": show, "accept": accept, "history": history}
