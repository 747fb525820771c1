"""However an index came to be, it answers the same: workers, segments, memory, and the order of runs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from code_base import as_user
from commandline import unique
from metamorphic.corpora import (
    Document,
    Files,
    audit,
    index,
    originals,
    query,
    tree,
    write,
)

QUERIES = ("asked/mine.py", "asked/Mine.java")


def halves() -> tuple[Files, Files]:
    """Two corpora that hold clones of each other."""
    return tree(("first", "edited")), tree(("layout", "renamed"))


@pytest.fixture
def home(user: Path) -> Path:
    """A user with the corpora ``a`` and ``b``, and with files to ask about."""
    return write_home(user)


def write_home(home: Path) -> Path:
    first, second = halves()
    write(home / "a", first)
    write(home / "b", second)
    python = [text for path, text in first.items() if path.startswith("first") and path.endswith(".py")]
    java = [text for path, text in second.items() if path.startswith("renamed") and path.endswith(".java")]
    asked = {"mine.py": b"\n\n".join(python), "Mine.java": b"class Mine {\n" + b"\n".join(java) + b"}\n"}
    write(home / "asked", asked)
    return home


def answers() -> list[Document]:
    """What a user is told about the index of now: matches of files, and clone classes."""
    return [*(query(place) for place in QUERIES), audit()]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """The answers of an index that one run with one worker made of both corpora."""
    folder = tmp_path_factory.mktemp("expected")
    (folder / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        as_user(folder, patch)
        write_home(folder / "home")
        index("a", "b", "--jobs", "1")
        found = answers()
    assert all(matches(document) for document in found[:-1])
    assert len(found[-1]["classes"]) >= len(originals())
    return found


MEANS: Mapping[str, Mapping[str, str]] = {
    "two workers": {"CODESEARCH_PARSING__JOBS": "2"},
    "four workers": {"CODESEARCH_PARSING__JOBS": "4"},
    "many segments": {"CODESEARCH_INDEX__SEGMENT_ROWS": "16"},
    "one small segment": {"CODESEARCH_INDEX__MAX_SMALL_SEGMENTS": "1"},
    "little memory": {"CODESEARCH_INDEX__MEMORY": "512MiB"},
    "small batches": {"CODESEARCH_EMBEDDING__BATCH": "256"},
}


@pytest.mark.parametrize("means", MEANS)
def test_the_means_change_no_answer(
    home: Path, expected: list[Document], means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in MEANS[means].items():
        monkeypatch.setenv(name, value)
    index("a", "b")
    assert answers() == expected


ORDERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "the other way round": (("b", "a"),),
    "one after the other": (("a",), ("b",)),
    "one after the other, the other way round": (("b",), ("a",)),
    "one of them twice": (("a",), ("a", "b"), ("b",)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_corpora_and_runs_changes_no_answer(
    home: Path, expected: list[Document], order: str
) -> None:
    for corpora in ORDERS[order]:
        index(*corpora)
    assert answers() == expected


def test_a_refreshed_index_answers_as_a_fresh_one_does(home: Path, expected: list[Document]) -> None:
    """Also where the copy that was seen first, whose layout is stored, is not the first one of its class."""
    first, _ = halves()
    shutil.rmtree(home / "a")
    write(home / "a", {path: text for path, text in first.items() if not path.startswith("first")})
    write(home / "a", {"gone.py": unique(9).encode()})
    index("b")
    index("a")
    (home / "a/gone.py").unlink()
    write(home / "a", first)
    index("a", "b")
    assert answers() == expected


def matches(document: Document) -> dict[tuple[int, int], Any]:
    """The matches of every fragment by its lines."""
    return {
        (part["fragment"]["start_line"], part["fragment"]["end_line"]): part["matches"]
        for part in document["results"]
    }


def test_a_fragment_is_answered_alone_as_it_is_among_others(home: Path) -> None:
    index("a", "b")
    together = matches(query(QUERIES[0]))
    assert len(together) > 2
    for (first, last), found in together.items():
        [alone] = matches(query(f"{QUERIES[0]}:{first}-{last}")).values()
        assert alone == found


def test_more_matches_begin_with_the_few(home: Path) -> None:
    index("a", "b")
    few, many = (matches(query(QUERIES[0], "-k", count)) for count in ("2", "8"))
    assert {lines: found[:2] for lines, found in many.items()} == few


STATEMENT = "    note(first, second, third)\n"
BROKEN = "    note(\n        first,\n        second,\n        third,\n    )\n"


def collecting(statement: str) -> bytes:
    """A function with a statement in the middle."""
    return (
        "def collect(rows, first, second, third):\n"
        "    found = {}\n"
        "    for row in rows:\n"
        "        found.setdefault(row.key, []).append(row.value * first)\n"
        f"{statement}"
        "    if not found:\n"
        "        raise ValueError('no rows')\n"
        "    return sorted(found.items(), key=second.rank)[:third]\n"
    ).encode()


def test_a_class_does_not_know_which_of_its_copies_was_indexed_first(user: Path) -> None:
    """Two layouts of one content: the lines that a class counts are those of its first member."""
    corpus = write(user / "c", {"b.py": collecting(STATEMENT.replace(")", ",)")), "c.py": collecting("")})
    index("c")
    write(corpus, {"a.py": collecting(BROKEN)})
    index("c")
    refreshed = audit()
    [found] = refreshed["classes"]
    assert found["variation"]["statements"] == BROKEN.count("\n")
    shutil.rmtree(user / ".codesearch")
    index("c")
    assert refreshed == audit()
