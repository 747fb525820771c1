"""What was fitted on labelled pairs: probabilities per stage and the thresholds that make them verdicts."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure, InputError
from reranker.boosted import BoostedModel
from reranker.features import RERANKER_NAMES
from reranker.logistic import LogisticModel

_SCALARS = ("id", "embedder", "exact", "renamed", "clone_threshold", "reject_threshold", "base_rate")


@dataclass(frozen=True, slots=True)
class PrecisionPoint:
    """One mark of the precision dial.

    Attributes:
        precision: Reached on held-out candidates by the verdict ``clone`` of the reranker.
        threshold: Lowest probability from which it is reached.
        lower: Lower end of the 95 % Wilson interval of what was measured.
    """

    precision: float
    threshold: float
    lower: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a verdict needs that was fitted on labelled pairs.

    Attributes:
        id: Model id, reported with every result.
        embedder: Id of the embedder whose cosines it was fitted on; those of another mean something else.
        exact: P(clone) of a Type-1 pair.
        renamed: P(clone) of a Type-2 pair.
        aligned: P(clone) of pairs that the alignment settles.
        textual: The same where no cosine and no weights of words are at hand: these features count as 0.
        reranker: P(clone) of all other candidates.
        clone_threshold: Probability from which the reranker says ``clone``.
        reject_threshold: Probability below which it says ``not_clone``; between the two it is ``unsure``.
        base_rate: Share of clones among the candidates that it was fitted on.
        precision: The precision dial by rising precision; what it does not name was not reached.
    """

    id: str
    embedder: str
    exact: float
    renamed: float
    aligned: LogisticModel
    textual: LogisticModel
    reranker: BoostedModel
    clone_threshold: float
    reject_threshold: float
    base_rate: float
    precision: tuple[PrecisionPoint, ...] = ()

    def threshold_of(self, precision: float) -> float:
        """Lowest probability from which held-out candidates reached a precision.

        Raises:
            InputError: They reached no such precision at any threshold.
        """
        marks = [mark for mark in self.precision if mark.precision >= precision]
        if not marks:
            best = max((mark.precision for mark in self.precision), default=0.0)
            raise InputError(f"{self.id} promises no precision of {precision:g}", f"ask for at most {best:g}")
        return min(mark.threshold for mark in marks)


def load_calibration(path: Path) -> Calibration:
    """Read ``calibration.json``.

    Raises:
        EnvironmentFailure: It is missing, damaged, made for other features, or names no embedder.
    """
    try:
        raw = json.loads(path.read_bytes())
        if tuple(raw["features"]) != RERANKER_NAMES:
            raise ValueError("it was fitted on other features")
        if not isinstance(raw["embedder"], str) or not raw["embedder"]:
            raise ValueError("it does not name the embedder that it was fitted with")
        return Calibration(
            **{name: raw[name] for name in _SCALARS},
            aligned=LogisticModel.of(raw["aligned"]),
            textual=LogisticModel.of(raw["textual"]),
            reranker=BoostedModel.of(raw["reranker"]),
            precision=tuple(PrecisionPoint(*map(float, point)) for point in raw["precision"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(
            f"cannot use the calibration {path}: {error}", "run 'codesearch train calibration'"
        ) from error


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write ``calibration.json``, as :func:`load_calibration` reads it."""
    raw = {
        "features": RERANKER_NAMES,
        **{name: getattr(calibration, name) for name in _SCALARS},
        "aligned": calibration.aligned.plain(),
        "textual": calibration.textual.plain(),
        "reranker": calibration.reranker.plain(),
        "precision": [astuple(point) for point in calibration.precision],
    }
    path.write_text(json.dumps(raw, separators=(",", ":")) + "\n", encoding="utf-8")
