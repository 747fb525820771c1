"""Corpora that are removed: gone for who comes, there for readers of the snapshot before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from index_lab import CountingEmbedder, Lab, function, plant
from snippets import fragment
from sqlalchemy import URL, func, select

from codesearch.core.errors import IndexFailure, InputError
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.models import Corpus, File
from indexer.folder import IndexFolder
from indexer.removal import RemovalReport, remove_from_index
from indexer.segments.files import StoredFile, checksum
from indexer.vectors.choice import STRUCTURE

SHARED = function("shared")
OURS: Mapping[str, str] = {"ours.py": function("ours"), "same.py": SHARED}
THEIRS: Mapping[str, str] = {"theirs.py": function("theirs"), "same.py": SHARED}


@pytest.fixture
def lab(tmp_path: Path, index_store: URL | None) -> Lab:
    lab = Lab(tmp_path, store=index_store)
    plant(tmp_path / "ours", OURS)
    plant(tmp_path / "theirs", THEIRS)
    lab.index(tmp_path / "ours", tmp_path / "theirs")
    return lab


def remove(lab: Lab, *names: str) -> RemovalReport:
    with lab.database() as database:
        return remove_from_index(lab.folder, database, names)


def names(lab: Lab) -> list[str]:
    with lab.database() as database, database.read() as connection:
        return [corpus.name for corpus in read_corpora(connection)]


def places(lab: Lab, code: str) -> list[str]:
    return [f"{place.corpus}/{place.path}" for place in lab.places(fragment(code))]


def test_a_removed_corpus_is_found_no_more(lab: Lab) -> None:
    report = remove(lab, "theirs")
    assert (report.snapshot, report.removed) == (2, ("theirs",))
    assert (report.counts.seen, report.counts.fragments) == (2, 2)
    assert names(lab) == ["ours"]
    assert places(lab, THEIRS["theirs.py"]) == []
    assert places(lab, SHARED) == ["ours/same.py"]
    assert lab.live_keys() == {fragment(code).exact_key for code in OURS.values()}
    assert lab.segment_names() == ["00000001"]  # nothing was written again


def test_the_snapshot_before_still_sees_it(lab: Lab) -> None:
    before = lab.snapshot()
    remove(lab, "theirs")
    assert fragment(THEIRS["theirs.py"]).exact_key in {before.fragment(row).exact_key for row in range(3)}
    lab.folder.publish(before.manifest)
    assert places(lab, THEIRS["theirs.py"]) == ["theirs/theirs.py"]


def test_the_run_after_forgets_what_was_removed(lab: Lab) -> None:
    remove(lab, "theirs")
    plant(lab.base / "ours", {"new.py": function("new")})
    lab.index(lab.base / "ours")
    with lab.database() as database, database.read() as connection:
        assert connection.execute(select(Corpus.name)).scalars().all() == ["ours"]
        assert connection.execute(select(func.count()).select_from(File)).scalar_one() == 3


def test_a_removed_corpus_can_come_back(lab: Lab) -> None:
    remove(lab, "theirs")
    embedder = CountingEmbedder(model=lab.snapshot().manifest.segments[0].model)
    lab.index(lab.base / "theirs", embedder=embedder)
    assert names(lab) == ["ours", "theirs"]
    assert places(lab, THEIRS["theirs.py"]) == ["theirs/theirs.py"]
    assert embedder.count == 0  # its contents had only been marked


def test_all_corpora_can_be_removed(lab: Lab) -> None:
    report = remove(lab, "ours", "theirs", "ours")
    assert report.removed == ("ours", "theirs")
    assert report.counts.seen == 0
    assert lab.live_keys() == set()
    lab.index(lab.base / "ours")
    assert lab.live_keys() == {fragment(code).exact_key for code in OURS.values()}


def test_a_name_that_is_not_there_removes_nothing(lab: Lab) -> None:
    before = lab.folder.manifest()
    with pytest.raises(InputError, match="no corpus 'other' in the index"):
        remove(lab, "ours", "other")
    assert lab.folder.manifest() == before
    assert names(lab) == ["ours", "theirs"]


def test_a_crash_before_publication_removes_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        with pytest.raises(RuntimeError):
            remove(lab, "theirs")
    assert places(lab, THEIRS["theirs.py"]) == ["theirs/theirs.py"]
    lab.index(lab.base / "ours")  # undoes what the dead run wrote
    assert names(lab) == ["ours", "theirs"]
    assert remove(lab, "theirs").removed == ("theirs",)


def test_nothing_is_removed_while_another_process_writes(lab: Lab) -> None:
    with lab.folder.writing(), pytest.raises(IndexFailure, match="is being written by process"):
        remove(lab, "theirs")


def test_a_removal_does_not_vouch_for_a_foreign_vector_structure(lab: Lab) -> None:
    [segment] = lab.snapshot().segments
    hostile = segment.folder / STRUCTURE
    hostile.write_bytes(b"hostile")
    files = {**segment.entry.files, STRUCTURE: StoredFile(7, checksum(hostile))}
    manifest = replace(lab.folder.manifest(), segments=(replace(segment.entry, files=files),))
    IndexFolder(lab.folder.path, lab.base / "elsewhere" / "signing.key").publish(manifest)
    remove(lab, "theirs")
    assert lab.snapshot().trusted
    assert STRUCTURE not in lab.snapshot().manifest.segments[0].files
