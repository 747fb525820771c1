"""The loss: fragments of one group near each other, those of all other groups of the batch far away."""

from __future__ import annotations

import torch
from torch.nn.functional import normalize, softplus


def contrastive_loss(vectors: torch.Tensor, groups: torch.Tensor, temperature: float) -> torch.Tensor:
    """InfoNCE over every pair of one group (van den Oord et al. 2018), averaged per fragment.

    Other positives do not stand in a pair's denominator: they need not be farther than it.

    Args:
        vectors: float32 [b, dim], not normalised.
        groups: int64 [b].
        temperature: Divides the cosines.
    """
    rows = normalize(vectors, dim=1)
    logits = (rows @ rows.T) / temperature
    alike = groups[:, None] == groups[None]
    distractors = torch.logsumexp(logits.masked_fill(alike, float("-inf")), dim=1)
    pairs = alike & ~torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    losses = softplus(distractors[:, None] - logits) * pairs
    partners = pairs.sum(dim=1)
    return (losses.sum(dim=1) / partners.clamp(min=1))[partners > 0].mean()
