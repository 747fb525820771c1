"""Thresholds from one's own verdicts: what they promise, what rates a pair, what bad input says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from commandline import Outcome, call
from hypothesis import given
from hypothesis import strategies as st
from judge_lab import shipped_cascade
from labelled_programs import Quiet
from snippets import embedder, fragment

from codesearch.cli.train_calibration import calibration
from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import CloneType, Verdict
from codesearch.core.settings import default_settings
from codesearch.engine import Engine
from codesearch.evaluation.pairs import PairVerdicts, settle_pairs
from codesearch.report.feedback_document import write_precedents
from codesearch.training.calibration import CLONE_PRECISION, MISSED_CLONES
from codesearch.training.cross_fit import FOLDS, CrossFitted, cross_fit, fold_of
from codesearch.training.judge.lesson import one_each
from codesearch.training.refit import refit_document, refit_text, refit_thresholds
from codesearch.training.thresholds import (
    FEWEST_CALLED,
    FEWEST_OF_LABEL,
    FEWEST_PAIRS,
    OpenPairs,
    Thresholds,
    fewest_called,
)
from reranker.cascade import Cascade
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memories import load_memories, shipped_precedents
from reranker.judge.stage import JudgeStage
from reranker.judge.user_verdicts import UserVerdicts
from reranker.weights import shipped_weights

FIT = ("train", "calibration", "--feedback")
PROMISE = 0.9
OTHER = {Verdict.CLONE: Verdict.NOT_CLONE, Verdict.NOT_CLONE: Verdict.CLONE}


@cache
def judged() -> tuple[Precedent, ...]:
    """148 real pairs of other syntax, half of them clones; the shipped precedents stand in for a user's."""
    pairs = [pair for pair in shipped_precedents() if pair.clone_type is CloneType.T4]
    languages = {"python", "go", "java"}
    return one_each([[p.precedent for p in pairs if p.precedent.sides[0].language in languages]])


@cache
def rated(precedents: tuple[Precedent, ...]) -> CrossFitted:
    return cross_fit(precedents, embedder(), shipped_cascade(), lambda done: None)


def flipped(precedents: Sequence[Precedent], row: int) -> tuple[Precedent, ...]:
    """The same, but of one pair somebody said the opposite."""
    changed = replace(precedents[row], verdict=OTHER[precedents[row].verdict])
    return (*precedents[:row], changed, *precedents[row + 1 :])


def written(path: Path, precedents: Sequence[Precedent]) -> Path:
    with path.open("w", encoding="utf-8") as out:
        write_precedents(precedents, out)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "verdicts.jsonl", judged())


@cache
def told() -> Outcome:
    """What the command says of all the pairs; the user has no settings."""
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "verdicts.jsonl", judged())
        return call(*FIT, "--precedents", path, "--precision", "0.9", "--json")


def drawn(count: int, seed: int = 0) -> CrossFitted:
    """Pairs whose corrected probabilities tell more of them than those of the cascade."""
    draw = np.random.default_rng(seed)
    clones = draw.uniform(size=count) < 0.5
    margins = np.where(clones, 1.0, -1.0)
    priors, corrected = (
        1 / (1 + np.exp(-(strength * margins + draw.normal(0, 1.5, count)))) for strength in (1.0, 2.0)
    )
    return CrossFitted(clones, np.zeros(count, bool), priors, corrected)


@given(
    st.integers(FEWEST_PAIRS + 50, 400), st.integers(0, 1000), st.sampled_from([0.6, 0.8, 0.9]), st.booleans()
)
def test_what_is_promised_is_kept_on_the_pairs_and_few_clones_are_hidden(
    count: int, seed: int, precision: float, asked: bool
) -> None:
    pairs = OpenPairs(drawn(count, seed), asked=asked)
    try:
        thresholds = pairs.fit(precision)
    except InputError as error:
        assert "no threshold reaches" in error.message
        return
    figures = pairs.figures(thresholds)
    assert figures.confusion.precision is not None
    assert figures.confusion.precision >= precision
    assert figures.confusion.true_positive + figures.confusion.false_positive >= FEWEST_CALLED
    assert figures.missed <= MISSED_CLONES * pairs.clones.sum()
    assert 0 <= thresholds.reject <= thresholds.clone <= 1
    assert thresholds.clone == round(thresholds.clone, 4)


def test_the_lowest_probability_that_keeps_the_promise_is_found() -> None:
    # 200 pairs, no clones under .5 and nothing else from there on: a tenth of the reported may be none.
    probabilities = (np.arange(200) + 0.5) / 200
    rows = CrossFitted(probabilities > 0.5, np.zeros(200, bool), probabilities, probabilities)
    pairs = OpenPairs(rows, asked=True)
    assert pairs.fit(0.9).clone == pytest.approx(0.4475)  # 100 clones and 11 others: .9009
    assert pairs.fit(0.999999 - 0.01).clone == pytest.approx(0.4975)  # 100 clones and one other
    assert pairs.fit(0.9).reject == pytest.approx(0.4475)  # no clone is lower, so that nothing is unsure


def test_a_judge_that_is_switched_off_corrects_nothing() -> None:
    rows = drawn(400)
    blind = replace(rows, corrected=rows.priors)
    without, with_judge = (OpenPairs(rows, asked=asked) for asked in (False, True))
    assert without.fit(0.8) == OpenPairs(blind, asked=True).fit(0.8)
    found = [pairs.figures(pairs.fit(0.8)).confusion.recall for pairs in (without, with_judge)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] < found[1]


def test_pairs_that_their_text_settles_move_no_threshold() -> None:
    rows = drawn(300)
    by_text = CrossFitted(np.zeros(50, bool), np.ones(50, bool), np.ones(50), np.ones(50))
    joined = CrossFitted(
        *(
            np.concatenate([getattr(part, name) for part in (rows, by_text)])
            for name in ("clones", "by_text", "priors", "corrected")
        )
    )
    assert OpenPairs(joined, asked=True).fit(0.8) == OpenPairs(rows, asked=True).fit(0.8)


def test_a_promise_needs_as_many_pairs_as_it_takes_to_break_it() -> None:
    assert [fewest_called(precision) for precision in (0.5, 0.95, 0.975, 0.99)] == [20, 20, 40, 100]
    with pytest.raises(InputError, match="over at least 1,000 pairs; none calls so many"):
        OpenPairs(drawn(400), asked=True).fit(0.999)


def product(rows: np.ndarray, told: Sequence[Precedent], cascade: Cascade, kept: Path) -> PairVerdicts:
    """What the product says of pairs when a user gave some other verdicts."""
    memories = load_memories(told, embedder(), cascade, kept)
    judge = PrecedentJudge(memories.embedder, memories.of_origin, cascade)
    sides = [fragment(side.code, side.language) for row in rows for side in judged()[row].sides]
    places = np.arange(0, len(sides), 2), np.arange(1, len(sides), 2)
    return settle_pairs(sides, places, embedder(), cascade, JudgeStage(UserVerdicts(told), [judge]))


def test_a_pair_is_rated_as_the_product_rates_it_for_a_user_who_judged_the_other_folds(
    tmp_path: Path,
) -> None:
    rows = np.flatnonzero([fold_of(precedent) == 0 for precedent in judged()])
    told = [precedent for precedent in judged() if fold_of(precedent) != 0]
    thresholds = Thresholds(clone=0.7, reject=0.05)
    cascade = Cascade(shipped_cascade().calibration, shipped_weights(), thresholds.clone, thresholds.reject)
    said = product(rows, told, cascade, tmp_path / "kept.npz")
    full = rated(judged())
    assert not full.by_text.any()
    fold = CrossFitted(full.clones[rows], full.by_text[rows], full.priors[rows], full.corrected[rows])
    asked = (fold.priors >= thresholds.reject) & (fold.priors < thresholds.clone)
    expected = np.where(asked, fold.corrected, fold.priors)
    assert 0 < asked.sum() < len(rows)
    assert said.probabilities == pytest.approx(expected, abs=1e-6)
    figures = OpenPairs(fold, asked=True).figures(thresholds)
    confusion = figures.confusion
    assert confusion.true_positive == (said.reported & fold.clones).sum()
    assert confusion.false_positive == (said.reported & ~fold.clones).sum()
    assert figures.coverage == pytest.approx(1 - said.unsure.mean())
    assert figures.missed == (fold.clones & ~said.reported & ~said.unsure).sum()


def test_a_verdict_never_helps_its_own_pair() -> None:
    some = judged()[:60]
    before = rated(some)
    helped = set()
    for row in (0, 17, 31):
        after = rated(flipped(some, row))
        assert after.clones[row] != before.clones[row]
        assert after.corrected[row] == before.corrected[row]
        helped |= set(np.flatnonzero(after.corrected != before.corrected).tolist())
    assert helped  # but it does help others


def test_a_verdict_never_helps_a_pair_that_shares_a_side() -> None:
    sides = [side for precedent in judged()[:2] for side in precedent.sides]
    family = [
        Precedent.between(sides[0], other, Verdict.CLONE, reason="", by="", at=0) for other in sides[1:]
    ]
    assert len({fold_of(precedent) for precedent in family}) > 1
    alone = [rated((precedent,)).corrected[0] for precedent in family]
    assert rated(tuple(family)).corrected.tolist() == pytest.approx(alone, abs=1e-12)


def test_folds_are_of_like_size_and_follow_from_the_pairs_alone() -> None:
    sizes = np.bincount([fold_of(precedent) for precedent in judged()], minlength=FOLDS)
    assert len(sizes) == FOLDS
    assert sizes.min() > 10
    some = judged()[:60]
    backwards = rated(some[::-1])
    assert backwards.corrected[::-1] == pytest.approx(rated(some).corrected, abs=1e-9)


def test_the_thresholds_are_told_and_nothing_is_written(file: Path, user: Path) -> None:
    before = sorted(user.parent.rglob("*"))
    document = call(*FIT, "--precedents", file, "--precision", "0.9", "--json").document
    assert sorted(user.parent.rglob("*")) == before
    assert document == told().document
    assert (document["schema"], document["degraded"]) == ("codesearch.train-thresholds/1", [])
    assert (document["verdicts"], document["open"]) == (148, {"pairs": 148, "clones": 74})
    assert document["by_text"] == {"pairs": 0, "clones": 0}
    old, new = document["before"], document["after"]
    assert (old["clone_threshold"], old["reject_threshold"]) == pytest.approx((0.9289, 0.02005), abs=1e-4)
    assert new["precision_low"] < PROMISE <= new["precision"] < new["precision_high"]
    assert new["clone_threshold"] < old["clone_threshold"]  # it promises less
    assert new["recall"] > old["recall"]
    assert 0 < new["coverage"] <= 1
    assert 0 < new["calibration_error"] < 1


def test_a_person_reads_figures_and_two_lines_of_settings(file: Path, user: Path) -> None:
    found = call(*FIT, "--precedents", file, "--precision", "0.9", "-q")
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0] == "148 verdicts"
    assert "148 about pairs that thresholds decide: 74 clones, 74 not" in found.out
    for row in ("clone from", "precision", "95 % interval", "recall", "settled", "calibration error"):
        assert any(line.strip().startswith(row) for line in lines)
    assert [line.partition(" = ")[0] for line in lines[-3:]] == [
        "[verdict]",
        "clone_threshold",
        "reject_threshold",
    ]


def test_the_settings_do_what_was_told(file: Path, user: Path) -> None:
    first = told().document
    own = user / "own.toml"
    own.write_text(first["settings"])
    again = call(*FIT, "--precedents", file, "--precision", "0.9", "--json", "--config", own).document
    assert again["before"] == first["after"] == again["after"]


def test_own_verdicts_count_as_those_of_files_do_and_before_them(file: Path, user: Path) -> None:
    assert call("feedback", "import", file).code == 0
    written(file, flipped(judged(), 0))
    assert call(*FIT, "--precedents", file, "--precision", "0.9", "--json").out == told().out


def test_the_order_of_verdicts_changes_nothing(file: Path, user: Path) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    halves = [file.with_name("one.jsonl"), file.with_name("two.jsonl")]
    halves[0].write_text("\n".join(lines[90:]), encoding="utf-8")
    halves[1].write_text("\n".join(lines[:90][::-1]), encoding="utf-8")
    named = [word for half in halves for word in ("--precedents", half)]
    assert call(*FIT, *named, "--precision", "0.9", "--json").out == told().out


def test_verdicts_about_code_that_cannot_be_parsed_are_left_out_and_told(user: Path) -> None:
    sides = [Side(digit * 32, "klingon", "Qapla'") for digit in "ab"]
    strange = Precedent.between(sides[0], sides[1], Verdict.CLONE, reason="", by="", at=0)
    refit = refit_thresholds(Engine(default_settings(), user), [*judged(), strange], 0.9, Quiet())
    document = refit_document(refit)
    assert (document["degraded"], document["verdicts"]) == (["unparsed:1"], 149)
    assert document["after"] == told().document["after"]
    assert "1 about code that cannot be parsed, left out" in refit_text(refit)


def test_too_few_verdicts_are_refused_with_what_is_needed(file: Path, user: Path) -> None:
    written(file, judged()[: FEWEST_PAIRS - 1])
    refused = call(*FIT, "--precedents", file, "-q")
    assert refused.code == 2
    assert f"{FEWEST_PAIRS - 1} of the verdicts are about pairs that thresholds decide" in refused.error
    assert f"fewer than {FEWEST_PAIRS} promise more than they keep" in refused.error


def test_too_few_of_one_verdict_are_refused(file: Path, user: Path) -> None:
    rare = [precedent for precedent in judged() if precedent.verdict is Verdict.NOT_CLONE][3:]
    common = [precedent for precedent in judged() if precedent.verdict is Verdict.CLONE]
    as_clones = [replace(precedent, verdict=Verdict.CLONE) for precedent in rare[FEWEST_OF_LABEL - 1 :]]
    written(file, [*common, *as_clones, *rare[: FEWEST_OF_LABEL - 1]])
    assert f"{FEWEST_OF_LABEL - 1} of the 145 verdicts" in call(*FIT, "--precedents", file, "-q").error


def test_one_label_alone_is_refused(file: Path, user: Path) -> None:
    written(file, [replace(precedent, verdict=Verdict.CLONE) for precedent in judged()])
    error = call(*FIT, "--precedents", file, "-q").error
    assert error.startswith("none of the 148 verdicts says not_clone: ")


def test_no_verdicts_at_all_are_refused(user: Path) -> None:
    assert "there are no verdicts" in call(*FIT, "-q").error


def test_a_promise_out_of_reach_names_the_best_that_was_reached(
    file: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_JUDGE__KIND", "off")  # the cascade alone tells these pairs badly apart
    error = call(*FIT, "--precedents", file, "-q").error
    assert "no threshold reaches a precision of 0.975 over at least 40 pairs; the best is 0.6" in error
    assert "--precision" in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--feedback", "--data", "somewhere"), "--data does not go with --feedback"),
        (("--feedback", "--out", "somewhere"), "--out does not go with --feedback"),
        (("--precision", "0.9"), "--precision needs --feedback"),
        (("--precedents", "verdicts.jsonl"), "--precedents needs --feedback"),
        ((), "with --data, or fit to your own verdicts with --feedback"),
        (("--feedback", "--precision", "1"), "--precision"),
        (("--feedback", "--precision", "nan"), "--precision"),
        (("--feedback", "--precedents", "missing.jsonl"), "missing.jsonl"),
    ],
)
def test_what_does_not_fit_together_is_refused(words: tuple[str, ...], said: str, user: Path) -> None:
    refused = call("train", "calibration", *words)
    assert refused.code == 2
    assert said in refused.error


def test_a_folder_of_training_sets_in_the_environment_is_no_contradiction(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_DATA", "somewhere")
    assert "there are no verdicts" in call(*FIT, "-q").error


def test_a_broken_file_is_refused_with_its_line(file: Path, user: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    assert "line 149 of " in call(*FIT, "--precedents", file, "-q").error


def test_the_same_is_promised_as_by_the_shipped_thresholds() -> None:
    [precision] = [option for option in calibration.params if option.name == "precision"]
    assert precision.default == CLONE_PRECISION
