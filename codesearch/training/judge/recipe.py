"""Numbers of a training run of a judge."""

from __future__ import annotations

from dataclasses import dataclass

from reranker.judge.local.causal_loading import Precision

_WARM_UP = 0.1  # of the steps until the full rate


@dataclass(frozen=True, slots=True)
class JudgeRecipe:
    """How the adapter of a local judge is learnt.

    Attributes:
        epochs: Times that every precedent is seen in both orders.
        rank: Of the adapters; their scale is twice it, as in Hu et al. 2021, "LoRA".
        rate: Highest learning rate.
        batch: Exercises of a step.
        tokens: Of an exercise at most; longer ones are left out.
        every: Steps between two validations.
        patience: Validations without a lower loss after which the run ends.
        precision: Of the base model's weights, which do not change.
        seed: Of every draw.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    """

    epochs: int = 3
    rank: int = 16
    rate: float = 2e-4
    batch: int = 8
    tokens: int = 4096
    every: int = 20
    patience: int = 5
    precision: Precision = "full"
    seed: int = 0
    device: str = "auto"

    def rate_at(self, step: int, steps: int) -> float:
        """Rises in a line, then falls in one to nothing."""
        rising = (step + 1) / max(1.0, _WARM_UP * steps)
        falling = (steps - step) / max(1.0, (1 - _WARM_UP) * steps)
        return self.rate * min(1.0, rising, falling)
