"""What two fragments share, by what it is: their own names, words from elsewhere, structure."""

from __future__ import annotations

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, real_fragments

from codesearch.core.types import Fragment
from reranker.bags import Part
from reranker.weights import shipped_weights

MEDIAN = fragment(PYTHON_MEDIAN)


def overlap(ours: Fragment, theirs: Fragment) -> list[float]:
    features = shipped_weights().features
    found: list[float] = features.overlap(*features.bags([ours, theirs])).tolist()
    return found


def test_a_fragment_shares_everything_with_itself() -> None:
    assert overlap(MEDIAN, MEDIAN) == [1, 1, 1]


def test_other_names_leave_words_and_structure_alike() -> None:
    renamed = fragment(PYTHON_MEDIAN.replace("middle", "quux").replace("ordered", "fnord"))
    own_names, words, structure = overlap(MEDIAN, renamed)
    assert own_names < 0.8
    assert words > 0.9
    assert structure > 0.9


def test_the_same_words_in_another_arrangement_are_not_the_same_structure() -> None:
    lines = PYTHON_MEDIAN.splitlines(keepends=True)
    shuffled = fragment("".join([lines[0], *reversed(lines[1:])]))
    found = overlap(MEDIAN, shuffled)
    assert found[Part.STRUCTURE] < 1
    assert found[Part.OWN_NAMES] == found[Part.WORDS] == 1


def test_unrelated_code_shares_little_and_less_of_its_names() -> None:
    own_names, words, structure = overlap(MEDIAN, fragment(JAVA_COPY, "java"))
    assert own_names < 0.1
    assert words < 0.4
    assert structure < 0.2


def test_an_empty_fragment_shares_nothing() -> None:
    empty = fragment("")
    assert overlap(empty, MEDIAN) == [0, 0, 0]
    assert overlap(empty, empty) == [0, 0, 0]


def test_bags_do_not_depend_on_the_batch() -> None:
    parts, features = [fragment(""), *real_fragments()[:20], fragment("")], shipped_weights().features
    for together, part in zip(features.bags(parts), parts, strict=True):
        [alone] = features.bags([part])
        np.testing.assert_array_equal(together.entries, alone.entries)
        assert together.totals.tolist() == pytest.approx(alone.totals.tolist())
