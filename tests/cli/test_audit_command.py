"""``codesearch audit`` as its user meets it: what is audited, what is written where, what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from audit_trees import audited, findings, python_function
from commandline import call, unique, write_tree

DOCUMENT_KEYS = ["schema", "degraded", "summary", "classes", "hidden", "manipulations", "fixed", "gate"]
CLASS_KEYS = {
    *("id", "clone_type", "probability", "decided_by", "precedents", "similarity", "role", "lines", "new"),
    *("saved_lines", "action", "target", "variation", "members", "explanation"),
}
MEMBER_KEYS = {
    *("corpus", "path", "start_line", "end_line", "name", "kind", "language", "role", "content", "new"),
}
SUMMARY_KEYS = {
    *("files", "lines", "fragments", "classes", "pairs", "duplicated_lines", "duplication_percent"),
    *("by_type", "by_role"),
}
STARTS = {
    "text": "",
    "json": '{"schema":',
    "sarif": "{",
    "html": "<!doctype html>",
    "markdown": "<!-- codesearch-audit -->",
    "csv": "",
    "gitlab": "[",
    "junit": "<?xml",
}


@pytest.fixture
def corpus(user: Path) -> Path:
    """One class of two functions."""
    text = python_function("group", "word")
    return write_tree(user / "corpus", {"a.py": text, "lib/b.py": text, "c.py": unique(1)})


def test_document_has_the_keys_of_the_contract(corpus: Path) -> None:
    document = audited()
    assert list(document) == DOCUMENT_KEYS
    assert document["schema"] == "codesearch.audit/1"
    assert set(document["summary"]) == SUMMARY_KEYS
    assert set(document["summary"]["by_role"]) == {"source", "test", "generated", "vendored"}
    [found] = document["classes"]
    assert set(found) == CLASS_KEYS
    assert all(set(member) == MEMBER_KEYS for member in found["members"])
    assert set(document["hidden"].values()) == {0}
    assert document["manipulations"] == []
    assert (document["fixed"], document["gate"]) == (None, {"passed": True, "reasons": []})


def test_without_a_path_and_an_index_the_current_folder_is_audited(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus)
    assert list(findings(audited("."))) == [("a.py:1-10", "lib/b.py:1-10")]
    assert (corpus / ".codesearch").is_dir()
    assert list(findings(call("audit", "--json").document)) == [("a.py:1-10", "lib/b.py:1-10")]


def test_without_a_path_every_indexed_corpus_is_audited(user: Path, corpus: Path) -> None:
    write_tree(user / "other", {"d.py": python_function("group", "word")})
    assert call("index", "corpus", "other", "--no-embed").code == 0
    [found] = audited("--no-refresh")["classes"]
    assert len(found["members"]) == 3


def test_text_is_for_people_and_says_nothing_else(corpus: Path) -> None:
    done = call("audit", "corpus")
    assert done.code == 0
    assert "a.py:1-10" in done.out
    assert "identical copies" in done.out


@pytest.mark.parametrize("name", STARTS)
def test_every_format_goes_to_standard_output_and_to_a_file(user: Path, corpus: Path, name: str) -> None:
    shown = call("audit", "corpus", "-f", name)
    assert shown.code == 0
    assert shown.out.startswith(STARTS[name])
    written = call("audit", "corpus", "-f", name, "-o", "report")
    assert written.code == 0
    text = (user / "report").read_text(encoding="utf-8")
    assert text.startswith(STARTS[name])
    assert "identical copies" in written.out  # people still see the summary
    if name != "junit":  # without a closed gate no class is a failure
        assert "b.py" in text


def test_a_file_without_a_format_and_a_dash_beside_one(user: Path, corpus: Path) -> None:
    assert call("audit", "corpus", "-o", "report.txt").code == 0
    assert "a.py" in (user / "report.txt").read_text(encoding="utf-8")
    assert json.loads(call("audit", "corpus", "-f", "json", "-o", "-").out)["schema"] == "codesearch.audit/1"


def test_the_document_and_a_report_come_side_by_side(user: Path, corpus: Path) -> None:
    document = call("audit", "corpus", "--json", "-f", "json", "-o", "report.json").document
    assert document == json.loads((user / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ["missing/report.html", "corpus"])
def test_a_report_that_cannot_be_written_leaves_everything_as_it_was(
    user: Path, corpus: Path, path: str
) -> None:
    done = call("audit", "corpus", "-f", "html", "-o", path)
    assert done.code == 2
    assert f"cannot write the report {path}" in done.error
    assert sorted(found.name for found in user.iterdir()) == [".codesearch", "corpus"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_previous_report_survives_one_that_may_not_be_written(user: Path, corpus: Path) -> None:
    (user / "reports").mkdir()
    report = user / "reports/report.json"
    assert call("audit", "corpus", "-f", "json", "-o", report).code == 0
    before = report.read_text(encoding="utf-8")
    (user / "reports").chmod(0o500)
    assert call("audit", "corpus", "-f", "json", "-o", report).code == 2
    assert report.read_text(encoding="utf-8") == before


def test_two_destinations_on_standard_output_are_refused(corpus: Path) -> None:
    assert "standard output" in call("audit", "corpus", "--json", "-f", "sarif").error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("missing",), "missing"),
        (("corpus", "--types", "T5"), "no clone type 'T5'"),
        (("corpus", "--types", ","), "--types names no clone type"),
        (("corpus", "--lang", "klingon"), "klingon"),
        (("corpus", "--update-baseline"), "--baseline FILE"),
        (("corpus", "--role", "docs"), "docs"),
        (("corpus", "--min-lines", "0"), "min-lines"),
        (("corpus", "--min-lines", "4"), "CODESEARCH_FRAGMENTS__MIN_LINES=4"),
        (("corpus", "--min-tokens", "20"), "fewer than 30 tokens"),
        (("corpus", "--precision", "2"), "precision"),
        (("corpus/a.py/x",), "a.py"),
    ],
)
def test_what_makes_no_sense_is_one_line_before_any_work(
    user: Path, corpus: Path, words: tuple[str, ...], message: str
) -> None:
    done = call("audit", *words)
    assert done.code == 2
    assert message in done.error


def test_smaller_clones_are_found_where_the_index_holds_them(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def load(path, name):\n    parts = open(path).read().split(name)\n    return [*map(str, parts)]\n"
    write_tree(user / "corpus", {"a.py": text, "b.py": text})
    assert audited()["classes"] == []
    monkeypatch.setenv("CODESEARCH_FRAGMENTS__MIN_LINES", "3")
    monkeypatch.setenv("CODESEARCH_FRAGMENTS__MIN_TOKENS", "10")
    assert list(findings(audited("corpus", "--min-lines", "3"))) == [("a.py:1-3", "b.py:1-3")]


def test_a_folder_inside_an_indexed_corpus_is_compared_alone(corpus: Path) -> None:
    write_tree(corpus, {"lib/d.py": python_function("group", "word")})
    audited()
    assert list(findings(audited("corpus/lib"))) == [("lib/b.py:1-10", "lib/d.py:1-10")]


def test_a_corpus_that_is_not_indexed_needs_the_refresh(user: Path, corpus: Path) -> None:
    audited()
    write_tree(user / "other", {"d.py": unique(5)})
    done = call("audit", "other", "--no-refresh")
    assert done.code == 2
    assert "other is not in the index" in done.error


def test_an_audit_of_an_index_that_is_not_there_says_so(corpus: Path) -> None:
    done = call("audit", "corpus", "--no-refresh")
    assert done.code == 3
    assert "`codesearch index`" in done.error


@pytest.mark.parametrize(
    "files",
    [{"notes.txt": "nothing"}, {"a.py": ""}, {"a.py": unique(1)}, {"data.bin": "\0\1\2"}],
    ids=["no code", "empty file", "one file", "binary"],
)
def test_a_repository_with_little_or_no_code_has_no_classes(user: Path, files: dict[str, str]) -> None:
    (user / "corpus").mkdir()
    write_tree(user / "corpus", files)
    document = audited("corpus", "--fail-on", "any")
    assert document["classes"] == []
    assert document["summary"]["duplication_percent"] == 0.0
    assert call("audit", "corpus").code == 0


def test_an_empty_folder_is_one_clear_line(user: Path) -> None:
    (user / "corpus").mkdir()
    assert "holds no files" in call("audit", "corpus").error


def test_one_giant_generated_file_is_kept_apart(user: Path) -> None:
    text = "# Code generated by a tool. DO NOT EDIT.\n" + "".join(
        python_function(f"get_{number}", f"field{number}") for number in range(600)
    )
    write_tree(user / "corpus", {"big.py": text, "c.py": unique(1)})
    document = audited()
    assert document["classes"] == []
    assert document["summary"]["by_role"]["generated"]["classes"] == 1
    [found] = audited("corpus", "--role", "generated")["classes"]
    assert len(found["members"]) == 600


def test_thousands_of_copies_of_one_file_are_one_class_and_no_pair_is_compared(user: Path) -> None:
    text = python_function("group", "word")
    write_tree(user / "corpus", {f"{number // 100}/{number}.py": text for number in range(2000)})
    document = audited()
    [found] = document["classes"]
    assert (len(found["members"]), found["clone_type"]) == (2000, "T1")
    assert document["summary"]["duplicated_lines"] == document["summary"]["lines"] == 20_000
    assert found["saved_lines"] == 19_990


def test_audits_are_in_the_history_with_what_is_new_and_gone(user: Path, corpus: Path) -> None:
    audited()
    write_tree(corpus, {"d.py": python_function("group", "word") + unique(9), "c.py": ""})
    audited()
    (corpus / "a.py").unlink()
    (corpus / "d.py").unlink()
    audited()
    runs = call("audit", "history", "--json").document["runs"]
    assert [run["summary"]["classes"] for run in runs] == [1, 1, 0]
    assert [(run["new"], run["fixed"]) for run in runs] == [(0, 0), (0, 0), (0, 1)]
    assert all(run["target"] == "corpus" for run in runs)


def test_an_audit_that_dies_is_a_failed_run_and_leaves_the_index_usable(
    user: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = audited()
    write_tree(corpus, {"d.py": python_function("group", "word")})

    def die(*_: object, **__: object) -> None:
        raise MemoryError("no memory left")

    with monkeypatch.context() as patch:
        patch.setattr("codesearch.audit.run.find_classes", die)
        done = call("audit", "corpus", "-f", "json", "-o", "report.json")
    assert done.code != 0
    assert "Traceback" not in done.err
    assert not (user / "report.json").exists()
    runs = call("audit", "history", "--json").document["runs"]
    assert [run["status"] for run in runs] == ["finished", "failed"]
    assert runs[1]["failure"] == "no memory left"
    after = audited()
    assert [found["id"] for found in after["classes"]] == [found["id"] for found in before["classes"]]
    assert len(after["classes"][0]["members"]) == 3


def test_formats_are_those_that_reports_have() -> None:
    from codesearch.cli.audit import command
    from codesearch.report.audit_formats import FORMATS

    [option] = [parameter for parameter in command.params if parameter.name == "report_format"]
    assert list(option.type.choices) == list(FORMATS)  # type: ignore[attr-defined]
