"""Tables of vectors in a PostgreSQL database with the extension pgvector: made in one go, found by name.

A table holds the rows of one structure. It is named after them, so that one that is there is whole, and those
that nobody names any more can be dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.store.bulk import copying
from indexer.embedding.stored import Stored

PREFIX = "vectors_"
INDEXED_DIMENSIONS = 4_000
"""Most dimensions of 16 bits that an index of pgvector takes; a row of so many also fits into a page."""

_BLOCK_ROWS = 4_096  # written at a time; 8 MB at 1,024 dimensions
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Search:
    """How a table is searched.

    Attributes:
        breadth: ``hnsw.ef_search``; 0 where every row is compared.
        recall: Measured recall@10 against exact search.
    """

    breadth: int = 0
    recall: float = 1.0


@dataclass(frozen=True, slots=True)
class VectorTable:
    """A table that is there, with the columns ``row`` and ``vector``.

    Attributes:
        name: A plain identifier.
        dim: Dimensions of its vectors.
        rows: How many it holds.
        search: How it is searched.
    """

    name: str
    dim: int
    rows: int
    search: Search


def require_extension(connection: Connection, place: str) -> None:
    """Make sure that the database has pgvector; added where the user may.

    Raises:
        EnvironmentFailure: It has not.
    """
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
            connection.execute(text("SELECT CAST('[1]' AS halfvec)"))  # there since 0.7
    except DBAPIError as error:
        raise EnvironmentFailure(
            f"{place} has no pgvector 0.7 or newer",
            "have its administrator run CREATE EXTENSION vector, or set store.vectors to files",
        ) from error


def find_table(connection: Connection, name: str) -> VectorTable | None:
    """The table of this name; None where there is none."""
    found = connection.execute(
        text(
            "SELECT a.atttypmod AS dim, obj_description(a.attrelid, 'pg_class') AS comment "
            "FROM pg_attribute a WHERE a.attrelid = to_regclass(:name) AND a.attname = 'vector'"
        ),
        {"name": name},
    ).one_or_none()
    if found is None:
        return None
    rows = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608 - an identifier
    search = Search(**json.loads(found.comment)) if found.comment else Search()
    return VectorTable(name, found.dim, rows, search)


def create_table(connection: Connection, name: str, dim: int) -> VectorTable:
    """A table without rows; one of this name is dropped first."""
    connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    connection.execute(text(f"CREATE TABLE {name} (row integer NOT NULL, vector halfvec({dim}) NOT NULL)"))
    if dim <= INDEXED_DIMENSIONS:
        # Stored in line: a row of 1,024 dimensions is just longer than what is moved out of the way, and
        # comparing it would cost a second look-up.
        connection.execute(text(f"ALTER TABLE {name} ALTER COLUMN vector SET STORAGE PLAIN"))
    return VectorTable(name, dim, 0, Search())


def copy_rows(connection: Connection, table: VectorTable, rows: Stored) -> VectorTable:
    """Append int8 [n, dim]; returns the table as it is then."""
    with copying(connection, f"COPY {table.name} (row, vector) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_HEADER)
        for block in _binary_rows(rows, table.rows):
            copy.write(block)
        copy.write(_TRAILER)
    return VectorTable(table.name, table.dim, table.rows + len(rows), table.search)


def note_search(connection: Connection, table: VectorTable, search: Search) -> VectorTable:
    """Remember how a table is searched; returns the table as it is then."""
    comment = json.dumps(asdict(search))
    connection.execute(text(f"COMMENT ON TABLE {table.name} IS '{comment}'"))
    return VectorTable(table.name, table.dim, table.rows, search)


def drop_others(connection: Connection, kept: Iterable[str]) -> None:
    """Drop all tables of vectors but these; one that is in use is left for the next time."""
    names = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with(relname, :prefix) "
            "AND pg_table_is_visible(oid)"
        ),
        {"prefix": PREFIX},
    ).scalars()
    for name in sorted(set(names) - set(kept)):
        try:
            with connection.begin_nested():
                connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT"))
                connection.execute(text(f"DROP TABLE {name}"))
        except DBAPIError:
            continue  # somebody searches it


def _binary_rows(rows: Stored, first: int) -> Iterator[bytes]:
    """Rows in COPY's binary format, numbered from ``first``.

    The layouts: https://www.postgresql.org/docs/current/sql-copy.html and ``halfvec_recv`` of pgvector.
    """
    dim = rows.shape[1]
    layout = np.dtype(
        [
            ("fields", ">i2"),
            ("row_bytes", ">i4"),
            ("row", ">i4"),
            ("vector_bytes", ">i4"),
            ("dim", ">i2"),
            ("unused", ">i2"),
            ("values", ">f2", (dim,)),
        ]
    )
    for start in range(0, len(rows), _BLOCK_ROWS):
        part = rows[start : start + _BLOCK_ROWS]
        block = np.zeros(len(part), layout)
        block["fields"], block["row_bytes"], block["vector_bytes"], block["dim"] = 2, 4, 4 + 2 * dim, dim
        block["row"] = np.arange(first + start, first + start + len(part))
        block["values"] = part
        yield block.tobytes()
