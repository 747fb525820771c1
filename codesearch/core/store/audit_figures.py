"""The figures of an audit as the JSON text that its row holds."""

from __future__ import annotations

import json
from dataclasses import asdict

from codesearch.core.audit import AuditSummary, RoleSummary
from codesearch.core.results import CloneType
from codesearch.core.types import Role

_COUNTS = ("files", "lines", "fragments", "classes", "pairs", "duplicated_lines")


def summary_text(summary: AuditSummary) -> str:
    """A summary as a JSON object; :func:`read_summary` reads it back."""
    fields = {
        **{name: getattr(summary, name) for name in _COUNTS},
        "by_type": dict(summary.by_type),
        "by_role": {role: asdict(part) for role, part in summary.by_role.items()},
    }
    return json.dumps(fields, sort_keys=True)


def read_summary(text: str) -> AuditSummary:
    """The summary that :func:`summary_text` wrote; types and roles in the order of their enumerations."""
    fields = json.loads(text)
    by_type, by_role = fields["by_type"], fields["by_role"]
    return AuditSummary(
        **{name: fields[name] for name in _COUNTS},
        by_type={kind: by_type[kind] for kind in CloneType if kind in by_type},
        by_role={role: RoleSummary(**by_role[role]) for role in Role if role in by_role},
    )
