"""How many threads FAISS takes for a search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import faiss

FEW = 16
"""Queries that one thread answers. FAISS deals out queries, not rows, and its idle threads wait in a loop: to
search the standard library took 29 ms of processor time in two threads and 12 ms in one, in no more time."""


@contextmanager
def threads_for(queries: int) -> Iterator[None]:
    """Have FAISS search few queries in the calling thread alone, of whose calls only this one is affected."""
    if queries > FEW:
        yield
        return
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
