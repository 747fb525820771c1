from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commandline import EXAMPLES, call, write_tree

FILE_TOOLS = EXAMPLES / "query" / "FileTools.java"
COPY = f"{FILE_TOOLS}:19-29"
MATCH_KEYS = {
    "rank",
    "path",
    "start_line",
    "end_line",
    "name",
    "language",
    "occurrences",
    "verdict",
    "clone_type",
    "probability",
    "decided_by",
    "scores",
    "evidence",
    "explanation",
    "precedents",
}

pytestmark = pytest.mark.usefixtures("indexed")


def answer(*words: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    return call("query", *words, "--json", stdin=stdin).document


def matches(*words: str | Path, stdin: bytes = b"") -> list[dict[str, Any]]:
    return [match for result in answer(*words, stdin=stdin)["results"] for match in result["matches"]]


def test_document_has_exactly_the_promised_keys() -> None:
    document = answer(FILE_TOOLS)
    assert set(document) == {"schema", "degraded", "timing_ms", "query", "results"}
    assert document["schema"] == "codesearch.query/1"
    assert set(document["timing_ms"]) == {"total", "retrieve", "rerank", "judge"}
    assert document["query"] == {"path": str(FILE_TOOLS), "language": "java", "fragments": 7}
    for result in document["results"]:
        assert set(result) == {"fragment", "matches"}
        assert set(result["fragment"]) == {"path", "start_line", "end_line", "name", "language"}
        for match in result["matches"]:
            assert set(match) == MATCH_KEYS
            assert set(match["occurrences"][0]) == {"corpus", "path", "start_line", "end_line"}
            assert match["verdict"] in {"clone", "not_clone", "unsure"}
            assert (match["clone_type"] is None) == (match["verdict"] != "clone")
            assert 0 <= match["probability"] <= 1
            for row in match["evidence"]:
                assert set(row) == {"query_lines", "match_lines", "kind"}


def test_copy_renamed_and_changed_functions_are_found_with_their_types() -> None:
    results = {result["fragment"]["name"]: result["matches"] for result in answer(FILE_TOOLS)["results"]}
    found = {
        name: (results[name][0]["name"], results[name][0]["clone_type"], results[name][0]["decided_by"])
        for name in ("copy", "readLines", "deleteRecursively")
    }
    assert found == {
        "copy": ("copy", "T1", "fingerprint"),
        "readLines": ("loadRows", "T2", "fingerprint"),
        "deleteRecursively": ("removeTree", "T3", "alignment"),
    }


def test_lines_of_a_file_are_one_fragment_of_any_size() -> None:
    document = answer(f"{FILE_TOOLS}:27-28")
    [result] = document["results"]
    assert (result["fragment"]["start_line"], result["fragment"]["end_line"]) == (27, 28)


def test_standard_input_needs_no_language_when_it_tells_itself() -> None:
    document = answer("-", stdin=FILE_TOOLS.read_bytes())
    assert document["query"]["path"] == "-"
    assert document["query"]["language"] == "java"


def test_language_of_standard_input_can_be_named() -> None:
    [match, *_] = matches(
        "-", "--lang", "java", stdin=b"\n".join(FILE_TOOLS.read_bytes().split(b"\n")[18:29])
    )
    assert (match["path"], match["clone_type"]) == ("StreamTools.java", "T1")


_SMALL = "def sign(number):\n    return number > 0\n"
_LARGE = """def spread(values):
    least, most = values[0], values[0]
    for value in values[1:]:
        least, most = min(least, value), max(most, value)
    return most - least
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(_LARGE + _SMALL, [(1, 5)], id="beside a larger one"),
        pytest.param(_SMALL, [(1, 2)], id="alone"),
        pytest.param(_SMALL + _SMALL.replace("sign", "mark"), [(1, 2), (3, 4)], id="beside its equals"),
    ],
)
def test_functions_smaller_than_any_in_the_index_are_looked_for_where_a_text_has_no_larger(
    indexed: Path, text: str, lines: list[tuple[int, int]]
) -> None:
    results = answer("-", "--lang", "python", stdin=text.encode())["results"]
    found = [result["fragment"] for result in results]
    assert [(one["start_line"], one["end_line"]) for one in found] == lines


def test_index_that_another_version_made_says_so_until_it_is_made_again(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(user, {"corpus/large.py": _LARGE})

    def told() -> bool:
        return "index:other-analysis" in answer("corpus/large.py")["degraded"]

    assert call("index", "corpus").code == 0
    assert not told()
    monkeypatch.setattr("indexer.parsing.revision.__version__", "99.0")
    assert told()
    assert call("index", "corpus").code == 0
    assert not told()


def test_number_of_matches_is_limited() -> None:
    results = answer(FILE_TOOLS, "-k", "2")["results"]
    assert max(len(result["matches"]) for result in results) == 2


def test_matches_are_filtered_by_language() -> None:
    found = matches(FILE_TOOLS, "--lang-filter", "kotlin", "--lang-filter", "rust")
    assert {match["language"] for match in found} == {"kotlin", "rust"}


def test_matches_are_filtered_by_path() -> None:
    assert {match["path"] for match in matches(FILE_TOOLS, "--path", "Work*")} == {"Workspace.java"}


def test_matches_are_filtered_by_role() -> None:
    assert matches(FILE_TOOLS, "--role", "source")
    assert matches(FILE_TOOLS, "--role", "test", "--role", "vendored") == []


def test_matches_are_filtered_by_type() -> None:
    assert {match["clone_type"] for match in matches(FILE_TOOLS, "--types", "T1, t2")} == {"T1", "T2"}


def test_matches_are_filtered_by_probability() -> None:
    found = matches(FILE_TOOLS, "--min-probability", "0.9")
    assert found
    assert min(match["probability"] for match in found) >= 0.9


def test_what_did_not_run_is_in_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(COPY, "--judge", "llm")["degraded"] == ["judge:not-configured"]
    monkeypatch.setenv("CODESEARCH_JUDGE__KIND", "off")
    assert answer(COPY)["degraded"] == []


def test_text_names_verdict_place_and_reason() -> None:
    done = call("query", COPY)
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == f"{COPY}  copy  java"
    assert lines[1] == "   1  clone T1    100%  examples/corpus/StreamTools.java:13-27  copy"
    assert lines[2].strip() == "Identical but for layout and comments"


def test_places_in_the_text_can_be_given_to_the_next_command() -> None:
    place = call("query", COPY).out.splitlines()[1].split()[4]
    assert call("compare", COPY, place, "--json").document["clone_type"] == "T1"


def test_show_prints_the_lines_of_both_sides() -> None:
    text = call("query", COPY, "--show").out
    assert "      27     out.flush();" in text
    assert "byte[] buffer = new byte[8192]; // one page" in text
    assert "= equal  ~ renamed" in text


@pytest.mark.parametrize("show", [(), ("--show", "-v")])
def test_no_line_ends_in_blanks(show: tuple[str, ...]) -> None:
    assert [line for line in call("query", FILE_TOOLS, *show).out.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.py"], "nowhere.py does not exist: check the path"),
        (["examples"], "examples is not a regular file: name a source file"),
        (["binary.py"], "binary.py is binary: name a source file"),
        (["empty.py"], "nothing to compare in empty.py: fragments need 5 lines and 30 tokens"),
        (["unknown"], "cannot tell the language of unknown: name it with --lang"),
        ([f"{FILE_TOOLS}:90-900"], "lines 90-900 are not in the source"),
        ([f"{FILE_TOOLS}:9-2"], "not a range of lines: 9-2"),
        ([f"{FILE_TOOLS}:0-2"], "not a range of lines: 0-2"),
        (["-"], "cannot tell the language of standard input: name it with --lang"),
        (["-", "--lang", "python"], "nothing to compare in standard input"),
        ([COPY, "--lang", "klingon"], "unknown language 'klingon'"),
        ([COPY, "--lang-filter", "klingon"], "unknown language 'klingon'"),
        ([COPY, "--types", "T1,T9"], "no clone type 'T9'"),
        ([COPY, "--min-probability", "2"], "--min-probability"),
        ([COPY, "--role", "main"], "--role"),
        ([COPY, "-k", "0"], "-k"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {"binary.py": b"\0\1" * 50, "empty.py": b"", "unknown": b"x\n"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "examples").mkdir()
    index = Path.cwd() / ".codesearch"
    monkeypatch.chdir(tmp_path)
    done = call("--index", index, "query", *words)
    assert done.code == 2
    assert message in done.error


def test_standard_input_that_is_too_large_is_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_CORPUS__MAX_FILE_BYTES", "1000")
    done = call("query", "-", "--lang", "java", stdin=FILE_TOOLS.read_bytes())
    assert done.code == 2
    assert done.error == "standard input is too large: raise corpus.max_file_bytes"


def test_query_that_nests_too_deep_is_named() -> None:
    done = call("query", "-", "--lang", "python", stdin=b"x = " + b"(" * 5000 + b")" * 5000)
    assert done.code == 2
    assert done.error.startswith("cannot parse standard input, its brackets nest 5000 deep")


def test_what_is_retrieved_is_listed_without_a_comparison() -> None:
    document = answer(COPY, "--no-rerank")
    assert document["degraded"] == ["rerank:left-out"]
    first, *others = [match for result in document["results"] for match in result["matches"]]
    assert (first["verdict"], first["clone_type"]) == ("clone", "T1")
    assert {match["verdict"] for match in others} == {"unsure"}
    text = call("query", COPY, "--no-rerank").out
    assert text.count("retrieved") == len(others)
    assert "were not compared: only equal and renamed copies are sure." in text
    assert "as configured" not in text


def test_lines_side_by_side_need_the_comparison() -> None:
    outcome = call("query", COPY, "--no-rerank", "--show")
    assert outcome.code == 2
    assert "--no-rerank" in outcome.err
