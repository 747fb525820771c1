from __future__ import annotations

import numpy as np
import pytest

from codesearch.core.errors import InputError, UsageError
from codesearch.evaluation.datasets import LabelledFragment
from codesearch.evaluation.index import labelled_index
from codesearch.evaluation.parsing import parse_labelled
from indexer.embedding.registry import load_embedder
from indexer.embedding.stored import embed_stored

ADD = "def add(a, b):\n    total = a + b\n    return total\n"
ADD_WITH_COMMENT = "def add(a, b):\n    total = a + b  # both\n    return total\n"
LOOP = "def count(rows):\n    n = 0\n    for row in rows:\n        n += 1\n    return n\n"


def labelled(*codes: str, lang: str = "python") -> list[LabelledFragment]:
    return [LabelledFragment(f"f{n}", lang, "g", code, "", "") for n, code in enumerate(codes)]


def test_equal_contents_share_a_row_and_are_both_found_from_it() -> None:
    fragments = parse_labelled(labelled(ADD, LOOP, ADD_WITH_COMMENT))
    with labelled_index(fragments, load_embedder("static-1")) as index:
        assert len(index.snapshot) == 2
        assert index.rows[0] == index.rows[2] != index.rows[1]
        assert index.positions(np.array([index.rows[1], index.rows[0]])).tolist() == [1, 0, 2]


def test_the_rows_hold_the_vectors_of_their_fragments() -> None:
    embedder = load_embedder("static-1")
    fragments = parse_labelled(labelled(ADD, LOOP))
    with labelled_index(fragments, embedder) as index:
        stored = index.snapshot.vectors(index.rows)
        np.testing.assert_array_equal(stored, embed_stored(fragments, embedder))


def test_the_temporary_index_is_gone_afterwards() -> None:
    with labelled_index(parse_labelled(labelled(ADD)), load_embedder("static-1")) as index:
        folder = index.snapshot.segments[0].folder
        assert folder.is_dir()
    assert not folder.exists()


def test_nothing_to_index_is_refused() -> None:
    with (
        pytest.raises(InputError, match="no labelled fragments"),
        labelled_index([], load_embedder("static-1")),
    ):
        pass


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UsageError, match="klingon"):
        parse_labelled(labelled(ADD, lang="klingon"))


def test_worker_processes_give_the_same_fragments_in_the_same_order() -> None:
    many = labelled(*(f"def f{n}(a):\n    return a + {n}\n" for n in range(1100)))
    done: list[int] = []
    alone, together = parse_labelled(many), parse_labelled(many, 2, done.append)
    assert [f.exact_key for f in alone] == [f.exact_key for f in together]
    assert sum(done) == len(many)
