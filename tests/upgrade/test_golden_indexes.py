"""What earlier versions wrote is read as they read it, or refused in one line that says how to rebuild.

When one of these fails, an index that somebody has on disk is read wrongly. Either what changed is a mistake,
or the format changed on purpose: then raise ``FORMAT_VERSION`` (arrays, manifest) or add a migration (store),
run ``PYTHONPATH=tests python -m upgrade.make_golden``, and commit the new folder beside the old ones, which
stay for ever. Where only detection changed on purpose, ``make_golden --expect`` writes the answers anew.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from commandline import call
from upgrade import golden
from upgrade.golden import (
    ANSWERS,
    AUDIT,
    CORPORA,
    OF_A_MACHINE,
    Golden,
    about,
    digests,
    golden_indexes,
    opened,
)
from upgrade.make_golden import ANSWER, ANSWER_KEY, FIGURES

from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.jobs import read_jobs
from codesearch.core.store.judged_pairs import read_answers
from codesearch.core.store.schema import HEAD
from indexer.segments.manifest import FORMAT_VERSION

KNOWN = golden_indexes()
CURRENT = Golden.named(FORMAT_VERSION, HEAD)
FORMER = [known for known in KNOWN if known.format != FORMAT_VERSION]
MIGRATED = [known for known in KNOWN if known.format == FORMAT_VERSION]


def test_this_version_has_a_golden_index() -> None:
    assert CURRENT in KNOWN, "run PYTHONPATH=tests python -m upgrade.make_golden, and commit what it writes"
    assert CURRENT.archive.is_file()


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.folder.name)
def test_a_golden_index_names_no_machine(known: Golden) -> None:
    with zipfile.ZipFile(known.archive) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    texts["expected.json"] = (known.folder / "expected.json").read_bytes()
    assert [name for name, text in texts.items() if OF_A_MACHINE.search(text)] == []


def test_reading_the_index_of_another_machine_answers_as_it_did_and_changes_nothing(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(CURRENT, user, monkeypatch)
    before = digests(index)
    expected = CURRENT.expected
    for name, answer in golden.answers().items():
        assert answer == about(expected[name]), name
    assert digests(index) == before
    with Database.open(sqlite_url(index / "index.db")) as database, database.read() as connection:
        assert read_answers(connection, [ANSWER_KEY]) == {ANSWER_KEY: ANSWER}
        [job] = read_jobs(connection, 0, 9)
        assert job.result == FIGURES


@pytest.mark.parametrize("known", MIGRATED, ids=lambda known: known.folder.name)
def test_an_index_of_this_format_is_brought_up_to_date_and_finds_what_it_found(
    known: Golden, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(known, user, monkeypatch)
    expected = known.expected
    done = call("index", *CORPORA, "--json", "--jobs", "1").document
    assert done["unique_fragments"] == expected["status"]["unique_fragments"]
    assert golden.audit_answer() == about(expected["audit"])
    for name, answer in golden.answers().items():
        if name not in {"status", "audit history"}:  # which tell of the runs of this test
            assert answer == about(expected[name]), name
    assert golden.answers()["audit history"]["runs"][0] == about(expected["audit history"]["runs"][0])


@pytest.mark.parametrize("known", MIGRATED, ids=lambda known: known.folder.name)
def test_an_audit_of_an_index_as_it_is_finds_the_classes_that_it_found(
    known: Golden, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(known, user, monkeypatch)
    if known.schema != HEAD:
        Database.create(sqlite_url(index / "index.db")).close()
    golden.removed(index, lambda name: name == "audit/analysis.json")  # or nothing would be compared
    assert golden.audit_answer() == about(known.expected["audit"])


@pytest.mark.parametrize("known", FORMER, ids=lambda known: known.folder.name)
def test_a_former_format_is_refused_in_one_line_and_rebuilt_by_the_command_that_it_names(
    known: Golden, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(known, user, monkeypatch)
    before = digests(index)
    for words in (*ANSWERS.values(), AUDIT, ("index", *CORPORA)):
        if words[0] in {"status", "query", "index"}:
            done = call(*words)
            assert done.code == 3
            assert "codesearch doctor --repair" in done.error
    assert digests(index) == before
    assert call("doctor", "--repair").code == 0
    assert golden.answers()["schedules"] == known.expected["schedules"]
