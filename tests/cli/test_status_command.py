from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, tally, write_tree


@pytest.fixture
def mixed(user: Path) -> Path:
    """An index of two corpora with skipped files, changed settings excepted."""
    write_tree(user / "one", {"a.py": tally("a"), "b.png": "", "c.unknown": "x"})
    write_tree(user / "two", {"tests/test_a.py": tally("b"), "d\x1b[2J.bin": "x"})
    (user / "two" / "link.py").symlink_to("nowhere")
    assert call("index", "one", "two").code == 0
    return user


def test_document_adds_up_for_the_index_and_every_corpus(mixed: Path) -> None:
    document = call("status", "--json").document
    assert document["schema"] == "codesearch.status/1"
    assert document["degraded"] == []
    assert document["index"] == str(mixed / ".codesearch")
    for part in (document, *document["corpora"]):
        files = part["files"]
        assert files["seen"] == files["analysed"] + sum(files["skipped"].values())
        assert sum(part["by_role"].values()) == files["analysed"]
        assert sum(part["by_language"].values()) == files["analysed"]
    assert document["files"]["seen"] == sum(part["files"]["seen"] for part in document["corpora"]) == 6
    assert document["by_role"] == {"source": 1, "test": 1}


def test_skipped_files_are_listed_with_their_reasons(mixed: Path) -> None:
    document = call("status", "--skipped", "--json").document
    listed = [(entry["corpus"], entry["path"], entry["reason"]) for entry in document["skipped_files"]]
    assert len(listed) == sum(document["files"]["skipped"].values()) == 4
    assert ("two", "link.py", "symlink") in listed
    text = call("status", "--skipped").out
    assert "symlink           two/link.py" in text
    assert "\x1b" not in text


def test_text_says_where_and_what(mixed: Path) -> None:
    lines = call("status").out.splitlines()
    assert lines[0] == f"index {mixed / '.codesearch'}"
    assert f"one  {mixed / 'one'}" in lines
    assert "  3 files seen: 1 analysed, 2 skipped" in lines
    assert [line for line in lines if line != line.rstrip()] == []


def test_settings_that_differ_are_named(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_FRAGMENTS__MIN_TOKENS", "12")
    assert call("status", "--json").document["differs"] == [
        {"key": "fragments.min_tokens", "built_with": 30, "now": 12}
    ]
    assert "fragments.min_tokens is 12 now, the index was built with 30" in call("status").out
    assert "fragments.min_tokens is 12" in call("query", "one/a.py").err


def test_missing_index_is_exit_3(user: Path) -> None:
    done = call("status")
    assert done.code == 3
    assert done.error == f"no index in {user / '.codesearch'}: run 'codesearch index PATH' first"
