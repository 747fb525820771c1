from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from codesearch.cli.main import main

SUM = {
    "java": "int sum(int[] v) {{ int {s} = 0; for (int x : v) {{ {s} += x; }} return {s}; }}",
    "python": "def sum(v):\n    {s} = 0\n    for x in v:\n        {s} += x\n    return {s}\n",
}
READ = {
    "java": "String read(Reader {s}) {{ StringBuilder b = new StringBuilder(); int c; "
    "while ((c = {s}.read()) >= 0) b.append((char) c); return b.toString(); }}",
    "python": "def read({s}):\n    parts = []\n    while chunk := {s}.read(4096):\n"
    "        parts.append(chunk)\n    return ''.join(parts)\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a user without settings."""
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fragments(project: Path) -> Path:
    """Two groups, two languages, three fragments of each kind."""
    rows = [
        {
            "id": f"{group}-{lang}-{name}",
            "lang": lang,
            "group": group,
            "code": texts[lang].format(s=name),
            "split": "test",
        }
        for group, texts in (("sum", SUM), ("read", READ))
        for lang in ("java", "python")
        for name in ("first", "second", "third")
    ]
    return written(project / "fragments.jsonl", rows)


@pytest.fixture
def pairs(project: Path) -> Path:
    rows = [
        {"a": "sum-java-first", "b": "sum-java-second", "label": 1, "type": "T2", "split": "test"},
        {"a": "read-java-first", "b": "read-java-third", "label": 1, "type": "T2", "split": "test"},
        {"a": "sum-java-first", "b": "read-java-first", "label": 0, "split": "test"},
        {"a": "sum-python-first", "b": "read-java-first", "label": 0, "split": "test"},
    ]
    return written(project / "pairs.jsonl", rows)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def document(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    assert main([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("lane", ["dense", "lexical", "near_miss", "fused"])
def test_retrieval_reports_every_metric_by_scope(
    lane: str, fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "eval", "retrieval", "--fragments", fragments, "--lane", lane)
    assert found["schema"] == "codesearch.eval-retrieval/1"
    for metric in ("map_at_r", "p_at_1", "average_precision", "map_at_20", "recall_at_10", "recall_at_100"):
        assert set(found[metric]) == {"all", "same_language", "cross_language"}
    assert found["p_at_1"]["same_language"] == 1.0
    assert found["counts"]["queries"] == found["counts"]["fragments"] == 12
    assert found["options"]["lane"] == lane
    assert found["models"]["embedder"] == "static-1"
    assert "total" in found["seconds"]


def test_a_scope_is_ranked_without_the_fragments_outside_it(
    fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "eval", "retrieval", "--fragments", fragments)
    assert found["map_at_r"]["same_language"] == 1.0
    assert found["map_at_r"]["cross_language"] is not None


def test_one_language_has_no_cross_language_figure(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "id": str(n),
            "lang": "java",
            "group": str(n % 2),
            "code": (SUM, READ)[n % 2]["java"].format(s=f"v{n}"),
        }
        for n in range(6)
    ]
    found = document(capsys, "eval", "retrieval", "--fragments", written(project / "f.jsonl", rows))
    assert found["map_at_r"]["cross_language"] is None
    assert found["map_at_r"]["all"] == found["map_at_r"]["same_language"] == 1.0


def test_queries_are_drawn_by_the_seed(fragments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("eval", "retrieval", "--fragments", fragments, "--queries", "4", "--seed", "7")
    first, second = document(capsys, *command), document(capsys, *command)
    assert first["counts"]["queries"] == 4
    assert first["map_at_r"] == second["map_at_r"]


def test_every_retrieval_figure_lies_in_its_interval(
    fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "eval", "retrieval", "--fragments", fragments, "--lane", "dense")
    assert set(found["intervals"]) == {"map_at_r", "p_at_1", "map_at_20", "recall_at_10", "recall_at_100"}
    for metric, by_scope in found["intervals"].items():
        for scope, (low, high) in by_scope.items():
            assert low <= found[metric][scope] <= high


def test_a_model_is_measured_instead_of_the_configured_one(
    fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("eval", "retrieval", "--fragments", fragments, "--lane", "dense")
    found = document(capsys, *command, "--model", "hashed-ngrams-1")
    assert found["models"]["embedder"] == "hashed-ngrams-1"
    assert main([*map(str, command), "--model", "hashed-ngram-1"]) == 2
    assert "did you mean 'hashed-ngrams-1'?" in capsys.readouterr().err


def test_each_pair_of_languages_is_ranked_on_its_own(
    fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "eval", "retrieval", "--fragments", fragments, "--language-pairs")
    pairs = {(row["query_language"], row["answer_language"]): row for row in found["language_pairs"]}
    assert set(pairs) == {(a, b) for a in ("java", "python") for b in ("java", "python")}
    assert all(row["queries"] == 6 for row in pairs.values())
    assert pairs["java", "java"]["map_at_r"] == 1.0
    crossed = (pairs["java", "python"]["map_at_r"] + pairs["python", "java"]["map_at_r"]) / 2
    assert crossed == pytest.approx(found["map_at_r"]["cross_language"], abs=1e-6)


def test_without_being_asked_there_are_no_pairs_of_languages(
    fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "language_pairs" not in document(capsys, "eval", "retrieval", "--fragments", fragments)


def test_reranking_names_the_calibration(fragments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "eval", "retrieval", "--fragments", fragments, "--rerank")
    assert found["models"]["calibration"] == "calibration-1"
    assert found["p_at_1"]["same_language"] == 1.0


def test_another_embedder_than_the_calibrations_is_reported(
    fragments: Path, pairs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_EMBEDDING__MODEL", "hashed-ngrams-1")
    monkeypatch.setenv("CODESEARCH_JUDGE__KIND", "off")
    other = ["calibration:other-embedder"]
    reranked = ("eval", "retrieval", "--fragments", fragments, "--rerank")
    assert document(capsys, *reranked)["degraded"] == other
    assert document(capsys, "eval", "retrieval", "--fragments", fragments)["degraded"] == []
    assert document(capsys, "eval", "pairs", "--fragments", fragments, "--pairs", pairs)["degraded"] == other
    for name, group in (("a.java", SUM), ("b.java", READ)):
        fragments.with_name(name).write_text(group["java"].format(s="x"))
    assert document(capsys, "compare", "a.java", "b.java")["degraded"] == other
    monkeypatch.delenv("CODESEARCH_EMBEDDING__MODEL")
    assert document(capsys, "compare", "a.java", "b.java")["degraded"] == []


def test_pairs_reports_quality_types_and_who_decided(
    fragments: Path, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "eval", "pairs", "--fragments", fragments, "--pairs", pairs)
    assert found["schema"] == "codesearch.eval-pairs/1"
    assert found["precision"] == found["recall"] == found["f1"] == 1.0
    assert found["by_type"] == {"T2": {"n": 2, "recall": 1.0, "cluster_pairs": 2, "macro_recall": 1.0}}
    assert found["decided_by"] == {"fingerprint": 2, "reranker": 2}
    assert found["counts"]["pairs"] == 4
    assert {"coverage", "threshold", "average_precision", "roc_auc", "ece", "seconds"} <= set(found)


def test_a_judge_that_is_not_there_is_reported(
    fragments: Path, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("eval", "pairs", "--fragments", fragments, "--pairs", pairs)
    assert document(capsys, *command)["degraded"] == ["judge:not-configured"]
    assert document(capsys, *command, "--stage", "reranker")["degraded"] == []


def test_text_output_shows_the_figures(
    fragments: Path, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q", "eval", "retrieval", "--fragments", str(fragments)]) == 0
    shown = capsys.readouterr().out
    assert "MAP@R" in shown
    assert "AP of 20" in shown
    assert main(["-q", "eval", "retrieval", "--fragments", str(fragments), "--language-pairs"]) == 0
    assert "query       answer       queries     MAP@R       P@1" in capsys.readouterr().out
    assert main(["-q", "eval", "pairs", "--fragments", str(fragments), "--pairs", str(pairs)]) == 0
    assert "decided by: fingerprint 2, reranker 2" in capsys.readouterr().out


def test_pairs_of_other_fragments_are_refused_in_one_line(
    project: Path, fragments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = written(project / "strange.jsonl", [{"a": "sum-java-first", "b": "nowhere", "label": 1}])
    assert main(["eval", "pairs", "--fragments", str(fragments), "--pairs", str(strange)]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_split_that_is_not_there_is_refused(fragments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "retrieval", "--fragments", str(fragments), "--split", "valid"]) == 2
    assert "its splits are: test" in capsys.readouterr().err
