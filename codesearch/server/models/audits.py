"""Audits: the history, the last one, and its clone classes, as the command line prints them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from codesearch.core.audit import Action
from codesearch.core.results import CloneType
from codesearch.core.types import FragmentKind, Role
from codesearch.server.models.paging import Page

_MEMBERS: list[JsonDict] = [
    {
        "corpus": "app",
        "path": path,
        "start_line": 10,
        "end_line": 21,
        "name": name,
        "kind": "function",
        "language": "python",
        "role": "source",
        "content": content * 8,
        "new": False,
    }
    for path, name, content in (
        ("shop/orders.py", "collect", "0f3a"),
        ("shop/users.py", "gather", "0f3a"),
        ("shop/parcels.py", "assemble", "91bc"),
    )
]
_CLASS: JsonDict = {
    "id": "d3f888b62659",
    "clone_type": "T2",
    "probability": 0.994,
    "decided_by": "fingerprint",
    "precedents": [],
    "similarity": 1.0,
    "role": "source",
    "lines": 12,
    "saved_lines": 24,
    "new": False,
    "action": "parameterise",
    "target": "shop",
    "variation": {
        "names": [["order", "user"]],
        "renamed": 1,
        "literals": 0,
        "statements": 0,
        "skeleton": ["def …(…):", "found = []", "…"],
    },
    "members": [*_MEMBERS],
    "explanation": "3 copies with other names or literals in 3 files; 1 name differs: order→user",
}
_ROLE: JsonDict = {"files": 0, "lines": 0, "classes": 0, "duplicated_lines": 0, "duplication_percent": 0.0}
_SUMMARY: JsonDict = {
    "files": 14,
    "lines": 900,
    "fragments": 120,
    "classes": 1,
    "pairs": 3,
    "duplicated_lines": 36,
    "duplication_percent": 4.0,
    "by_type": {"T1": 0, "T2": 1, "T3": 0},
    "by_role": {
        "source": {
            "files": 14,
            "lines": 900,
            "classes": 1,
            "duplicated_lines": 36,
            "duplication_percent": 4.0,
        },
        "test": _ROLE,
        "generated": _ROLE,
        "vendored": _ROLE,
    },
}
_RUN: JsonDict = {
    "id": 3,
    "target": "app",
    "started_at": "2026-03-02T06:00:00+00:00",
    "finished_at": "2026-03-02T06:00:09+00:00",
    "status": "finished",
    "failure": None,
    "new": 1,
    "fixed": 0,
    "summary": _SUMMARY,
}


class RoleFigures(BaseModel):
    """Counts of the code of one role."""

    files: int
    lines: int
    classes: int
    duplicated_lines: int = Field(description="Lines that lie in a class of this role, each counted once.")
    duplication_percent: float = Field(description="These in percent of all lines.")


class AuditSummary(BaseModel):
    """What an audit looked at and found."""

    files: int = Field(description="Analysed files of the audited roles.")
    lines: int = Field(description="Their lines.")
    fragments: int = Field(description="Fragments in them that were compared.")
    classes: int = Field(description="Reported clone classes.")
    pairs: int = Field(description="Clone pairs in them.")
    duplicated_lines: int = Field(description="Lines that lie in a reported class, each counted once.")
    duplication_percent: float = Field(description="These in percent of all lines.")
    by_type: dict[CloneType, int] = Field(description="Reported classes of every type that was asked for.")
    by_role: dict[Role, RoleFigures] = Field(description="Every role of the code, reported or not.")


class AuditRunRow(BaseModel):
    """One audit of the history; times are ISO 8601 in UTC."""

    id: int
    target: str = Field(description="What was audited, as it was named.")
    started_at: str
    finished_at: str | None = Field(description="Null while it runs, or when its process died.")
    status: Literal["finished", "failed", "running"]
    failure: str | None = Field(description="Why it failed.")
    new: int = Field(description="Classes that the comparable audit before did not have.")
    fixed: int = Field(description="Classes of that audit that are gone.")
    summary: AuditSummary | None = Field(description="Null unless it finished.")


class AuditHistory(Page[AuditRunRow]):
    """Audits, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.audit-runs/1",
                    "degraded": [],
                    "items": [_RUN],
                    "total": 1,
                    "offset": 0,
                    "limit": 100,
                    "next": None,
                }
            ]
        }
    )

    schema_: Literal["codesearch.audit-runs/1"] = Field(alias="schema")
    degraded: list[str]


class ClassMember(BaseModel):
    """One place of a clone class."""

    corpus: str
    path: str = Field(description="Relative to the root of the corpus.")
    start_line: int
    end_line: int = Field(description="Inclusive.")
    name: str = Field(description="Declared name; for a part of a function, that of the function.")
    kind: FragmentKind
    language: str
    role: Role
    content: str = Field(description="Equal for copies, layout and comments aside.")
    new: bool


class ClassVariation(BaseModel):
    """What differs between the members."""

    names: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        description="Identifiers of the first member and of another one, most frequent first."
    )
    renamed: int = Field(description="Distinct renamed identifiers.")
    literals: int = Field(description="Literals that differ.")
    statements: int = Field(description="Lines that differ, at most.")
    skeleton: list[str] = Field(description="The first member with … for what is not the same in all.")


class ClassFields(BaseModel):
    """Fragments that are clones of each other."""

    id: str = Field(description="Survives moves of the members and edits of some of them.")
    clone_type: CloneType
    probability: float = Field(description="P(clone) of the weakest member.")
    decided_by: str
    precedents: list[str] = Field(description="Labelled pairs that the judge weighed, most alike first.")
    similarity: float = Field(description="Share of tokens that the least similar member shares.")
    role: Role
    lines: int = Field(description="Lines of the longest member.")
    saved_lines: int = Field(description="Lines that go when all members become one.")
    new: bool = Field(description="Not in the comparable audit before.")
    action: Action
    target: str = Field(description="Deepest folder that holds all members; empty across corpora.")
    variation: ClassVariation
    members: list[ClassMember] = Field(
        description="By corpus, path and line. A class by itself or in a list has the first 1,000, and "
        "`members:left-out` in `degraded` where there are more; `/audits/latest` has all."
    )
    explanation: str


class ClassDocument(ClassFields):
    """One clone class as a document."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.audit-class/1", "degraded": [], **_CLASS}]}
    )

    schema_: Literal["codesearch.audit-class/1"] = Field(alias="schema")
    degraded: list[str]


class ClassesDocument(Page[ClassFields]):
    """Clone classes that fit, in the order that was asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.audit-classes/1",
                    "degraded": [],
                    "items": [_CLASS],
                    "total": 1,
                    "offset": 0,
                    "limit": 100,
                    "next": None,
                }
            ]
        }
    )

    schema_: Literal["codesearch.audit-classes/1"] = Field(alias="schema")
    degraded: list[str]


class HiddenFindings(BaseModel):
    """Findings that are left out."""

    ignored_members: int
    accepted_classes: int
    rejected_members: int
    judged_classes: int


class Manipulation(BaseModel):
    """A place in the code that talks to whoever judges it."""

    corpus: str
    path: str
    line: int
    kind: str = Field(description="What it tries, such as `instruction-override`.")
    excerpt: str
    role: Role


class GateVerdict(BaseModel):
    """Whether the audit passes."""

    passed: bool
    reasons: list[str]


class AuditDocument(BaseModel):
    """The last audit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.audit/1",
                    "degraded": [],
                    "summary": _SUMMARY,
                    "classes": [_CLASS],
                    "hidden": {
                        "ignored_members": 0,
                        "accepted_classes": 0,
                        "rejected_members": 0,
                        "judged_classes": 0,
                    },
                    "manipulations": [],
                    "fixed": None,
                    "gate": {"passed": True, "reasons": []},
                }
            ]
        }
    )

    schema_: Literal["codesearch.audit/1"] = Field(alias="schema")
    degraded: list[str] = Field(description="What did not run as configured.")
    summary: AuditSummary
    classes: list[ClassFields] = Field(description="Most worth merging first.")
    hidden: HiddenFindings | None = Field(description="Null in an audit of before they were kept.")
    manipulations: list[Manipulation]
    fixed: list[str] | None = Field(description="Classes of the baseline that are gone; null without one.")
    gate: GateVerdict | None = Field(
        description="Closed by a condition of `--fail-on` alone; null in an audit of before it was kept."
    )
