"""The tables. Types are those that SQLite and PostgreSQL share; ids come from the one writer of an index."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite makes only an INTEGER primary key the row id itself; a BIGINT one would cost a second index.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Bytes(LargeBinary):
    """LargeBinary without its copy of every value: the drivers of both databases take and give ``bytes``."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        """Pass values through."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Pass values through."""


class Base(DeclarativeBase):
    """Names every constraint, because a migration can only alter what has a name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Meta(Base):
    """Facts about the index itself, such as the settings it was built with."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Corpus(Base):
    """A folder or file that was indexed."""

    __tablename__ = "corpora"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, unique=True)
    root: Mapped[str] = mapped_column(Text)
    added_at: Mapped[float] = mapped_column(Double)
    """Seconds since the epoch, UTC."""
    removed_in: Mapped[int | None]
    """Run that removed it, whose files earlier snapshots still see; None while it is part of the index."""


class Blob(Base):
    """One distinct file content, read as one language."""

    __tablename__ = "blobs"
    __table_args__ = (UniqueConstraint("hash", "language"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(Bytes(16))
    """BLAKE2b-128 of the raw bytes."""
    language: Mapped[str] = mapped_column(String(40))
    role_by_content: Mapped[str | None] = mapped_column(String(20))
    """What the content alone says about the role; None when it says nothing."""
    encoding: Mapped[str] = mapped_column(String(40))
    lines: Mapped[int]
    tokens: Mapped[int]
    damaged: Mapped[bool]
    """True when the grammar met syntax errors."""


class Fragment(Base):
    """A fragment of a blob; its occurrences are the files that have this blob."""

    __tablename__ = "fragments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    blob_id: Mapped[int] = mapped_column(BigId, ForeignKey("blobs.id"), index=True)
    key: Mapped[bytes] = mapped_column(Bytes(16), index=True)
    """Content key: fragments of equal normal form share it."""
    language: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    container: Mapped[str] = mapped_column(Text)
    start_line: Mapped[int]
    end_line: Mapped[int]
    layout: Mapped[bytes | None] = mapped_column(Bytes)
    """Lines of its tokens relative to ``start_line``, as the indexer packs them; None when not kept."""


class File(Base):
    """A file of a corpus as some runs saw it; ``reason`` is set when it was skipped."""

    __tablename__ = "files"
    __table_args__ = (Index(None, "corpus_id", "path"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    corpus_id: Mapped[int] = mapped_column(ForeignKey("corpora.id"))
    path: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    blob_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("blobs.id"), index=True)
    language: Mapped[str | None] = mapped_column(String(40))
    role: Mapped[str | None] = mapped_column(String(20))
    rule: Mapped[str | None] = mapped_column(String(100))
    """Name of the rule that gave the role."""
    reason: Mapped[str | None] = mapped_column(String(40))
    """Why it was skipped; None when it was analysed."""
    detail: Mapped[str | None] = mapped_column(Text)
    added_in: Mapped[int] = mapped_column(index=True)
    """First run that sees this row."""
    removed_in: Mapped[int | None] = mapped_column(index=True)
    """First run that no longer sees it; None while it is current."""


class Run(Base):
    """One run of the indexer; its id is the number of the snapshot it made."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    started_at: Mapped[float] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)
    version: Mapped[str] = mapped_column(String(40))
    counts: Mapped[str] = mapped_column(Text)
    """The run's figures as a JSON object."""


class Audit(Base):
    """One audit; figures are kept for good, its classes for as long as the next audit is compared with them.

    ``snapshot`` is no foreign key: snapshots are forgotten, figures are not.
    """

    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    target: Mapped[str] = mapped_column(Text)
    """What was audited, as the user named it."""
    corpora: Mapped[str] = mapped_column(Text)
    """Names of the audited corpora as a JSON list, sorted."""
    options: Mapped[str] = mapped_column(Text)
    """The options that decide what is found, as a JSON object, keys sorted."""
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    """Process that runs it, on ``host``."""
    started_at: Mapped[float] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)
    snapshot: Mapped[int | None]
    """Number of the snapshot it looked at; None until it is finished."""
    failure: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    """Its figures and what it concluded as a JSON object; None unless it finished."""
    new: Mapped[int]
    fixed: Mapped[int]


class AuditClass(Base):
    """A clone class that a recent audit reported."""

    __tablename__ = "audit_classes"

    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), primary_key=True)
    class_id: Mapped[str] = mapped_column(Text, primary_key=True)
    contents: Mapped[bytes] = mapped_column(Bytes)
    """16 bytes per member, sorted: the keys of the members' contents."""


class ScheduledAudit(Base):
    """An audit that is run again and again; times are seconds since the epoch, UTC."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    cron: Mapped[str] = mapped_column(Text)
    """Five fields as crontab(5) reads them."""
    timezone: Mapped[str] = mapped_column(String(100))
    """IANA name of the zone that the fields are in."""
    paths: Mapped[str] = mapped_column(Text)
    """Absolute paths to audit as a JSON list."""
    options: Mapped[str] = mapped_column(Text)
    """Further words of the audit's command line as a JSON list."""
    folder: Mapped[str] = mapped_column(Text)
    """Absolute folder in which the audit is run; relative report files land there."""
    enabled: Mapped[bool]
    added_at: Mapped[float] = mapped_column(Double)
    next_run_at: Mapped[float] = mapped_column(Double)
    last_run_at: Mapped[float | None] = mapped_column(Double)
    last_status: Mapped[str | None] = mapped_column(String(20))
    last_failure: Mapped[str | None] = mapped_column(Text)


class JudgedPair(Base):
    """What a model-backed judge said about a pair of contents, so that no pair is asked about twice."""

    __tablename__ = "judged_pairs"

    key: Mapped[bytes] = mapped_column(Bytes(16), primary_key=True)
    """Hash of both contents, the model, the prompt and the settings."""
    answer: Mapped[str] = mapped_column(Text)
    """A JSON object, as :mod:`.judged_pairs` writes it."""
    at: Mapped[float] = mapped_column(Double)
    """Seconds since the epoch, UTC."""


class AccessToken(Base):
    """A token by which callers of the server are known; times are seconds since the epoch, UTC."""

    __tablename__ = "access_tokens"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Public part of the token."""
    name: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(20))
    digest: Mapped[bytes] = mapped_column(Bytes(32))
    """All that is kept of the secret."""
    created_at: Mapped[float] = mapped_column(Double)
    expires_at: Mapped[float | None] = mapped_column(Double)
    revoked_at: Mapped[float | None] = mapped_column(Double)
    last_used_at: Mapped[float | None] = mapped_column(Double)
    corpora: Mapped[str | None] = mapped_column(Text)
    """Names of the corpora that it sees as a JSON list, sorted; None means all, those to come too."""


class Job(Base):
    """An index or audit run that somebody asked a server for; times are seconds since the epoch, UTC."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    request: Mapped[str] = mapped_column(Text)
    """What is wanted as a JSON object, as :mod:`.job_values` writes it."""
    status: Mapped[str] = mapped_column(String(20), index=True)
    requested_by: Mapped[str | None] = mapped_column(Text)
    """Who asked, for people."""
    attempts: Mapped[int]
    """Times that it was begun."""
    queued_at: Mapped[float] = mapped_column(Double)
    started_at: Mapped[float | None] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)
    failure: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    """Its figures as a JSON object; None unless it is done."""
