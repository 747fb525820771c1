"""An audit: the clone classes of a repository, what is new in them, and whether the gate lets them pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from codesearch.core.results import CloneType, Evidence, Place
from codesearch.core.types import FragmentKind, Role


class Action(StrEnum):
    """What a team may do about a clone class."""

    KEEP_ONE = "keep one copy"
    EXTRACT = "extract a function"
    PARAMETERISE = "parameterise"
    MOVE = "move to a shared module"
    REVIEW = "review"
    BOILERPLATE = "known boilerplate"


@dataclass(frozen=True, slots=True)
class Member:
    """One place of a clone class.

    Attributes:
        place: Where it stands.
        name: Declared name of the fragment; for a part of one, the name of the fragment around it.
        kind: What it is cut from; ``block`` for a part of a function.
        language: Registry id.
        role: Role of its file.
        content: 32 hexadecimal digits, the key of its T1 form: equal for copies, layout and comments aside.
        new: Not in the baseline.
    """

    place: Place
    name: str
    kind: FragmentKind
    language: str
    role: Role
    content: str
    new: bool = False

    @property
    def lines(self) -> int:
        """Number of lines."""
        return self.place.end_line - self.place.start_line + 1


@dataclass(frozen=True, slots=True)
class Variation:
    """What differs between the members of a class.

    Attributes:
        names: (in the first member, in another one) of identifiers, most frequent first, at most 8.
        renamed: Number of distinct renamed identifiers.
        literals: Number of literals that differ.
        statements: Lines that a member has more, less or otherwise than the first one; the largest count.
        skeleton: Lines of the first member, without indentation, with ``…`` for what is not the very same in
            all members; empty where nothing differs.
    """

    names: tuple[tuple[str, str], ...] = ()
    renamed: int = 0
    literals: int = 0
    statements: int = 0
    skeleton: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloneClass:
    """Fragments that are clones of each other.

    Attributes:
        id: Survives moves of the members and edits of some of them.
        clone_type: The loosest type between the first member and another one.
        probability: P(clone) of the weakest member, as for a pair.
        decided_by: As for a pair.
        similarity: Share of tokens that the least similar member aligns with the first, 0 to 1.
        role: That of its second member, source before tests before the rest: a test's copy of production code
            makes a class of tests.
        saved_lines: Lines that go when all members become one.
        members: At least two, by corpus, path and line; the first is what the others are compared with.
        variation: What differs.
        action: What to do about it.
        target: Deepest folder that holds all members, ``.`` for the root; empty across corpora.
        explanation: One sentence for a person; a judge's own one follows it.
        new: Not in the baseline, or with a member that is not.
        reason: What a judge said about the weakest pair; empty where none was asked.
        precedents: Ids of the labelled pairs that the judge weighed or was shown for it, most alike first.
    """

    id: str
    clone_type: CloneType
    probability: float
    decided_by: str
    similarity: float
    role: Role
    saved_lines: int
    members: tuple[Member, ...]
    variation: Variation
    action: Action
    target: str
    explanation: str
    new: bool = False
    reason: str = ""
    precedents: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """Lines of the longest member."""
        return max(member.lines for member in self.members)

    @property
    def pairs(self) -> int:
        """Number of clone pairs."""
        return len(self.members) * (len(self.members) - 1) // 2


@dataclass(frozen=True, slots=True)
class ManipulationFinding:
    """A place in the code that talks to whoever judges it: a finding of its own, which nothing hides.

    Attributes:
        place: The line on which it begins.
        kind: What it tries, such as ``instruction-override``.
        excerpt: What stands there: printable ASCII, at most 80 characters.
        role: Role of its file.
    """

    place: Place
    kind: str
    excerpt: str
    role: Role


@dataclass(frozen=True, slots=True)
class RoleSummary:
    """Counts of the code of one role; ``duplicated_lines`` are lines of its files that lie in a class of this
    role.
    """

    files: int
    lines: int
    classes: int
    duplicated_lines: int

    @property
    def duplication_percent(self) -> float:
        """Duplicated lines in percent of all lines, 2 decimals."""
        return round(100 * self.duplicated_lines / self.lines, 2) if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """What an audit looked at and found.

    Attributes:
        files: Analysed files of the audited roles.
        lines: Their lines.
        fragments: Occurrences of fragments in them that were compared.
        classes: Reported clone classes.
        pairs: Clone pairs in them.
        duplicated_lines: Lines that lie in a reported class, each counted once.
        by_type: Reported classes by clone type, every type asked for.
        by_role: Every role that the corpora have, whether its classes are reported or not.
    """

    files: int
    lines: int
    fragments: int
    classes: int
    pairs: int
    duplicated_lines: int
    by_type: Mapping[CloneType, int]
    by_role: Mapping[Role, RoleSummary]

    @property
    def duplication_percent(self) -> float:
        """Duplicated lines in percent of all lines, 2 decimals."""
        return round(100 * self.duplicated_lines / self.lines, 2) if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the audit passes: ``reasons`` says why not, one sentence per closed condition."""

    passed: bool = True
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Findings that are hidden: by comments and accepted classes, which the repository's own files hold, by
    the user's own verdicts, and by a judge who was asked about what the text shows.
    """

    ignored_members: int = 0
    accepted_classes: int = 0
    rejected_members: int = 0
    judged_classes: int = 0


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a run said beside its figures and classes.

    Attributes:
        gate: Verdict over the whole.
        hidden: What was left out on the repository's or the user's request.
        degraded: What did not run as configured.
    """

    gate: Gate = Gate()
    hidden: Hidden = Hidden()
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything an audit says.

    Attributes:
        summary: Counts.
        classes: Most worth merging first.
        gate: Verdict over the whole.
        hidden: What was left out of ``classes`` on the repository's or the user's request.
        fixed: Ids of baseline classes that are gone; None without a baseline.
        degraded: What did not run as configured.
        roots: Folder of every audited corpus by name, for links.
        base: Folder from which reports for code hosts name the files of corpora below it, such as the root of
            the work tree; empty to name them from their corpus.
        manipulations: What talks to a judge in the files of the audited roles, by corpus, path and line; a
            judge does not read it, and it closes no gate.
    """

    summary: AuditSummary
    classes: tuple[CloneClass, ...]
    gate: Gate = Gate()
    hidden: Hidden = Hidden()
    fixed: tuple[str, ...] | None = None
    degraded: tuple[str, ...] = ()
    roots: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    manipulations: tuple[ManipulationFinding, ...] = ()

    @property
    def conclusion(self) -> Conclusion:
        """What it says beside its figures and classes."""
        return Conclusion(self.gate, self.hidden, self.degraded)


@dataclass(frozen=True, slots=True)
class AuditRun:
    """A stored audit, for the trend; times are seconds since the epoch, UTC.

    Attributes:
        id: Number of the run, rising.
        target: What was audited, as the user named it.
        started_at: Begin.
        finished_at: End; None when it died or still runs.
        failure: Why it failed; None when it did not.
        summary: Its counts; None when it did not finish.
        new: New classes.
        fixed: Classes gone since the run before.
        conclusion: What else it said; None when it did not finish, or is of before that was kept.
    """

    id: int
    target: str
    started_at: float
    finished_at: float | None
    failure: str | None
    summary: AuditSummary | None
    new: int = 0
    fixed: int = 0
    conclusion: Conclusion | None = None


class AuditSources(Protocol):
    """What a report may show beside the figures: source text, alignments, earlier runs."""

    def lines(self, member: Member) -> Sequence[str] | None:
        """The member's lines without line ends; None when its file is gone or has changed since."""
        ...

    def evidence(self, first: Member, other: Member) -> tuple[Evidence, ...]:
        """Aligned line ranges, ``query_lines`` being those of ``first``; empty when a file has changed."""
        ...

    def history(self) -> Sequence[AuditRun]:
        """Finished runs of the same target, oldest first."""
        ...
