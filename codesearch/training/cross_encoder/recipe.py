"""Numbers of a training run of a cross-encoder."""

from __future__ import annotations

from dataclasses import dataclass

FULL_RATE, ADAPTER_RATE = 1e-4, 1e-3
"""Highest learning rates of all weights, and of adapters, which begin at nothing."""

_WARM_UP = 0.1  # of the steps until the full rate


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a cross-encoder is fine-tuned.

    Attributes:
        steps: Of the optimiser.
        batch: Pairs of a step.
        tokens: Of a pair at most, special ones included.
        lora: Learn adapters and the head instead of all weights.
        rate: Highest learning rate; None takes the usual one.
        pass_tokens: Of one forward pass, padding included; a step takes as many passes as it needs.
        every: Steps between two validations.
        patience: Validations without a better one after which the run ends.
        seed: Of every draw.
        device: torch's name for where it runs.
    """

    steps: int = 1500
    batch: int = 64
    tokens: int = 256
    lora: bool = False
    rate: float | None = None
    pass_tokens: int = 4096
    every: int = 100
    patience: int = 5
    seed: int = 0
    device: str = "cpu"

    @property
    def highest_rate(self) -> float:
        """The rate after the warm-up."""
        return self.rate if self.rate is not None else ADAPTER_RATE if self.lora else FULL_RATE

    def rate_at(self, step: int) -> float:
        """Rises in a line, then falls in one to nothing."""
        rising = (step + 1) / max(1.0, _WARM_UP * self.steps)
        falling = (self.steps - step) / max(1.0, (1 - _WARM_UP) * self.steps)
        return self.highest_rate * min(1.0, rising, falling)
