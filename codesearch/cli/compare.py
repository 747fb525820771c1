"""``codesearch compare``: settle one pair without an index."""

from __future__ import annotations

from typing import Unpack

import click

from codesearch.cli.options import (
    Invocation,
    JudgeFlags,
    json_option,
    judge_options,
    judge_settings,
    pass_invocation,
)


@click.command()
@click.argument("first", metavar="A[:A-B]")
@click.argument("second", metavar="B[:A-B]")
@click.option("--lang", metavar="LANGUAGE", help="Language of both, where it cannot be told.")
@judge_options
@click.option("--show", is_flag=True, help="Show the matching lines side by side.")
@json_option
@pass_invocation
def command(
    invocation: Invocation,
    first: str,
    second: str,
    lang: str | None,
    show: bool,
    as_json: bool,
    **judge: Unpack[JudgeFlags],
) -> None:
    """Compare two files or line ranges; needs no index.

    With several fragments on a side, each is shown with its best counterpart.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.query.source import Selection

    engine = open_engine(invocation, judge_settings(judge))
    sides = [engine.read(Selection.parse(side), lang, whole=True) for side in (first, second)]
    result = engine.compare(sides[0], sides[1])
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.json_documents import compare_document

        emit_json(compare_document(result))
    else:
        from codesearch.cli.results import print_comparison

        print_comparison(invocation, result, sides if show else None)
