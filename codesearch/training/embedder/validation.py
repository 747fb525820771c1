"""MAP@R on held-out groups while a model is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32, I64
from codesearch.evaluation.ranking import Labels, Scope, score_rankings
from codesearch.training.embedder.dataset import LabelledBags
from indexer.embedding.unit import unit_rows

Weights = NDArray[np.floating] | NDArray[np.int8]

QUERIES = 1000  # of each set: MAP@R within .01 of all
_SEED = 1


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A held-out set and how it is asked.

    Attributes:
        labelled: Its fragments.
        scope: Which neighbours count.
        renamed: Take the fragments' own names away first.
    """

    labelled: LabelledBags
    scope: Scope
    renamed: bool


def validate(held_out: Mapping[str, HeldOut], rows: Weights) -> dict[str, float]:
    """MAP@R of each set by name, for weights [rows, dim]; none where the scope holds nothing to find."""
    scores = {name: _map_at_r(item, rows) for name, item in held_out.items()}
    return {name: score for name, score in scores.items() if score is not None}


def _map_at_r(item: HeldOut, weights: Weights) -> float | None:
    labelled = item.labelled
    vectors = embed_bags(labelled, weights, renamed=item.renamed)
    labels = Labels(labelled.groups, labelled.languages)
    count = len(labelled.groups)
    queries = np.sort(np.random.default_rng(_SEED).permutation(count)[:QUERIES])
    scores = []
    for language in np.unique(labels.language[queries]):
        asking = queries[labels.language[queries] == language]
        inside = _inside(labels, int(language), item.scope)
        if not len(inside):
            continue
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors[inside])
        depth = int(labels.relevant(asking, item.scope).max(initial=0)) + 1
        found = index.search(vectors[asking], min(depth, len(inside)))[1]
        scores.append(score_rankings(asking, inside[found], labels, item.scope).map_at_r)
    values = np.concatenate(scores) if scores else np.empty(0)
    return float(values.mean()) if len(values) else None


def _inside(labels: Labels, language: int, scope: Scope) -> I64:
    same = labels.language == language
    wanted = np.ones_like(same) if scope is Scope.ALL else same if scope is Scope.SAME_LANGUAGE else ~same
    return np.flatnonzero(wanted)


def embed_bags(labelled: LabelledBags, weights: Weights, *, renamed: bool) -> F32:
    """float32 [n, dim], rows L2-normalised."""
    bags = labelled.bags
    vectors = np.zeros((len(bags), weights.shape[1]), np.float32)
    dtype = np.int32 if weights.dtype == np.int8 else np.float32
    for position in range(len(bags)):
        inside = slice(bags.starts[position], bags.starts[position + 1])
        rows = bags.rows[inside][~bags.own[inside]] if renamed else bags.rows[inside]
        vectors[position] = weights[rows].sum(axis=0, dtype=dtype)
    return unit_rows(vectors)
