"""Segments: what goes in comes out, and damage is seen before it is believed."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import embedder, fragment, make_snapshot, numbered_fragment, real_fragments, write_part

from codesearch.core.errors import IndexFailure
from codesearch.core.types import Fragment
from indexer.normal.keys import blind_tokens
from indexer.normal.subtokens import distinct_terms
from indexer.normal.winnow import winnow
from indexer.segments.builder import SegmentBuilder
from indexer.segments.files import create_whole, verify_files
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import Segment
from indexer.segments.snapshot import SEGMENTS

number_runs = st.lists(st.lists(st.integers(0, 8), max_size=24), min_size=1, max_size=12)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, SegmentEntry]:
    entry = write_part(tmp_path, "one", real_fragments()[:8], embedder())
    return tmp_path / SEGMENTS / "one", entry


def texts(part: Fragment) -> list[bytes]:
    return [part.tokens.vocabulary.texts[number] for number in part.tokens.ids]


def test_every_content_comes_back_as_it_was_added(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [real_fragments()])
    added = {part.exact_key: part for part in real_fragments()}
    assert len(snapshot) == len(added)
    for row in range(len(snapshot)):
        found = snapshot.fragment(row)
        original = added[found.exact_key]
        assert texts(found) == texts(original)
        assert (found.language, found.renamed_key) == (original.language, original.renamed_key)
        assert np.array_equal(found.tokens.hashes, original.tokens.hashes)
        assert np.array_equal(found.tokens.kinds, original.tokens.kinds)
        assert np.array_equal(found.tokens.lines, original.tokens.lines - original.tokens.lines[0])


def test_the_order_of_arrival_does_not_show(tmp_path: Path) -> None:
    forward = write_part(tmp_path / "a", "one", real_fragments(), None)
    backward = write_part(tmp_path / "b", "one", real_fragments()[::-1], None)
    rows = [
        [Segment(folder / SEGMENTS / "one", entry).fragment(row).exact_key for row in range(entry.rows)]
        for folder, entry in ((tmp_path / "a", forward), (tmp_path / "b", backward))
    ]
    assert rows[0] == rows[1] == sorted(rows[0])


def test_equal_content_is_kept_once_and_told_so() -> None:
    builder = SegmentBuilder()
    assert builder.add(fragment("def f(a):\n    return a"))
    assert not builder.add(fragment("def f(a):  # the same\n  return a"))
    assert len(builder) == 1


def test_equal_text_in_two_languages_is_two_contents() -> None:
    builder = SegmentBuilder()
    assert builder.add(fragment("f(a + 1);", "java"))
    assert builder.add(fragment("f(a + 1);", "c"))
    assert builder.build()[2] == ("c", "java")


@given(number_runs)
def test_stored_fingerprints_are_those_of_each_fragment(runs: list[list[int]]) -> None:
    builder = SegmentBuilder()
    for run in runs:
        builder.add(numbered_fragment(run))
    arrays, fragments, _ = builder.build()
    for row, part in enumerate(fragments):
        held = [
            int(value)
            for position, value in enumerate(arrays.gram_hashes)
            if row in arrays.gram_rows[arrays.gram_starts[position] : arrays.gram_starts[position + 1]]
        ]
        assert held == winnow(blind_tokens(part.tokens)).tolist()
        assert arrays.gram_counts[row] == len(held)


def test_stored_terms_are_those_of_each_fragment() -> None:
    builder = SegmentBuilder()
    for part in real_fragments():
        builder.add(part)
    arrays, fragments, _ = builder.build()
    owners = np.repeat(arrays.term_hashes, np.diff(arrays.term_starts))
    for row, part in enumerate(fragments):
        assert np.array_equal(np.sort(owners[arrays.term_rows == row]), distinct_terms(part.tokens))
    assert (arrays.term_counts > 0).all()
    counted = np.bincount(arrays.term_rows, arrays.term_counts, minlength=len(fragments))
    assert np.array_equal(counted, arrays.term_lengths)


@pytest.mark.parametrize("code", ["1", "(1, 2, 3, 4, 5, 6, 7, 8)", "f(a)"])
def test_contents_without_fingerprints_or_terms_are_stored(tmp_path: Path, code: str) -> None:
    found = make_snapshot(tmp_path, [[fragment(code)]], embedder()).fragment(0)
    assert texts(found) == texts(fragment(code))


def flip_last_byte(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("name", ["exact.npy", "token_ids.npy", "vectors.npy", "vocabulary_text.npy"])
def test_one_changed_bit_is_found_and_the_file_named(stored: tuple[Path, SegmentEntry], name: str) -> None:
    folder, entry = stored
    verify_files(folder, entry.files)
    flip_last_byte(folder / name)
    with pytest.raises(IndexFailure, match=rf"{name} is damaged.*doctor --repair"):
        verify_files(folder, entry.files)


def test_a_missing_file_is_named(stored: tuple[Path, SegmentEntry]) -> None:
    folder, entry = stored
    (folder / "term_rows.npy").unlink()
    with pytest.raises(IndexFailure, match=r"term_rows\.npy: No such file"):
        verify_files(folder, entry.files)
    with pytest.raises(IndexFailure, match=r"term_rows\.npy"):
        _ = Segment(folder, entry).arrays


@pytest.mark.parametrize("kept", [0, 5, 60, 130])
def test_a_truncated_array_is_no_array(stored: tuple[Path, SegmentEntry], kept: int) -> None:
    folder, entry = stored
    path = folder / "exact.npy"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IndexFailure, match=r"cannot read .*exact\.npy"):
        _ = Segment(folder, entry).arrays


def test_a_pickled_array_is_refused(stored: tuple[Path, SegmentEntry]) -> None:
    folder, entry = stored
    np.save(folder / "exact.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(IndexFailure, match=r"cannot read .*exact\.npy"):
        _ = Segment(folder, entry).arrays


def test_arrays_that_disagree_with_the_manifest_are_damage(stored: tuple[Path, SegmentEntry]) -> None:
    folder, entry = stored
    with pytest.raises(IndexFailure, match="disagree on their length"):
        _ = Segment(folder, replace(entry, rows=entry.rows + 1)).arrays
    with pytest.raises(IndexFailure, match=r"vectors are int8 \[8, 256\], not int8 \[9,"):
        _ = Segment(folder, replace(entry, rows=entry.rows + 1)).vectors


def test_vectors_of_another_type_are_damage(stored: tuple[Path, SegmentEntry]) -> None:
    folder, entry = stored
    np.save(folder / "vectors.npy", np.zeros((8, 1024), np.float16))
    with pytest.raises(IndexFailure, match=r"vectors are float16 \[8, 1024\], not int8 \[8,"):
        _ = Segment(folder, entry).vectors


def test_a_vector_takes_one_byte_per_dimension(stored: tuple[Path, SegmentEntry]) -> None:
    _, entry = stored
    assert 0 < entry.files["vectors.npy"].size - 8 * embedder().dim <= 128  # the header of the file


def test_an_index_without_vectors_says_how_to_get_them(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [real_fragments()[:3]])
    with pytest.raises(IndexFailure, match=r"has no vectors: .*--no-embed"):
        snapshot.vectors(np.array([0]))


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.ENOTSUP])
def test_file_is_made_once_also_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr("indexer.segments.files.os.link", refuse)
    create_whole(tmp_path / "key", b"first", 0o600)
    create_whole(tmp_path / "key", b"second", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").read_bytes() == b"first"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
