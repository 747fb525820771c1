"""Pairs whose negatives read like clones: programs for another problem that share their words.

Random negatives are told apart by their vocabulary alone. Here each clone pair is joined by one pair of its
first fragment with one drawn from the ten best of other groups by BM25 over words. The list depends on the
data and the seed alone, not on the product's lanes.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.documents import Json

BEST = 10
SEED = 0

_WORD = re.compile(r"[a-z]+|[0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DEPTH = 400  # documents asked for, so that ten of other groups are among them
_AT_ONCE = 256


def hard_pairs(folder: Path, data: str, split: str) -> list[Json]:
    """Rows of clone pairs of a split, each followed by its negative; labels are 1 and 0.

    A clone pair whose first side resembles nothing of another group is left out with its negative.

    Args:
        folder: Where the labelled data lies.
        data: Stem of its files.
        split: Of the pairs, and of the fragments that negatives are drawn from.
    """
    fragments = [row for row in _rows(folder / f"{data}.jsonl.gz") if row["split"] == split]
    pairs = [
        row for row in _rows(folder / f"{data}.pairs.jsonl.gz") if row["split"] == split and row["label"] == 1
    ]
    position = {row["id"]: place for place, row in enumerate(fragments)}
    asking = sorted({position[pair["a"]] for pair in pairs})
    alike = dict(zip(asking, _look_alikes(fragments, asking), strict=True))
    draw = random.Random(SEED)
    chosen: list[Json] = []
    for pair in pairs:
        others = alike[position[pair["a"]]]
        if others:
            ours, theirs = fragments[position[pair["a"]]], fragments[draw.choice(others)]
            chosen += [
                pair,
                {
                    "a": ours["id"],
                    "b": theirs["id"],
                    "label": 0,
                    "split": split,
                    "cross_language": ours["lang"] != theirs["lang"],
                },
            ]
    return chosen


def _look_alikes(fragments: Sequence[Json], asking: Sequence[int]) -> Iterator[list[int]]:
    """For each asking fragment the positions of the best of other groups, at most ``BEST``."""
    import bm25s  # takes a second to load

    documents = [_words(row["code"]) for row in fragments]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)
    for first in range(0, len(asking), _AT_ONCE):
        batch = asking[first : first + _AT_ONCE]
        queries = [documents[place] for place in batch]
        found, scores = index.retrieve(queries, k=min(_DEPTH, len(fragments)), show_progress=False)
        for place, ranked, score in zip(batch, found, scores, strict=True):
            group = fragments[place]["group"]
            # Equal scores in the order of the file, whatever order the library leaves them in.
            order = ranked[np.lexsort((ranked, -score))][: np.count_nonzero(score > 0)]
            yield [other for other in order.tolist() if fragments[other]["group"] != group][:BEST]


def _words(code: str) -> list[str]:
    """Lower-cased words and numbers; ``readLine`` is two words."""
    return _WORD.findall(_CAMEL.sub(" ", code).lower())


def _rows(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
