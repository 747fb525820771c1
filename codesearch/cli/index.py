"""``codesearch index``: build or refresh the index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from codesearch.cli.named_sources import named_sources, raise_failures
from codesearch.cli.options import (
    Invocation,
    cluster_options,
    cluster_settings,
    device_option,
    json_option,
    pass_invocation,
)
from codesearch.core.errors import UsageError

if TYPE_CHECKING:
    from codesearch.engine import Engine
    from indexer.build import BuildReport


class _Flags(TypedDict):
    paths: tuple[str, ...]
    listed: str | None
    other: Path | None
    jobs: int | None
    memory: str | None
    device: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    no_embed: bool
    engine: str | None
    address: str | None
    as_json: bool


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH|ARCHIVE|URL]...")
@click.option(
    "--from",
    "listed",
    metavar="LIST",
    help="Index also what a file names, one path, archive or git URL a line; - reads standard input.",
)
@click.option(
    "--merge",
    "other",
    type=click.Path(path_type=Path),
    metavar="INDEX|PACK",
    help="Take over the corpora of another index, or of a pack with source, without reading them again.",
)
@click.option("-j", "--jobs", type=click.IntRange(0, 1024), help="Parser processes; 0 means one per core.")
@click.option("--memory", metavar="SIZE", help="Memory to keep to, such as 4GB or 512MiB.")
@device_option
@click.option("--include", multiple=True, metavar="GLOB", help="Analyse only files that match; remembered.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Skip files that match; remembered.")
@click.option("--no-embed", is_flag=True, help="Leave the embeddings out; the dense lane is then off.")
@cluster_options
@json_option
@pass_invocation
def command(invocation: Invocation, /, **flags: Unpack[_Flags]) -> None:
    """Build or refresh the index of corpora.

    A corpus is a folder, a file, a tar or zip archive, or a git repository by its URL (URL#REF for a branch,
    tag or commit; NAME=URL to name it). Only what changed since the last run is fetched and read. Several
    corpora live in one index.

    --include and --exclude are remembered for the corpora that are named: later runs, audits and jobs of the
    server that name neither read the same files, until a run names others (--include '*' alone takes all).
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress
    from codesearch.core.store.globs import Globs

    settings = {
        "parsing.jobs": flags["jobs"],
        "index.memory": flags["memory"],
        "embedding.device": flags["device"],
        **cluster_settings({"engine": flags["engine"], "address": flags["address"]}),
    }
    engine = open_engine(invocation, settings, Globs(flags["include"], flags["exclude"]))
    if (flags["other"] is None) == (not flags["paths"] and flags["listed"] is None):
        raise UsageError(
            "name either PATHS, with or without --from, or --merge", "as in 'codesearch index src'"
        )
    if flags["other"] is not None:
        _merge(invocation, engine, flags["other"], as_json=flags["as_json"])
        return
    sources = named_sources(flags["paths"], flags["listed"])
    with StageProgress(invocation) as progress:
        fetched = engine.fetch(sources, progress)
        if not fetched.paths:
            raise_failures(fetched, len(sources))
        report = engine.index(fetched.paths, progress, embed=not flags["no_embed"])
    report = replace(report, degraded=tuple(sorted({*report.degraded, *fetched.notes})))
    if flags["as_json"]:
        from codesearch.cli.output import emit_json
        from codesearch.report.index_document import index_document

        emit_json(index_document(report, engine.folder.path))
    else:
        _print(invocation, engine, report)
    raise_failures(fetched, len(sources))


def _merge(invocation: Invocation, engine: Engine, other: Path, *, as_json: bool) -> None:
    from codesearch.cli.progress import StageProgress

    with StageProgress(invocation) as progress:
        report = engine.merge(other, progress)
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.pack_document import merge_document

        emit_json(merge_document(report, str(engine.folder.path)))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.pack_text import render_merge

        results_console(invocation).print(render_merge(report, str(engine.folder.path)), crop=False)


def _print(invocation: Invocation, engine: Engine, report: BuildReport) -> None:
    from codesearch.cli.output import results_console
    from codesearch.report.index_text import render_index

    results_console(invocation).print(render_index(report, engine.folder.path), crop=False)
