"""The figures of an audit and what it concluded as the JSON text that its row holds."""

from __future__ import annotations

import json
from dataclasses import asdict

from codesearch.core.audit import AuditSummary, Conclusion, Gate, Hidden, RoleSummary
from codesearch.core.results import CloneType
from codesearch.core.types import Role

_COUNTS = ("files", "lines", "fragments", "classes", "pairs", "duplicated_lines")


def figures_text(summary: AuditSummary, conclusion: Conclusion | None) -> str:
    """Both as one JSON object, which :func:`read_summary` and :func:`read_conclusion` read back."""
    fields: dict[str, object] = {
        **{name: getattr(summary, name) for name in _COUNTS},
        "by_type": dict(summary.by_type),
        "by_role": {role: asdict(part) for role, part in summary.by_role.items()},
    }
    if conclusion is not None:
        fields["conclusion"] = asdict(conclusion)
    return json.dumps(fields, sort_keys=True)


def read_summary(text: str) -> AuditSummary:
    """The summary that :func:`figures_text` wrote; types and roles in the order of their enumerations."""
    fields = json.loads(text)
    by_type, by_role = fields["by_type"], fields["by_role"]
    return AuditSummary(
        **{name: fields[name] for name in _COUNTS},
        by_type={kind: by_type[kind] for kind in CloneType if kind in by_type},
        by_role={role: RoleSummary(**by_role[role]) for role in Role if role in by_role},
    )


def read_conclusion(text: str) -> Conclusion | None:
    """The conclusion that :func:`figures_text` wrote; None in a row of before it was kept."""
    fields = json.loads(text).get("conclusion")
    if fields is None:
        return None
    gate = Gate(fields["gate"]["passed"], tuple(fields["gate"]["reasons"]))
    return Conclusion(gate, Hidden(**fields["hidden"]), tuple(fields["degraded"]))
