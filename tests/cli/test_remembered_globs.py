"""Files that a user asks for with --include and --exclude, in the runs that follow and name none."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_trees import python_function
from commandline import call, unique, write_tree

from indexer.folder import IndexFolder

FILES = {
    "app.py": python_function("collect", "order"),
    "gen/made.py": python_function("gather", "user"),
    "web/page.js": "function page(items) {\n  let sum = 0;\n  for (const one of items) {\n    sum += one;\n"
    "  }\n  return sum;\n}\n",
    "tool.py": unique(1),
}
EXCLUDED = {"gen/made.py", "web/page.js"}


@pytest.fixture
def corpus(user: Path) -> Path:
    return write_tree(user / "corpus", FILES)


def index(*words: str | Path) -> None:
    done = call("index", *words, "--no-embed", "--jobs", "1")
    assert done.code == 0, done.err


def excluded() -> set[str]:
    document = call("status", "--skipped", "--json").document
    return {one["path"] for one in document["skipped_files"] if one["reason"] == "excluded"}


def named() -> dict[str, list[str]]:
    """What the status says of the one corpus."""
    [corpus] = call("status", "--json").document["corpora"]
    return {key: corpus[key] for key in ("include", "exclude") if corpus[key]}


@pytest.fixture
def narrowed(corpus: Path) -> Path:
    index(corpus, "--include", "*.py", "--exclude", "gen/**")
    assert excluded() == EXCLUDED
    return corpus


def again(corpus: Path) -> None:
    index(corpus)


def audit(corpus: Path) -> None:
    assert call("audit", corpus, "--jobs", "1").code == 0


def audit_all(corpus: Path) -> None:
    assert call("audit", "--jobs", "1").code == 0


def repair_segments(corpus: Path) -> None:
    shutil.rmtree(corpus.parent / ".codesearch" / "segments")
    assert call("doctor", "--repair").code == 0


def repair_manifest(corpus: Path) -> None:
    (corpus.parent / ".codesearch" / "manifest.json").write_text("{")
    assert call("doctor", "--repair").code == 0


def repair_store(corpus: Path) -> None:
    """Of a store that is damaged where fragments lie."""
    path = corpus.parent / ".codesearch" / "index.db"
    store = sqlite3.connect(path)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    [size] = store.execute("PRAGMA page_size").fetchone()
    [page] = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'fragments'").fetchone()
    store.close()
    content = path.read_bytes()
    path.write_bytes(content[: (page - 1) * size] + b"\xff" * size + content[page * size :])
    done = call("doctor", "--repair")
    assert done.code == 0
    assert "include and exclude" not in done.out


RUNS = (again, audit, audit_all, repair_segments, repair_manifest, repair_store)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_a_run_that_names_none_reads_the_files_of_the_last_that_did(
    narrowed: Path, run: Callable[[Path], None]
) -> None:
    write_tree(narrowed, {"gen/more.py": unique(2), "new.py": unique(3)})
    run(narrowed)
    assert excluded() == {*EXCLUDED, "gen/more.py"}
    assert named() == {"include": ["*.py"], "exclude": ["gen/**"]}


def test_status_tells_them(narrowed: Path) -> None:
    assert "  only *.py, without gen/**\n" in call("status").out


def test_others_replace_both(narrowed: Path) -> None:
    index(narrowed, "--exclude", "tool.py")
    assert excluded() == {"tool.py"}
    assert named() == {"exclude": ["tool.py"]}
    index(narrowed)
    assert excluded() == {"tool.py"}


def test_all_files_come_back_with_a_glob_that_fits_all(narrowed: Path) -> None:
    index(narrowed, "--include", "*")
    assert excluded() == set()
    index(narrowed)
    assert excluded() == set()


def test_globs_that_change_nothing_now_are_kept_for_later(corpus: Path) -> None:
    index(corpus)
    index(corpus, "--exclude", "later/**")
    write_tree(corpus, {"later/one.py": unique(4)})
    index(corpus)
    assert excluded() == {"later/one.py"}


def test_those_of_an_audit_are_kept_too(corpus: Path) -> None:
    assert call("audit", corpus, "--exclude", "gen/**", "--jobs", "1").code == 0
    index(corpus)
    assert excluded() == {"gen/made.py"}


def test_each_corpus_has_its_own(user: Path, narrowed: Path) -> None:
    other = write_tree(user / "other", FILES)
    index(other)
    index(narrowed, other)
    assert excluded() == EXCLUDED


def test_a_single_file_says_nothing_of_its_folder(corpus: Path) -> None:
    index(corpus)
    index(corpus / "tool.py", "--exclude", "gen/**")
    index(corpus)
    assert excluded() == set()


def test_settings_that_are_changed_win_over_what_was_named_before(
    narrowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (narrowed.parent / "codesearch.toml").write_text('[corpus]\nexclude = ["tool.py"]\n')
    index(narrowed)
    assert excluded() == {"tool.py", "web/page.js"}  # include is as it was named
    monkeypatch.setenv("CODESEARCH_CORPUS__INCLUDE", "*.js")
    index(narrowed)
    assert excluded() == {"app.py", "gen/made.py", "tool.py"}


@pytest.mark.parametrize("found", [True, False])
def test_settings_that_were_overridden_stay_so(corpus: Path, found: bool) -> None:
    """Whether the run that follows finds the settings of the project or is started elsewhere."""
    settings = corpus.parent / "codesearch.toml"
    settings.write_text('[corpus]\nexclude = ["tool.py"]\n')
    index(corpus, "--exclude", "gen/**")
    assert excluded() == {"gen/made.py"}
    if not found:
        settings.unlink()
    index(corpus)
    assert excluded() == {"gen/made.py"}


def test_settings_alone_are_not_remembered(corpus: Path) -> None:
    settings = corpus.parent / "codesearch.toml"
    settings.write_text('[corpus]\nexclude = ["tool.py"]\n')
    index(corpus)
    assert excluded() == {"tool.py"}
    assert named() == {}
    settings.unlink()
    index(corpus)
    assert excluded() == set()


def test_a_removed_corpus_takes_them_along(narrowed: Path) -> None:
    assert call("remove", "corpus", "--yes").code == 0
    index(narrowed)
    assert excluded() == set()


@pytest.mark.parametrize("words", [(), ("--exclude", "tool.py")])
def test_a_merged_corpus_is_read_as_in_the_index_that_it_came_from(
    user: Path, narrowed: Path, words: tuple[str, ...]
) -> None:
    index("--index", user / "there", narrowed, *words)
    done = call("index", "--merge", user / "there")
    assert done.code == 0, done.err
    index(narrowed)
    assert excluded() == ({"tool.py"} if words else set())


@pytest.mark.parametrize(
    "words",
    [("index", "corpus", "--exclude", "tool.py"), ("remove", "corpus", "--yes"), ("index", "--merge")],
)
def test_a_run_that_died_before_its_publication_changes_none(
    user: Path, narrowed: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    index("--index", user / "there", narrowed, "--exclude", "tool.py")
    write_tree(narrowed, {"new.py": unique(5)})

    def die(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        assert call(*words, *([user / "there"] if words[-1] == "--merge" else [])).code == 3
    assert named() == {"include": ["*.py"], "exclude": ["gen/**"]}
    index(narrowed)
    assert excluded() == EXCLUDED


def test_an_audit_that_reads_no_files_is_not_told_which(narrowed: Path) -> None:
    done = call("audit", "--no-refresh", "--exclude", "tool.py")
    assert done.code == 2
    assert "--no-refresh" in done.err
    assert named() == {"include": ["*.py"], "exclude": ["gen/**"]}


def test_what_is_no_glob_is_refused_and_not_kept(narrowed: Path) -> None:
    done = call("index", narrowed, "--exclude", "!")
    assert done.code == 2
    index(narrowed)
    assert excluded() == EXCLUDED


def test_damaged_ones_are_as_if_none_had_been_named(narrowed: Path) -> None:
    store = sqlite3.connect(narrowed.parent / ".codesearch" / "index.db")
    with store:
        assert store.execute("UPDATE meta SET value = '[3]' WHERE key = 'globs'").rowcount == 1
    store.close()
    index(narrowed)
    assert excluded() == set()
    index(narrowed, "--exclude", "tool.py")
    assert named() == {"exclude": ["tool.py"]}
