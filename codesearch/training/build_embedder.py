"""From labelled data to the files of the static embedder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from codesearch.core.errors import InputError
from codesearch.core.types import F32, U64, Fragment
from codesearch.evaluation.datasets import LabelledFragment, in_splits, read_fragments
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.ranking import Labels
from codesearch.evaluation.run import Progress
from codesearch.training.embedder.dataset import Bags, LabelledBags
from codesearch.training.embedder.selection import SAMPLE, select_features
from codesearch.training.extras import require
from codesearch.training.sets import (
    TRAINING_SPLIT,
    VALIDATION_SPLIT,
    Diet,
    TrainingSet,
    embedder_sets,
    labelled_file,
)
from indexer.features.table import FeatureTable

if TYPE_CHECKING:
    from codesearch.training.embedder.run import Learnt, Recipe

FEATURES = 96_000  # rows of their own; with the tail and 256 dimensions 29 MB
TAIL = 16_000  # rows that words unknown to training share
_HELD_OUT = 10  # one group in so many, of data without splits
_VALIDATED = 8_000  # fragments of a set
_RAREST = 1e-4  # a feature of fewer fragments counts as this rare
_MOSTLY = 0.6  # a set whose names are mostly taken away is validated without them


@dataclass(frozen=True, slots=True)
class EmbedderPlan:
    """What is learnt from, and how.

    Attributes:
        recipe: Numbers of the run.
        licensed_only: Leave out the sets whose code has no licence.
        jobs: Parser processes and threads.
    """

    recipe: Recipe
    licensed_only: bool = False
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class BuiltEmbedder:
    """What :func:`build_embedder` made.

    Attributes:
        keys: uint64 [v], features by row.
        learnt: The rows and how good they are.
        sets: What was learnt from.
        counts: Fragments learnt from, by set.
    """

    keys: U64
    learnt: Learnt
    sets: Sequence[TrainingSet]
    counts: Mapping[str, int]


@dataclass(slots=True)
class _Parsed:
    training_set: TrainingSet
    training: list[LabelledFragment]
    held_out: list[LabelledFragment]
    fragments: list[Fragment] = field(default_factory=list)


def build_embedder(data: Path, plan: EmbedderPlan, folder: Path, progress: Progress) -> BuiltEmbedder:
    """Read, parse, choose the features and learn their rows.

    Args:
        data: Folder of the labelled sets, or one file of labelled fragments.
        plan: What is learnt from, and how.
        folder: For checkpoint and log.
        progress: Hears the stages.

    Raises:
        InputError: A set is missing or cannot be learnt from.
        MissingExtra: torch is not installed.
    """
    require("torch", "matplotlib")
    import torch

    from codesearch.training.embedder.run import learn_rows
    from codesearch.training.embedder.validation import HeldOut
    from indexer.embedding.torch_runtime import choose_device

    recipe = replace(plan.recipe, device=choose_device(plan.recipe.device))
    torch.set_num_threads(plan.jobs)
    sets = [_read(data, item) for item in embedder_sets(data, licensed_only=plan.licensed_only)]
    for item in sets:
        _require_groups(item)
        rows = item.training + item.held_out
        progress.stage(f"parsing {item.training_set.name}", "fragments", len(rows))
        item.fragments = parse_labelled(rows, plan.jobs, progress.advance)
    progress.stage("choosing features", "sets")
    keys = select_features([item.fragments[: min(SAMPLE, len(item.training))] for item in sets], FEATURES)
    table = FeatureTable(keys, TAIL)
    taught, held_out = [], {}
    for item in sets:
        count = len(item.training)
        diet, scope = item.training_set.diet, item.training_set.validated
        assert diet is not None  # noqa: S101  embedder_sets names no others
        taught.append((_labelled(item.training, item.fragments[:count], table), diet))
        if item.held_out and scope is not None:
            watched = _labelled(item.held_out, item.fragments[count:], table)
            held_out[item.training_set.name] = HeldOut(watched, scope, diet.renamed > _MOSTLY)
        item.fragments = []
    progress.stage("learning", "steps", recipe.steps)
    learnt = learn_rows(taught, held_out, _idf(taught, table.size), recipe, folder, progress.advance)
    counts = {item.training_set.name: len(item.training) for item in sets}
    return BuiltEmbedder(keys, learnt, [item.training_set for item in sets], counts)


def _read(data: Path, training_set: TrainingSet) -> _Parsed:
    rows = read_fragments(labelled_file(data, training_set))
    if not any(row.split for row in rows):
        rows = [replace(row, split=_own_split(row.group)) for row in rows]
    training = in_splits(rows, [TRAINING_SPLIT])
    order = np.random.default_rng(0).permutation(len(training)).tolist()
    held_out = [row for row in rows if row.split == VALIDATION_SPLIT][:_VALIDATED]
    return _Parsed(training_set, [training[place] for place in order], held_out)


def _own_split(group: str) -> str:
    """Of data that has none: one group in ten is held out, the same ones in every run."""
    return VALIDATION_SPLIT if crc32(group.encode()) % _HELD_OUT == 0 else TRAINING_SPLIT


def _require_groups(item: _Parsed) -> None:
    """Refuse what the loss cannot learn from."""
    names, counts = np.unique([row.group for row in item.training], return_counts=True)
    if (counts > 1).sum() < 2 or len(names) < 2:
        raise InputError(
            f"{item.training_set.name} has fewer than two groups with two fragments each",
            "a model learns from fragments that do the same and fragments that do not",
        )


def _labelled(rows: list[LabelledFragment], fragments: list[Fragment], table: FeatureTable) -> LabelledBags:
    labels = Labels.of([row.group for row in rows], [row.lang for row in rows])
    return LabelledBags(Bags.of(fragments, table), labels.group, labels.language)


def _idf(sets: list[tuple[LabelledBags, Diet]], size: int) -> F32:
    """float32 [rows]: inverse document frequency, each set counting by its share of the batches."""
    total = sum(diet.share for _, diet in sets)
    frequency = np.zeros(size)
    for labelled, diet in sets:
        share = diet.share / total / max(len(labelled.bags), 1)
        frequency += share * np.bincount(labelled.bags.rows, minlength=size)
    idf: F32 = np.maximum(-np.log(np.maximum(frequency, _RAREST)), 0.05).astype(np.float32)
    return idf
