"""Refreshing an index: only what changed is parsed, embedded and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from index_lab import CountingEmbedder, Lab, function, plant
from snippets import fragment
from sqlalchemy import URL

from indexer.embedding.stored import embed_stored
from indexer.parsing.extract import MinimumSize
from indexer.segments.snapshot import SEGMENTS
from indexer.segments.writer import SMALL_SHARE

FILES = {f"m{n}.py": function(f"work_{n}", f"result = {n} * first", "return result") for n in range(12)}


@pytest.fixture
def lab(tmp_path: Path, index_store: URL | None) -> Lab:
    lab = Lab(tmp_path, store=index_store).write(FILES)
    lab.index()
    return lab


def test_a_fresh_index_holds_every_fragment_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path).write(FILES)
    report = lab.index()
    assert (report.snapshot, report.analysed, report.embedded, report.reused) == (1, 12, 12, 0)
    assert (report.counts.seen, report.counts.fragments, report.counts.unique_fragments) == (12, 12, 12)
    assert lab.live_keys() == {fragment(code).exact_key for code in FILES.values()}
    assert [place.path for place in lab.places(fragment(FILES["m3.py"]))] == ["m3.py"]
    assert report.degraded == report.changed_settings == ()


def test_an_unchanged_tree_is_neither_parsed_nor_embedded(lab: Lab) -> None:
    before = lab.folder.manifest()
    report = lab.index()
    assert (report.snapshot, report.analysed, report.embedded, report.counts.fragments) == (1, 0, 0, 12)
    assert lab.folder.manifest() == before


def test_a_touched_file_is_read_once_and_nothing_else_happens(lab: Lab) -> None:
    lab.write({"m3.py": FILES["m3.py"]})
    report = lab.index()
    assert (report.analysed, report.embedded, report.counts.fragments) == (0, 0, 12)
    assert lab.segment_names() == ["00000001"]


def test_one_changed_file_writes_one_small_segment(lab: Lab) -> None:
    new = function("work_3", "result = other(first)", "return result")
    report = lab.write({"m3.py": new}).index()
    assert (report.snapshot, report.analysed, report.embedded, report.reused) == (2, 1, 1, 0)
    assert lab.segment_names() == ["00000001", "00000002"]
    assert len(lab.snapshot().segments[1]) == 1
    assert fragment(new).exact_key in lab.live_keys()
    assert fragment(FILES["m3.py"]).exact_key not in lab.live_keys()


def test_old_segments_are_not_touched_by_a_refresh(lab: Lab) -> None:
    def stamps() -> dict[str, int]:
        files = (lab.folder.path / SEGMENTS / "00000001").iterdir()
        return {path.name: path.stat().st_mtime_ns for path in files}

    before = stamps()
    lab.write({"new.py": function("added")}).index()
    assert stamps() == before


def test_the_contents_of_a_deleted_file_are_no_longer_found(lab: Lab) -> None:
    report = lab.write({"m3.py": None}).index()
    assert (report.analysed, report.embedded, report.counts.seen) == (0, 0, 11)
    assert fragment(FILES["m3.py"]).exact_key not in lab.live_keys()
    assert lab.places(fragment(FILES["m3.py"])) == []


def test_a_renamed_file_is_parsed_and_not_embedded(lab: Lab) -> None:
    report = lab.write({"m3.py": None, "moved/n3.py": FILES["m3.py"]}).index()
    assert (report.analysed, report.embedded, report.reused) == (1, 0, 1)
    assert [place.path for place in lab.places(fragment(FILES["m3.py"]))] == ["moved/n3.py"]
    assert lab.segment_names() == ["00000001"]


def test_a_copy_is_one_content_in_two_places(lab: Lab) -> None:
    report = lab.write({"copy.py": FILES["m3.py"]}).index()
    assert (report.embedded, report.counts.fragments, report.counts.unique_fragments) == (0, 13, 12)
    assert [place.path for place in lab.places(fragment(FILES["m3.py"]))] == ["copy.py", "m3.py"]


def test_an_earlier_content_that_comes_back_is_not_embedded_again(lab: Lab) -> None:
    lab.write({"m3.py": function("work_3", "return 3")}).index()
    report = lab.write({"m3.py": FILES["m3.py"]}).index()
    assert (report.analysed, report.embedded, report.reused) == (1, 0, 1)
    assert lab.live_keys() == {fragment(code).exact_key for code in FILES.values()}


def test_an_emptied_corpus_leaves_an_empty_index_that_can_be_filled_again(lab: Lab) -> None:
    lab.write(dict.fromkeys(FILES)).index()
    assert (lab.live_keys(), lab.segment_names()) == (set(), [])
    assert lab.write(FILES).index().embedded == 12


def test_another_minimum_size_analyses_every_file_again(lab: Lab) -> None:
    lab.minimum = MinimumSize(4, 6)
    report = lab.index()
    assert (report.analysed, report.counts.fragments) == (12, 0)
    assert report.changed_settings == ("fragments.min_lines",)
    assert lab.live_keys() == set()
    lab.minimum = MinimumSize(2, 6)
    assert (lab.index().analysed, len(lab.live_keys())) == (12, 12)
    assert lab.index().analysed == 0


def test_another_model_embeds_everything_again_and_parses_nothing(lab: Lab) -> None:
    other = CountingEmbedder(model="other-1")
    report = lab.index(embedder=other)
    assert (report.analysed, report.embedded, other.count) == (0, 12, 12)
    assert {entry.model for entry in lab.snapshot().manifest.segments} == {"other-1"}
    assert lab.index(embedder=other).embedded == 0


def test_an_index_without_vectors_gets_them_later(tmp_path: Path) -> None:
    lab = Lab(tmp_path).write(FILES)
    assert lab.index(embedder=None).embedded == 0
    assert {entry.model for entry in lab.snapshot().manifest.segments} == {""}
    report = lab.index()
    assert (report.analysed, report.embedded) == (0, 12)


def test_many_small_runs_are_merged_and_find_the_same(lab: Lab, tmp_path: Path) -> None:
    lab.max_small_segments = 2
    for number in range(5):
        name = f"extra_{number}"
        assert lab.write({f"{name}.py": function(name, f"return first[{number}]")}).index().embedded == 1
        sizes = [len(segment) for segment in lab.snapshot().segments]
        assert sum(size < SMALL_SHARE * sum(sizes) for size in sizes) <= 2
    rebuilt = Lab(tmp_path / "again").write({path.name: path.read_text() for path in lab.corpus.iterdir()})
    rebuilt.index()
    assert lab.live_keys() == rebuilt.live_keys()
    assert len(lab.live_keys()) == 17


def test_merging_keeps_the_vectors(lab: Lab) -> None:
    lab.max_small_segments = 2
    model = CountingEmbedder(model="static-1")
    for number in range(4):
        lab.write({f"extra_{number}.py": function(f"extra_{number}")}).index(embedder=model)
    assert model.count == 4
    snapshot = lab.snapshot()
    rows = np.arange(len(snapshot))
    contents = [snapshot.fragment(row) for row in rows.tolist()]
    assert np.array_equal(snapshot.vectors(rows), embed_stored(contents, model))


def test_one_small_segment_is_not_rewritten_for_ever(lab: Lab) -> None:
    lab.max_small_segments = 1
    lab.write({"new.py": function("added")}).index()
    names = lab.segment_names()
    assert lab.index().snapshot == 2
    assert lab.segment_names() == names


def test_two_corpora_live_in_one_index_and_are_refreshed_apart(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    left, right = tmp_path / "left", tmp_path / "right"
    plant(left, {"a.py": function("in_both"), "l.py": function("in_left")})
    plant(right, {"a.py": function("in_both"), "r.py": function("in_right")})
    report = lab.index(left, right)
    assert (report.counts.seen, report.embedded) == (4, 3)
    assert [place.corpus for place in lab.places(fragment(function("in_both")))] == ["left", "right"]
    plant(left, {"a.py": None, "l.py": function("new_in_left")})
    assert lab.index(left).counts.seen == 3
    assert [place.corpus for place in lab.places(fragment(function("in_both")))] == ["right"]
    assert lab.places(fragment(function("in_right")))
    assert not lab.places(fragment(function("in_left")))


def test_corpora_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for parent in ("a", "b"):
        plant(tmp_path / parent / "src", {"x.py": function("shared")})
    lab.index(tmp_path / "a" / "src", tmp_path / "b" / "src")
    assert [place.corpus for place in lab.places(fragment(function("shared")))] == ["src", "src-2"]


def test_a_corpus_that_was_not_named_keeps_its_own_minimum_until_it_is(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    left, right = tmp_path / "left", tmp_path / "right"
    plant(left, {"l.py": function("in_left")})
    plant(right, {"r.py": function("in_right")})
    lab.index(left, right)
    lab.minimum = MinimumSize(4, 6)
    lab.index(left)
    assert lab.places(fragment(function("in_right")))
    assert lab.index(right).analysed == 1
    assert not lab.places(fragment(function("in_right")))


def test_the_same_tokens_on_other_lines_keep_their_own_lines(tmp_path: Path) -> None:
    wide = function("spread", "total = add(first, second)", "return total")
    tall = wide.replace("add(first, second)", "add(\n        first,\n        second\n    )")
    lab = Lab(tmp_path).write({"a.py": wide, "b.py": "import os\n\n\n" + tall})
    report = lab.index()
    assert (report.counts.fragments, report.counts.unique_fragments) == (2, 1)
    assert [(place.start_line, place.end_line) for place in lab.places(fragment(wide))] == [(1, 3), (4, 9)]


def test_the_number_of_processes_does_not_show_in_the_result(tmp_path: Path) -> None:
    files = {f"d{n % 5}/f{n}.py": function(f"f{n}") + function(f"shared_{n % 7}") for n in range(70)}
    contents = []
    for number in (1, 2):
        lab = Lab(tmp_path / str(number), jobs=number).write(files)
        lab.index()
        segment = lab.folder.path / SEGMENTS / "00000001"
        contents.append({path.name: path.read_bytes() for path in segment.iterdir()})
    assert contents[0] == contents[1]
