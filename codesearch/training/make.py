"""Makes a model's folder: its files, its card, and its entry in the registry."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from codesearch.core.resources import resource_dir
from codesearch.engine import CALIBRATION, Engine
from codesearch.training.build_calibration import CalibrationPlan, Product, build_calibration
from codesearch.training.build_embedder import EmbedderPlan, build_embedder
from codesearch.training.cards import CARD, calibration_card, embedder_card
from codesearch.training.hashed_ngrams import save
from codesearch.training.registry import checksums, register
from reranker.logistic import save_calibration
from reranker.weights import IDF_MODEL, shipped_idf

Document = dict[str, object]

_CALIBRATION_FILE = "calibration.json"


class Progress(Protocol):
    """Hears what is at work."""

    def stage(self, label: str, unit: str) -> None:
        """A stage begins and the one before it has ended."""
        ...


def make_embedder(data: Path, out: Path | None, plan: EmbedderPlan, progress: Progress) -> Document:
    """Write the hashed n-gram embedder; ``codesearch.train-embedder/1``.

    Args:
        data: Folder of the labelled data.
        out: Folder of the result; None replaces the shipped model.
        plan: How much is counted.
        progress: Hears which set is at work.

    Raises:
        InputError: A set is not in the folder.
    """
    idf, mean, counts = build_embedder(data, plan, lambda name: progress.stage(name, "fragments"))
    folder = _folder(IDF_MODEL, out)
    names = save(folder, idf, mean)
    (folder / CARD).write_text(embedder_card(IDF_MODEL, plan, counts), encoding="utf-8")
    return {
        "schema": "codesearch.train-embedder/1",
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
    product = Product(engine.embedder, engine.settings.retrieval.weights.model_dump(), shipped_idf())
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
