"""``codesearch query``: find clones of a file, of some of its lines, or of standard input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from codesearch.cli.options import (
    Invocation,
    JudgeFlags,
    device_option,
    json_option,
    judge_options,
    judge_settings,
    pack_settings,
    packs_option,
    pass_invocation,
)
from codesearch.core.errors import UsageError

if TYPE_CHECKING:
    from codesearch.engine import Engine
    from codesearch.query.options import SearchOptions

_ROLES = click.Choice(["source", "test", "generated", "vendored", "minified", "data"])


class _Flags(JudgeFlags):
    source: str
    lang: str | None
    k: int | None
    lang_filter: tuple[str, ...]
    paths: tuple[str, ...]
    roles: tuple[str, ...]
    types: str | None
    min_probability: float
    precision: float | None
    rerank: bool
    packs: tuple[Path, ...]
    device: str | None
    show: bool
    as_json: bool


@click.command()
@click.argument("source", metavar="FILE[:A-B]|-")
@click.option("--lang", metavar="LANGUAGE", help="Language of the source, where it cannot be told.")
@click.option("-k", "k", type=click.IntRange(1, 10_000), help="Matches per fragment.")
@click.option("--lang-filter", multiple=True, metavar="LANGUAGE", help="Only matches in this language.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Only matches in files that fit.")
@click.option("--role", "roles", multiple=True, type=_ROLES, help="Only matches in files of this role.")
@click.option("--types", metavar="LIST", help="Only clones of these types, such as T1,T2,T3.")
@click.option("--min-probability", type=click.FloatRange(0, 1), default=0.0, help="Leave out matches below.")
@click.option(
    "--precision", type=click.FloatRange(0.5, 1), help="Call a pair a clone only at this precision."
)
@click.option(
    "--no-rerank",
    "rerank",
    flag_value=False,
    default=True,
    help="List what is retrieved without comparing it.",
)
@packs_option
@device_option
@judge_options
@click.option("--show", is_flag=True, help="Show the matching lines side by side.")
@json_option
@pass_invocation
def command(invocation: Invocation, /, **flags: Unpack[_Flags]) -> None:
    """Find clones of a file's fragments, of its lines A to B, or of standard input (-)."""
    from codesearch.cli.engine import open_engine, warn_of_differences
    from codesearch.query.source import Selection

    if flags["show"] and not flags["rerank"]:
        raise UsageError("--show needs what --no-rerank leaves out", "leave out one of them")
    settings = {
        "retrieval.k": flags["k"],
        "embedding.device": flags["device"],
        **pack_settings(flags["packs"]),
        **judge_settings(flags),
    }
    engine = open_engine(invocation, settings)
    if flags["precision"] is not None:
        engine.require_precision(flags["precision"])
    options = _search_options(engine, flags)
    if engine.folder.exists() or not engine.mounts_packs:
        warn_of_differences(engine)
    with engine.searcher() as searcher:
        source = engine.read(Selection.parse(flags["source"]), flags["lang"])
        result = engine.query(source, searcher, options)
    if flags["as_json"]:
        from codesearch.cli.output import emit_json
        from codesearch.report.json_documents import query_document

        emit_json(query_document(result))
    else:
        from codesearch.cli.results import print_matches

        texts = engine.packs.text if engine.mounts_packs else None
        print_matches(invocation, result, engine.corpus_roots(), source if flags["show"] else None, texts)


def _search_options(engine: Engine, flags: _Flags) -> SearchOptions:
    from codesearch.cli.clone_types import parse_types
    from codesearch.core.types import Role
    from codesearch.query.options import SearchOptions, named_filters

    return SearchOptions.of(
        engine.settings.retrieval,
        named_filters(flags["lang_filter"], flags["paths"], map(Role, flags["roles"])),
        types=parse_types(flags["types"]),
        min_probability=flags["min_probability"],
        rerank=flags["rerank"],
    )
