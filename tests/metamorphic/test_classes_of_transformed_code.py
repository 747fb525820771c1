"""Clone classes belong to code, not to its layout, its names, its files or their order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
from code_base import as_user
from metamorphic.corpora import (
    Files,
    audit,
    family,
    index,
    memberships,
    originals,
    query,
    rewritten,
    suffix,
    tree,
    write,
)
from metamorphic.source_code import Code
from metamorphic.transformations import COMMENTS, LAYOUT, NAMES, Transformation, rename_locals

Classes = set[tuple[str, str, frozenset[str]]]
"""Ids, types and members of clone classes."""

STEPS = (*LAYOUT[:4], *COMMENTS)  # without what puts a function on fewer lines than a fragment has at least


def classes(user: Path, files: Files, *words: str) -> Classes:
    """Ids, types and members of the classes of a fresh index."""
    for folder in ("corpus", ".codesearch"):
        shutil.rmtree(user / folder, ignore_errors=True)
    write(user / "corpus", files)
    index("corpus", "--no-embed")
    return memberships(audit(*words))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Classes:
    folder = tmp_path_factory.mktemp("expected")
    (folder / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        found = classes(as_user(folder, patch), tree())
    assert len(found) >= len(originals())
    return found


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_layout_and_comments_change_no_class(user: Path, expected: Classes, step: Transformation) -> None:
    assert classes(user, rewritten(tree(), [step], 1)) == expected


def test_names_and_numbers_change_no_class(user: Path, expected: Classes) -> None:
    assert classes(user, rewritten(tree(), NAMES, 2)) == expected


def moved(files: Files) -> Files:
    """The same files in other folders, in the opposite order."""
    ordered = sorted(files)
    return {
        f"z{len(files) - place:03}/deep/{path.rpartition('/')[2]}": files[path]
        for place, path in enumerate(ordered)
    }


def test_moved_files_change_no_class(user: Path, expected: Classes) -> None:
    assert classes(user, moved(tree())) == expected


ENCODINGS: Mapping[str, Callable[[str], bytes]] = {
    "windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_line_ends_and_encodings_change_no_class(user: Path, expected: Classes, encoding: str) -> None:
    encoded = {path: ENCODINGS[encoding](text.decode()) for path, text in tree().items()}
    half = {path: text for number, (path, text) in enumerate(sorted(encoded.items())) if number % 2}
    assert classes(user, tree() | half) == expected


def one_file(kind: str, seed: int) -> Files:
    """All Python functions of a kind in one file, in an order of chance."""
    members = [
        family(code, number)[kind].text
        for number, code in enumerate(originals())
        if code.language == "python"
    ]
    Random(seed).shuffle(members)  # noqa: S311
    return {f"{kind}.py": b"\n\n".join(members)}


def named(user: Path, files: Files) -> Classes:
    """Classes of a fresh index with the names of their members' functions."""
    classes(user, files)
    return {
        (found["id"], found["clone_type"], frozenset(member["name"] for member in found["members"]))
        for found in audit()["classes"]
    }


def test_the_order_of_functions_in_a_file_changes_no_class(user: Path) -> None:
    found = [named(user, one_file("first", seed) | one_file("edited", seed + 1)) for seed in (1, 3)]
    assert found[0] == found[1]
    assert found[0]


def chain(code: Code) -> list[Code]:
    """The code, a renamed copy, a copy of that with another layout, and a renamed copy of that one."""
    random = Random(4)  # noqa: S311
    renamed = rename_locals(code, random)
    laid_out = LAYOUT[1].apply(COMMENTS[0].apply(renamed, random), random)
    return [code, renamed, laid_out, rename_locals(laid_out, random)]


def test_a_clone_of_a_clone_is_found_and_is_in_the_class(user: Path) -> None:
    for number, code in enumerate(originals()):
        links = chain(code)
        write(
            user / "corpus",
            {f"{number}/{place}{suffix(code)}": link.text for place, link in enumerate(links)},
        )
    index("corpus")
    for number, code in enumerate(originals()):
        [result] = query(f"corpus/{number}/3{suffix(code)}", "--types", "T1,T2")["results"]
        found = {one["path"] for match in result["matches"] for one in match["occurrences"]}
        assert found == {f"{number}/{place}{suffix(code)}" for place in range(3)}
    assert {members for _, _, members in memberships(audit())} == {
        frozenset(f"{place}{suffix(code)}" for place in range(4)) for code in originals()
    }


def test_known_exception_a_fragment_needs_its_lines(user: Path) -> None:
    """The smallest fragment is told in lines, so a function on fewer of them is not compared in an index;
    ``compare``, line ranges and standard input have no minimum.
    """
    lines = (
        "int f(int a, int b) {",
        "int c = a * b + a - b;",
        "int d = c % 7 + a;",
        "g(c, d, a, b);",
        "return c;",
        "}",
    )
    text = "\n".join(lines)
    assert len(classes(user, {"a.java": text.encode(), "b.java": text.encode()})) == 1
    assert classes(user, {"a.java": text.encode(), "b.java": text.replace("\n", " ").encode()}) == set()
