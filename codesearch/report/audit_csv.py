"""CSV (RFC 4180): one row per member, for spreadsheets and data frames."""

from __future__ import annotations

import csv
from typing import TextIO

from codesearch.core.audit import AuditReport, AuditSources, CloneClass, Member
from codesearch.report.audit_wording import MAX_SENTENCE, short
from codesearch.report.printable import printable

COLUMNS = (
    "class",
    "clone_type",
    "probability",
    "decided_by",
    "similarity",
    "class_role",
    "class_lines",
    "saved_lines",
    "class_new",
    "action",
    "target",
    "corpus",
    "path",
    "start_line",
    "end_line",
    "name",
    "kind",
    "language",
    "role",
    "content",
    "new",
    "explanation",
)

# A spreadsheet takes a cell that begins with one of these, or with its full-width form, for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class CsvReporter:
    """A header and a row per member, in the order of the report; nothing is cut but overlong names."""

    name = "csv"
    suffix = ".csv"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Rows end with CR LF and never hold a line end within a cell."""
        del sources
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for found in report.classes:
            shared = _class_cells(found)
            explanation = _safe(short(found.explanation, MAX_SENTENCE))
            for member in found.members:
                writer.writerow((*shared, *_member_cells(member), explanation))


def _class_cells(found: CloneClass) -> tuple[object, ...]:
    return (
        _safe(found.id),
        found.clone_type,
        f"{found.probability:.6f}",
        _safe(printable(found.decided_by)),
        f"{found.similarity:.6f}",
        found.role,
        found.lines,
        found.saved_lines,
        int(found.new),
        found.action,
        _safe(printable(found.target)),
    )


def _member_cells(member: Member) -> tuple[object, ...]:
    return (
        _safe(printable(member.place.corpus)),
        _safe(printable(member.place.path)),
        member.place.start_line,
        member.place.end_line,
        _safe(short(member.name)),
        member.kind,
        member.language,
        member.role,
        member.content,
        int(member.new),
    )


def _safe(cell: str) -> str:
    """The cell as text for spreadsheets, which show no leading apostrophe."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
