"""The JSON document of ``audit``: the contract with programs."""

from __future__ import annotations

from typing import TextIO

from codesearch.core.audit import (
    AuditReport,
    AuditSources,
    AuditSummary,
    CloneClass,
    ManipulationFinding,
    Member,
    RoleSummary,
    Variation,
)
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.report.json_documents import Document
from codesearch.report.json_text import write_json

_ALWAYS = (Role.SOURCE, Role.TEST, Role.GENERATED, Role.VENDORED)
_NO_CODE = RoleSummary(files=0, lines=0, classes=0, duplicated_lines=0)


class JsonReporter:
    """``codesearch.audit/1`` as a file."""

    name = "json"
    suffix = ".json"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """One line; nothing is cut."""
        del sources
        write_json(audit_document(report), out)


def audit_document(report: AuditReport) -> Document:
    """``codesearch.audit/1``: classes most worth merging first; no times, so that equal audits are equal.

    ``fixed`` is None where nothing was compared with a baseline.
    """
    return {
        "schema": "codesearch.audit/1",
        "degraded": list(report.degraded),
        "summary": summary_fields(report.summary),
        "classes": [class_document(found) for found in report.classes],
        "hidden": {
            "ignored_members": report.hidden.ignored_members,
            "accepted_classes": report.hidden.accepted_classes,
            "rejected_members": report.hidden.rejected_members,
            "judged_classes": report.hidden.judged_classes,
        },
        "manipulations": [_manipulation(found) for found in report.manipulations],
        "fixed": None if report.fixed is None else list(report.fixed),
        "gate": {"passed": report.gate.passed, "reasons": list(report.gate.reasons)},
    }


def summary_fields(summary: AuditSummary) -> Document:
    """The counts of an audit; ``by_role`` has the four roles of the contract even where there is no code."""
    shown = [role for role in Role if role in _ALWAYS or role in summary.by_role]
    return {
        "files": summary.files,
        "lines": summary.lines,
        "fragments": summary.fragments,
        "classes": summary.classes,
        "pairs": summary.pairs,
        "duplicated_lines": summary.duplicated_lines,
        "duplication_percent": summary.duplication_percent,
        "by_type": {str(kind): summary.by_type[kind] for kind in CloneType if kind in summary.by_type},
        "by_role": {str(role): _role(summary.by_role.get(role, _NO_CODE)) for role in shown},
    }


def _role(counts: RoleSummary) -> Document:
    return {
        "files": counts.files,
        "lines": counts.lines,
        "classes": counts.classes,
        "duplicated_lines": counts.duplicated_lines,
        "duplication_percent": counts.duplication_percent,
    }


def class_document(found: CloneClass) -> Document:
    """A class as it stands in the document."""
    return {
        "id": found.id,
        "clone_type": str(found.clone_type),
        "probability": round(found.probability, 6),
        "decided_by": found.decided_by,
        "precedents": list(found.precedents),
        "similarity": round(found.similarity, 6),
        "role": str(found.role),
        "lines": found.lines,
        "saved_lines": found.saved_lines,
        "new": found.new,
        "action": str(found.action),
        "target": found.target,
        "variation": _variation(found.variation),
        "members": [_member(member) for member in found.members],
        "explanation": found.explanation,
    }


def _manipulation(found: ManipulationFinding) -> Document:
    return {
        "corpus": found.place.corpus,
        "path": found.place.path,
        "line": found.place.start_line,
        "kind": found.kind,
        "excerpt": found.excerpt,
        "role": str(found.role),
    }


def _variation(variation: Variation) -> Document:
    return {
        "names": [list(pair) for pair in variation.names],
        "renamed": variation.renamed,
        "literals": variation.literals,
        "statements": variation.statements,
        "skeleton": list(variation.skeleton),
    }


def _member(member: Member) -> Document:
    return {
        "corpus": member.place.corpus,
        "path": member.place.path,
        "start_line": member.place.start_line,
        "end_line": member.place.end_line,
        "name": member.name,
        "kind": str(member.kind),
        "language": member.language,
        "role": str(member.role),
        "content": member.content,
        "new": member.new,
    }
