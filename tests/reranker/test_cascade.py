"""Verdicts: the cheapest evidence that settles a pair, and what it is called."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, embedder, fragment, real_fragments

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.results import CloneType, Decision, Verdict
from codesearch.core.types import Fragment
from reranker.boosted import BoostedModel
from reranker.calibration import Calibration, PrecisionPoint, load_calibration, save_calibration
from reranker.cascade import Candidate, Cascade
from reranker.features import FEATURE_NAMES, RERANKER_NAMES, Description, PairDescriber
from reranker.logistic import LogisticModel, basis
from reranker.weights import shipped_weights

WIDTH = basis(np.zeros((1, len(FEATURE_NAMES)), np.float32)).shape[1]


def logistic(bias: float, **weights: float) -> LogisticModel:
    """A model over named features, without their products."""
    values = np.zeros(WIDTH, np.float32)
    for name, weight in weights.items():
        values[FEATURE_NAMES.index(name)] = weight
    low, high = np.full(len(FEATURE_NAMES), -9, np.float32), np.full(len(FEATURE_NAMES), 99, np.float32)
    return LogisticModel(low, high, np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32), values, bias)


def stepped(bias: float, slope: float, **steps: float) -> BoostedModel:
    """One tree per named feature that gives a value from .25 on, and the cosine times a slope."""
    asked = np.array([[RERANKER_NAMES.index(name)] for name in steps], np.int64)
    thresholds = np.full(asked.shape, 0.25, np.float32)
    return BoostedModel(
        bias, slope, asked, thresholds, np.array([[0, step] for step in steps.values()], np.float32)
    )


CALIBRATION = Calibration(
    id="by-hand-1",
    embedder="static-1",
    exact=0.999,
    renamed=0.98,
    aligned=logistic(1.0, agreement=2.0),
    textual=logistic(1.0, agreement=2.0),
    reranker=stepped(-4.0, 4.0, lexical=4.0),
    clone_threshold=0.7,
    reject_threshold=0.3,
    base_rate=0.1,
)
CASCADE = Cascade(CALIBRATION, shipped_weights())

PYTHON_COPY = """\
def copy(source, target):
    buffer = source.read(4096)
    count = len(buffer)
    while count != 0:
        target.write(buffer)
        buffer = source.read(4096)
        count = len(buffer)
    target.flush()
"""
JAVA_MEDIAN = """\
double median(double[] values) {
    double[] ordered = sorted(values);
    int middle = ordered.length / 2;
    if (ordered.length == 0) throw new ValueError("no values");
    if (ordered.length % 2 == 1) return ordered[middle];
    double total = ordered[middle - 1] + ordered[middle];
    return total / 2;
}
"""


def candidate(ours: Fragment, theirs: Fragment) -> Candidate:
    first, second = embedder().embed([ours, theirs])
    return Candidate(ours, theirs, float((first * second).sum()))


def decide(ours: Fragment, theirs: Fragment, cascade: Cascade = CASCADE) -> Decision:
    [settled] = cascade.settle([candidate(ours, theirs)])
    return settled.explained()


ORIGINALS = [pytest.param(JAVA_COPY, "java", id="java"), pytest.param(PYTHON_MEDIAN, "python", id="python")]
in_both_languages = pytest.mark.parametrize(("code", "language"), ORIGINALS)


@in_both_languages
def test_a_reformatted_copy_is_type_1_by_fingerprint(code: str, language: str) -> None:
    spaced = code.replace(" = ", "  =   ").replace("\n", "\n\n", 1)
    found = decide(fragment(code, language), fragment(spaced, language))
    assert (found.verdict, found.clone_type, found.decided_by) == (Verdict.CLONE, CloneType.T1, "fingerprint")
    assert (found.probability, found.similarity, found.scores["fingerprint"]) == (0.999, 1, 1)
    assert found.explanation == "Identical but for layout and comments"


@in_both_languages
def test_a_renamed_copy_is_type_2_by_fingerprint(code: str, language: str) -> None:
    renamed = code.replace("count", "length").replace("middle", "centre").replace("4096", "8192")
    found = decide(fragment(code, language), fragment(renamed, language))
    assert (found.verdict, found.clone_type, found.decided_by) == (Verdict.CLONE, CloneType.T2, "fingerprint")
    assert (found.probability, found.scores["fingerprint"]) == (0.98, 0.5)


@in_both_languages
def test_an_extended_copy_is_type_3_by_alignment(code: str, language: str) -> None:
    lines = code.splitlines(keepends=True)
    lines.insert(
        3, "    assert ready : state;\n" if language == "java" else "    global calls, errors, state\n"
    )
    found = decide(fragment(code, language), fragment("".join(lines), language))
    assert (found.verdict, found.clone_type, found.decided_by) == (Verdict.CLONE, CloneType.T3, "alignment")
    assert 0.8 < found.similarity < 1
    assert "1 line added" in found.explanation


def test_the_same_algorithm_in_another_language_is_type_4_by_the_reranker() -> None:
    found = decide(fragment(PYTHON_MEDIAN), fragment(JAVA_MEDIAN, "java"))
    assert (found.verdict, found.clone_type, found.decided_by) == (Verdict.CLONE, CloneType.T4, "reranker")
    assert found.explanation.startswith("Other syntax, alike in names and operations")


def test_a_literal_translation_is_not_settled_by_its_text_alone() -> None:
    code = "f(a, b); g(a.c, b.d); h(a, b, c, d); x[1] = y[2]; x[2] = y[3];"
    found = decide(fragment(code, "java"), fragment(code.replace("h(a, ", "h(b, a, "), "c"))
    assert found.decided_by == "reranker"
    assert found.clone_type is CloneType.T4


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (fragment(JAVA_COPY, "java"), fragment(JAVA_MEDIAN, "java")),
        (fragment(PYTHON_MEDIAN), fragment(PYTHON_COPY)),
        (fragment(PYTHON_MEDIAN), fragment(JAVA_COPY, "java")),
    ],
)
def test_unrelated_code_is_no_clone_and_has_no_type(ours: Fragment, theirs: Fragment) -> None:
    found = decide(ours, theirs)
    assert (found.verdict, found.clone_type, found.decided_by) == (Verdict.NOT_CLONE, None, "reranker")
    assert found.probability < 0.3


def test_between_the_thresholds_a_pair_is_unsure() -> None:
    pair = fragment(PYTHON_MEDIAN), fragment(JAVA_MEDIAN, "java")
    probability = decide(*pair).probability
    unsure = Cascade(CALIBRATION, shipped_weights(), probability + 0.01, probability - 0.01)
    assert (decide(*pair, unsure).verdict, decide(*pair, unsure).clone_type) == (Verdict.UNSURE, None)
    at_most = Cascade(CALIBRATION, shipped_weights(), probability, 0.1)
    assert decide(*pair, at_most).verdict is Verdict.CLONE


def test_a_low_clone_threshold_takes_the_other_with_it() -> None:
    cascade = Cascade(CALIBRATION, shipped_weights(), clone_threshold=0.2)
    assert cascade.reject_threshold == 0.2


def test_every_score_is_reported() -> None:
    found = decide(fragment(PYTHON_MEDIAN), fragment(PYTHON_COPY))
    assert set(found.scores) == {"fingerprint", "near_miss", "lexical", "dense", "rerank"}
    assert all(-1 <= score <= 1 for score in found.scores.values())


def test_the_order_of_the_pair_changes_neither_verdict_nor_probability() -> None:
    parts = real_fragments()
    for first, second in zip(parts[:30], parts[30:60], strict=True):
        forth, back = decide(first, second), decide(second, first)
        assert (forth.verdict, forth.clone_type, forth.similarity) == (
            back.verdict,
            back.clone_type,
            back.similarity,
        )
        assert forth.scores == pytest.approx(back.scores, abs=1e-6)


def test_decisions_do_not_depend_on_the_batch() -> None:
    parts = real_fragments()
    pairs = [candidate(parts[n], parts[(7 * n + 1) % 60]) for n in range(60)]
    together = [settled.explained() for settled in CASCADE.settle(pairs)]
    apart = [CASCADE.settle([pair])[0].explained() for pair in pairs]
    in_threes = [settled.explained() for n in range(0, 60, 3) for settled in CASCADE.settle(pairs[n : n + 3])]
    assert together == apart == in_threes


def test_no_candidates_give_no_decisions() -> None:
    assert CASCADE.settle([]) == []


def described(ours: Fragment, theirs: Fragment, dense: float) -> Description:
    [description] = PairDescriber(shipped_weights()).describe([(ours, theirs, dense)])
    return description


def test_features_of_a_fragment_and_itself_are_the_highest() -> None:
    part = fragment(PYTHON_MEDIAN)
    found = described(part, part, 1.0).vector().tolist()
    assert found == pytest.approx([1, 1, 1, 1, 1, 1, np.log1p(len(part.tokens)), 0, 1, 1, 1, 1, 1])


def test_features_of_fragments_without_names_or_fingerprints_are_numbers() -> None:
    assert np.isfinite(described(fragment("1 + 2"), fragment("'a'"), 0.0).vector()).all()


def test_a_description_depends_on_neither_the_order_of_a_pair_nor_the_batch() -> None:
    parts = real_fragments()[:24]
    pairs = [(parts[n], parts[(5 * n + 1) % 24], 0.5) for n in range(24)]
    describer = PairDescriber(shipped_weights())
    together = [found.vector().tolist() for found in describer.describe(pairs)]
    apart = [described(*pair).vector().tolist() for pair in pairs]
    turned = [found.vector().tolist() for found in describer.describe([(b, a, c) for a, b, c in pairs])]
    assert together == apart == turned


def test_copies_come_first_and_a_shared_text_alone_does_not() -> None:
    cascade = Cascade(replace(CALIBRATION, reranker=stepped(-4.0, 4.0, structure=4.0)), shipped_weights())
    part = fragment(PYTHON_MEDIAN)
    renamed = fragment(PYTHON_MEDIAN.replace("middle", "centre"))
    extended = fragment(PYTHON_MEDIAN + "    global calls\n")
    settled = cascade.settle([candidate(part, other) for other in (part, renamed, extended)])
    exact, consistent, near = (found.order for found in settled)
    assert exact >= 2 > consistent >= 1 > near
    assert near == pytest.approx(settled[2].decision.scores["rerank"])


DIAL = (PrecisionPoint(0.9, 0.6, 0.88), PrecisionPoint(0.95, 0.8, 0.93))


def stored(path: Path, **changes: object) -> Path:
    save_calibration(path, replace(CALIBRATION, precision=DIAL))
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def test_a_stored_calibration_comes_back(tmp_path: Path) -> None:
    found = load_calibration(stored(tmp_path / "calibration.json"))
    assert (found.id, found.clone_threshold, found.precision) == ("by-hand-1", 0.7, DIAL)
    features = np.random.default_rng(1).random((9, len(RERANKER_NAMES)), np.float32)
    textual = features[:, : len(FEATURE_NAMES)]
    assert np.array_equal(
        found.reranker.probabilities(features), CALIBRATION.reranker.probabilities(features)
    )
    assert np.array_equal(found.aligned.probabilities(textual), CALIBRATION.aligned.probabilities(textual))


@pytest.mark.parametrize(
    "changes",
    [
        {"features": ["other"]},
        {"aligned": 3},
        {"aligned": {"mean": [1]}},
        {"embedder": ""},
        {"embedder": None},
        {"reranker": {}},
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    path = stored(tmp_path / "calibration.json", **changes)
    with pytest.raises(
        EnvironmentFailure, match=r"cannot use the calibration .*codesearch train calibration"
    ):
        load_calibration(path)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"\xff"])
def test_a_missing_or_damaged_calibration_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(EnvironmentFailure, match="cannot use the calibration"):
        load_calibration(tmp_path / "c.json")


def test_probabilities_stay_numbers_whatever_the_features() -> None:
    extreme = replace(CALIBRATION.aligned, weights=np.full(WIDTH, 1e6, np.float32))
    found = extreme.probabilities(np.array([[1e3] * 8, [-1e3] * 8, [0] * 8], np.float32))
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
