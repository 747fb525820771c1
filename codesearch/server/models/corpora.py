"""The index and its corpora."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from codesearch.server.models.paging import Page

_COUNTS: JsonDict = {
    "files": {"seen": 14, "analysed": 12, "skipped": {"binary": 2}},
    "by_role": {"source": 10, "test": 2},
    "by_language": {"python": 12},
    "by_encoding": {"utf-8": 12},
    "damaged": 0,
    "lines": 1400,
    "fragments": 96,
    "unique_fragments": 88,
}
_CORPUS: JsonDict = {
    "name": "app",
    "root": "/srv/code/app",
    "origin": None,
    "include": [],
    "exclude": ["generated/**"],
    **_COUNTS,
}
_PAGE: JsonDict = {"total": 1, "offset": 0, "limit": 100, "next": None}


class Files(BaseModel):
    """The ledger: `seen` is `analysed` and all `skipped` together."""

    seen: int
    analysed: int
    skipped: dict[str, int] = Field(description="Files by the reason why they were left out.")


class Counts(BaseModel):
    """What was analysed."""

    files: Files
    by_role: dict[str, int] = Field(description="Analysed files by role.")
    by_language: dict[str, int] = Field(description="Analysed files by language.")
    by_encoding: dict[str, int] = Field(description="Analysed files by encoding.")
    damaged: int = Field(description="Analysed files with syntax errors.")
    lines: int
    fragments: int = Field(description="Occurrences of fragments.")
    unique_fragments: int = Field(description="Distinct contents among them.")


class CorpusFields(Counts):
    """One corpus."""

    name: str
    root: str = Field(description="Its folder on the server.")
    origin: str | None = Field(
        description="Archive or git URL that it was fetched from; null for a folder of its own."
    )
    include: list[str] = Field(description="Globs of the only files to read, as named last; empty means all.")
    exclude: list[str] = Field(description="Globs of the files to leave out, as named last.")


class CorpusDocument(CorpusFields):
    """One corpus as a document."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.corpus/1", "degraded": [], **_CORPUS}]}
    )

    schema_: Literal["codesearch.corpus/1"] = Field(alias="schema")
    degraded: list[str]


class RemovalDocument(Counts):
    """Which corpora are gone, and what the index holds now."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.removal/1",
                    "degraded": [],
                    "removed": ["app"],
                    "snapshot": 8,
                    **_COUNTS,
                    "index": "/srv/code/.codesearch",
                }
            ]
        }
    )

    schema_: Literal["codesearch.removal/1"] = Field(alias="schema")
    degraded: list[str]
    removed: list[str] = Field(description="Names of the corpora that are gone.")
    snapshot: int = Field(description="Number of the snapshot without them.")
    index: str = Field(description="The index folder.")


class CorporaDocument(Page[CorpusFields]):
    """The corpora of the index, by name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"schema": "codesearch.corpora/1", "degraded": [], "items": [_CORPUS], **_PAGE}]
        }
    )

    schema_: Literal["codesearch.corpora/1"] = Field(alias="schema")
    degraded: list[str]


class SkippedFile(BaseModel):
    """A file that was seen and not analysed."""

    path: str
    reason: str = Field(description="Such as `binary`, `too-large`, `unknown-language`.")


class SkippedDocument(Page[SkippedFile]):
    """The skipped files of a corpus, by path."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.skipped/1",
                    "degraded": [],
                    "corpus": "app",
                    "items": [{"path": "logo.py", "reason": "binary"}],
                    **_PAGE,
                }
            ]
        }
    )

    schema_: Literal["codesearch.skipped/1"] = Field(alias="schema")
    degraded: list[str]
    corpus: str


class Segment(BaseModel):
    """A part of the index."""

    name: str
    rows: int = Field(description="Contents.")
    dead: int = Field(description="Those of them that no file holds any more.")
    model: str = Field(description="Embedder of their vectors; empty without.")
    structure: str = Field(description="What searches them: `flat`, `ivf` or `ivf-pq`.")
    recall: float = Field(description="Measured recall@10 of the structure.")


class Difference(BaseModel):
    """A setting that is not what the index was built with."""

    key: str
    built_with: str | int | float | bool
    now: str | int | float | bool


class StatusDocument(Counts):
    """The state of the index, as `codesearch status --json` prints it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.status/1",
                    "degraded": [],
                    "index": "/srv/code/.codesearch",
                    "format": 1,
                    "snapshot": 3,
                    "indexed_at": "2026-01-31T08:15:00+00:00",
                    **_COUNTS,
                    "corpora": [_CORPUS],
                    "segments": [
                        {
                            "name": "s1",
                            "rows": 88,
                            "dead": 0,
                            "model": "embedder-1",
                            "structure": "flat",
                            "recall": 1.0,
                        }
                    ],
                    "bytes": 1_048_576,
                    "differs": [],
                }
            ]
        }
    )

    schema_: Literal["codesearch.status/1"] = Field(alias="schema")
    degraded: list[str]
    index: str = Field(description="Its folder on the server.")
    format: int
    snapshot: int = Field(description="Goes up by one with every finished index run.")
    indexed_at: str = Field(description="ISO 8601 in UTC.")
    corpora: list[CorpusFields]
    segments: list[Segment]
    bytes: int = Field(description="Size on disk.")
    differs: list[Difference]


class HealthDocument(BaseModel):
    """The server answers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"schema": "codesearch.health/1", "status": "ok", "version": "0.1.0"}]
        }
    )

    schema_: Literal["codesearch.health/1"] = Field(alias="schema")
    status: Literal["ok"]
    version: str


class ReadyDocument(BaseModel):
    """The index can be searched."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.ready/1", "status": "ready", "snapshot": 3}]}
    )

    schema_: Literal["codesearch.ready/1"] = Field(alias="schema")
    status: Literal["ready"]
    snapshot: int
