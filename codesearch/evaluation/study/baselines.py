"""What a model has to beat: verdicts that need none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from codesearch.core.results import Decision, Verdict
from codesearch.core.types import Mask
from codesearch.evaluation.study.figures import Quality, quality
from codesearch.evaluation.study.reading import Readings

ALWAYS = "always clone"
CASCADE = "cascade alone"


def baselines(decisions: Sequence[Decision], labels: Mask) -> Mapping[str, Quality]:
    """Figures by name, of all pairs of the study whether or not a model answered.

    Args:
        decisions: What the cascade says of each pair; its probability counts as what it states.
        labels: bool [pairs].
    """
    always = Readings.of_verdicts([Verdict.CLONE] * len(labels), np.full(len(labels), np.nan))
    cascade = Readings.of_verdicts(
        [decision.verdict for decision in decisions],
        np.array([decision.probability for decision in decisions], np.float64),
    )
    return {ALWAYS: quality(always, labels), CASCADE: quality(cascade, labels)}
