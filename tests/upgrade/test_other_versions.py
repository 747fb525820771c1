"""Indexes of versions before and after this one: migrated with all they hold, or left alone and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commandline import call
from upgrade import golden, stores
from upgrade.golden import CORPORA, Golden, about, digests, opened

from codesearch.core.store.schema import HEAD
from indexer.segments.manifest import FORMAT_VERSION

CURRENT = Golden.named(FORMAT_VERSION, HEAD)
OLDER = [revision for revision in stores.revisions() if revision < HEAD]
READERS = (("status",), ("query", "shop/orders.js"), ("schedule", "list"), ("token", "list"))
"""Commands that only read; all of them need a store of this version."""


@pytest.fixture
def index(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden index of this version that is the user's own."""
    return opened(CURRENT, user, monkeypatch)


def refusals(*commands: tuple[str, ...]) -> set[str]:
    """The one line with which each of the commands is refused."""
    outcomes = [call(*words) for words in commands]
    assert {outcome.code for outcome in outcomes} == {3}
    return {outcome.error for outcome in outcomes}


@pytest.mark.parametrize("revision", OLDER)
def test_an_older_store_is_migrated_by_the_command_that_readers_name_and_keeps_what_it_held(
    index: Path, revision: str
) -> None:
    store = index / "index.db"
    stores.take_back(store, revision)
    held = stores.read_rows(store)
    before = digests(index)
    [line] = refusals(*READERS)
    assert line.endswith(
        f"has schema {revision}, this version needs {HEAD}: run `codesearch index` to bring it up to date"
    )
    assert digests(index) == before
    assert call("index", *CORPORA, "--jobs", "1").code == 0
    now = stores.read_rows(store)
    for table in ("audits", "audit_classes", "schedules", "judged_pairs", "access_tokens", "jobs", "corpora"):
        for row in held.get(table, []):
            assert any(row.items() <= kept.items() for kept in now[table]), table
    expected = CURRENT.expected
    for name, answer in golden.answers().items():
        if name.startswith("query") or (name == "schedules" and held.get("schedules")):
            assert answer == about(expected[name]), name
    assert golden.audit_answer() == about(expected["audit"])


def test_a_newer_store_is_refused_in_one_line_and_nothing_is_changed(index: Path) -> None:
    stores.write_revision(index / "index.db", "0999")
    before = digests(index)
    writers = (("index", *CORPORA), ("remove", "shop"), ("schedule", "remove", "1"), ("token", "create"))
    [line] = refusals(*READERS, *writers)
    assert line.endswith(
        f"schema 0999 of a newer codesearch, this one knows {HEAD}: upgrade codesearch-clones"
    )
    assert digests(index) == before


def write_format(index: Path, version: object) -> None:
    """Let an index say that it is of a format; None takes the key away."""
    manifest: dict[str, Any] = json.loads((index / "manifest.json").read_text(encoding="utf-8"))
    if version is None:
        del manifest["format"]
    else:
        manifest["format"] = version
    (index / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


FORMATS = (1, FORMAT_VERSION - 1, FORMAT_VERSION + 1, None, "3", True, 2**70)
USERS = (("status",), ("query", "shop/orders.js"), ("index", *CORPORA), ("audit",), ("remove", "shop"))
"""Commands that need the index; each says the same of a format that it does not know."""


@pytest.mark.parametrize("version", FORMATS)
def test_another_format_is_refused_in_one_line_that_says_what_to_do_and_nothing_is_changed(
    index: Path, version: object
) -> None:
    write_format(index, version)
    before = digests(index)
    [line] = refusals(*USERS)
    newer = isinstance(version, int) and version > FORMAT_VERSION
    remedy = "upgrade codesearch-clones" if newer else "run 'codesearch doctor --repair'"
    assert f"has index format {version}, this codesearch reads format {FORMAT_VERSION}: {remedy}" in line
    assert digests(index) == before


@pytest.mark.parametrize(("version", "revision"), [(1, "0002"), (2, "0005"), (2, HEAD), (None, HEAD)])
def test_an_older_index_is_rebuilt_by_the_command_that_its_refusal_names_and_keeps_what_cannot_be_computed(
    index: Path, version: object, revision: str
) -> None:
    write_format(index, version)
    if revision != HEAD:
        stores.take_back(index / "index.db", revision)
    done = call("doctor", "--repair")
    assert done.code == 0, done.err
    expected, found = CURRENT.expected, golden.answers()
    assert found["status"]["format"] == FORMAT_VERSION
    assert found["status"]["corpora"] == expected["status"]["corpora"]
    for name in ("schedules", "audit history", "verdicts"):
        assert found[name] == about(expected[name])
    if revision == HEAD:
        assert found["tokens"] == expected["tokens"]
    for name in expected:
        if name.startswith("query"):
            assert found[name] == about(expected[name])
