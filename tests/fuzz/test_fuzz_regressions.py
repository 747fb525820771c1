"""What once broke a target: kept so that it never does again."""

from __future__ import annotations

import io
import os
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from fuzz.extraction import input_of
from fuzz.targets import named

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from indexer.segments.files import read_array

REGRESSIONS = [
    # A bracket that ends before it begins: Python's expressions refuse it, and the whole index run died.
    ("ignore-files", b"[!a-\\]]\n"),
    # A set in a set: Python's expressions warn of it, in the middle of the output.
    ("ignore-files", b"x[[]1].h\n[[:alpha:]]*\n"),
    # A string that stays open takes the last line feed: its fragment ended on a line that is not there.
    ("extraction", input_of("cmake", b"message(a\nb c d)\nset(e [[f g\n")),
    # Blank lines before a bracket: the TSX grammar, one of those that were tried, never came to an end.
    ("query", b"-\nfunction f() { return 1; }\n(x" + b"\n" * 20 + b"]\n"),
]


@pytest.mark.parametrize(("name", "data"), REGRESSIONS)
def test_input_that_broke_a_target_breaks_it_no_more(name: str, data: bytes) -> None:
    named(name).run(data)


def test_array_whose_head_is_no_python_is_damaged(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(4))
    raw = (tmp_path / "rows.npy").read_bytes()
    (tmp_path / "rows.npy").write_bytes(raw.replace(b"'shape': (4,), }", b"'shape': (4,(   "))
    with pytest.raises(IndexFailure, match="cannot read"):
        read_array(tmp_path, "rows")


@pytest.mark.parametrize(
    ("name", "place", "value", "said"),
    [
        ("term_starts", 1, 1 << 40, "term_starts"),
        ("term_starts", -1, -1, "term_starts"),
        ("gram_starts", 0, 1, "gram_starts"),
        ("token_ids", 0, 1 << 31, "token_ids"),
        ("gram_rows", 0, 1 << 20, "gram_rows"),
        ("gram_counts", 0, -5, "gram_counts"),
        ("language", 0, 200, "language"),
    ],
)
def test_pack_whose_signed_arrays_do_not_fit_each_other_is_refused(
    name: str, place: int, value: int, said: str, tmp_path: Path
) -> None:
    pytest.importorskip("cryptography", reason="packs need the extra 'pack'")
    from fuzz.packs import workshop

    content = workshop().members[f"{name}.npy"]
    array = np.load(io.BytesIO(content))
    array[place] = value
    with patch.dict(os.environ, {"XDG_CACHE_HOME": str(tmp_path)}):
        workshop().write({**workshop().members, f"{name}.npy": _saved(array)})
        with pytest.raises(EnvironmentFailure, match=rf"is damaged: .*{said}"):
            workshop().search()


@pytest.mark.parametrize("shape", [(slice(None), slice(7)), (slice(-1),)])
def test_pack_whose_signed_vectors_are_others_than_it_says_is_refused(
    shape: tuple[slice, ...], tmp_path: Path
) -> None:
    pytest.importorskip("cryptography", reason="packs need the extra 'pack'")
    from fuzz.packs import workshop

    vectors = np.load(io.BytesIO(workshop().members["vectors.npy"]))
    with patch.dict(os.environ, {"XDG_CACHE_HOME": str(tmp_path)}):
        workshop().write({**workshop().members, "vectors.npy": _saved(vectors[shape])})
        with pytest.raises(EnvironmentFailure, match=r"is damaged: .*vectors"):
            workshop().search()


def _saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array))
    return file.getvalue()
