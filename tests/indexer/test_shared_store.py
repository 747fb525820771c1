"""An index folder and its database on a server: other folders, other machines, lost connections."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from index_lab import Lab, function
from postgres_server import PostgresServer
from snippets import fragment
from sqlalchemy import URL

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from codesearch.core.store.database import Database
from indexer.folder import IndexFolder
from indexer.shared_store import require_fitting

FILES = {f"m{n}.py": function(f"work_{n}") for n in range(4)}


@pytest.fixture
def lab(tmp_path: Path, postgres_url: URL) -> Lab:
    lab = Lab(tmp_path / "first", store=postgres_url).write(FILES)
    lab.index()
    return lab


def grow(lab: Lab, number: int) -> None:
    """A run that publishes one snapshot more."""
    lab.write({f"new{number}.py": function(f"new_{number}")}).index()


def copied(lab: Lab) -> Lab:
    """The index folder as another machine has it after a copy; the corpus is the same."""
    base = lab.base.with_name("copy")
    shutil.rmtree(base, ignore_errors=True)
    shutil.copytree(lab.base, base)
    shutil.rmtree(base / "corpus")
    (base / "corpus").symlink_to(lab.corpus)
    return Lab(base, store=lab.store)


def read(lab: Lab) -> None:
    """What every reader does first."""
    assert lab.store is not None
    with Database.open(lab.store) as database:
        require_fitting(lab.folder, database)


def test_a_database_that_holds_another_index_is_refused(lab: Lab, tmp_path: Path) -> None:
    other = Lab(tmp_path / "other", store=lab.store).write(FILES)
    with pytest.raises(IndexFailure, match=rf"holds another index, that of {lab.folder.path} on \S+: give"):
        other.index()
    with pytest.raises(IndexFailure, match="holds another index"):
        read(other)
    assert lab.index().snapshot == 1


def test_a_copy_of_the_folder_reads_what_the_original_writes(lab: Lab) -> None:
    copy = copied(lab)
    read(copy)
    grow(lab, 1)
    read(copy)  # the snapshot before the current one is kept
    assert [place.path for place in copy.places(fragment(FILES["m3.py"]))] == ["m3.py"]


def test_a_reader_whose_folder_was_left_behind_is_told_to_copy_it(lab: Lab) -> None:
    copy = copied(lab)
    for number in range(3):
        grow(lab, number)
    with pytest.raises(IndexFailure, match=r"folder is at snapshot 1, .* has 3 to 4: copy the folder"):
        read(copy)
    read(copied(lab))


def test_a_writer_whose_folder_was_left_behind_undoes_nothing(lab: Lab) -> None:
    copy = copied(lab)
    grow(lab, 1)
    with pytest.raises(IndexFailure, match=r"folder is at snapshot 1, .* at 2: copy the folder"):
        copy.index()
    assert [place.path for place in lab.places(fragment(function("new_1")))] == ["new1.py"]
    copied(lab).index()


def test_a_database_older_than_the_folder_is_refused_to_readers(lab: Lab) -> None:
    manifest = lab.folder.manifest()
    lab.folder.publish(replace(manifest, snapshot=7))
    with pytest.raises(IndexFailure, match="restore both from one backup"):
        read(lab)


def test_a_writer_on_another_machine_is_refused_while_one_writes(lab: Lab) -> None:
    copy = copied(lab)
    assert lab.store is not None
    with (
        Database.open(lab.store) as database,
        database.writing(lab.folder.identity),
        pytest.raises(IndexFailure, match="is being written by process"),
    ):
        copy.index()


def test_a_run_whose_connection_is_cut_publishes_nothing(
    lab: Lab, postgres: PostgresServer, postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lab.folder.manifest()
    require_writer = Database.require_writer

    def cut_and_require(database: Database) -> None:
        postgres.cut_connections(postgres_url)
        require_writer(database)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "require_writer", cut_and_require)
        with pytest.raises(EnvironmentFailure, match="closed the connection"):
            grow(lab, 1)
    assert lab.folder.manifest() == before
    read(lab)
    assert lab.index().snapshot == 2
    assert [place.path for place in lab.places(fragment(function("new_1")))] == ["new1.py"]


def test_a_folder_without_identity_gets_one_and_keeps_it(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "index", tmp_path / "key")
    assert folder.identity == ""
    folder.create()
    identity = folder.identity
    folder.create()
    assert folder.identity == identity != ""
