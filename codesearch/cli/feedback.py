"""``codesearch feedback``: verdicts of people about pairs, kept as precedents."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.core.results import Verdict

_STANDARD_STREAM = "-"
_MAX_BYTES = 1 << 26  # a thousand verdicts with the longest code on both sides


@dataclass(frozen=True, slots=True)
class _Request:
    """What a verdict is about and who gives it; there are two ``names``, or none and a ``class_id``."""

    names: tuple[str, ...]
    class_id: str | None
    reason: str
    by: str | None
    as_json: bool


@click.group("feedback", short_help="Say which pairs are clones; verdicts are your own and kept.")
def command() -> None:
    """Say which pairs are clones and which are not.

    Verdicts are kept beside your settings, apart from every index. There is one per pair of contents, the
    last one; audits hide what you rejected.
    """


def _verdict_command(give: Callable[[Invocation, _Request], None]) -> Callable[..., None]:
    """Arguments and options of ``accept`` and ``reject``, handed on as one value."""

    @click.argument("first", metavar="A[:A-B]", required=False)
    @click.argument("second", metavar="B[:A-B]", required=False)
    @click.option("--class", "class_id", metavar="ID", help="A class of the last audit instead of a pair.")
    @click.option("--reason", default="", metavar="TEXT", help="Why.")
    @click.option("--by", metavar="NAME", help="Who says so; default: your user name.")
    @json_option
    @pass_invocation
    @wraps(give)
    def checked(
        invocation: Invocation,
        first: str | None,
        second: str | None,
        class_id: str | None,
        reason: str,
        by: str | None,
        as_json: bool,
    ) -> None:
        names = tuple(name for name in (first, second) if name is not None)
        if len(names) != (2 if class_id is None else 0):
            raise click.UsageError("name two fragments, or one class with --class ID")
        give(invocation, _Request(names, class_id, reason, by, as_json))

    return checked


@command.command("accept", short_help="Say that two fragments are clones.")
@_verdict_command
def accept(invocation: Invocation, request: _Request) -> None:
    """Say that two fragments are clones, or that all members of a class are clones of its first one."""
    from codesearch.core.results import Verdict

    _keep(invocation, request, Verdict.CLONE)


@command.command("reject", short_help="Say that two fragments are no clones.")
@_verdict_command
def reject(invocation: Invocation, request: _Request) -> None:
    """Say that two fragments are no clones, or that no member of a class is a clone of its first one.

    Audits hide every member that was rejected against the first one of its class.
    """
    from codesearch.core.results import Verdict

    _keep(invocation, request, Verdict.NOT_CLONE)


@command.command("list", short_help="List your verdicts, newest first.")
@json_option
@pass_invocation
def list_precedents(invocation: Invocation, as_json: bool) -> None:
    """List your verdicts, newest first, with the first line of both sides."""
    from codesearch.cli.engine import open_engine

    precedents = open_engine(invocation).feedback.precedents()
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.feedback_document import precedents_document

        emit_json(precedents_document(precedents))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.feedback_text import render_precedents

        results_console(invocation).print(render_precedents(precedents), crop=False)


@command.command("export", short_help="Write your verdicts as JSON Lines.")
@click.argument("path", metavar="FILE|-")
@pass_invocation
def export(invocation: Invocation, path: str) -> None:
    """Write your verdicts, with the code of both sides, to a file or standard output as JSON Lines."""
    from codesearch.cli.engine import open_engine
    from codesearch.report.feedback_document import write_precedents
    from codesearch.report.report_file import report_file

    precedents = open_engine(invocation).feedback.precedents()
    with report_file(path) as out:
        write_precedents(precedents, out)


@command.command("import", short_help="Add verdicts that somebody exported.")
@click.argument("path", metavar="FILE|-")
@json_option
@pass_invocation
def import_precedents(invocation: Invocation, path: str, as_json: bool) -> None:
    """Add exported verdicts from a file or standard input; of two about one pair the newer is kept.

    Nothing is added unless every line is a verdict.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.report.feedback_document import kept_document, read_precedents

    where = "standard input" if path == _STANDARD_STREAM else path
    precedents = read_precedents(_read(path), where)
    kept = open_engine(invocation).feedback.keep(precedents, newest_wins=True)
    if as_json:
        from codesearch.cli.output import emit_json

        emit_json(kept_document(kept))
    else:
        click.echo(f"imported {kept.new} new, {kept.replaced} replaced, {kept.unchanged} unchanged", err=True)


def _keep(invocation: Invocation, request: _Request, verdict: Verdict) -> None:
    """Give a verdict on all pairs that are meant, and say so.

    Raises:
        InputError: A pair or the class cannot be told or read.
        UsageError: The reason or the name does not fit.
    """
    from codesearch.audit.sides import class_sides
    from codesearch.cli.audit_class import find_class
    from codesearch.cli.engine import open_engine
    from codesearch.core.feedback import Precedent
    from codesearch.core.users import user_name
    from codesearch.query.sides import side_of
    from codesearch.query.source import Selection

    engine = open_engine(invocation)
    if request.class_id is None:
        named = (engine.read(Selection.parse(name), whole=True) for name in request.names)
        first, *others = map(side_of, named)
    else:
        first, *others = class_sides(*find_class(invocation, request.class_id))
    by = user_name() if request.by is None else request.by
    now = time.time()
    said = [
        Precedent.between(first, other, verdict, reason=request.reason, by=by, at=now) for other in others
    ]
    # A class may hold the same content many times.
    precedents = list({precedent.pair: precedent for precedent in said}.values())
    kept = engine.feedback.keep(precedents)
    if request.as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.feedback_document import precedents_document

        emit_json(precedents_document(precedents))
    else:
        click.echo(f"{kept.new} new, {kept.replaced} replaced: {verdict.replace('_', ' a ')}", err=True)


def _read(path: str) -> str:
    """The text of a file or of standard input.

    Raises:
        InputError: It cannot be read, is too long or is not UTF-8 text.
    """
    from pathlib import Path

    from codesearch.audit.textfiles import follow, read_text
    from codesearch.core.errors import InputError

    if path != _STANDARD_STREAM:
        return read_text(follow(Path(path), "feedback") or Path(path), "feedback", _MAX_BYTES)
    content = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise InputError("standard input is too long for feedback", f"at most {_MAX_BYTES:,} bytes at once")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "the feedback on standard input is not UTF-8 text", f"look at byte {error.start}"
        ) from None
