from __future__ import annotations

import pytest
from audit_reports import audit, clone_class, member

from codesearch.core.audit import Action
from codesearch.report.audit_wording import MAX_NAME, advice, anchor, counted, short, short_path, shown_path

TWO = {"corpus": "/srv/repo/src", "other": "/opt/other"}


@pytest.mark.parametrize(
    ("roots", "base", "corpus", "expected"),
    [
        ({"corpus": "/srv/repo"}, "", "corpus", ["a/b.py", "."]),
        (TWO, "", "corpus", ["corpus/a/b.py", "corpus"]),
        (TWO, "/srv/repo", "corpus", ["src/a/b.py", "src"]),
        (TWO, "/srv/repo/", "corpus", ["src/a/b.py", "src"]),
        (TWO, "/srv/repo/src", "corpus", ["a/b.py", "."]),
        (TWO, "/", "corpus", ["srv/repo/src/a/b.py", "srv/repo/src"]),
        (TWO, "/srv/rep", "corpus", ["corpus/a/b.py", "corpus"]),
        (TWO, "/srv/repo", "other", ["other/a/b.py", "other"]),
        (TWO, "/srv/repo", "unknown", ["unknown/a/b.py", "unknown"]),
    ],
)
def test_paths_are_named_from_the_base_where_their_corpus_lies_below_it(
    roots: dict[str, str], base: str, corpus: str, expected: list[str]
) -> None:
    report = audit(roots=roots, base=base)
    assert [shown_path(report, corpus, path) for path in ("a/b.py", ".")] == expected


@pytest.mark.parametrize(
    ("action", "target", "expected"),
    [
        (Action.EXTRACT, "src/io", "extract a function, in src/io"),
        (Action.MOVE, ".", "move to a shared module, in the root folder"),
        (Action.KEEP_ONE, "", "keep one copy"),
        (Action.REVIEW, "src", "review"),
        (Action.BOILERPLATE, "src", "known boilerplate"),
    ],
)
def test_advice_names_the_folder_where_that_helps(action: Action, target: str, expected: str) -> None:
    assert advice(audit(), clone_class(1, action=action, target=target)) == expected


def test_a_class_stands_where_its_first_new_member_is() -> None:
    found = clone_class(1, member("a.py"), member("b.py", new=True), member("c.py", new=True))
    assert anchor(found).place.path == "b.py"
    assert anchor(clone_class(1, member("a.py"), member("b.py"))).place.path == "a.py"


def test_long_names_lose_their_end_and_long_paths_their_begin() -> None:
    assert short("ab" * 500) == "ab" * (MAX_NAME // 2 - 1) + "a…"
    assert short_path("p/" * 500 + "deep.py").endswith("/p/deep.py")
    assert len(short("\u202e" * 500)) == len(short_path("\u202e" * 500)) == MAX_NAME


def test_counts_are_worded() -> None:
    assert [counted(n, "class") for n in (0, 1, 1200)] == ["0 classes", "1 class", "1,200 classes"]
    assert counted(2, "place") == "2 places"
