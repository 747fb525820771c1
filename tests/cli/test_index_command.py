from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from commandline import Outcome, call, tally, unique, write_tree

OLD_NS = 1_600_000_000_000_000_000  # a file modified just now is read again, because clocks are coarse


def settle(root: Path) -> None:
    """Make the files of a corpus look as if nobody had touched them for long."""
    for path in root.rglob("*"):
        os.utime(path, ns=(OLD_NS, OLD_NS))


@pytest.fixture
def corpus(user: Path) -> Path:
    files = {f"m{number}.py": unique(number) for number in range(5)}
    root = write_tree(user / "corpus", files | {"tests/test_a.py": tally("a"), "logo.png": "\x89PNG"})
    settle(root)
    return root


def indexed(*words: str | Path) -> dict[str, Any]:
    document = call("index", *words, "--json").document
    assert_ledger_adds_up(document["files"])
    return document


def assert_ledger_adds_up(files: Mapping[str, Any]) -> None:
    assert files["seen"] == files["analysed"] + sum(files["skipped"].values())


def test_document_has_the_promised_keys(corpus: Path) -> None:
    document = indexed(corpus)
    assert document["schema"] == "codesearch.index/1"
    assert set(document["files"]) == {"seen", "analysed", "skipped"}
    assert set(document["seconds"]) == {"read", "parse", "embed", "total"}
    assert {"degraded", "lines", "fragments", "unique_fragments", "embedded", "reused", "index"} <= set(
        document
    )
    assert document["files"] == {"seen": 7, "analysed": 6, "skipped": {"not-code": 1}}
    assert (document["fragments"], document["unique_fragments"], document["embedded"]) == (6, 6, 6)
    assert document["degraded"] == []


def test_text_tells_the_ledger_and_progress_stays_on_standard_error(corpus: Path) -> None:
    done = call("index", corpus)
    assert "7 files seen: 6 analysed, 1 skipped" in done.out
    assert "skipped: not-code 1" in done.out
    assert "roles: source 5, test 1" in done.out
    assert "embedding" not in done.out
    assert "embedding: 6 of 6 fragments, " in done.err


def test_quiet_says_nothing_on_standard_error(corpus: Path) -> None:
    assert call("index", corpus, "-q").err == ""


def test_index_lies_in_the_current_folder_and_not_in_the_corpus(corpus: Path, user: Path) -> None:
    assert indexed("corpus")["index"] == str(user / ".codesearch")
    assert not (corpus / ".codesearch").exists()
    assert (user / ".codesearch" / ".gitignore").read_text() == "*\n"


def test_nearest_index_above_is_used(corpus: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexed(corpus)
    below = user / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert indexed(corpus)["index"] == str(user / ".codesearch")
    assert call("status", "--json").document["index"] == str(user / ".codesearch")


@pytest.mark.parametrize("before", [True, False])
def test_index_folder_can_be_named_anywhere(corpus: Path, user: Path, before: bool) -> None:
    words = (
        ("--index", "there", "index", "corpus", "--json")
        if before
        else ("index", "corpus", "--json", "--index", "there")
    )
    assert call(*words).document["index"] == str(user / "there")
    assert not (user / ".codesearch").exists()


def test_unchanged_tree_is_neither_parsed_nor_embedded(corpus: Path) -> None:
    first = indexed(corpus)
    second = indexed(corpus)
    assert (second["parsed"], second["embedded"]) == (0, 0)
    assert second["files"] == first["files"]
    assert second["fragments"] == first["fragments"]


def test_only_the_changed_file_is_parsed(corpus: Path) -> None:
    indexed(corpus)
    (corpus / "m3.py").write_text(unique(77))
    document = indexed(corpus)
    assert (document["parsed"], document["embedded"]) == (1, 1)
    assert document["files"]["analysed"] == 6


def test_renamed_file_is_not_embedded_again(corpus: Path) -> None:
    indexed(corpus)
    (corpus / "m3.py").rename(corpus / "renamed.py")
    document = indexed(corpus)
    assert document["embedded"] == 0
    assert document["fragments"] == 6


def test_deleted_file_leaves_the_ledger(corpus: Path) -> None:
    indexed(corpus)
    (corpus / "m3.py").unlink()
    document = indexed(corpus)
    assert (document["files"]["seen"], document["fragments"]) == (6, 5)


def test_several_corpora_live_in_one_index(corpus: Path, user: Path) -> None:
    other = write_tree(user / "other", {"a.py": tally("b")})
    indexed(corpus)
    document = indexed(other)
    assert document["files"]["seen"] == 8
    names = [part["name"] for part in call("status", "--json").document["corpora"]]
    assert names == ["corpus", "other"]


def test_corpora_of_one_name_are_told_apart(user: Path) -> None:
    roots = [write_tree(user / name / "src", {"a.py": unique(n)}) for n, name in enumerate(("x", "y"))]
    assert indexed(*roots)["files"]["seen"] == 2
    names = [part["name"] for part in call("status", "--json").document["corpora"]]
    assert len(set(names)) == 2


def test_path_named_twice_counts_once(corpus: Path) -> None:
    assert indexed(corpus, "corpus", f"{corpus}/.")["files"]["seen"] == 7


def test_single_file_is_a_corpus(corpus: Path) -> None:
    assert indexed(corpus / "m1.py")["files"]["seen"] == 1


def test_excluded_files_are_in_the_ledger(corpus: Path) -> None:
    document = indexed(corpus, "--exclude", "tests/", "--exclude", "*.png")
    assert document["files"]["skipped"] == {"excluded": 2}
    assert indexed(corpus, "--include", "m*.py")["files"]["analysed"] == 5


def test_any_number_of_workers_gives_the_same_counts(corpus: Path, user: Path) -> None:
    counted = []
    for jobs in ("1", "3"):
        document = indexed(corpus, "--jobs", jobs, "--index", user / f"index{jobs}")
        counted.append({key: value for key, value in document.items() if key not in {"seconds", "index"}})
    assert counted[0] == counted[1]


def test_index_without_embeddings_still_answers(corpus: Path, user: Path) -> None:
    assert indexed(corpus, "--no-embed")["embedded"] == 0
    (user / "mine.py").write_text(unique(2))
    matches = call("query", "mine.py", "--json").document["results"][0]["matches"]
    assert (matches[0]["path"], matches[0]["clone_type"]) == ("m2.py", "T1")


def test_changed_settings_are_named(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexed(corpus)
    monkeypatch.setenv("CODESEARCH_FRAGMENTS__MIN_LINES", "9")
    document = indexed(corpus)
    assert document["changed_settings"] == ["fragments.min_lines"]
    assert document["parsed"] == 6


def test_missing_path_is_refused_before_anything_is_written(user: Path) -> None:
    done = call("index", "nowhere")
    assert (done.code, done.error) == (2, "no such file or folder: nowhere: check the path")
    assert list(user.iterdir()) == []


def test_corpus_inside_another_is_refused(corpus: Path) -> None:
    done = call("index", corpus, corpus / "tests")
    assert done.code == 2
    assert "lies inside" in done.error


def fails(done: Outcome) -> str:
    assert done.code == 2
    return done.error


def test_empty_folder_is_refused_and_the_index_stays(corpus: Path, user: Path) -> None:
    (user / "empty").mkdir()
    assert "empty holds no files" in fails(call("index", "empty"))
    assert not (user / ".codesearch" / "manifest.json").exists()
    before = indexed(corpus)
    assert "empty holds no files" in fails(call("index", "empty"))
    assert call("status", "--json").document["files"] == before["files"]


def test_corpus_whose_files_are_all_gone_is_refreshed(corpus: Path) -> None:
    indexed(corpus)
    for path in [path for path in corpus.rglob("*") if path.is_file()]:
        path.unlink()
    assert indexed(corpus)["files"]["seen"] == 0


def test_one_file_of_an_indexed_corpus_can_be_refreshed_alone(corpus: Path) -> None:
    indexed(corpus)
    (corpus / "m1.py").write_text(unique(78))
    (corpus / "m2.py").write_text(unique(79))
    document = indexed(corpus / "m1.py")
    assert document["files"]["seen"] == 7
    assert document["parsed"] == 1


@pytest.mark.parametrize(
    ("globs", "told"),
    [
        (["**/a/" * 3 + "b"], "may take for ever to match: **/a/**/a"),
        (["x" * 9_000], "may take for ever to match: xxx"),
        ([f"none_{number}" for number in range(2_001)], "--exclude or corpus.exclude names 2,001 globs"),
    ],
    ids=["backtracking", "long", "many"],
)
def test_globs_of_a_hostile_project_are_one_clear_line(
    user: Path, monkeypatch: pytest.MonkeyPatch, globs: list[str], told: str
) -> None:
    root = write_tree(
        user / "corpus", {"codesearch.toml": f"[corpus]\nexclude = {globs}\n", "a.py": tally("a")}
    )
    write_tree(root, {f"{'a' * 120}.py": tally("b")})
    monkeypatch.chdir(root)
    outcome = call("index", ".")
    assert outcome.code == 2
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1
