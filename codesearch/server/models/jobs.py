"""Index and audit runs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from codesearch.core.jobs import ROLES, TYPES, JobKind, JobRequest, JobStatus
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.models.paging import Page

_JOB: JsonDict = {
    "id": 7,
    "kind": "audit",
    "request": {
        "corpora": ["app"],
        "types": ["T1", "T2", "T3"],
        "roles": ["source"],
        "languages": [],
        "min_lines": None,
        "min_tokens": None,
        "min_probability": 0.0,
        "cross_language": False,
        "refresh": True,
    },
    "status": "done",
    "by": "ci",
    "queued_at": "2026-03-02T06:00:00+00:00",
    "started_at": "2026-03-02T06:00:01+00:00",
    "finished_at": "2026-03-02T06:00:09+00:00",
    "progress": None,
    "failure": None,
    "result": {
        "audit": 3,
        "files": 14,
        "lines": 900,
        "classes": 1,
        "pairs": 3,
        "duplicated_lines": 36,
        "duplication_percent": 4.0,
        "new": 1,
        "fixed": 0,
    },
}

Name = Annotated[str, Field(min_length=1, max_length=1000)]
Corpora = Annotated[
    frozenset[Name],
    Field(max_length=1000, description="Names of indexed corpora; none for all of them."),
]


class IndexRequest(BaseModel):
    """Bring corpora of the index up to date with their folders."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "index", "corpora": ["app"]}]}
    )

    kind: Literal["index"]
    corpora: Corpora = frozenset()

    def wanted(self) -> JobRequest:
        """The request as a value."""
        return JobRequest(JobKind.INDEX, self.corpora)


class AuditRequest(BaseModel):
    """Find the clone classes of corpora."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "audit", "corpora": ["app"], "types": ["T1", "T2", "T3"]}]},
    )

    kind: Literal["audit"]
    corpora: Corpora = frozenset()
    types: frozenset[CloneType] = Field(TYPES, min_length=1, description="Clone types; T4 asks the model.")
    roles: frozenset[Role] = Field(ROLES, min_length=1, description="Roles whose classes are reported.")
    languages: frozenset[Name] = Field(
        frozenset(), max_length=100, description="Only files in these languages; none for all."
    )
    min_lines: int | None = Field(
        None, ge=1, le=10_000, description="Lines of a clone at least; null for what the index holds."
    )
    min_tokens: int | None = Field(
        None, ge=1, le=100_000, description="Tokens of a clone at least; null for what the index holds."
    )
    min_probability: float = Field(0.0, ge=0, le=1, description="Leave out classes below.")
    cross_language: bool = Field(False, description="Also classes of code in several languages.")
    refresh: bool = Field(True, description="Bring the index up to date first.")

    def wanted(self) -> JobRequest:
        """The request as a value."""
        return JobRequest(**{**self.model_dump(), "kind": JobKind.AUDIT})


NewJob = Annotated[IndexRequest | AuditRequest, Field(discriminator="kind")]
"""What a client asks for."""


class IndexWanted(BaseModel):
    """What an index job is about."""

    corpora: list[str] = Field(description="Names of the corpora; none for all.")


class AuditWanted(IndexWanted):
    """What an audit job is about."""

    types: list[CloneType]
    roles: list[Role]
    languages: list[str] = Field(description="Ids; none for all.")
    min_lines: int | None
    min_tokens: int | None
    min_probability: float
    cross_language: bool
    refresh: bool


class Progress(BaseModel):
    """How far a running job is."""

    stage: str = Field(description="What is being done.")
    unit: str = Field(description="Plural of what is counted; empty where nothing is.")
    done: int = Field(description="Units of this stage that are done.")
    total: int | None = Field(description="Units that it has; null where nobody knows.")


class IndexResult(BaseModel):
    """What the index holds after an index job."""

    snapshot: int
    files: int = Field(description="Files seen.")
    analysed: int = Field(description="Files that were not skipped.")
    lines: int
    fragments: int
    parsed: int = Field(description="Files that were read and parsed by this job.")
    embedded: int = Field(description="Contents whose vectors it computed.")


class AuditResult(BaseModel):
    """What an audit job found."""

    audit: int = Field(description="Number of the audit in the history.")
    files: int
    lines: int
    classes: int
    pairs: int
    duplicated_lines: int
    duplication_percent: float
    new: int = Field(
        description="Classes that the comparable audit before did not have; 0 where there was none."
    )
    fixed: int = Field(description="Classes of that audit that are gone.")


class JobFields(BaseModel):
    """One job; times are ISO 8601 in UTC."""

    id: int
    kind: JobKind
    request: AuditWanted | IndexWanted
    status: JobStatus
    by: str | None = Field(description="Who asked.")
    queued_at: str
    started_at: str | None
    finished_at: str | None
    progress: Progress | None = Field(description="Null unless it runs.")
    failure: str | None = Field(description="Why it failed, one line.")
    result: AuditResult | IndexResult | None = Field(description="Null unless it is done.")


class JobDocument(JobFields):
    """One job as a document."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.job/1", "degraded": [], **_JOB}]}
    )

    schema_: Literal["codesearch.job/1"] = Field(alias="schema")
    degraded: list[str] = Field(description="What did not go as configured while it ran.")


class JobsDocument(Page[JobFields]):
    """Jobs, newest first."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.jobs/1",
                    "degraded": [],
                    "items": [_JOB],
                    "total": 1,
                    "offset": 0,
                    "limit": 100,
                    "next": None,
                }
            ]
        }
    )

    schema_: Literal["codesearch.jobs/1"] = Field(alias="schema")
    degraded: list[str]
