"""Index and audit runs that somebody asked a server for, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from codesearch.core.results import CloneType
from codesearch.core.types import Role

TYPES = frozenset({CloneType.T1, CloneType.T2, CloneType.T3})
"""Clone types of an audit by default: those that are settled without a model."""
ROLES = frozenset({Role.SOURCE})
"""Roles of an audit by default."""


class JobKind(StrEnum):
    """What a job does."""

    INDEX = "index"
    AUDIT = "audit"


class JobStatus(StrEnum):
    """State of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True when nothing more becomes of the job."""
        return self in {JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is wanted; an index job looks at its corpora alone.

    Attributes:
        kind: What is to be done.
        corpora: Names of indexed corpora; empty for all.
        types: Clone types wanted; T4 asks the model.
        roles: Roles whose classes are reported.
        languages: Ids of the languages that are compared; empty for all.
        min_lines: Lines of a member at least; None for what the index holds.
        min_tokens: Tokens of a member at least; None for what the index holds.
        min_probability: Classes with a less probable member are left out.
        cross_language: Also classes of code in several languages.
        refresh: Bring the index up to date first.
    """

    kind: JobKind
    corpora: frozenset[str] = frozenset()
    types: frozenset[CloneType] = TYPES
    roles: frozenset[Role] = ROLES
    languages: frozenset[str] = frozenset()
    min_lines: int | None = None
    min_tokens: int | None = None
    min_probability: float = 0.0
    cross_language: bool = False
    refresh: bool = True


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """What an index job did, and what the index holds now: all its corpora.

    Attributes:
        snapshot: Number of the snapshot that is current.
        files: Files seen.
        analysed: Those of them that were not skipped.
        lines: Lines of these.
        fragments: Occurrences of fragments.
        parsed: Files that were read and parsed by this job.
        embedded: Contents whose vectors it computed.
        degraded: What did not go as configured, in alphabetical order.
    """

    snapshot: int
    files: int
    analysed: int
    lines: int
    fragments: int
    parsed: int
    embedded: int
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """What an audit job found.

    Attributes:
        audit: Number of the audit in the history.
        files: Analysed files of the audited roles.
        lines: Their lines.
        classes: Reported clone classes.
        pairs: Clone pairs in them.
        duplicated_lines: Lines that lie in a reported class, each counted once.
        duplication_percent: These in percent of all lines, 2 decimals.
        new: Classes that the comparable audit before did not have.
        fixed: Classes of that audit that are gone.
        degraded: What did not go as configured, in alphabetical order.
    """

    audit: int
    files: int
    lines: int
    classes: int
    pairs: int
    duplicated_lines: int
    duplication_percent: float
    new: int
    fixed: int
    degraded: tuple[str, ...] = ()


Figures = IndexFigures | AuditFigures


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a running job is.

    Attributes:
        stage: What is being done, such as ``analysing``; empty before the first stage.
        unit: Plural of what is counted; empty where nothing is.
        done: Units of this stage that are done.
        total: Units that it has; None where nobody knows.
    """

    stage: str = ""
    unit: str = ""
    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One run that was asked for; times are seconds since the epoch, UTC.

    Attributes:
        id: Its number, rising.
        request: What is wanted.
        status: What became of it so far.
        by: Who asked, for people; None where nobody was asked for a name.
        queued_at: When it was asked for.
        started_at: When it was begun, last where it had to be begun again; None while it waits.
        finished_at: When it ended; None before.
        failure: Why it failed, one line.
        result: What came of it; None unless it is done.
        progress: How far it is while it runs; known to the server that runs it alone.
    """

    id: int
    request: JobRequest
    status: JobStatus
    by: str | None
    queued_at: float
    started_at: float | None = None
    finished_at: float | None = None
    failure: str | None = None
    result: Figures | None = None
    progress: JobProgress = JobProgress()

    @property
    def mark(self) -> str:
        """16 characters, others whenever anything of the job is."""
        state = repr((self.status, self.started_at, self.progress))
        return blake2b(state.encode(), digest_size=8).hexdigest()
