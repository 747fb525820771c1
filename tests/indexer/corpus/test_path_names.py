"""Names of any bytes become one line of text and come back."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from trees import CODE, analysable, plant

from indexer.corpus.names import display_path, system_path
from indexer.corpus.reader import FileCorpus

RAW_NAMES = st.lists(
    st.sampled_from(
        [b"%", b"%2", b"25", b"F", b"\xff", b"\n", b"/", b"a", "é".encode(), "\u2028".encode(), b"\xc3"]
    )
).map(b"".join)


@given(st.one_of(RAW_NAMES, st.binary()))
def test_any_bytes_survive_the_round_trip(raw: bytes) -> None:
    path = os.fsdecode(raw)
    shown = display_path(path)
    assert os.fsencode(system_path(shown)) == raw
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


def test_names_are_shown_as_people_wrote_them_where_that_is_safe() -> None:
    assert display_path("src/größe 100%.py") == "src/größe 100%.py"
    assert display_path("a\nb.py") == "a%0Ab.py"
    assert display_path(os.fsdecode(b"caf\xe9.py")) == "caf%E9.py"
    assert display_path("a%E9.py") == "a%25E9.py"
    assert display_path("\u202egnp.py") == "%E2%80%AEgnp.py"


def test_files_with_odd_names_can_be_opened_by_what_the_reader_yields(tmp_path: Path) -> None:
    names = ["new\nline.py", os.fsdecode(b"caf\xe9.py"), "100%41.py", "tab\t.py"]
    plant(tmp_path, names)
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == sorted(["new%0Aline.py", "caf%E9.py", "100%2541.py", "tab%09.py"])
    for file in corpus.files():
        assert (tmp_path / system_path(file.path)).read_text() == CODE
