from __future__ import annotations

import faiss
import numpy as np
import pytest

from indexer.embedding.unit import unit_rows
from indexer.vectors.flat import FlatIndex
from indexer.vectors.threads import FEW, threads_for


def test_few_queries_take_one_thread_and_leave_the_setting_as_it_was() -> None:
    before = faiss.omp_get_max_threads()
    with pytest.raises(ValueError, match="broken"), threads_for(FEW):
        assert faiss.omp_get_max_threads() == 1
        raise ValueError("broken")
    assert faiss.omp_get_max_threads() == before
    with threads_for(FEW + 1):
        assert faiss.omp_get_max_threads() == before


def test_a_query_is_answered_the_same_alone_and_among_many() -> None:
    rows = unit_rows(np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32))
    index = FlatIndex(16)
    index.add(rows)
    queries = rows[: FEW + 5]
    scores, found = index.search(queries, 7)
    alone = [index.search(query[None], 7) for query in queries]
    assert np.array_equal(np.concatenate([one[0] for one in alone]), scores)
    assert np.array_equal(np.concatenate([one[1] for one in alone]), found)
