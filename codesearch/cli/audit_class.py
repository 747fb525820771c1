"""``codesearch audit show`` and ``accept``: one clone class, looked at or lived with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.audit.run import Audit
    from codesearch.core.audit import CloneClass


@click.command("show")
@click.argument("class_id", metavar="ID")
@json_option
@pass_invocation
def show(invocation: Invocation, /, class_id: str, as_json: bool) -> None:
    """Show all places of a clone class, and its code side by side."""
    audit, found = find_class(invocation, class_id)
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.audit_document import class_document

        emit_json({"schema": "codesearch.audit-class/1", **class_document(found)})
        return
    from codesearch.cli.output import results_console
    from codesearch.report.audit_class_text import render_clone_class
    from codesearch.report.audit_text import AuditTextOptions

    shown = render_clone_class(audit.report, found, audit.sources, AuditTextOptions(here=Path.cwd()))
    results_console(invocation).print(shown, crop=False)


@click.command("accept")
@click.argument("class_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why the class may stay as it is.")
@click.option("--by", default="", metavar="NAME", help="Who says so.")
@pass_invocation
def accept(invocation: Invocation, /, class_id: str, reason: str, by: str) -> None:
    """Hide a clone class while no member is added or changed, for a reason.

    The entry is written to codesearch-accepted.toml in the corpus of its first member, to be reviewed and
    committed like code.
    """
    from datetime import UTC, datetime

    from codesearch.audit.accepted_file import ACCEPTED_FILE
    from codesearch.audit.accepted_file import accept as write_entry

    audit, found = find_class(invocation, class_id)
    path = Path(audit.report.roots[found.members[0].place.corpus]) / ACCEPTED_FILE
    write_entry(path, found, reason, by, datetime.now(UTC).date())
    click.echo(f"accepted {found.id} in {path}", err=True)


def find_class(invocation: Invocation, class_id: str) -> tuple[Audit, CloneClass]:
    """The class of the last audit that has this id, or whose id begins so.

    Raises:
        InputError: There is none, or more than one.
    """
    from codesearch.audit.sides import find_class as found_in
    from codesearch.cli.engine import open_engine

    audit = open_engine(invocation).last_audit()
    return audit, found_in(audit, class_id)
