"""Makes a model's folder: its files, its card, and its entry in the registry."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from codesearch.core.resources import resource_dir
from codesearch.engine import CALIBRATION, Engine
from codesearch.evaluation.run import Progress
from codesearch.training.build_baseline import BaselinePlan, build_baseline
from codesearch.training.build_calibration import CalibrationPlan, Product, build_calibration
from codesearch.training.build_embedder import EmbedderPlan, build_embedder
from codesearch.training.cards import CARD, baseline_card, calibration_card, embedder_card
from codesearch.training.embedder.model import save_model
from codesearch.training.embedder.runlog import RunLog
from codesearch.training.hashed_ngrams import save as save_baseline
from codesearch.training.pack import unpacked
from codesearch.training.registry import checksums, register
from reranker.calibration import save_calibration
from reranker.weights import IDF_MODEL, shipped_weights

Document = dict[str, object]

EMBEDDER = "static-1"
_CALIBRATION_FILE = "calibration.json"


def make_embedder(data: Path, out: Path | None, plan: EmbedderPlan, progress: Progress) -> Document:
    """Write the static embedder; ``codesearch.train-embedder/1``.

    Args:
        data: Folder of the labelled data, a pack of it, or one file of labelled fragments.
        out: Folder of the result; None replaces the shipped model.
        plan: What is learnt from, and how.
        progress: Hears what is at work.

    Raises:
        InputError: A set is missing or cannot be learnt from.
        MissingExtra: torch or matplotlib is not installed.
    """
    folder = _folder(EMBEDDER, out)
    name = out.resolve().name if out else EMBEDDER
    with unpacked(data) as labelled:
        built = build_embedder(labelled, plan, folder, progress)
    names = save_model(folder, built.keys, built.learnt.rows)
    log = RunLog(folder)
    log.write_page(f"Training of {name}")
    (folder / CARD).write_text(embedder_card(name, plan, built), encoding="utf-8")
    return {
        "schema": "codesearch.train-embedder/1",
        "degraded": [],
        "model": name,
        "folder": str(folder),
        "files": _registered(EMBEDDER, folder, names, out),
        "fragments": dict(built.counts),
        "step": built.learnt.step,
        "validation": dict(built.learnt.scores),
        "seconds": round(built.learnt.seconds, 1),
        "seed": plan.recipe.seed,
    }


def make_baseline(data: Path, out: Path | None, plan: BaselinePlan, progress: Progress) -> Document:
    """Write the embedder that needs no learning; ``codesearch.train-baseline/1``.

    Args:
        data: Folder of the labelled data.
        out: Folder of the result; None replaces the shipped model.
        plan: How much is counted.
        progress: Hears which set is at work.

    Raises:
        InputError: A set is not in the folder.
    """
    idf, mean, counts = build_baseline(data, plan, lambda name: progress.stage(name, "fragments"))
    folder = _folder(IDF_MODEL, out)
    names = save_baseline(folder, idf, mean)
    (folder / CARD).write_text(baseline_card(IDF_MODEL, plan, counts), encoding="utf-8")
    return {
        "schema": "codesearch.train-baseline/1",
        "degraded": [],
        "model": IDF_MODEL,
        "folder": str(folder),
        "files": _registered(IDF_MODEL, folder, names, out),
        "fragments": counts,
        "seed": plan.seed,
    }


def make_calibration(
    engine: Engine, data: Path, out: Path | None, plan: CalibrationPlan, progress: Progress
) -> Document:
    """Write the calibration; ``codesearch.train-calibration/1``.

    Args:
        engine: Gives the embedder and the lane weights that propose the candidates.
        data: Folder of the labelled data.
        out: Folder of the result; None replaces the shipped model.
        plan: How much is drawn.
        progress: Hears which set is at work.

    Raises:
        InputError: A set is not in the folder.
        MissingExtra: scipy is not installed.
    """
    product = Product(engine.embedder, engine.settings.retrieval.weights.model_dump(), shipped_weights())
    calibration, figures = build_calibration(
        CALIBRATION, data, product, plan, lambda name: progress.stage(name, "sets")
    )
    folder = _folder(CALIBRATION, out)
    save_calibration(folder / _CALIBRATION_FILE, calibration)
    (folder / CARD).write_text(calibration_card(CALIBRATION, plan, calibration, figures), encoding="utf-8")
    return {
        "schema": "codesearch.train-calibration/1",
        "degraded": [],
        "model": CALIBRATION,
        "folder": str(folder),
        "files": _registered(CALIBRATION, folder, (_CALIBRATION_FILE,), out),
        "clone_threshold": calibration.clone_threshold,
        "reject_threshold": calibration.reject_threshold,
        "base_rate": calibration.base_rate,
        "precision": [asdict(point) for point in calibration.precision],
        "held_out": [asdict(figure) for figure in figures],
        "seed": plan.seed,
    }


def _folder(model_id: str, out: Path | None) -> Path:
    folder = out or resource_dir("models") / model_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _registered(model_id: str, folder: Path, names: tuple[str, ...], out: Path | None) -> dict[str, str]:
    """Checksums of the files; the registry learns them where the shipped model was replaced."""
    files = checksums(folder, names)
    if out is None:
        register(model_id, files)
    return files
