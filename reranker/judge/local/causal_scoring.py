"""How likely a causal language model is to continue a prompt with each verdict."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from codesearch.core.results import Verdict
from reranker.judge.local.in_process import common_start

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import Cache, PreTrainedModel


def row_of(model: PreTrainedModel, tokens: Sequence[int]) -> Tensor:
    """int64 [1, n] on the model's device."""
    import torch

    return torch.tensor([tokens], dtype=torch.long, device=model.device)


def read_start(model: PreTrainedModel, tokens: Sequence[int]) -> Cache | None:
    """What a model keeps of tokens that several texts begin with; None for one that keeps nothing that can be
    handed on.
    """
    from transformers import Cache

    if not tokens:
        return None
    kept = model(input_ids=row_of(model, tokens), use_cache=True, logits_to_keep=1)
    found = getattr(kept, "past_key_values", None)
    return found if isinstance(found, Cache) else None


def verdict_probabilities(
    model: PreTrainedModel, answers: Mapping[Verdict, Sequence[int]], shared: int, cache: Cache | None
) -> dict[Verdict, float]:
    """Probability of each answer among them, summing to 1; not a number where the weights give none.

    Args:
        model: What continues.
        answers: Tokens of the prompt, the cue and each verdict.
        shared: How many of the first tokens ``cache`` holds: fewer than the answers share.
        cache: Of the tokens that all share; it is not changed.
    """
    import torch

    # Where a text is cut into tokens depends on what follows: the answers are compared from the first token
    # in which they differ, which may begin before the verdict.
    first = common_start([*answers.values()])
    start = 0 if cache is None else shared
    likelihoods = []
    for tokens in answers.values():
        logits = model(
            input_ids=row_of(model, tokens[start:]), past_key_values=copy.deepcopy(cache), use_cache=True
        ).logits[0, first - 1 - start : -1]
        wanted = torch.tensor(tokens[first:], device=logits.device)
        likelihoods.append(logits.double().log_softmax(-1).gather(1, wanted[:, None]).sum())
    return dict(zip(answers, torch.stack(likelihoods).softmax(0).tolist(), strict=True))
