"""What a cross-encoder is given to learn from: splits, pairs, negatives, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from labelled_programs import Quiet, programs, written
from snippets import embedder

from codesearch.core.errors import InputError
from codesearch.training.cross_encoder.draw import PairDraw
from codesearch.training.cross_encoder.lesson import Lesson, Sources, make_lesson
from codesearch.training.cross_encoder.pairs import PairSet


def lesson_of(tmp_path: Path, rows: list[dict[str, str]], pairs: list[dict[str, object]] | None) -> Lesson:
    sources = Sources(
        written(tmp_path / "f.jsonl", rows),
        None if pairs is None else written(tmp_path / "p.jsonl", pairs),
    )
    return make_lesson(sources, embedder(), 0, 1, Quiet())


def test_splits_of_the_data_are_kept_and_the_test_split_is_not_read(tmp_path: Path) -> None:
    rows = programs(12, splits=True)
    lesson = lesson_of(tmp_path, rows, None)
    kept = [row for row in rows if row["split"] != "test"]
    assert len(lesson.fragments) == len(kept)
    for pairs, split in ((lesson.taught, "train"), (lesson.held_out, "valid")):
        sides = np.concatenate([pairs.first, pairs.second]).tolist()
        assert sides
        assert {kept[side]["split"] for side in sides} == {split}
        same = [kept[a]["group"] == kept[b]["group"] for a, b in zip(pairs.first, pairs.second, strict=True)]
        assert same == pairs.labels.tolist()


def test_no_pair_to_learn_from_has_a_held_out_fragment(tmp_path: Path) -> None:
    rows = programs(30)
    ids = [row["id"] for row in rows]
    pairs: list[dict[str, object]] = [
        {"a": ids[place], "b": ids[(place + step) % len(ids)], "label": int(step == 1)}
        for place in range(len(ids))
        for step in (1, 7)
    ]
    lesson = lesson_of(tmp_path, rows, pairs)
    assert len(lesson.taught) + len(lesson.held_out) == len(pairs)
    learnt = set(lesson.taught.first.tolist()) | set(lesson.taught.second.tolist())
    unseen = [
        a not in learnt or b not in learnt
        for a, b in zip(lesson.held_out.first.tolist(), lesson.held_out.second.tolist(), strict=True)
    ]
    assert unseen
    assert all(unseen)


def test_half_of_the_texts_to_learn_from_lose_their_names(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, programs(40), None)
    learnt = np.union1d(lesson.taught.first, lesson.taught.second)

    def renamed(place: int) -> bool:
        tokens = lesson.fragments[place].tokens
        return b"v1" in {tokens.vocabulary.texts[number] for number in tokens.ids.tolist()}

    assert 0.3 < np.mean([renamed(place) for place in learnt.tolist()]) < 0.7
    held_out = np.union1d(lesson.held_out.first, lesson.held_out.second)
    assert not any(renamed(place) for place in held_out.tolist())


def test_fragments_that_differ_in_names_only_are_no_pair(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"{group}{name}",
            "lang": "python",
            "group": group,
            "code": f"def {name}(a):\n    return a + {k}",
        }
        for k, group in enumerate("pqrstu")
        for name in ("f", "g")
    ]
    with pytest.raises(InputError, match="are none"):
        lesson_of(tmp_path, rows, None)


def test_too_few_groups_to_hold_any_out_are_all_learnt_from(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, programs(3), None)
    assert len(lesson.taught) > 0
    assert len(lesson.held_out) == 0


def test_candidates_to_validate_on_are_not_all_clones(tmp_path: Path) -> None:
    rows = [
        {
            **row,
            "id": f"{row['id']}-{k}",
            "code": row["code"].replace("return", f"print({k}); return"),
            "split": split,
        }
        for row, split in zip(programs(12), ["train"] * 24 + ["valid"] * 24, strict=True)
        for k in range(8)
    ]
    lesson = lesson_of(tmp_path, rows, None)
    assert 0 < lesson.held_out.labels.mean() < 0.5


def test_negatives_come_easy_first_and_batches_are_balanced() -> None:
    count = 1000
    labels = np.arange(count) % 2 == 0
    cosines = np.linspace(0, 1, count, dtype=np.float32)
    pairs = PairSet(np.arange(count), np.arange(count) + count, labels, cosines)
    draw = PairDraw(pairs, batch=64, steps=100, seed=3)
    hardest = []
    for step in (0, 20, 50, 99):
        drawn = draw.draw(step)
        assert drawn.labels.sum() == 32
        hardest.append(float(drawn.cosines[~drawn.labels].max()))
        again = PairDraw(pairs, 64, 100, 3).draw(step)
        assert np.array_equal(again.first, drawn.first)
    assert hardest[0] <= 0.25
    assert hardest[0] < hardest[1] < hardest[2]
    assert hardest[3] > 0.85
    turned = draw.draw(0).first >= count
    assert 0 < turned.sum() < 64


@pytest.mark.parametrize(("label", "said"), [(1, "all clones"), (0, "no clones")])
def test_pairs_of_one_class_are_refused(tmp_path: Path, label: int, said: str) -> None:
    rows = programs(6)
    pairs: list[dict[str, object]] = [
        {"a": rows[place]["id"], "b": rows[place + 1]["id"], "label": label} for place in range(20)
    ]
    with pytest.raises(InputError, match=rf"the pairs to learn from in .*p\.jsonl are {said}"):
        lesson_of(tmp_path, rows, pairs)


def test_a_pair_of_an_unknown_fragment_is_refused(tmp_path: Path) -> None:
    rows = programs(6)
    pairs: list[dict[str, object]] = [{"a": rows[0]["id"], "b": "nobody", "label": 1}]
    with pytest.raises(InputError, match="'nobody', which is not among the 24 fragments"):
        lesson_of(tmp_path, rows, pairs)


def test_fragments_without_tokens_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*programs(12), {"id": "empty", "lang": "python", "group": "sum", "code": "# nothing\n"}]
    lesson = lesson_of(tmp_path, rows, None)
    assert lesson.empty == 1
    assert len(rows) - 1 not in {*lesson.taught.first, *lesson.taught.second}
