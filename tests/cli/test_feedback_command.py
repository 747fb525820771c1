"""``codesearch feedback`` as its user meets it: verdicts given, listed, carried over, and felt in audits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from audit_trees import audited, findings, python_function
from commandline import call, unique, write_tree

HOSTILE = "bell \x07, \x1b[31mred\x1b[0m\n\"quotes\" 'and' \u202eoverride, \u2028 line"


@pytest.fixture
def corpus(user: Path) -> Path:
    """A function in two files, and once more with other names."""
    text = python_function("group", "word")
    return write_tree(
        user / "corpus",
        {"a.py": text, "b.py": python_function("sort", "item"), "c.py": unique(1), "d.py": text},
    )


def precedents() -> list[dict[str, Any]]:
    return call("feedback", "list", "--json").document["precedents"]  # type: ignore[no-any-return]


def reject(*words: str) -> None:
    assert call("feedback", "reject", *words).code == 0


def test_a_verdict_is_kept_with_both_sides(corpus: Path) -> None:
    done = call(
        *("feedback", "accept", "corpus/a.py", "corpus/b.py:1-10"),
        *("--reason", "same job", "--by", "ann", "--json"),
    )
    assert done.document["schema"] == "codesearch.feedback-list/1"
    [kept] = done.document["precedents"]
    assert (kept["verdict"], kept["reason"], kept["by"]) == ("clone", "same job", "ann")
    assert {side["code"] for side in kept["sides"]} == {
        (corpus / name).read_text(encoding="utf-8").rstrip("\n") for name in ("a.py", "b.py")
    }
    assert precedents() == [kept]


def test_the_last_verdict_about_a_pair_counts(corpus: Path) -> None:
    assert call("feedback", "accept", "corpus/a.py", "corpus/b.py").err == "1 new, 0 replaced: clone\n"
    again = call("feedback", "reject", "corpus/b.py", "corpus/a.py")
    assert again.err == "0 new, 1 replaced: not a clone\n"
    assert [kept["verdict"] for kept in precedents()] == ["not_clone"]


def test_the_list_is_for_people_and_newest_first(corpus: Path) -> None:
    assert "no verdicts" in call("feedback", "list").out
    reject("corpus/a.py", "corpus/b.py", "--by", "ann")
    assert call("feedback", "accept", "corpus/a.py", "corpus/c.py", "--reason", "odd").code == 0
    lines = call("feedback", "list").out.splitlines()
    assert lines[0].startswith("clone  ")
    assert lines[3] == "   odd"
    assert lines[4].startswith("not a clone  ")
    assert lines[4].endswith("by ann")
    assert any("def group(self, word_rows, limit):" in line for line in lines)


def test_hostile_text_is_kept_and_printed_safely(corpus: Path) -> None:
    reject("corpus/a.py", "corpus/b.py", "--reason", HOSTILE, "--by", "\x1b]0;title\x07")
    [kept] = precedents()
    assert kept["reason"] == HOSTILE
    shown = call("feedback", "list").out
    assert shown.replace("\n", "").isprintable()
    assert "\\x1b[31mred" in shown
    exported = call("feedback", "export", "-").out
    assert exported.rstrip("\n").isprintable()
    assert json.loads(exported)["reason"] == HOSTILE


def test_words_that_are_no_text_are_refused(corpus: Path) -> None:
    for option in ("--reason", "--by"):
        done = call("feedback", "reject", "corpus/a.py", "corpus/b.py", option, "\udc80")
        assert (done.code, "is not UTF-8 text" in done.error) == (2, True)
    assert precedents() == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "name two fragments"),
        (("corpus/a.py",), "name two fragments"),
        (("corpus/a.py", "corpus/b.py", "--class", "ab"), "name two fragments"),
        (("corpus/a.py", "corpus/missing.py"), "does not exist"),
        (("corpus/a.py", "two.py"), "two.py holds 2 fragments"),
        (("--class", "zz"), "no clone class"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    user: Path, corpus: Path, words: tuple[str, ...], problem: str
) -> None:
    write_tree(user, {"two.py": unique(2) + unique(3)})
    audited()
    done = call("feedback", "reject", *words)
    assert done.code == 2
    assert problem in done.error
    assert precedents() == []


def test_an_export_is_imported_as_it_was(user: Path, corpus: Path) -> None:
    reject("corpus/a.py", "corpus/b.py", "--reason", "ünlike\u2028")
    reject("corpus/a.py", "corpus/c.py")
    before = precedents()
    assert call("feedback", "export", "verdicts.jsonl").code == 0
    exported = (user / "verdicts.jsonl").read_bytes()
    assert exported.decode() == call("feedback", "export", "-").out
    (user.parent / "config/codesearch/feedback.db").unlink()
    done = call("feedback", "import", "verdicts.jsonl", "--json").document
    assert (done["new"], done["replaced"], done["unchanged"]) == (2, 0, 0)
    assert precedents() == before
    again = call("feedback", "import", "-", stdin=exported)
    assert again.err == "imported 0 new, 0 replaced, 2 unchanged\n"


BAD: dict[str, dict[str, object]] = {
    "schema": {"schema": "codesearch.feedback/9"},
    "unknown key": {"extra": 1},
    "verdict": {"verdict": "unsure"},
    "time": {"at": -1},
    "time as text": {"at": "1"},
    "reason": {"reason": None},
    "one side": {"sides": [{"content": "aa" * 16, "language": "python", "code": ""}]},
    "content": {"sides": [{"content": "a", "language": "python", "code": ""}] * 2},
    "code": {"sides": [{"content": "aa" * 16, "language": "python", "code": "x" * 20_001}] * 2},
}


@pytest.mark.parametrize("case", BAD)
def test_one_bad_row_imports_nothing(corpus: Path, case: str) -> None:
    reject("corpus/a.py", "corpus/b.py")
    good = call("feedback", "export", "-").out
    reject("corpus/a.py", "corpus/c.py")
    before = precedents()
    bad = json.dumps({**json.loads(good), **BAD[case]})
    done = call("feedback", "import", "-", stdin=f"{good}\n{bad}\n".encode())
    assert done.code == 2
    assert done.error.startswith("line 3 of standard input is no verdict, nothing was imported: ")
    assert precedents() == before


@pytest.mark.parametrize(
    "text", [b"{", b"[" * 100_000, b"1e999", b'{"at": NaN}', b'{"reason": "\\ud800"}', b"\xff"]
)
def test_what_is_no_json_is_refused(user: Path, text: bytes) -> None:
    done = call("feedback", "import", "-", stdin=text)
    assert done.code == 2
    assert "standard input" in done.error


@pytest.mark.parametrize("path", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_refused(user: Path, path: str) -> None:
    done = call("feedback", "import", path)
    assert (done.code, "cannot read the feedback" in done.error) == (2, True)


def test_a_rejected_pair_is_hidden_in_the_next_audit_and_counted(corpus: Path) -> None:
    assert list(findings(audited())) == [("a.py:1-10", "b.py:1-10", "d.py:1-10")]
    reject("corpus/a.py", "corpus/b.py")
    document = audited()
    assert findings(document) == {("a.py:1-10", "d.py:1-10"): "T1"}
    assert document["hidden"] == {
        "ignored_members": 0,
        "accepted_classes": 0,
        "rejected_members": 1,
        "judged_classes": 0,
    }
    assert "1 place by your own verdicts" in call("audit", "corpus").out
    assert call("feedback", "accept", "corpus/a.py", "corpus/b.py").code == 0
    assert list(findings(audited())) == [("a.py:1-10", "b.py:1-10", "d.py:1-10")]


def test_a_rejected_class_is_gone(corpus: Path) -> None:
    [found] = audited()["classes"]
    done = call("feedback", "reject", "--class", found["id"][:6], "--json").document
    assert len(done["precedents"]) == 2  # one with the copy of the first member, one with the other function
    document = audited()
    assert (document["classes"], document["hidden"]["rejected_members"]) == ([], 2)


def test_a_class_whose_files_changed_is_not_judged(corpus: Path) -> None:
    [found] = audited()["classes"]
    write_tree(corpus, {"b.py": unique(4)})
    done = call("feedback", "reject", "--class", found["id"])
    assert (done.code, "b.py has changed since the last audit" in done.error) == (2, True)


def test_an_audit_says_that_the_verdicts_cannot_be_read(user: Path, corpus: Path) -> None:
    write_tree(user.parent / "config/codesearch", {"feedback.db": "no database\n" * 200})
    done = call("audit", "corpus", "--json")
    assert done.code == 3
    assert "cannot use the feedback in" in done.error
