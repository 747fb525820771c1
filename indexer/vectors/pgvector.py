"""Search by PostgreSQL with the extension pgvector: readers hold no vectors in memory.

Stored vectors are integers up to 127, which 16-bit floats hold exactly, and pgvector sums their products in
32 bits: the scores are those of :class:`.flat.FlatIndex`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self
from weakref import finalize

import numpy as np
from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.types import LargeBinary

from codesearch.core.errors import IndexFailure
from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url
from codesearch.core.types import F32, I64, Mask
from indexer.embedding.stored import SCALE, Stored, as_stored
from indexer.vectors.pgvector_tables import (
    INDEXED_DIMENSIONS,
    Search,
    VectorTable,
    copy_rows,
    create_table,
    find_table,
    note_search,
)

RECALL_TARGET = 0.97
_LEAST_BREADTH, _MOST_BREADTH = 100, 1_000  # pgvector takes no more than 1,000
_PROBED_QUERIES = 256
_RECALL_AT = 10


class PgVectorIndex:
    """A table of vectors.

    Args:
        database: Stays open as long as this is used.
        table: Of that database.
    """

    def __init__(self, database: Database, table: VectorTable) -> None:
        self._database = database
        self._table = table

    @classmethod
    def build(cls, database: Database, name: str, rows: Stored, exact_up_to: int) -> Self:
        """Make a table of rows int8 [n, dim], in one transaction: it is there as a whole or not at all.

        More than ``exact_up_to`` rows are searched by a graph (HNSW, Malkov and Yashunin 2016), as broadly as
        the measured recall asks for.
        """
        with database.write() as connection:
            table = copy_rows(connection, create_table(connection, name, rows.shape[1]), rows)
            if len(rows) > exact_up_to and table.dim <= INDEXED_DIMENSIONS:
                table = _with_graph(connection, table, rows)
        return cls(database, table)

    @classmethod
    def open(cls, database: Database, name: str) -> Self:
        """The table of this name.

        Raises:
            IndexFailure: There is none.
        """
        with database.read() as connection:
            table = find_table(connection, name)
        if table is None:
            raise IndexFailure(
                f"{database.place} lacks the vectors {name}", "run 'codesearch index' to write them there"
            )
        return cls(database, table)

    @property
    def size(self) -> int:
        """Number of rows."""
        return self._table.rows

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows, rounded as a segment stores them.

        Raises:
            EnvironmentFailure: A vector is not finite, or the database is away.
        """
        rows = as_stored(vectors)
        with self._database.write() as connection:
            self._table = copy_rows(connection, self._table, rows)

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first; padded with -inf and -1.

        Raises:
            EnvironmentFailure: A query is not finite, or the database is away.
        """
        rounded = as_stored(queries)
        with self._database.read() as connection:
            return _nearest(connection, self._table, rounded, k, allowed)

    def save(self, path: Path) -> None:
        """Write where the table is; of a password nothing."""
        url = self._database.url.set(password=None).render_as_string(hide_password=False)
        path.write_text(json.dumps({"url": url, "table": self._table.name}), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open the table that :meth:`save` wrote about; a password comes from libpq's own files."""
        place = json.loads(path.read_text(encoding="utf-8"))
        database = Database(parse_url(place["url"]))
        index = cls.open(database, place["table"])
        finalize(index, database.close)
        return index


def _with_graph(connection: Connection, table: VectorTable, rows: Stored) -> VectorTable:
    """Index a table, and search as broadly as needed for the recall."""
    queries = rows[:: max(len(rows) // _PROBED_QUERIES, 1)][:_PROBED_QUERIES]
    _, truth = _nearest(connection, table, queries, _RECALL_AT, None)
    connection.execute(text(f"CREATE INDEX ON {table.name} USING hnsw (vector halfvec_ip_ops)"))
    breadth = _LEAST_BREADTH
    while True:
        table = VectorTable(table.name, table.dim, table.rows, Search(breadth))
        _, found = _nearest(connection, table, queries, _RECALL_AT, None)
        recall = float(np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)]))
        if recall >= RECALL_TARGET or breadth == _MOST_BREADTH:
            return note_search(connection, table, Search(breadth, recall))
        breadth = min(2 * breadth, _MOST_BREADTH)


def _nearest(
    connection: Connection, table: VectorTable, queries: Stored, k: int, allowed: Mask | None
) -> tuple[F32, I64]:
    scores = np.full((len(queries), k), -np.inf, np.float32)
    rows = np.full((len(queries), k), -1, np.int64)
    if not len(queries) or not table.rows:
        return scores, rows
    if table.search.breadth:
        connection.execute(text(f"SET LOCAL hnsw.ef_search = {max(table.search.breadth, min(k, 1_000))}"))
        # A filter may leave none of the nearest, so the walk goes on; known to pgvector since 0.8.
        connection.execute(text("SELECT set_config('hnsw.iterative_scan', 'strict_order', true)"))
    values: dict[str, object] = {"queries": [_literal(query) for query in queries], "k": k}
    if allowed is not None:
        values["allowed"] = np.packbits(allowed, bitorder="little").tobytes()  # as get_bit counts them
    found = connection.execute(_statement(table, filtered=allowed is not None), values).all()
    numbers = np.array([row.number for row in found], np.int64) - 1
    places = np.arange(len(found)) - np.searchsorted(numbers, numbers)
    rows[numbers, places] = [row.row for row in found]
    scores[numbers, places] = np.array([-row.distance for row in found], np.float32) / np.float32(
        SCALE * SCALE
    )
    return scores, rows


def _statement(table: VectorTable, *, filtered: bool) -> TextClause:
    # Materialised, or every row would be compared with a text that is read as a vector anew.
    order = "distance" if table.search.breadth else "distance, row"
    where = "WHERE get_bit(:allowed, row) = 1" if filtered else ""
    statement = text(
        f"WITH asked AS MATERIALIZED (SELECT number, CAST(written AS halfvec({table.dim})) AS query "  # noqa: S608
        "FROM unnest(CAST(:queries AS text[])) WITH ORDINALITY AS q (written, number)) "
        "SELECT number, row, distance FROM asked CROSS JOIN LATERAL "
        f"(SELECT row, vector <#> query AS distance FROM {table.name} {where} "
        f"ORDER BY {order} LIMIT :k) AS near "
        "ORDER BY number, distance, row"
    )
    return statement.bindparams(bindparam("allowed", type_=LargeBinary)) if filtered else statement


def _literal(query: Stored) -> str:
    return str(query.tolist())
