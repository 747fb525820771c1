from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from codesearch.core.errors import InputError
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    cap_exact_copies,
    in_splits,
    pair_rows,
    read_fragments,
    read_pairs,
)

FRAGMENT = {"id": "x:1", "lang": "java", "code": "int f() { return 1; }"}
PAIR = {"a": "x:1", "b": "x:2", "label": 1}


def lines(path: Path, *rows: object) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz"])
def test_reads_fragments_plain_or_compressed(tmp_path: Path, name: str) -> None:
    path = lines(tmp_path / name, FRAGMENT | {"group": "g", "split": "test", "t1class": "c"}, "")
    assert read_fragments(path) == [LabelledFragment("x:1", "java", "g", FRAGMENT["code"], "test", "c")]


def test_a_fragment_without_group_is_a_group_of_its_own(tmp_path: Path) -> None:
    (fragment,) = read_fragments(lines(tmp_path / "f.jsonl", FRAGMENT))
    assert fragment.group == "x:1"


@pytest.mark.parametrize(
    ("fragment_id", "lang", "language"),
    [("poj:1/13", "c", "cpp"), ("clcdsa_atcoder:a/b.c", "c", "c"), ("poj:1/13", "cpp", "cpp")],
)
def test_poj104_programs_are_parsed_as_cpp(
    tmp_path: Path, fragment_id: str, lang: str, language: str
) -> None:
    row = FRAGMENT | {"id": fragment_id, "lang": lang}
    (fragment,) = read_fragments(lines(tmp_path / "f.jsonl", row))
    assert (fragment.lang, fragment.language) == (lang, language)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 200_000, "not JSON"),
        ({"id": "x:2", "code": "f"}, "'lang' must be a non-empty string, not missing"),
        ({"id": "x:2", "lang": "java", "code": ""}, "'code' must be a non-empty string"),
        (FRAGMENT | {"id": 7}, "'id' must be a non-empty string, not 7"),
        (FRAGMENT | {"id": "x:2", "group": ["g"]}, "'group' must be a string"),
        (FRAGMENT, "'x:1' was used before"),
    ],
)
def test_a_bad_fragment_names_file_and_line(tmp_path: Path, row: object, complaint: str) -> None:
    path = lines(tmp_path / "f.jsonl", FRAGMENT, row)
    with pytest.raises(InputError) as caught:
        read_fragments(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"a": "x:1", "b": "x:2"}, "'label' must be 0 or 1, not missing"),
        (PAIR | {"label": "yes"}, "'label' must be 0 or 1, not 'yes'"),
        (PAIR | {"b": "x:1"}, "names the fragment 'x:1' twice"),
        (PAIR | {"cross_language": "no"}, "'cross_language' must be true or false"),
        (PAIR | {"type": 3}, "'type' must be a string"),
    ],
)
def test_a_bad_pair_names_file_and_line(tmp_path: Path, row: object, complaint: str) -> None:
    path = lines(tmp_path / "p.jsonl", PAIR, row)
    with pytest.raises(InputError) as caught:
        read_pairs(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert complaint in str(caught.value)


def test_reads_pairs_with_and_without_what_is_optional(tmp_path: Path) -> None:
    full = PAIR | {"label": 0, "type": "ST3", "split": "valid", "cross_language": False}
    assert read_pairs(lines(tmp_path / "p.jsonl", PAIR, full)) == [
        LabelledPair("x:1", "x:2", True, "", "", None),
        LabelledPair("x:1", "x:2", False, "ST3", "valid", False),
    ]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe not utf-8\n", gzip.compress(b"{}", mtime=0)[:-4], b"no gzip at all"],
    ids=["not UTF-8", "cut off", "not compressed"],
)
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"f\.jsonl\.gz"):
        read_fragments(path)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_pairs(tmp_path / "absent.jsonl")


def test_splits_are_selected_in_file_order() -> None:
    pairs = [LabelledPair("a", "b", True, "", split, None) for split in ("test", "train", "valid", "train")]
    assert in_splits(pairs, ["train", "valid"]) == pairs[1:]
    assert in_splits(pairs, []) == pairs


def test_an_unknown_split_names_those_that_exist() -> None:
    pairs = [LabelledPair("a", "b", True, "", "train", None)]
    with pytest.raises(InputError, match=r"no split 'tset': its splits are: train"):
        in_splits(pairs, ["tset", "train"])


def fragment(name: str, exact_class: str) -> LabelledFragment:
    return LabelledFragment(name, "java", name, "x", "", exact_class)


def test_no_set_of_exact_copies_gives_more_than_twenty_pairs() -> None:
    fragments = [fragment(f"m{i}", "many") for i in range(30)] + [fragment("f", "few"), fragment("g", "few")]
    copies = [LabelledPair(f"m{i}", f"m{j}", True, "T1", "", None) for i in range(30) for j in range(i)]
    others = [
        LabelledPair("f", "g", True, "T1", "", None),
        LabelledPair("f", "m0", False, "", "", None),
    ]
    kept = cap_exact_copies([*copies, *others], fragments)
    assert len(kept) == 20 + 2
    assert kept[-2:] == others
    assert kept == cap_exact_copies([*copies, *others], fragments)
    assert kept != cap_exact_copies([*copies, *others], fragments, seed=1)


def test_pairs_are_resolved_to_rows() -> None:
    fragments = [fragment("a", ""), fragment("b", ""), fragment("c", "")]
    left, right = pair_rows([LabelledPair("c", "a", True, "", "", None)], fragments)
    assert (left.tolist(), right.tolist()) == ([2], [0])


def test_a_pair_with_an_unknown_fragment_is_named() -> None:
    with pytest.raises(InputError, match="'z'"):
        pair_rows([LabelledPair("a", "z", True, "", "", None)], [fragment("a", "")])
