"""``codesearch index``: build or refresh the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from codesearch.cli.options import DEVICES, Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.engine import Engine
    from indexer.build import BuildReport


class _Flags(TypedDict):
    paths: tuple[Path, ...]
    jobs: int | None
    memory: int | None
    device: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    no_embed: bool
    as_json: bool


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-j", "--jobs", type=click.IntRange(0, 1024), help="Parser processes; 0 means one per core.")
@click.option("--memory", type=click.IntRange(128), metavar="MIB", help="Memory of one parser process.")
@click.option("--device", type=DEVICES, help="Where the embedder runs.")
@click.option("--include", multiple=True, metavar="GLOB", help="Analyse only files that match.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Skip files that match.")
@click.option("--no-embed", is_flag=True, help="Leave the embeddings out; the dense lane is then off.")
@json_option
@pass_invocation
def command(invocation: Invocation, /, **flags: Unpack[_Flags]) -> None:
    """Build or refresh the index of the corpora at PATHS.

    Only what changed since the last run is read. Several corpora live in one index.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.cli.progress import StageProgress

    settings = {
        "parsing.jobs": flags["jobs"],
        "parsing.memory_mb": flags["memory"],
        "embedding.device": flags["device"],
        "corpus.include": flags["include"] or None,
        "corpus.exclude": flags["exclude"] or None,
    }
    engine = open_engine(invocation, settings)
    with StageProgress(invocation) as progress:
        report = engine.index(flags["paths"], progress, embed=not flags["no_embed"])
    if flags["as_json"]:
        from codesearch.cli.output import emit_json
        from codesearch.report.index_document import index_document

        emit_json(index_document(report, engine.folder.path))
    else:
        _print(invocation, engine, report)


def _print(invocation: Invocation, engine: Engine, report: BuildReport) -> None:
    from codesearch.cli.output import results_console
    from codesearch.report.index_text import render_index

    results_console(invocation).print(render_index(report, engine.folder.path), crop=False)
