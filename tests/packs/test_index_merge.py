"""An index that took over another one is the index of both."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from commandline import call, tally, unique, write_tree
from pack_lab import CORPUS, PACK, QUERY, killed

TWO = {
    "work/again.py": "# laid out otherwise\n\n\n"
    + tally("first").replace("    total = 0", "\n    total = 0"),
    "work/other.py": tally("fourth").replace("value * 2", "value * 3") + "\n\n" + unique(3),
    "work/same.py": CORPUS["lib/only.py"],
    "notes.txt": "no code",
}


@pytest.fixture
def home(user: Path) -> Path:
    """Two corpora, each in an index of its own, and both in a third one."""
    write_tree(user / "one", CORPUS)
    write_tree(user / "two", TWO)
    write_tree(user, {"query.py": QUERY})
    for index, *corpora in (("a", "one"), ("b", "two"), ("both", "one", "two")):
        assert call("index", *corpora, "--index", index).code == 0
    return user


def answers(index: str) -> Any:
    """What a query and an audit say, but for times."""
    results = call("query", "query.py", "--index", index, "--json").document["results"]
    audit = call("audit", "--index", index, "--types", "all", "--no-refresh", "--json").document
    return results, audit["summary"], audit["classes"]


def test_merged_index_answers_as_one_that_read_both(home: Path) -> None:
    done = call("index", "--merge", "b", "--index", "a", "--json").document
    assert [corpus["here"] for corpus in done["corpora"]] == ["two"]
    assert done["new_contents"] > 0
    merged, both = answers("a"), answers("both")
    assert merged[0] == both[0]
    assert merged[1] == both[1]
    assert merged[2] == both[2]


def test_merge_into_nothing_is_a_copy(home: Path) -> None:
    assert call("index", "--merge", "both", "--index", "fresh").code == 0
    assert answers("fresh") == answers("both")


def test_second_merge_does_nothing(home: Path) -> None:
    call("index", "--merge", "b", "--index", "a")
    before = sorted((home / "a" / "segments").iterdir())
    done = call("index", "--merge", "b", "--index", "a", "--json").document
    assert [corpus["changed_files"] for corpus in done["corpora"]] == [0]
    assert sorted((home / "a" / "segments").iterdir()) == before
    assert "nothing new" in call("index", "--merge", "b", "--index", "a").out


def test_merge_brings_what_changed_in_the_other_index(home: Path) -> None:
    call("index", "--merge", "b", "--index", "a")
    write_tree(home / "two", {"work/new.py": unique(7)})
    (home / "two/work/same.py").unlink()
    assert call("index", "two", "--index", "b").code == 0
    done = call("index", "--merge", "b", "--index", "a", "--json").document
    assert done["corpora"][0]["changed_files"] == 1
    call("index", "two", "--index", "both")
    assert answers("a") == answers("both")


def test_merged_corpora_are_refreshed_like_others(home: Path) -> None:
    call("index", "--merge", "b", "--index", "a")
    write_tree(home / "two", {"work/new.py": unique(8)})
    document = call("index", "two", "--index", "a", "--json").document
    assert document["files"]["analysed"] == len(CORPUS) + len(TWO)
    call("index", "two", "--index", "both")
    assert answers("a") == answers("both")


def test_corpus_whose_name_is_taken_is_renamed_and_said(home: Path) -> None:
    write_tree(home / "elsewhere/one", {"x.py": unique(9)})
    call("index", "elsewhere/one", "--index", "c")
    assert "it is called one-2 here" in call("index", "--merge", "c", "--index", "a").out


def test_corpus_within_a_corpus_of_the_index_is_refused(home: Path) -> None:
    call("index", "one/src", "--index", "inner")
    done = call("index", "--merge", "inner", "--index", "a")
    assert (done.code, "lies inside the indexed corpus" in done.error) == (2, True)


def test_pack_with_source_can_be_merged_and_audited(home: Path) -> None:
    assert call("pack", "-o", PACK, "--with-source", "--index", "b").code == 0
    shutil.rmtree(home / "two")
    assert call("index", "--merge", PACK, "--index", "a").code == 0
    document = call("query", "query.py", "--index", "a", "--json").document
    places = {
        (place["corpus"], place["path"])
        for one in document["results"]
        for match in one["matches"]
        for place in match["occurrences"]
    }
    assert ("two", "work/again.py") in places
    audit = call("audit", "--index", "a", "--json").document
    assert audit["summary"]["files"] == len(CORPUS) + len(TWO) - 2  # the test and what is no code
    members = {member["path"] for one in audit["classes"] for member in one["members"]}
    assert "work/again.py" in members


def test_pack_without_source_cannot_be_merged(home: Path) -> None:
    assert call("pack", "-o", PACK, "--index", "b").code == 0
    done = call("index", "--merge", PACK, "--index", "a")
    assert (done.code, "holds no source" in done.error) == (2, True)


def test_index_of_other_settings_is_refused(home: Path) -> None:
    write_tree(home / "small", {"codesearch.toml": "[fragments]\nmin_lines = 2\n", "y.py": unique(4)})
    bare = call("index", "two", "--index", "bare", "--no-embed")
    assert bare.code == 0
    done = call("index", "--merge", "bare", "--index", "a")
    assert (done.code, "was built with embedding.model = ''" in done.error) == (3, True)


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [("a", 2, "is the index itself"), ("none", 2, "no pack none"), ("one", 3, "no index in")],
)
def test_what_cannot_be_merged_is_one_line(home: Path, other: str, code: int, said: str) -> None:
    done = call("index", "--merge", other, "--index", "a")
    assert (done.code, said in done.error) == (code, True)


def test_paths_and_merge_exclude_each_other(home: Path) -> None:
    assert call("index", "one", "--merge", "b").code == 2
    assert call("index").code == 2


@pytest.mark.parametrize(
    ("where", "function"),
    [
        ("indexer.folder", "IndexFolder.publish"),
        ("indexer.segments.assembly", "write_segment"),
        ("indexer.merge", "finish_run"),
    ],
)
def test_merge_that_is_killed_leaves_the_index_as_it_was(home: Path, where: str, function: str) -> None:
    before = answers("a")
    killed(where, function, "index", "--merge", "b", "--index", "a")
    assert answers("a") == before
    assert call("index", "--merge", "b", "--index", "a").code == 0
    assert answers("a")[0] == answers("both")[0]
