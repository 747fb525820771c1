"""Vectors in the database: exact where that is promised, there before a manifest names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from index_lab import Lab, function
from postgres_server import PostgresServer
from sqlalchemy import URL, text

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from codesearch.core.store.database import Database
from codesearch.core.types import Mask
from indexer.embedding.stored import Stored, as_stored, as_vectors
from indexer.folder import IndexFolder
from indexer.segments.manifest import Manifest
from indexer.vectors import pgvector_segments
from indexer.vectors.flat import FlatIndex
from indexer.vectors.pgvector import PgVectorIndex
from indexer.vectors.pgvector_segments import mirror_vectors, open_mirrored

FILES: Mapping[str, str] = {f"m{n}.py": function(f"work_{n}") for n in range(6)}


def vectors(rows: int, dim: int = 1_024) -> Stored:
    values = np.random.default_rng(3).normal(size=(rows, dim)).astype(np.float32)
    return as_stored(values / np.linalg.norm(values, axis=1, keepdims=True))


def assert_same(database: Database, rows: Stored, allowed: Mask | None = None) -> None:
    """The same scores bit by bit, and the same rows but for their order where scores are equal."""
    exact = FlatIndex.of(rows)
    stored = PgVectorIndex.build(database, "vectors_test", rows, exact_up_to=len(rows))
    queries = as_vectors(rows[::7])
    ours, theirs = stored.search(queries, 12, allowed), exact.search(queries, 12, allowed)
    assert ours[0].tobytes() == theirs[0].tobytes()
    for scores, first, second in zip(ours[0], ours[1], theirs[1], strict=True):
        certain = scores > scores[-1]  # of the last ones either may stand for the other
        assert set(first[certain]) == set(second[certain])


def test_scores_are_those_of_the_exact_index(vector_database: Database) -> None:
    assert_same(vector_database, vectors(200))


def test_scores_are_exact_for_the_largest_entries_and_many_dimensions(vector_database: Database) -> None:
    rows = np.random.default_rng(4).choice(np.array([-127, 0, 127], np.int8), size=(60, 1_024))
    assert_same(vector_database, rows)
    assert_same(vector_database, vectors(40, dim=4_096))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_filter_leaves_what_it_leaves_in_the_exact_index(vector_database: Database, share: float) -> None:
    allowed = np.random.default_rng(5).random(200) < share
    assert_same(vector_database, vectors(200), allowed)


def test_a_graph_is_searched_as_broadly_as_its_recall_asks_for(vector_database: Database) -> None:
    rows = vectors(600, dim=64)
    PgVectorIndex.build(vector_database, "vectors_test", rows, exact_up_to=100)
    reopened = PgVectorIndex.open(vector_database, "vectors_test")
    queries = as_vectors(rows[::3])
    _, truth = FlatIndex.of(rows).search(queries, 10)
    _, found = reopened.search(queries, 10)
    assert np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)]) >= 0.95
    with vector_database.read() as connection:
        comment = connection.execute(text("SELECT obj_description('vectors_test'::regclass)")).scalar_one()
    assert '"breadth": ' in comment


def test_a_rare_row_is_found_behind_a_graph(vector_database: Database) -> None:
    rows = vectors(600, dim=64)
    index = PgVectorIndex.build(vector_database, "vectors_test", rows, exact_up_to=100)
    allowed = np.zeros(600, bool)
    allowed[[17, 401]] = True
    _, found = index.search(as_vectors(-rows[[17]]), 2, allowed)
    assert set(found[0]) == {17, 401}


@pytest.fixture
def lab(tmp_path: Path, vector_database: Database) -> Lab:
    lab = Lab(tmp_path, store=vector_database.url, vectors_in_store=True).write(FILES)
    lab.index()
    return lab


def tables(database: Database) -> int:
    with database.read() as connection:
        counted = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'vectors\\_%'"
        return int(connection.execute(text(counted)).scalar_one())


def assert_searchable(lab: Lab, database: Database) -> None:
    for segment in lab.snapshot().segments:
        index = open_mirrored(database, segment, trusted=True)
        _, rows = index.search(as_vectors(np.asarray(segment.vectors)), 1)
        assert rows[:, 0].tolist() == list(range(len(segment)))


def test_every_segment_of_a_snapshot_can_be_searched(lab: Lab, vector_database: Database) -> None:
    assert_searchable(lab, vector_database)
    lab.write({"new.py": function("new")}).index()
    assert len(lab.segment_names()) == 2
    assert_searchable(lab, vector_database)


def test_readers_of_the_snapshot_before_find_their_vectors(lab: Lab, vector_database: Database) -> None:
    [before] = lab.snapshot().segments
    lab.write({name: function("other_" + name[:-3]) for name in FILES}).index()
    assert open_mirrored(vector_database, before, trusted=True).size == 6
    lab.write({"new.py": function("new")}).index()
    with pytest.raises(IndexFailure, match=r"lacks the vectors .*: run 'codesearch index'"):
        open_mirrored(vector_database, before, trusted=True)


def test_a_run_that_dies_before_its_publication_leaves_all_that_is_published(
    lab: Lab, vector_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(folder: IndexFolder, manifest: Manifest) -> Manifest:
        raise RuntimeError("power cut")

    lab.write({"new.py": function("new")})
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            lab.index()
    assert_searchable(lab, vector_database)
    lab.write({"new.py": None, "newer.py": function("newer")}).index()
    assert_searchable(lab, vector_database)
    assert tables(vector_database) == len(lab.segment_names())


def test_vectors_are_written_when_the_setting_comes_later(tmp_path: Path, vector_database: Database) -> None:
    lab = Lab(tmp_path, store=vector_database.url).write(FILES)
    lab.index()
    lab.vectors_in_store = True
    assert lab.index().analysed == 0
    assert_searchable(lab, vector_database)


def test_an_index_without_vectors_needs_no_table(tmp_path: Path, vector_database: Database) -> None:
    lab = Lab(tmp_path, store=vector_database.url, vectors_in_store=True).write(FILES)
    lab.index(embedder=None)
    assert tables(vector_database) == 0


def test_a_database_without_the_extension_says_what_to_do(
    tmp_path: Path, postgres: PostgresServer, postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.execute("CREATE SCHEMA apart", postgres_url.database)
    postgres.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA apart", postgres_url.database)
    lab = Lab(tmp_path, store=postgres_url, vectors_in_store=True).write(FILES)
    with pytest.raises(EnvironmentFailure, match=r"has no pgvector .*CREATE EXTENSION vector, or set"):
        lab.index()
    assert not lab.folder.exists()
    lab.vectors_in_store = False
    assert lab.index().snapshot == 1


def test_a_manifest_cannot_smuggle_statements(lab: Lab, vector_database: Database) -> None:
    from dataclasses import replace

    [segment] = lab.snapshot().segments
    files = segment.entry.files
    hostile = replace(files["vectors.npy"], checksum="x; DROP TABLE files")
    segment.entry = replace(segment.entry, files={**files, "vectors.npy": hostile})
    for use in (
        lambda: open_mirrored(vector_database, segment, trusted=False),
        lambda: mirror_vectors(vector_database, [segment]),
    ):
        with pytest.raises(IndexFailure, match="checksum of segment 00000001 is none"):
            use()


def test_a_table_in_use_is_dropped_by_a_later_run(lab: Lab, vector_database: Database) -> None:
    [old] = lab.snapshot().segments
    name = pgvector_segments._table_of(old.entry)
    with vector_database.read() as reader:
        reader.execute(text(f"SELECT * FROM {name}")).all()  # noqa: S608
        for number in range(2):
            lab.write({path: function(f"run_{number}_" + path[:-3]) for path in FILES}).index()
        assert reader.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() == 6  # noqa: S608
    lab.write({"new.py": function("new")}).index()
    assert name not in {pgvector_segments._table_of(segment.entry) for segment in lab.snapshot().segments}
    with pytest.raises(IndexFailure):
        open_mirrored(vector_database, old, trusted=True)
