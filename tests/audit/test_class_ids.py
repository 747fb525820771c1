"""The id of a clone class survives what happens to its members, and tells it from all others."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_trees import Class, audited, java_class, java_method, python_function, script_function, steps
from commandline import write_tree
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.classes.identity import name_classes

CHANGED = "    log.debug('sorted', limit)\n"


@pytest.fixture
def corpus(user: Path) -> Path:
    """Two classes: three alike in Python, two in Java."""
    return write_tree(
        user / "corpus",
        {
            "a.py": python_function("group", "word"),
            "b.py": python_function("group", "word"),
            "c.py": python_function("gather", "word"),
            "A.java": java_class("A", java_method("count", "name")),
            "B.java": java_class("B", java_method("tally", "title")),
        },
    )


def ids(document: dict[str, list[Class]]) -> dict[str, str]:
    """Id of the class of each language."""
    found = {item["members"][0]["language"]: item["id"] for item in document["classes"]}
    assert len(found) == len(document["classes"])
    return found


def move(corpus: Path) -> None:
    (corpus / "deep/er").mkdir(parents=True)
    (corpus / "b.py").rename(corpus / "deep/er/b.py")


def rename(corpus: Path) -> None:
    (corpus / "a.py").rename(corpus / "zz.py")


def edit(corpus: Path) -> None:
    write_tree(corpus, {"b.py": python_function("group", "word", CHANGED)})


def push_down(corpus: Path) -> None:
    write_tree(corpus, {"a.py": "import os\n\n\n" + (corpus / "a.py").read_text()})


def add(corpus: Path) -> None:
    write_tree(corpus, {"d.py": python_function("select", "word")})


def grow(corpus: Path) -> None:
    write_tree(corpus, {"more/x.js": script_function("a", "row"), "more/y.js": script_function("b", "row")})


CHANGES = [move, rename, edit, push_down, add]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_the_ids_as_they_are(corpus: Path, change: Callable[[Path], None]) -> None:
    before = ids(audited())
    change(corpus)
    assert ids(audited()) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_fresh_index_with_the_baseline_gives_the_same_ids(
    user: Path, corpus: Path, change: Callable[[Path], None]
) -> None:
    before = ids(audited("corpus", "--baseline", "known.txt", "--update-baseline"))
    change(corpus)
    shutil.rmtree(user / ".codesearch")
    document = audited("corpus", "--baseline", "known.txt")
    assert ids(document) == before
    assert document["fixed"] == []


@pytest.mark.parametrize("change", [move, rename, push_down])
def test_a_fresh_index_without_a_baseline_gives_the_same_ids_to_what_only_moved(
    user: Path, corpus: Path, change: Callable[[Path], None]
) -> None:
    before = ids(audited())
    change(corpus)
    shutil.rmtree(user / ".codesearch")
    assert ids(audited()) == before


def test_other_classes_do_not_change_the_id_of_one(corpus: Path) -> None:
    before = ids(audited())
    grow(corpus)
    after = ids(audited())
    assert after.pop("javascript") not in before.values()
    assert after == before


def test_classes_of_one_idiom_have_ids_of_their_own(user: Path) -> None:
    texts = {}
    for number in range(12):
        own = steps(f"own{number}", 6)
        for copy in ("a", "b"):
            texts[f"{copy}{number}.py"] = f"def f{number}(first):\n    for item in first.items():\n{own}"
    write_tree(user / "corpus", texts)
    found = [item["id"] for item in audited()["classes"]]
    assert len(found) == len(set(found)) == 12


CONTENTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1, max_size=4)
KNOWN = st.dictionaries(st.sampled_from(["first", "second", "third"]), CONTENTS)


@given(st.lists(st.tuples(st.sampled_from([b"1", b"2"]), CONTENTS), max_size=6), st.lists(KNOWN, max_size=2))
def test_ids_are_always_different(
    found: list[tuple[bytes, dict[str, int]]], known: list[dict[str, dict[str, int]]]
) -> None:
    names = name_classes([mark for mark, _ in found], [Counter(held) for _, held in found], known)
    assert len(names) == len(found) == len(set(names))


@given(st.dictionaries(st.sampled_from(["first", "second", "third"]), CONTENTS, min_size=1))
def test_a_class_whose_contents_are_known_keeps_its_id(known: dict[str, dict[str, int]]) -> None:
    apart = {
        name: {f"{name} {content}": count for content, count in held.items()} for name, held in known.items()
    }
    names = name_classes([b""] * len(apart), [Counter(held) for held in apart.values()], [apart])
    assert names == list(apart)


def test_the_baseline_binds_more_than_the_last_audit() -> None:
    held = Counter({"content": 2})
    assert name_classes([b""], [held], [{"baseline": held}, {"audit": held}]) == ["baseline"]
    assert name_classes([b""], [held], [{}, {"audit": held}]) == ["audit"]


def test_of_two_parts_of_a_class_that_fell_apart_the_larger_keeps_the_id() -> None:
    earlier = {"whole": {"a": 1, "b": 1, "c": 1}}
    small, large = Counter("a"), Counter("bc")
    assert name_classes([b"x", b"y"], [small, large], [earlier])[1] == "whole"


def test_one_content_of_fifty_in_common_hands_no_id_on() -> None:
    earlier = {"large": {"common": 1, **{f"a{number}": 1 for number in range(49)}}}
    found = Counter(["common", *(f"b{number}" for number in range(49))])
    assert name_classes([b"x"], [found], [earlier]) != ["large"]


def test_a_pair_keeps_its_id_when_one_of_the_two_is_edited() -> None:
    assert name_classes([b"x"], [Counter("ac")], [{"pair": {"a": 1, "b": 1}}]) == ["pair"]
