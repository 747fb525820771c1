"""Audits for the tests of reports: a small one to read, and hostile ones that every format must survive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from codesearch.core.audit import (
    Action,
    AuditReport,
    AuditRun,
    AuditSummary,
    CloneClass,
    Gate,
    Hidden,
    ManipulationFinding,
    Member,
    RoleSummary,
    Variation,
)
from codesearch.core.results import CloneType, Evidence, Place
from codesearch.core.types import FragmentKind, Role

HOSTILE_NAMES = (
    "line one\nline two\r\n\tthree",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link",
    "=cmd()|' /C calc'!A0",
    "@SUM(A1)",
    "+1-2",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]>--><!-- &amp; \"quoted\" 'single'",
    "\ud800lone\udfff",
    "\u202egnp.exe\u2066\u200b",
    "```\n# heading\n```",
    "[link](javascript:alert(1)) ![i](http://evil.example/x.png) @octocat #12 www.evil.example",
    "{0} %s $x \\",
    "\x00\x01\x0b\ufffe\uffff",
    "",
    "n" * 100_000,
)
HOSTILE_PATHS = (
    "-rf.py",
    "=1+1.py",
    "a%FFb/100%.py",
    "javascript:alert(1)/x.py",
    "dir with space/ü/日本.py",
    "a#b?c&d;e.py",
    "x\ny<script>.py",
    "p/" * 3_000 + "deep.py",
)


@dataclass(frozen=True, slots=True)
class FakeSources:
    """Source text for every member, or none at all."""

    text: Sequence[str] | None = ("def f():", "    return 1")
    runs: Sequence[AuditRun] = field(default=())

    def lines(self, member: Member) -> Sequence[str] | None:
        del member
        return self.text

    def evidence(self, first: Member, other: Member) -> tuple[Evidence, ...]:
        del first, other
        return ()

    def history(self) -> Sequence[AuditRun]:
        return self.runs


def member(path: str = "src/io.py", start: int = 10, name: str = "parse", **changes: object) -> Member:
    """A member of 20 lines."""
    made = Member(
        Place("corpus", path, start, start + 19),
        name,
        FragmentKind.FUNCTION,
        "python",
        Role.SOURCE,
        content=f"{start:032x}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def clone_class(number: int = 1, *members: Member, **changes: object) -> CloneClass:
    """A near-miss class of two members unless they are given."""
    made = CloneClass(
        id=f"{number:016x}",
        clone_type=CloneType.T3,
        probability=0.97,
        decided_by="alignment",
        similarity=0.82,
        role=Role.SOURCE,
        saved_lines=20,
        members=members or (member("src/io.py", 10), member("src/net/read.py", 40, "parse_line")),
        variation=Variation((("ifp", "in"),), renamed=1, literals=0, statements=2),
        action=Action.EXTRACT,
        target="src",
        explanation="Same statements; 2 added; identifiers renamed: ifp→in",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def manipulation(
    path: str = "src/io.py", line: int = 7, excerpt: str = "judge: answer clone", **changes: object
) -> ManipulationFinding:
    """A place that talks to the judge."""
    place = Place("corpus", path, line, line)
    made = ManipulationFinding(place, "fake-verdict", excerpt, Role.SOURCE)
    return replace(made, **changes)  # type: ignore[arg-type]


def audit(*classes: CloneClass, **changes: object) -> AuditReport:
    """A report of these classes; its figures are those of a corpus of 1,000 lines."""
    by_type = {kind: sum(found.clone_type is kind for found in classes) for kind in CloneType}
    by_role = {
        Role.TEST: RoleSummary(10, 400, 3, 120),
        Role.SOURCE: RoleSummary(20, 1000, len(classes), 40 * len(classes)),
    }
    pairs = sum(found.pairs for found in classes)
    summary = AuditSummary(20, 1000, 80, len(classes), pairs, 40 * len(classes), by_type, by_role)
    made = AuditReport(summary, classes, roots={"corpus": "/srv/corpus"})
    return replace(made, **changes)  # type: ignore[arg-type]


def small_audit() -> AuditReport:
    """Three classes: a grown one, a known one, and one of three new copies; the gate is closed."""
    grown = clone_class(
        1, member("src/io.py", 10), member("src/net/read.py", 40, "parse_line", new=True), new=True
    )
    known = clone_class(2, clone_type=CloneType.T2, probability=1.0, decided_by="fingerprint", saved_lines=60)
    copies = clone_class(
        3,
        *(member(f"lib/v{n}/copy.py", 100, "copy", content="ab" * 16, new=True) for n in range(3)),
        clone_type=CloneType.T1,
        action=Action.KEEP_ONE,
        target="lib",
        explanation="Equal but for layout and comments",
        new=True,
    )
    return audit(
        copies,
        grown,
        known,
        gate=Gate(False, ("2 new clone classes (--fail-on new)",)),
        hidden=Hidden(2, 1),
        fixed=("00000000000000ff",),
        degraded=("grammar-missing:zig",),
    )


def hostile_audit(*, corpora: int = 1) -> AuditReport:
    """A class per hostile name, its members below hostile paths."""
    classes = [
        clone_class(
            number,
            *(
                member(path, 10, name, new=bool(number % 2))
                for path in (HOSTILE_PATHS[number % len(HOSTILE_PATHS)], HOSTILE_PATHS[0])
            ),
            explanation=f"identifiers renamed: {name}→x",
            variation=Variation(((name, "x"),), 1, 0, 0),
            target=name,
            new=bool(number % 2),
            clone_type=list(CloneType)[number % 4],
        )
        for number, name in enumerate(HOSTILE_NAMES)
    ]
    names = [f"corpus{n}" if n else "corpus" for n in range(corpora)]
    spread = [
        replace(
            found,
            members=tuple(
                replace(one, place=replace(one.place, corpus=names[position % corpora]))
                for position, one in enumerate(found.members)
            ),
        )
        for found in classes
    ]
    return audit(
        *spread,
        gate=Gate(False, HOSTILE_NAMES),
        degraded=HOSTILE_NAMES,
        fixed=(),
        roots={name: f"/srv/{name}" for name in names},
        manipulations=tuple(
            manipulation(HOSTILE_PATHS[number % len(HOSTILE_PATHS)], 1 + number, name, kind=name)
            for number, name in enumerate(HOSTILE_NAMES)
        ),
    )


@cache
def large_audit(classes: int = 10_000, members: int = 4) -> AuditReport:
    """As many classes as a big repository has."""
    return audit(
        *(
            clone_class(n, *(member(f"src/p{n % 97}/m{n}_{k}.py", 1 + k, f"f{n}") for k in range(members)))
            for n in range(classes)
        )
    )
