"""``codesearch remove``: corpora that the index shall hold no longer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.core.status import CorpusStatus


@click.command()
@click.argument("corpora", nargs=-1, required=True, metavar="CORPUS...")
@click.option("--yes", "confirmed", is_flag=True, help="Do not ask.")
@json_option
@pass_invocation
def command(invocation: Invocation, /, corpora: tuple[str, ...], confirmed: bool, as_json: bool) -> None:
    """Remove corpora, by name or path, from the index; your files on disk stay, fetched copies go.

    Searches and audits no longer see them. Reports of earlier audits, verdicts and schedules are kept.
    """
    from codesearch.cli.engine import open_engine

    engine = open_engine(invocation)
    chosen = _chosen(engine.status().corpora, corpora)
    if not confirmed:
        _ask(chosen)
    report = engine.remove([corpus.name for corpus in chosen])
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.index_document import removal_document

        emit_json(removal_document(report, engine.folder.path))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.index_text import render_removal

        results_console(invocation).print(render_removal(report), crop=False)


def _chosen(indexed: Sequence[CorpusStatus], words: Sequence[str]) -> list[CorpusStatus]:
    """The corpora that are called so, or lie there.

    Raises:
        InputError: There is none.
    """
    from codesearch.core.errors import InputError

    found = {}
    for word in words:
        named = [corpus for corpus in indexed if corpus.name == word]
        named = named or [corpus for corpus in indexed if corpus.root == Path(word).resolve()]
        if not named:
            raise InputError(f"no corpus {word!r} in the index", "see `codesearch status`")
        found[named[0].name] = named[0]
    return list(found.values())


def _ask(chosen: Sequence[CorpusStatus]) -> None:
    """Let a person say yes to what is lost.

    Raises:
        UsageError: Nobody can be asked.
        Interrupted: The answer is no.
    """
    from codesearch.core.errors import Interrupted, UsageError
    from codesearch.report.printable import printable

    lost = ", ".join(
        f"{printable(corpus.name)} ({corpus.counts.seen:,} files, {corpus.counts.lines:,} lines)"
        for corpus in chosen
    )
    if not sys.stdin.isatty():
        raise UsageError(f"this removes {lost}", "say --yes to do it")
    if not click.confirm(f"Remove {lost} from the index?", err=True):
        raise Interrupted("nothing was removed")
