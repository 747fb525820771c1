from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.results import Place
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair
from codesearch.evaluation.detection_scores import (
    DetectionScores,
    WrittenFragment,
    covered_files,
    score_detection,
)


def written(groups: Mapping[str, str]) -> list[WrittenFragment]:
    """Files of ten lines, one per fragment of a group."""
    return [
        WrittenFragment(LabelledFragment(name, "java", group, "code", "", ""), f"{name}.java", 10)
        for name, group in groups.items()
    ]


def whole(*names: str) -> list[Place]:
    return [Place("corpus", f"{name}.java", 1, 10) for name in names]


def pair(a: str, b: str, type_: str = "T3", label: bool = True) -> LabelledPair:
    return LabelledPair(a, b, label, type_, "", None)


def scored(pairs: Sequence[LabelledPair], *classes: Sequence[Place]) -> DetectionScores:
    return score_detection(pairs, written(dict.fromkeys("abcd", "g")), classes)


def test_every_pair_of_members_of_one_class_is_found() -> None:
    scores = scored([pair("a", "b"), pair("b", "c"), pair("a", "d")], whole("a", "b", "c"))
    assert (scores.clones_found, scores.clones) == (2, 3)
    assert scores.recall == 2 / 3


def test_members_of_two_classes_are_no_pair() -> None:
    assert scored([pair("a", "c")], whole("a", "b"), whole("c", "d")).recall == 0.0


def test_a_reported_pair_that_is_labelled_no_clone_is_counted_apart() -> None:
    pairs = [pair("a", "b"), pair("a", "c", "", label=False), pair("b", "d", "", label=False)]
    scores = scored(pairs, whole("a", "b", "c"))
    assert (scores.others_found, scores.others) == (1, 2)
    assert scores.recall == 1.0


def test_without_labelled_clones_there_is_no_recall() -> None:
    assert scored([pair("a", "b", "", label=False)]).recall is None


def test_a_family_copied_many_times_has_one_voice_in_macro_recall() -> None:
    files = written({"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"})
    pairs = [pair("a", "b"), pair("b", "c"), pair("a", "c"), pair("d", "e")]
    band = score_detection(pairs, files, [whole("a", "b", "c")]).by_type["T3"]
    assert (band.recall, band.macro_recall) == (0.75, 0.5)


def test_seven_lines_of_ten_cover_a_file_and_six_do_not() -> None:
    lines = {"a.java": 10, "b.java": 10}
    places = [Place("corpus", "a.java", 2, 8), Place("corpus", "b.java", 2, 7)]
    assert covered_files(places, lines) == {"a.java"}


def test_members_of_one_class_cover_a_file_together_and_each_line_once() -> None:
    lines = {"a.java": 10, "b.java": 10}
    parts = [Place("corpus", "a.java", 1, 4), Place("corpus", "a.java", 7, 9)]
    overlapping = [Place("corpus", "b.java", 1, 5), Place("corpus", "b.java", 1, 5)]
    assert covered_files(parts + overlapping, lines) == {"a.java"}


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=2), max_size=5))
def test_a_pair_is_found_when_and_only_when_a_class_holds_both(classes: list[set[str]]) -> None:
    pairs = [pair(a, b) for a in "abcd" for b in "abcd" if a < b]
    scores = scored(pairs, *(whole(*sorted(names)) for names in classes))
    together = [item for item in pairs if any({item.a, item.b} <= names for names in classes)]
    assert scores.clones_found == len(together)
