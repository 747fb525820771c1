"""What ``codesearch audit history`` does: the trend over all stored audits."""

from __future__ import annotations

from codesearch.cli.options import Invocation


def show_history(invocation: Invocation, target: str | None, *, as_json: bool) -> None:
    """Print the audits of a target, or of all, oldest first.

    Args:
        invocation: Names the index.
        target: As it was named when it was audited, or the name of a corpus.
        as_json: Print the document instead.

    Raises:
        InputError: The target was never audited.
        IndexFailure: There is no index.
    """
    from codesearch.cli.engine import open_engine
    from codesearch.core.errors import InputError
    from codesearch.core.store.audits import read_audits

    with open_engine(invocation).open_database() as database, database.read() as connection:
        runs = read_audits(connection, target)
    if target is not None and not runs:
        raise InputError(f"no audit of {target!r}", "see `codesearch audit history` for what was audited")
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.audit_history_document import audit_history_document

        emit_json(audit_history_document(runs))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.audit_history_text import render_audit_history

        results_console(invocation).print(render_audit_history(runs), crop=False)
