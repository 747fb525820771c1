"""The judge that needs no model: what precedents do to a probability, and what they cannot do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from index_lab import CountingEmbedder
from judge_lab import numbered_pair, pair_of, said, settled_pair, shipped_cascade
from snippets import PYTHON_MEDIAN, embedder, fragment

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.feedback import Precedent, Side
from codesearch.core.judge import Case
from codesearch.core.protocols import Embedder
from codesearch.core.results import CloneType, Verdict
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memories import load_memories, shipped_precedents
from reranker.judge.precedents.memory import KERNELS, NEAREST, Origin, PairPoints, PrecedentMemory
from reranker.judge.precedents.pair_points import PairEmbedder

OTHER_MEDIAN = """\
def middle_of(numbers):
    queue = list(numbers)
    while len(queue) > 2:
        queue.remove(max(queue))
        queue.remove(min(queue))
    return sum(queue) / len(queue)
"""
TWIN_MEDIAN = """\
def middle_value(figures):
    rest = list(figures)
    while len(rest) > 2:
        rest.remove(max(rest))
        rest.remove(min(rest))
    assert rest
    return sum(rest) / len(rest)
"""
PARSE_A = "def read_port(text):\n    head, _, tail = text.partition(':')\n    return head, int(tail)\n"
PARSE_B = "def split_address(line):\n    found = line.rsplit(':', 1)\n    return found[0], int(found[1])\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


def judge(kept: Path, *feedback: Precedent, model: Embedder | None = None) -> PrecedentJudge:
    name = "-".join(sorted({side.content[:4] for said in feedback for side in said.sides})) or "shipped"
    memories = load_memories(feedback, model or embedder(), shipped_cascade(), kept / f"{name}.npz")
    return PrecedentJudge(memories.embedder, memories.of_origin, shipped_cascade())


def probability(found: PrecedentJudge, case: Case) -> float:
    [(p, _)] = found.weigh([case])
    return p


def median_case(other: str = OTHER_MEDIAN) -> Case:
    return settled_pair(fragment(PYTHON_MEDIAN), fragment(other))


def test_the_nearest_are_weighed_most_alike_first(kept: Path) -> None:
    [(_, weighed)] = judge(kept).weigh([median_case()])
    assert len({one.pair.id for one in weighed}) == len(weighed) == NEAREST
    likeness = [one.likeness for one in weighed]
    assert likeness == sorted(likeness, reverse=True)
    assert 0 <= likeness[-1] <= likeness[0] <= 1


@pytest.mark.parametrize("feedback", [(), (said(PARSE_A, PARSE_B, Verdict.NOT_CLONE),)])
def test_as_many_clones_as_look_alikes_are_shown(kept: Path, feedback: tuple[Precedent, ...]) -> None:
    shown = judge(kept, *feedback).examples(median_case(), 5)
    labels = [pair.is_clone for pair in shown]
    assert labels.count(True) == labels.count(False) == 5
    assert len({pair.id for pair in shown}) == 10


@pytest.mark.parametrize("verdict", [Verdict.CLONE, Verdict.NOT_CLONE])
def test_the_first_verdict_of_a_user_is_weighed_beside_the_shipped_ones(kept: Path, verdict: Verdict) -> None:
    [(_, weighed)] = judge(kept, said(PARSE_A, PARSE_B, verdict)).weigh([median_case()])
    assert sum(one.pair.id.startswith("feedback-") for one in weighed) == 1
    assert len(weighed) == NEAREST + 1


def test_the_very_pair_that_was_judged_is_entirely_alike(kept: Path) -> None:
    found = judge(kept, said(PARSE_A, PARSE_B, Verdict.CLONE))
    [(_, weighed)] = found.weigh([settled_pair(fragment(PARSE_A), fragment(PARSE_B))])
    assert weighed[0].pair.id.startswith("feedback-")
    assert weighed[0].likeness == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("prior", [0.0, 1e-7, 1e-4, 0.02, 0.5, 0.93, 0.9999, 1.0])
def test_far_from_all_precedents_a_probability_stands(prior: float) -> None:
    pairs = shipped_precedents()[:40]
    width, dim = 4, 8
    known = PairPoints(
        np.zeros((40, width), np.float32), np.zeros((40, dim), np.float32), np.full(40, 0.5, np.float32)
    )
    memory = PrecedentMemory(pairs, known, KERNELS[Origin.SHIPPED])
    far = PairPoints(
        np.full((1, width), 9, np.float32), np.zeros((1, dim), np.float32), np.array([prior], np.float32)
    )

    class Far(PairEmbedder):
        """Sees every pair as one unlike all others."""

        def __init__(self) -> None:
            """Nothing is needed."""

        def points(self, pairs: object) -> PairPoints:
            return far

    found = PrecedentJudge(Far(), [memory], shipped_cascade())
    assert probability(found, numbered_pair(1)) == pytest.approx(prior, abs=1e-6)


def test_what_the_user_said_moves_pairs_like_it(kept: Path) -> None:
    case = median_case(TWIN_MEDIAN)
    before = probability(judge(kept), case)
    accepted = judge(kept, said(PYTHON_MEDIAN, OTHER_MEDIAN, Verdict.CLONE))
    assert probability(accepted, case) > before
    rejected = judge(kept, said(PYTHON_MEDIAN, OTHER_MEDIAN, Verdict.NOT_CLONE))
    assert probability(rejected, case) < before


def test_a_ruling_names_the_precedents_that_it_rests_on(kept: Path) -> None:
    found = judge(kept, said(PYTHON_MEDIAN, OTHER_MEDIAN, Verdict.CLONE))
    [ruling] = found.judge([median_case(TWIN_MEDIAN)])
    assert ruling is not None
    assert ruling.decided_by == "precedents"
    assert ruling.precedents[0].startswith("feedback-")
    assert ruling.reason.startswith(f"Nearest precedents: {ruling.precedents[0]} (")
    assert "a clone)" in ruling.reason
    assert 0 < ruling.probability < 1


def test_copies_are_left_to_the_keys(kept: Path) -> None:
    same = settled_pair(fragment(PYTHON_MEDIAN), fragment(PYTHON_MEDIAN))
    assert same.decision.clone_type is CloneType.T1
    rulings = judge(kept).judge([same, median_case()])
    assert [ruling is None for ruling in rulings] == [True, False]


def test_the_order_of_the_sides_does_not_matter(kept: Path) -> None:
    found = judge(kept, said(PARSE_A, PARSE_B, Verdict.CLONE))
    case = median_case()
    swapped = replace(case, first=case.second, second=case.first)
    [one, other] = found.judge([case, swapped])
    assert one is not None
    assert other is not None
    assert one.probability == pytest.approx(other.probability, abs=1e-6)
    assert one.precedents == other.precedents


def test_a_case_is_judged_alike_alone_and_among_others(kept: Path) -> None:
    found = judge(kept)
    cases = [median_case(), median_case(TWIN_MEDIAN), settled_pair(fragment(PARSE_A), fragment(PARSE_B))]
    together = [p for p, _ in found.weigh(cases)]
    assert together == pytest.approx([probability(found, case) for case in cases], abs=1e-6)


def test_the_order_of_the_precedents_does_not_matter(kept: Path) -> None:
    feedback = [
        said(PYTHON_MEDIAN, OTHER_MEDIAN, Verdict.CLONE),
        said(PARSE_A, PARSE_B, Verdict.NOT_CLONE),
        said(PARSE_A, OTHER_MEDIAN, Verdict.NOT_CLONE),
    ]
    case = median_case(TWIN_MEDIAN)
    orders: list[Sequence[Precedent]] = [feedback, feedback[::-1], feedback[1:] + feedback[:1]]
    found = [judge(kept, *order).weigh([case])[0] for order in orders]
    assert [p for p, _ in found] == pytest.approx([found[0][0]] * 3, abs=1e-6)
    assert len({tuple(one.pair.id for one in weighed) for _, weighed in found}) == 1


def test_nothing_makes_a_pair_certain(kept: Path) -> None:
    base = shipped_cascade().calibration.base_rate
    feedback = [
        said(PYTHON_MEDIAN, OTHER_MEDIAN.replace("2", str(number)), Verdict.CLONE) for number in range(3, 23)
    ]
    assert 0.5 < probability(judge(kept, *feedback), median_case()) < 1
    rejected = [replace(one, verdict=Verdict.NOT_CLONE) for one in feedback]
    assert 0 < probability(judge(kept, *rejected), median_case()) < base


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    feedback = said(PYTHON_MEDIAN, OTHER_MEDIAN, Verdict.CLONE)
    first = judge(tmp_path, feedback, model=CountingEmbedder())
    silent = CountingEmbedder(budget=2)  # for the case itself
    again = judge(tmp_path, feedback, model=silent)
    assert silent.count == 0
    assert probability(again, median_case()) == probability(first, median_case())


@pytest.mark.parametrize("change", ["embedder", "precedents"])
def test_what_was_measured_of_others_is_measured_anew(tmp_path: Path, change: str) -> None:
    kept = tmp_path / "kept.npz"
    load_memories((), CountingEmbedder(), shipped_cascade(), kept)
    before = kept.read_bytes()
    model = CountingEmbedder(model="counting-2" if change == "embedder" else "counting-1")
    said_since = (said(PARSE_A, PARSE_B, Verdict.CLONE),) if change == "precedents" else ()
    load_memories(said_since, model, shipped_cascade(), kept)
    assert model.count
    assert kept.read_bytes() != before


def spoilt(data: bytes, number: int) -> bytes:
    rng = random.Random(number)  # noqa: S311
    place = rng.choice([rng.randrange(300), len(data) - 1 - rng.randrange(600), rng.randrange(len(data))])
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def test_a_damaged_file_of_measurements_does_no_harm(tmp_path: Path) -> None:
    kept = tmp_path / "kept.npz"
    cascade = shipped_cascade()

    def weigh() -> float:
        memories = load_memories((), embedder(), cascade, kept)
        return probability(PrecedentJudge(memories.embedder, memories.of_origin, cascade), median_case())

    wanted = weigh()
    whole = kept.read_bytes()
    array = tmp_path / "array.npy"
    np.save(array, np.zeros(3))
    for content in (b"", whole[: len(whole) // 2], array.read_bytes()):
        kept.write_bytes(content)
        assert weigh() == wanted
        assert kept.read_bytes() != content


def test_no_flipped_bit_gets_through(tmp_path: Path) -> None:
    from reranker.judge.precedents.kept_points import _read

    kept = tmp_path / "kept.npz"
    load_memories((), embedder(), shipped_cascade(), kept)
    whole = kept.read_bytes()
    with np.load(kept) as arrays:
        key = str(arrays["key"])
        wanted = arrays["features"].copy()
    for number in range(400):
        kept.write_bytes(spoilt(whole, number))
        found = _read(kept, key)
        assert found is None or np.array_equal(found.features, wanted)


def test_where_measurements_cannot_be_kept_they_are_made_each_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    taken = tmp_path / "taken.npz"
    taken.mkdir()
    for kept in (blocked / "kept.npz", taken):
        found = load_memories((), embedder(), shipped_cascade(), kept)
        assert len(found.of_origin[0].pairs) == len(shipped_precedents())
    assert {path.name for path in tmp_path.iterdir()} == {"file", "taken.npz"}


def side(code: str, language: str = "python") -> Side:
    return Side("0" * 32, language, code)


UNUSUAL = {
    "empty": (side(""), side("")),
    "blank": (side("  \n"), side("\n\n\t")),
    "equal": (side("x = 1"), side("x = 1")),
    "unbalanced": (side("def (((("), side("}}}}")),
    "control characters": (side("a\0b"), side("\x1b[2J")),
    "long": (side("a + " * 5000), side("b\n" * 10_000)),
}


@pytest.mark.parametrize("sides", UNUSUAL.values(), ids=UNUSUAL)
def test_unusual_precedents_are_precedents(tmp_path: Path, sides: tuple[Side, Side]) -> None:
    given = Precedent.between(*sides, Verdict.CLONE, reason="", by="", at=0)
    assert 0 <= probability(judge(tmp_path, given), median_case()) <= 1


UNREADABLE = {
    "too deep": (side("(" * 20_000), side("x = 1")),
    "a language from elsewhere": (side("x = 1", "klingon"), side("x = 1")),
}


@pytest.mark.parametrize("sides", UNREADABLE.values(), ids=UNREADABLE)
def test_precedents_that_cannot_be_parsed_are_left_out(
    tmp_path: Path, sides: tuple[Side, Side], caplog: pytest.LogCaptureFixture
) -> None:
    good = said(PARSE_A, PARSE_B, Verdict.CLONE)
    bad = Precedent.between(*sides, Verdict.CLONE, reason="", by="", at=0)
    for _ in range(2):
        memories = load_memories((bad, good), embedder(), shipped_cascade(), tmp_path / "kept.npz")
        [_, own] = memories.of_origin
        assert [pair.precedent for pair in own.pairs] == [good]
    [record] = caplog.records
    assert "cannot be parsed" in record.getMessage()


def test_a_changed_file_of_shipped_precedents_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.embedding.registry import model_entry
    from reranker.judge.precedents import memories

    entry = replace(model_entry("precedents-1", "precedents"), folder=tmp_path)
    monkeypatch.setattr(memories, "model_entry", lambda *_: entry)
    shipped_precedents.cache_clear()
    try:
        for content in (None, b"", b'{"id": "x"}\n'):
            if content is not None:
                (tmp_path / "precedents.jsonl").write_bytes(content)
            with pytest.raises(EnvironmentFailure, match=r"precedents-1 .*precedents\.jsonl"):
                shipped_precedents()
    finally:
        shipped_precedents.cache_clear()


def test_one_pair_of_contents_has_one_point(kept: Path) -> None:
    found = judge(kept)
    tidy, spread = fragment(PARSE_A), fragment(PARSE_A.replace("(text)", "(\n    text\n)"))
    other = fragment(PARSE_B)
    assert probability(found, pair_of(tidy, other)) == pytest.approx(
        probability(found, pair_of(spread, other)), abs=0.05
    )
