"""What is said about a pair: in order, with evidence inside both fragments, the same by either command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import EXAMPLES, call

VERDICTS = ["clone", "unsure", "not_clone"]
DECISION = ("verdict", "clone_type", "probability", "decided_by", "evidence", "explanation")
PACKAGE = Path(json.__file__).parent


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, dict[str, Any]]]:
    """Queries of real files over the examples and a package of the standard library, with their answers."""
    home = tmp_path_factory.mktemp("decisions")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        shutil.copytree(PACKAGE, home / "package", ignore=shutil.ignore_patterns("__pycache__"))
        assert call("index", "package", EXAMPLES / "corpus").code == 0
        queries = [*(EXAMPLES / "query").iterdir(), *PACKAGE.glob("*coder.py")]
        return [(path, call("query", path, "--json").document) for path in queries]


def pairs(answers: list[tuple[Path, dict[str, Any]]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for _, answer in answers:
        for result in answer["results"]:
            for match in result["matches"]:
                yield result["fragment"], match


def test_evidence_lies_inside_both_fragments(answers: list[tuple[Path, dict[str, Any]]]) -> None:
    assert sum(1 for _ in pairs(answers)) > 100
    for fragment, match in pairs(answers):
        for row in match["evidence"]:
            for side, place in (("query_lines", fragment), ("match_lines", match)):
                if row[side] is not None:
                    first, last = row[side]
                    assert place["start_line"] <= first <= last <= place["end_line"]
            assert (row["match_lines"] is None) == (row["kind"] == "removed")
            assert (row["query_lines"] is None) == (row["kind"] == "added")


def test_clones_have_evidence_and_every_match_a_reason(
    answers: list[tuple[Path, dict[str, Any]]],
) -> None:
    for _, match in pairs(answers):
        assert match["explanation"]
        assert match["decided_by"] in {"fingerprint", "alignment", "reranker", "precedents"}
        if match["clone_type"] in {"T1", "T2", "T3"}:
            assert match["evidence"]


def test_matches_come_best_first(answers: list[tuple[Path, dict[str, Any]]]) -> None:
    for _, answer in answers:
        for result in answer["results"]:
            ranks = [match["rank"] for match in result["matches"]]
            assert ranks == list(range(1, len(ranks) + 1))
            verdicts = [VERDICTS.index(match["verdict"]) for match in result["matches"]]
            assert verdicts == sorted(verdicts)


def test_first_occurrence_is_the_one_shown(answers: list[tuple[Path, dict[str, Any]]]) -> None:
    for _, match in pairs(answers):
        listed = [
            (place["corpus"], place["path"], place["start_line"], place["end_line"])
            for place in match["occurrences"]
        ]
        assert listed == sorted(listed)
        assert listed[0][1:] == (match["path"], match["start_line"], match["end_line"])


@pytest.mark.usefixtures("user")
def test_compare_says_what_query_says(answers: list[tuple[Path, dict[str, Any]]]) -> None:
    roots = {"package": PACKAGE, "corpus": EXAMPLES / "corpus"}
    for path, answer in answers:
        for result in answer["results"]:
            for match in result["matches"][:2]:
                source = result["fragment"]
                target = roots[match["occurrences"][0]["corpus"]] / match["path"]
                document = call(
                    "compare",
                    f"{path}:{source['start_line']}-{source['end_line']}",
                    f"{target}:{match['start_line']}-{match['end_line']}",
                    "--json",
                ).document
                assert {key: document[key] for key in DECISION} == {key: match[key] for key in DECISION}


def test_same_query_gives_the_same_document_twice(indexed: Path) -> None:
    first, second = (call("query", EXAMPLES / "query" / "FileTools.java", "--json").document for _ in "12")
    assert first | {"timing_ms": {}} == second | {"timing_ms": {}}
