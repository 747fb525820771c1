"""What is new, what is accepted and what closes the gate, in whole audits of small repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from audit_trees import audited, findings, places, python_function, script_function
from commandline import call, unique, write_tree
from git_trees import commit, git

COPY = python_function("group", "word")
CHANGED = python_function("group", "word", "    log.debug('sorted', limit)\n")


@pytest.fixture
def corpus(user: Path) -> Path:
    """One class of two functions."""
    return write_tree(user / "corpus", {"a.py": COPY, "b.py": COPY, "c.py": unique(1)})


@pytest.fixture
def repo(user: Path, corpus: Path) -> Path:
    """The same in a git repository."""
    git(corpus, "init")
    commit(corpus)
    return corpus


def code(*words: str) -> int:
    return call("audit", "corpus", *words).code


def baseline(corpus: Path) -> Path:
    """The baseline of the corpus as it is."""
    audited("corpus", "--baseline", "known.txt", "--update-baseline")
    return corpus.parent / "known.txt"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("any", 1),
        ("classes>0", 1),
        ("classes>1", 0),
        ("duplication>3%", 1),
        ("duplication>99%", 0),
        ("new", 2),
        ("sometimes", 2),
        ("classes", 2),
    ],
)
def test_the_exit_code_is_that_of_the_gate(corpus: Path, condition: str, expected: int) -> None:
    done = call("audit", "corpus", "--json", "--fail-on", condition)
    assert done.code == expected
    assert ('"passed": true' in done.out) == (expected == 0)


def test_a_closed_gate_still_writes_its_report_and_its_reasons(user: Path, corpus: Path) -> None:
    done = call("audit", "corpus", "--fail-on", "any", "--fail-on", "classes>0", "-f", "junit", "-o", "r.xml")
    assert done.code == 1
    assert "a.py" in (user / "r.xml").read_text(encoding="utf-8")
    assert "1 clone class" in done.out


def test_nothing_is_new_against_a_baseline_of_today(corpus: Path) -> None:
    baseline(corpus)
    document = audited("corpus", "--baseline", "known.txt", "--fail-on", "new")
    assert [found["new"] for found in document["classes"]] == [False]
    assert document["fixed"] == []


def test_a_copy_and_a_class_that_the_baseline_does_not_know_are_new(corpus: Path) -> None:
    baseline(corpus)
    write_tree(corpus, {"d.py": COPY})
    assert code("--baseline", "known.txt", "--fail-on", "new") == 1
    [found] = audited("corpus", "--baseline", "known.txt")["classes"]
    assert found["new"]
    assert sum(member["new"] for member in found["members"]) == 1
    write_tree(corpus, {"d.py": "", "x.js": script_function("a", "row"), "y.js": script_function("b", "row")})
    document = audited("corpus", "--baseline", "known.txt")
    new = {tuple(places(found)): found["new"] for found in document["classes"]}
    assert new == {("a.py:1-10", "b.py:1-10"): False, ("x.js:1-10", "y.js:1-10"): True}


def test_an_edited_member_is_new_and_the_others_are_not(corpus: Path) -> None:
    baseline(corpus)
    write_tree(corpus, {"b.py": CHANGED})
    [found] = audited("corpus", "--baseline", "known.txt")["classes"]
    assert {member["path"]: member["new"] for member in found["members"]} == {"a.py": False, "b.py": True}


def test_moves_are_not_new_and_what_is_gone_is_fixed(corpus: Path) -> None:
    baseline(corpus)
    (corpus / "b.py").rename(corpus / "moved.py")
    document = audited("corpus", "--baseline", "known.txt")
    assert not document["classes"][0]["new"]
    (corpus / "moved.py").unlink()
    assert audited("corpus", "--baseline", "known.txt")["fixed"] == [document["classes"][0]["id"]]


def test_updating_a_baseline_settles_what_was_new(corpus: Path) -> None:
    known = baseline(corpus)
    before = known.read_bytes()
    write_tree(corpus, {"d.py": COPY})
    assert code("--baseline", "known.txt", "--update-baseline", "--fail-on", "new") == 0
    assert known.read_bytes() != before
    assert code("--baseline", "known.txt", "--fail-on", "new") == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no baseline"),
        ("", "is not a baseline"),
        ("codesearch-baseline 99\n", "another version"),
        ("codesearch-baseline 1\n<<<<<<< ours\n", "merge conflict in line 2"),
        ("codesearch-baseline 1\nnonsense\n", "damaged in line 2"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_one_line_and_stays(
    user: Path, corpus: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (user / "known.txt").write_text(text)
    done = call("audit", "corpus", "--baseline", "known.txt")
    assert done.code == 2
    assert message in done.error
    assert (user / "known.txt").exists() == (text is not None)


def test_since_reports_what_touches_changed_lines_compared_with_everything(repo: Path) -> None:
    write_tree(repo, {"x.js": script_function("a", "row"), "c.py": unique(1) + "\n\n" + COPY})
    document = audited("corpus", "--since", "HEAD")
    [found] = document["classes"]
    assert {member["path"]: member["new"] for member in found["members"]} == {
        "a.py": False,
        "b.py": False,
        "c.py": True,
    }
    assert code("--since", "HEAD", "--fail-on", "new") == 1
    commit(repo)
    assert audited("corpus", "--since", "HEAD")["classes"] == []
    assert len(audited("corpus", "--since", "HEAD~1")["classes"]) == 1
    assert code("--since", "HEAD", "--fail-on", "new") == 0


def test_since_and_a_baseline_together_report_what_changed_and_call_new_what_is_unknown(repo: Path) -> None:
    baseline(repo)
    write_tree(repo, {"a.py": "import os\n\n" + COPY})  # touches no line of the class
    assert audited("corpus", "--since", "HEAD", "--baseline", "known.txt")["classes"] == []
    write_tree(repo, {"d.py": COPY})
    document = audited("corpus", "--since", "HEAD", "--baseline", "known.txt")
    [found] = document["classes"]
    assert [member["path"] for member in found["members"] if member["new"]] == ["d.py"]
    assert document["fixed"] == []


def test_since_needs_git_and_a_revision_it_knows(corpus: Path) -> None:
    assert "no git work tree" in call("audit", "corpus", "--since", "HEAD").error
    git(corpus, "init")
    commit(corpus)
    assert "unknown revision 'v9'" in call("audit", "corpus", "--since", "v9").error
    assert code("--since", "v9") == code("--since", "--output=x") == 2


def test_a_shallow_clone_says_how_to_get_the_history(
    user: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = git(repo, "rev-parse", "HEAD")
    commit(repo, {"d.py": COPY})
    (user / "ci").mkdir()
    git(user, "clone", "--depth", "1", f"file://{repo}", "ci/corpus")
    monkeypatch.chdir(user / "ci")
    done = call("audit", "corpus", "--since", first)
    assert done.code == 2
    assert "fetch-depth: 0" in done.error


def test_a_failed_comparison_is_in_the_history(repo: Path) -> None:
    assert code("--since", "v9") == 2
    [run] = call("audit", "history", "--json").document["runs"]
    assert run["status"] == "failed"
    assert "unknown revision" in run["failure"]


def test_a_comment_hides_a_member_and_with_it_a_class_of_two(corpus: Path) -> None:
    write_tree(corpus, {"b.py": "# codesearch-ignore-start\n" + COPY + "# codesearch-ignore-end\n"})
    document = audited("corpus", "--fail-on", "any")
    assert (document["classes"], document["hidden"]["ignored_members"]) == ([], 1)
    assert document["summary"]["duplicated_lines"] == 0


def test_an_accepted_class_is_counted_and_not_reported(corpus: Path) -> None:
    [found] = audited()["classes"]
    content = found["members"][0]["content"]
    (corpus / "codesearch-accepted.toml").write_text(
        f'[[accepted]]\nid = "{found["id"]}"\nreason = "two releases"\ncontents = ["{content}*2"]\n'
    )
    document = audited("corpus", "--fail-on", "any")
    assert (document["classes"], document["hidden"]["accepted_classes"]) == ([], 1)


def test_a_hidden_class_is_neither_new_nor_fixed(corpus: Path) -> None:
    baseline(corpus)
    write_tree(corpus, {"b.py": "# codesearch-ignore-start\n" + COPY + "# codesearch-ignore-end\n"})
    document = audited("corpus", "--baseline", "known.txt", "--fail-on", "new")
    assert (document["classes"], document["fixed"]) == ([], [])


def test_git_is_not_needed(user: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(user))
    with pytest.raises(FileNotFoundError):
        subprocess.run(["git", "--version"], check=False)
    assert list(findings(audited())) == [("a.py:1-10", "b.py:1-10")]
