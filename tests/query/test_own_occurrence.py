"""The query's own lines are never a match; everything else that is equal is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commandline import call, tally, unique, write_tree


@pytest.fixture
def corpus(user: Path) -> Path:
    """``a.py`` holds two functions that differ in their names, ``b.py`` is a copy of it."""
    text = tally("first") + "\n\n" + tally("second")
    write_tree(user / "corpus", {"a.py": text, "sub/b.py": text, "c.py": unique(1)})
    assert call("index", "corpus").code == 0
    return user / "corpus"


def places(*words: str | Path) -> set[tuple[str, int, int]]:
    """Where the clones of a query stand."""
    results = call("query", *words, "--json").document["results"]
    return {place for result in results for place in map(_place, _occurrences(result))}


def _occurrences(result: dict[str, Any]) -> list[dict[str, Any]]:
    clones = [match for match in result["matches"] if match["verdict"] == "clone"]
    return [place for match in clones for place in match["occurrences"]]


def _place(occurrence: dict[str, Any]) -> tuple[str, int, int]:
    return occurrence["path"], occurrence["start_line"], occurrence["end_line"]


FIRST_A, SECOND_A = ("a.py", 1, 9), ("a.py", 12, 20)
FIRST_B, SECOND_B = ("sub/b.py", 1, 9), ("sub/b.py", 12, 20)


def test_function_of_an_indexed_file_does_not_find_itself(corpus: Path) -> None:
    found = places("corpus/a.py:1-9")
    assert FIRST_A not in found
    assert {SECOND_A, FIRST_B, SECOND_B} <= found


@pytest.mark.parametrize("lines", ["2-4", "5-14", "9"])
def test_lines_that_overlap_an_indexed_fragment_do_not_find_it(corpus: Path, lines: str) -> None:
    first, _, last = lines.partition("-")
    overlapped = {
        place for place in (FIRST_A, SECOND_A) if place[1] <= int(last or first) and int(first) <= place[2]
    }
    assert overlapped
    assert not overlapped & places(f"corpus/a.py:{lines}")


def test_however_the_file_is_named(corpus: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (user / "link.py").symlink_to(corpus / "a.py")
    (user / "linked").symlink_to(corpus)
    named: list[str | Path] = [corpus / "a.py", "corpus/../corpus/./a.py", "link.py", "linked/a.py"]
    expected = places("corpus/a.py")
    assert expected == {FIRST_B, SECOND_B, FIRST_A, SECOND_A}  # each function finds the other one of its file
    for name in named:
        assert places(name) == expected
        assert FIRST_A not in places(f"{name}:1-9")
    monkeypatch.chdir(corpus / "sub")
    assert FIRST_A not in places("../a.py:1-9")


def test_name_that_needs_escapes_is_recognised(user: Path) -> None:
    write_tree(user / "corpus", {"odd\n%41\x1b.py": tally("first"), "b.py": tally("first")})
    assert call("index", "corpus").code == 0
    assert places("corpus/odd\n%41\x1b.py") == {("b.py", 1, 9)}


def test_standard_input_has_no_place_of_its_own(corpus: Path) -> None:
    done = call("query", "-", "--lang", "python", "--json", stdin=tally("first").encode())
    [result] = done.document["results"]
    assert {FIRST_A, FIRST_B} <= set(map(_place, _occurrences(result)))


def test_copies_of_one_content_are_one_match(corpus: Path, user: Path) -> None:
    write_tree(user, {"mine.py": tally("first")})
    [result] = call("query", "mine.py", "--json").document["results"]
    best = result["matches"][0]
    assert best["clone_type"] == "T1"
    assert [_place(place) for place in best["occurrences"]] == [FIRST_A, FIRST_B]
    assert (best["path"], best["start_line"], best["end_line"]) == FIRST_A


def test_file_that_changed_since_is_queried_as_it_is_now(corpus: Path) -> None:
    write_tree(corpus, {"c.py": "\n" * 30 + tally("third")})
    assert {FIRST_A, FIRST_B} <= places("corpus/c.py")


def test_deleted_file_is_found_until_the_next_run_and_not_after(corpus: Path, user: Path) -> None:
    write_tree(user, {"mine.py": unique(1)})
    (corpus / "c.py").unlink()
    assert places("mine.py") == {("c.py", 1, 8)}
    shown = call("query", "mine.py", "--show")
    assert shown.code == 0
    assert "the source changed or is gone since it was indexed" in shown.out
    assert call("index", "corpus").code == 0
    assert places("mine.py") == set()


def test_moved_content_is_found_at_its_new_place(corpus: Path, user: Path) -> None:
    write_tree(user, {"mine.py": unique(1)})
    (corpus / "c.py").rename(corpus / "moved.py")
    assert call("index", "corpus").code == 0
    assert places("mine.py") == {("moved.py", 1, 8)}


def test_places_of_two_corpora_name_their_corpus(corpus: Path, user: Path) -> None:
    write_tree(user / "other", {"a.py": tally("first")})
    assert call("index", "other").code == 0
    write_tree(user, {"mine.py": tally("first")})
    [result] = call("query", "mine.py", "--json").document["results"]
    found = [(place["corpus"], place["path"]) for place in result["matches"][0]["occurrences"]]
    assert found == [("corpus", "a.py"), ("corpus", "sub/b.py"), ("other", "a.py")]


def test_filters_choose_among_the_occurrences(corpus: Path, user: Path) -> None:
    write_tree(user, {"mine.py": tally("first")})
    assert places("mine.py", "--path", "sub/**") == {FIRST_B, SECOND_B}


def test_copied_class_is_one_finding(user: Path) -> None:
    methods = [tally(name).replace("(values", "(self, values") for name in ("one", "two")]
    indented = "".join(f"    {line}\n" if line else "\n" for line in "\n".join(methods).splitlines())
    write_tree(user, {"corpus/a.py": f"class Tally:\n{indented}", "mine.py": f"class Tally:\n{indented}"})
    assert call("index", "corpus").code == 0
    results = call("query", "mine.py", "--json").document["results"]
    found = {result["fragment"]["name"]: result["matches"] for result in results}
    assert [match["name"] for match in found["Tally"]] == ["Tally"]
    assert found["Tally"][0]["clone_type"] == "T1"
    assert all(not found[name] for name in found if name != "Tally")
