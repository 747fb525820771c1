"""Audits for the tests of the HTML report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

from codesearch.core.audit import (
    Action,
    AuditReport,
    AuditRun,
    AuditSummary,
    CloneClass,
    Gate,
    Member,
    RoleSummary,
    Variation,
)
from codesearch.core.results import CloneType, Evidence, EvidenceKind, Place
from codesearch.core.types import FragmentKind, Role
from codesearch.report.audit_html import HtmlReporter
from codesearch.report.audit_html.limits import Limits

COPY = ("def copy(source, target):", "    data = source.read()", "    target.write(data)", "    return data")
MOVED = ("def move(origin, target):", "    data = origin.read()", "    target.write(data)", "    log(data)")
ALIGNED = (
    Evidence(EvidenceKind.RENAMED, (1, 2), (1, 2)),
    Evidence(EvidenceKind.EQUAL, (3, 3), (3, 3)),
    Evidence(EvidenceKind.REMOVED, (4, 4), None),
    Evidence(EvidenceKind.ADDED, None, (4, 4)),
)


def member(path: str, name: str = "copy", content: str = "00", language: str = "python") -> Member:
    return Member(
        Place("corpus", path, 1, 4), name, FragmentKind.FUNCTION, language, Role.SOURCE, content * 16
    )


def clone_class(  # the fields that tests vary
    id_: str,
    *members: Member,
    clone_type: CloneType = CloneType.T3,
    role: Role = Role.SOURCE,
    saved: int = 4,
    explanation: str = "Same statements; 1 added",
    names: tuple[tuple[str, str], ...] = (("source", "origin"),),
    new: bool = False,
) -> CloneClass:
    return CloneClass(
        id=id_,
        clone_type=clone_type,
        probability=0.97,
        decided_by="alignment",
        similarity=0.82,
        role=role,
        saved_lines=saved,
        members=members,
        variation=Variation(names, len(names), 2, 1),
        action=Action.EXTRACT,
        target="src",
        explanation=explanation,
        new=new,
    )


def pair(number: int, clone_type: CloneType = CloneType.T3, new: bool = False) -> CloneClass:
    """A class of two members: ``src/a<number>.py`` and ``lib/b<number>.py``."""
    return clone_class(
        f"c{number:05d}",
        member(f"src/a{number}.py", content="0a"),
        member(f"lib/b{number}.py", "move", "0b"),
        clone_type=clone_type,
        saved=1000 - number,
        new=new,
    )


def summary(classes: int, duplicated_lines: int = 80) -> AuditSummary:
    return AuditSummary(
        files=12,
        lines=1000,
        fragments=50,
        classes=classes,
        pairs=classes,
        duplicated_lines=duplicated_lines,
        by_type={CloneType.T1: 0, CloneType.T2: 0, CloneType.T3: classes},
        by_role={Role.SOURCE: RoleSummary(10, 900, classes, 80), Role.TEST: RoleSummary(2, 100, 0, 0)},
    )


def audit(*classes: CloneClass, gate: Gate | None = None, degraded: tuple[str, ...] = ()) -> AuditReport:
    return AuditReport(
        summary(len(classes)), classes, gate or Gate(), degraded=degraded, roots={"corpus": "/home/me/corpus"}
    )


def run(number: int, duplicated_lines: int) -> AuditRun:
    started = 1_760_000_000.0 + 86_400 * number
    return AuditRun(number, "corpus", started, started + 9, None, summary(40 + number, duplicated_lines))


@dataclass
class Sources:
    """Texts by content key; a member of any other content has changed."""

    texts: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"0a" * 16: COPY, "0b" * 16: MOVED})
    aligned: tuple[Evidence, ...] = ALIGNED
    runs: Sequence[AuditRun] = ()

    def lines(self, member: Member) -> Sequence[str] | None:
        return self.texts.get(member.content)

    def evidence(self, first: Member, other: Member) -> tuple[Evidence, ...]:
        return self.aligned

    def history(self) -> Sequence[AuditRun]:
        return self.runs


def page_of(report: AuditReport, sources: Sources | None = None, limits: Limits | None = None) -> str:
    out = StringIO()
    HtmlReporter(limits).write(report, sources or Sources(), out)
    return out.getvalue()
