"""What an audit says about a class, and what it suggests."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from audit_reports import member

from codesearch.audit.classes.advice import advise, explain, target_folder
from codesearch.audit.classes.description import Comparison
from codesearch.core.audit import Action, Member, Variation
from codesearch.core.results import CloneType, Place
from codesearch.core.types import FragmentKind

SAME = Variation()
RENAMED = Variation(names=(("b", "i"), ("b", "d"), ("first", "last")), renamed=2)


def compared(
    variation: Variation = SAME, kind: CloneType = CloneType.T1, similarity: float = 1.0
) -> Comparison:
    return Comparison(kind, similarity, 1.0, variation)


def members(*paths: str, name: str = "copy", kind: FragmentKind = FragmentKind.FUNCTION) -> list[Member]:
    return [
        member(path, place=Place("corpus", path, 1 + 40 * at, 20 + 40 * at), name=name, kind=kind)
        for at, path in enumerate(paths)
    ]


@pytest.mark.parametrize(
    ("found", "variation", "action"),
    [
        (members("a.py", "a.py"), SAME, Action.KEEP_ONE),
        (members("a.py", "b.py"), SAME, Action.MOVE),
        (members("a.py", "b.py"), RENAMED, Action.PARAMETERISE),
        (members("a.py", "b.py"), Variation(statements=9), Action.REVIEW),
        (members("a.py", "b.py", kind=FragmentKind.BLOCK), SAME, Action.EXTRACT),
        (members("a.py", "b.py", name="", kind=FragmentKind.BLOCK), SAME, Action.MOVE),
        (members("a.py", "a.py", name="", kind=FragmentKind.BLOCK), RENAMED, Action.EXTRACT),
    ],
)
def test_the_action_fits_what_varies(found: Sequence[Member], variation: Variation, action: Action) -> None:
    assert advise(found, compared(variation)) is action


@pytest.mark.parametrize(("last", "action"), [(14, Action.BOILERPLATE), (15, Action.MOVE)])
def test_short_methods_that_a_framework_asks_for_are_boilerplate(last: int, action: Action) -> None:
    found = [
        member(path, place=Place("corpus", path, 1, last), name="toString") for path in ("A.java", "B.java")
    ]
    assert advise(found, compared()) is action


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (("a/b/x.py", "a/b/y.py"), "a/b"),
        (("a/b/x.py", "a/bc/y.py"), "a"),
        (("x.py", "a/y.py"), "."),
        (("a/b/c/x.py", "a/b/x.py"), "a/b"),
    ],
)
def test_the_target_is_the_deepest_folder_around_all(paths: tuple[str, ...], folder: str) -> None:
    assert target_folder(members(*paths)) == folder


def test_corpora_have_no_folder_in_common() -> None:
    apart = [member("a/x.py", place=Place(corpus, "a/x.py", 1, 20)) for corpus in ("left", "right")]
    assert target_folder(apart) == ""


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (compared(), "2 identical copies in 2 files"),
        (
            compared(RENAMED, CloneType.T2),
            "2 copies with other names or literals in 2 files; 2 names differ: b→i, first→last",
        ),
        (
            compared(RENAMED, CloneType.T3),
            "2 copies with names changed inconsistently in 2 files; 2 names differ: b→i, first→last",
        ),
        (
            compared(Variation(statements=1), CloneType.T3, 0.874),
            "2 near copies in 2 files, 87 % of the tokens align; 1 line differs",
        ),
        (
            compared(Variation(statements=2, renamed=1, literals=3), CloneType.T3, 0.6),
            "2 near copies in 2 files, 60 % of the tokens align; 2 lines, 1 name and 3 literals differ",
        ),
    ],
)
def test_the_explanation_names_what_differs_each_name_once(comparison: Comparison, sentence: str) -> None:
    assert explain(members("a.py", "b.py"), comparison) == sentence


def test_thousands_are_written_as_everywhere() -> None:
    found = members(*(f"{number}.py" for number in range(1200)))
    assert explain(found, compared()) == "1,200 identical copies in 1,200 files"
