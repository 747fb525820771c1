from __future__ import annotations

from pathlib import Path

import pytest
from commandline import EXAMPLES, call, tally, write_tree

COPY = EXAMPLES / "query" / "FileTools.java"
OTHER = EXAMPLES / "corpus" / "StreamTools.java"
DECISION_KEYS = {
    "verdict",
    "clone_type",
    "probability",
    "decided_by",
    "scores",
    "evidence",
    "explanation",
    "precedents",
}

pytestmark = pytest.mark.usefixtures("user")


def test_document_of_one_pair_has_exactly_the_promised_keys() -> None:
    document = call("compare", f"{COPY}:19-29", f"{OTHER}:13-27", "--json").document
    assert set(document) == DECISION_KEYS | {"schema", "degraded"}
    assert document["schema"] == "codesearch.compare/1"
    assert (document["verdict"], document["clone_type"]) == ("clone", "T1")
    assert document["decided_by"] == "fingerprint"


def test_several_fragments_are_listed_as_pairs_best_first() -> None:
    document = call("compare", COPY, OTHER, "--json").document
    pairs = document["pairs"]
    assert len(pairs) > 1
    for pair in pairs:
        assert set(pair) == DECISION_KEYS | {"query", "match"}
    assert {key: pairs[0][key] for key in DECISION_KEYS} == {key: document[key] for key in DECISION_KEYS}
    probabilities = [pair["probability"] for pair in pairs]
    assert probabilities == sorted(probabilities, reverse=True)


def test_fragments_of_any_size_are_compared(user: Path) -> None:
    write_tree(user, {"a.py": "x = f(1)\n", "b.py": "x = f(1)  # again\n"})
    assert call("compare", "a.py", "b.py", "--json").document["clone_type"] == "T1"


def test_a_file_compared_with_itself_is_equal(user: Path) -> None:
    write_tree(user, {"a.py": tally("a")})
    assert call("compare", "a.py", "a.py", "--json").document["clone_type"] == "T1"


def test_standard_input_is_one_side() -> None:
    done = call("compare", "-", f"{OTHER}:13-27", "--lang", "java", "--json", stdin=COPY.read_bytes())
    assert done.document["verdict"] == "clone"


def test_needs_no_index_and_leaves_none(user: Path) -> None:
    assert call("compare", COPY, OTHER).code == 0
    assert list(user.iterdir()) == []


def test_text_shows_both_sides(user: Path) -> None:
    write_tree(user, {"a%41\u202e.py": tally("first"), "b.py": tally("second")})
    text = call("compare", "a%41\u202e.py", "b.py", "--show").out
    assert "a%2541%E2%80%AE.py:1-9  first  python" in text
    assert "clone T2" in text
    assert "b.py:1-9  second" in text
    assert "1 def first(values, limit):" in text
    assert "1 def second(values, limit):" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([str(COPY)], "Missing argument 'B[:A-B]'"),
        ([str(COPY), "nowhere.java"], "nowhere.java does not exist"),
        ([str(COPY), "/dev/zero"], "/dev/zero is not a regular file"),
        ([f"{COPY}:500", str(OTHER)], "lines 500-500 are not in the source"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(words: list[str], message: str) -> None:
    done = call("compare", *words)
    assert done.code == 2
    assert message in done.error
