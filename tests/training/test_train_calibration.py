from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesearch.core.errors import ConfigError, EnvironmentFailure
from codesearch.training.boosting import BoostingPlan
from codesearch.training.calibration import CLONE_PRECISION, SetCandidates, fit_calibration, held_out
from codesearch.training.candidates import Candidates, Label, Stage
from codesearch.training.fingerprints import FingerprintShares, Share
from codesearch.training.registry import checksums, register
from indexer.embedding.registry import model_entries
from reranker.calibration import load_calibration, save_calibration
from reranker.features import RERANKER_NAMES

FEW_TREES = BoostingPlan(trees=40, depth=3, rate=0.3)


def drawn(count: int = 6000) -> Candidates:
    """Candidates whose first feature decides, more or less, whether they are clones."""
    draw = np.random.default_rng(1)
    features = draw.uniform(0, 1, (count, len(RERANKER_NAMES))).astype(np.float32)
    stages = np.where(draw.uniform(size=count) < 0.2, Stage.ALIGNMENT, Stage.RERANKER).astype(np.int8)
    clones = draw.uniform(size=count) < 1 / (1 + np.exp(-12 * (features[:, 0] - 0.6)))
    labels = np.where(clones, Label.CLONE, Label.NO_CLONE).astype(np.int8)
    labels[draw.uniform(size=count) < 0.1] = Label.UNKNOWN
    return Candidates(features, labels, clones, stages, draw.integers(0, 400, (count, 2)))


def one_set(candidates: Candidates) -> SetCandidates:
    shares = FingerprintShares(Share(98, 98), Share(9, 10))
    return SetCandidates("drawn", candidates, shares, 1.0, 1.0, True)


def test_thresholds_keep_their_promise_on_held_out_candidates() -> None:
    candidates = drawn()
    calibration, _ = fit_calibration("test-1", "embedder-1", [one_set(candidates)], FEW_TREES)
    settled = candidates.of_stage(Stage.RERANKER).known
    kept = settled.where(held_out(settled)[:, 0])
    probabilities = calibration.reranker.probabilities(kept.features)
    clones = kept.labels == Label.CLONE
    assert clones[probabilities >= calibration.clone_threshold].mean() >= CLONE_PRECISION - 0.01
    assert (clones & (probabilities < calibration.reject_threshold)).sum() <= 0.05 * clones.sum()
    assert calibration.reject_threshold < calibration.clone_threshold


def test_the_dial_rises_and_leaves_out_what_it_cannot_reach() -> None:
    calibration, _ = fit_calibration("test-1", "embedder-1", [one_set(drawn())], FEW_TREES)
    thresholds = [point.threshold for point in calibration.precision]
    assert thresholds == sorted(thresholds)
    assert all(point.lower < point.precision for point in calibration.precision)
    hopeless = drawn()
    hopeless.labels[:] = np.where(np.arange(len(hopeless)) % 2, Label.CLONE, Label.NO_CLONE)
    calibration, _ = fit_calibration("test-1", "embedder-1", [one_set(hopeless)], FEW_TREES)
    assert calibration.precision == ()
    assert calibration.clone_threshold == 1.0


def test_equal_keys_are_never_certain() -> None:
    calibration, _ = fit_calibration("test-1", "embedder-1", [one_set(drawn())], FEW_TREES)
    assert calibration.exact == pytest.approx(99 / 100)
    assert calibration.renamed == pytest.approx(10 / 12)


def test_probabilities_are_those_of_the_whole_as_it_is_weighed() -> None:
    many, few = drawn(), drawn()
    few.labels[:] = Label.NO_CLONE
    sets = [replace(one_set(many), weight=0.1), replace(one_set(few), name="few", weight=0.9)]
    alike = [replace(item, weight=0.5) for item in sets]
    strict, _ = fit_calibration("test-1", "embedder-1", sets, FEW_TREES)
    lenient, _ = fit_calibration("test-1", "embedder-1", alike, FEW_TREES)
    features = drawn(200).features
    ours, theirs = strict.reranker, lenient.reranker
    assert ours.probabilities(features).mean() < theirs.probabilities(features).mean() / 2
    assert np.argsort(ours.margins(features)).tolist() == np.argsort(theirs.margins(features)).tolist()


def test_figures_are_those_of_held_out_groups_only() -> None:
    candidates = drawn()
    _, (figures, whole) = fit_calibration("test-1", "embedder-1", [one_set(candidates)], FEW_TREES)
    settled = candidates.of_stage(Stage.RERANKER).known
    assert figures.pairs == int(held_out(settled)[:, 0].sum())
    assert whole.base_rate == pytest.approx(figures.base_rate, abs=0.02)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    calibration, _ = fit_calibration("test-1", "embedder-1", [one_set(drawn())], FEW_TREES)
    save_calibration(tmp_path / "calibration.json", calibration)
    loaded = load_calibration(tmp_path / "calibration.json")
    features = drawn(50).features
    assert np.array_equal(
        loaded.reranker.probabilities(features), calibration.reranker.probabilities(features)
    )
    assert loaded.embedder == "embedder-1"
    assert loaded.precision == calibration.precision
    assert loaded.clone_threshold == calibration.clone_threshold


def test_a_damaged_calibration_says_how_to_make_another(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"features": []}')
    with pytest.raises(EnvironmentFailure, match="train calibration"):
        load_calibration(path)


def test_shipped_files_have_the_registered_checksums_and_cards() -> None:
    for entry in model_entries().values():
        entry.verify()
        assert entry.files
        assert (entry.folder / "MODEL_CARD.md").is_file()


def test_registering_changes_one_line(tmp_path: Path) -> None:
    registry = tmp_path / "models.toml"
    registry.write_text('[a]\nkind = "x"\nfiles = {}\n\n[b]\nkind = "y"\nfiles = {}\n')
    (tmp_path / "f.npy").write_bytes(b"1")
    register("b", checksums(tmp_path, ("f.npy",)), registry)
    lines = registry.read_text().splitlines()
    assert lines[2] == "files = {}"
    assert lines[6].startswith('files = { "f.npy" = "6b86b273')
    with pytest.raises(ConfigError, match="no model 'c'"):
        register("c", {}, registry)
