"""Versions of the schema: which one a store has, creating the newest, migrating an older one.

Alembic takes half a second to import, so opening a store compares revision names by one query and a fresh
store is created from the models; a test proves that this equals running every migration.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select

from codesearch.core.errors import IndexFailure
from codesearch.core.store.models import Base

HEAD = "0006"
"""Newest revision in ``migrations/versions``; revisions are numbered, so they compare as text."""

# The table that alembic itself keeps.
_version_table = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def revision_of(connection: Connection) -> str | None:
    """The store's revision; None when it holds no schema of ours."""
    if not inspect(connection).has_table(_version_table.name):
        return None
    return connection.execute(select(_version_table.c.version_num)).scalar_one_or_none()


def require_head(connection: Connection, where: str) -> None:
    """Check that this version of codesearch can use the store.

    Raises:
        IndexFailure: There is no schema, or one of another version.
    """
    revision = revision_of(connection)
    if revision is None:
        raise IndexFailure(f"{where} holds no codesearch index", "run `codesearch index` first")
    _refuse_newer(revision, where)
    if revision != HEAD:
        raise IndexFailure(
            f"the index in {where} has schema {revision}, this version needs {HEAD}",
            "run `codesearch index` to bring it up to date",
        )


def create_or_migrate(connection: Connection, where: str) -> None:
    """Bring a store, empty or older, to the newest schema.

    Raises:
        IndexFailure: It was written by a newer version of codesearch.
    """
    revision = revision_of(connection)
    if revision is None:
        _version_table.create(connection)
        Base.metadata.create_all(connection)
        connection.execute(_version_table.insert().values(version_num=HEAD))
        return
    _refuse_newer(revision, where)
    if revision != HEAD:
        run_migrations(connection)


def run_migrations(connection: Connection) -> None:
    """Run the packaged migrations that the store has not seen, in its open transaction."""
    from alembic import command  # takes half a second, needed once per schema change
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(revision: str, where: str) -> None:
    if revision > HEAD:
        raise IndexFailure(
            f"the index in {where} has schema {revision} of a newer codesearch, this one knows {HEAD}",
            "upgrade codesearch-clones",
        )
