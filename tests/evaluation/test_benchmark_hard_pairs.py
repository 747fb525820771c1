"""The list of look-alike negatives: one per clone pair, of another group, the same in every run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks.documents import Json
from benchmarks.hard_pairs import BEST, hard_pairs

WORDS = {
    "sum": "total values add next total",
    "mean": "total values divide count total",
    "read": "file open bytes close file",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three groups of fragments in two splits, two of which share words, and clone pairs of them."""
    fragments = [
        {
            "id": f"{split}-{group}-{n}",
            "lang": ("java", "python")[n % 2],
            "group": group,
            "split": split,
            "code": words,
        }
        for split in ("test", "valid")
        for group, words in WORDS.items()
        for n in range(15)
    ]
    pairs = [
        {"a": f"test-{group}-{n}", "b": f"test-{group}-{n + 1}", "label": label, "split": "test"}
        for group in WORDS
        for n in range(8)
        for label in (0, 1)
    ]
    write(tmp_path / "tiny.jsonl.gz", fragments)
    write(tmp_path / "tiny.pairs.jsonl.gz", pairs)
    return tmp_path


def write(path: Path, rows: list[Json]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_every_clone_pair_gets_one_negative_that_shares_its_words(folder: Path) -> None:
    rows = hard_pairs(folder, "tiny", "test")
    clones, negatives = rows[::2], rows[1::2]
    assert [row["label"] for row in clones] == [1] * 16
    assert [row["label"] for row in negatives] == [0] * 16
    for clone, negative in zip(clones, negatives, strict=True):
        assert clone["a"] == negative["a"]
        groups = {name.split("-")[1] for name in (negative["a"], negative["b"])}
        assert groups == {"sum", "mean"}


def test_what_resembles_nothing_of_another_group_is_left_out(folder: Path) -> None:
    assert not [row for row in hard_pairs(folder, "tiny", "test") if "-read-" in row["a"]]


def test_negatives_are_of_the_split_and_among_the_ten_best(folder: Path) -> None:
    chosen = {row["b"] for row in hard_pairs(folder, "tiny", "test")[1::2]}
    assert all(name.startswith("test-") for name in chosen)
    assert len(chosen) <= 2 * BEST


def test_the_list_is_the_same_in_every_run(folder: Path) -> None:
    assert hard_pairs(folder, "tiny", "test") == hard_pairs(folder, "tiny", "test")
