"""What is wanted of a job and what came of it, as JSON text."""

from __future__ import annotations

import json
from dataclasses import asdict

from codesearch.core.jobs import AuditFigures, Figures, IndexFigures, JobKind, JobRequest
from codesearch.core.results import CloneType
from codesearch.core.types import Role


def request_text(request: JobRequest) -> str:
    """A JSON object, the same text for equal requests; reads back with :func:`read_request`."""
    fields = asdict(request)
    for name in ("corpora", "types", "roles", "languages"):
        fields[name] = sorted(fields[name])
    return json.dumps(fields, sort_keys=True)


def read_request(text: str) -> JobRequest:
    """What :func:`request_text` wrote."""
    fields = json.loads(text)
    return JobRequest(
        kind=JobKind(fields["kind"]),
        corpora=frozenset(fields["corpora"]),
        types=frozenset(map(CloneType, fields["types"])),
        roles=frozenset(map(Role, fields["roles"])),
        languages=frozenset(fields["languages"]),
        min_lines=fields["min_lines"],
        min_tokens=fields["min_tokens"],
        min_probability=fields["min_probability"],
        cross_language=fields["cross_language"],
        refresh=fields["refresh"],
    )


def figures_text(figures: Figures) -> str:
    """A JSON object; reads back with :func:`read_figures`."""
    return json.dumps(asdict(figures), sort_keys=True)


def read_figures(kind: JobKind, text: str) -> Figures:
    """What :func:`figures_text` wrote of a job of this kind."""
    fields = json.loads(text)
    fields["degraded"] = tuple(fields["degraded"])
    return AuditFigures(**fields) if kind is JobKind.AUDIT else IndexFigures(**fields)
