"""Runs that die, indexes that are damaged, writers that meet: the previous state stays whole."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from index_lab import CountingEmbedder, Lab, function
from snippets import fragment
from sqlalchemy import URL

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from indexer.embedding import checkpoint
from indexer.folder import IndexFolder
from indexer.segments.files import StoredFile, checksum
from indexer.segments.manifest import Manifest
from indexer.segments.snapshot import SEGMENTS
from indexer.vectors import choice
from indexer.vectors.choice import STRUCTURE

FILES = {f"m{n}.py": function(f"work_{n}") for n in range(12)}
NEW = function("work_3", "return first - second")


@pytest.fixture
def lab(tmp_path: Path, index_store: URL | None) -> Lab:
    lab = Lab(tmp_path, store=index_store).write(FILES)
    lab.index()
    return lab


def die(*_: object) -> None:
    raise RuntimeError("power cut")


def keys(files: dict[str, str]) -> set[bytes]:
    return {fragment(code).exact_key for code in files.values()}


def test_a_crash_before_publication_leaves_the_previous_snapshot(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lab.folder.manifest()
    lab.write({"m3.py": NEW, "m4.py": None})
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            lab.index()
    assert lab.folder.manifest() == before
    assert lab.live_keys() == keys(FILES)
    assert [place.path for place in lab.places(fragment(FILES["m3.py"]))] == ["m3.py"]
    assert [place.path for place in lab.places(fragment(FILES["m4.py"]))] == ["m4.py"]
    assert lab.places(fragment(NEW)) == []


def test_the_run_after_a_crash_completes_what_was_begun(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.write({"m3.py": NEW, "m4.py": None})
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            lab.index()
    report = lab.index()
    assert (report.snapshot, report.analysed, report.counts.seen) == (2, 1, 11)
    wanted = {name: code for name, code in FILES.items() if name != "m4.py"} | {"m3.py": NEW}
    assert lab.live_keys() == keys(wanted)
    assert [place.path for place in lab.places(fragment(NEW))] == ["m3.py"]


def test_layouts_survive_a_crash(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.write({"m3.py": NEW})
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            lab.index()
    lab.write({"a.py": NEW.replace("(first, second)", "(first,\n   second)")}).index()
    spans = [(place.path, place.start_line, place.end_line) for place in lab.places(fragment(NEW))]
    assert spans == [("a.py", 1, 3), ("m3.py", 1, 2)]


def test_a_crash_of_the_first_run_leaves_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path).write(FILES)
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            lab.index()
    with pytest.raises(IndexFailure, match="no index in"):
        lab.snapshot()
    assert lab.index().snapshot == 1
    assert lab.live_keys() == keys(FILES)


def test_an_interrupted_embedding_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CHUNK", 4)
    lab = Lab(tmp_path).write(FILES)
    with pytest.raises(InterruptedError):
        lab.index(embedder=CountingEmbedder(budget=9))
    second = CountingEmbedder()
    report = lab.index(embedder=second)
    assert (second.count, report.embedded) == (4, 4)
    assert lab.live_keys() == keys(FILES)
    assert not lab.folder.checkpoints.exists()


def test_a_second_writer_is_refused_and_told_who_writes(lab: Lab) -> None:
    other = IndexFolder(lab.folder.path, lab.folder.key_file)
    with other.writing(), pytest.raises(IndexFailure, match=rf"by process {os.getpid()} on \S+ since 0 min"):
        lab.index()
    assert lab.index().snapshot == 1


def test_a_writer_without_a_readable_mark_is_still_a_writer(lab: Lab) -> None:
    with lab.folder.writing():
        (lab.folder.path / "writer.json").write_text("{")
        with pytest.raises(IndexFailure, match="is being written by another process: wait for it to finish"):
            lab.index()


def test_readers_need_no_lock(lab: Lab) -> None:
    with lab.folder.writing():
        assert len(lab.snapshot()) == 12


def test_an_open_snapshot_outlives_the_next_run(lab: Lab) -> None:
    old = lab.snapshot()
    lab.write({name: function("new_" + name[:-3]) for name in FILES}).index()
    assert {old.fragment(row).exact_key for row in range(len(old))} == keys(FILES)
    assert lab.segment_names() == ["00000002"]


def test_what_no_manifest_names_is_swept(lab: Lab) -> None:
    stray = lab.folder.path / SEGMENTS / "leftover"
    stray.mkdir()
    lab.write({"m3.py": NEW}).index()
    assert not stray.exists()


@pytest.mark.parametrize("name", ["exact.npy", "vectors.npy"])
def test_a_damaged_segment_is_found_by_readers_and_writers(lab: Lab, name: str) -> None:
    path = lab.folder.path / SEGMENTS / "00000001" / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for use in (lab.snapshot, lab.index):
        with pytest.raises(
            IndexFailure, match=rf"{name} is damaged: its checksum differs: run 'codesearch doctor"
        ):
            use()


def test_a_lost_store_is_built_again_from_the_files(lab: Lab) -> None:
    lab.write({"m3.py": NEW}).index()
    lab.lose_store()
    report = lab.write({"m5.py": NEW + function("another")}).index()
    assert report.analysed == 12
    assert lab.live_keys() == keys(FILES | {"m3.py": NEW, "m5.py": function("another")})
    assert [place.path for place in lab.places(fragment(NEW))] == ["m3.py", "m5.py"]


def foreign(lab: Lab, manifest: Manifest) -> None:
    """Make the index one that another installation wrote."""
    other = IndexFolder(lab.folder.path, lab.base / "elsewhere" / "signing.key")
    other.publish(manifest)


def test_an_index_from_elsewhere_is_read_and_not_trusted(lab: Lab) -> None:
    assert lab.snapshot().trusted
    foreign(lab, lab.folder.manifest())
    assert not lab.snapshot().trusted
    assert len(lab.snapshot()) == 12


def test_signing_a_refresh_does_not_vouch_for_a_foreign_vector_structure(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.write({f"more{n}.py": function(f"more_{n}") for n in range(30)}).index()
    lab.write(dict.fromkeys(FILES)).index()
    [name] = lab.segment_names()
    monkeypatch.setattr(choice, "FLAT_LIMIT", 20)
    hostile = lab.folder.path / SEGMENTS / name / STRUCTURE
    hostile.write_bytes(b"hostile")
    [entry] = lab.folder.manifest().segments
    stored = StoredFile(7, checksum(hostile))
    entry = replace(entry, files={**entry.files, STRUCTURE: stored})
    foreign(lab, replace(lab.folder.manifest(), segments=(entry,)))
    report = lab.index()
    assert (report.analysed, report.embedded) == (0, 0)
    assert lab.snapshot().trusted
    for segment in lab.snapshot().segments:
        assert (segment.folder / STRUCTURE).read_bytes() != b"hostile"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file")
    with pytest.raises(
        EnvironmentFailure,
        match=r"cannot write the index folder .*: choose another one",
    ):
        Lab(tmp_path).write(FILES).index()
