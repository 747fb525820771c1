"""From files of labelled code to what a cross-encoder learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path

import numpy as np

from codesearch.core.errors import InputError
from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.datasets import LabelledFragment, pair_rows, read_fragments, read_pairs
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.run import Progress
from codesearch.training.cross_encoder.pairs import (
    DEPTH,
    PairSet,
    Space,
    listed_pairs,
    retrieved_pairs,
    taught_pairs,
)
from codesearch.training.cross_encoder.splits import Split, fragment_splits, pair_splits

_QUERIES = 20_000  # that are paired for training: 500,000 pairs, more than any run reads
_HELD_OUT_PAIRS = 1000  # half a minute of a small model on two cores
_OF_A_GROUP = 5  # held out: with all 62 of an AtCoder problem, 93 % of the candidates are clones
_RENAMED = 0.5  # of the texts
_AT_ONCE = 1024  # fragments embedded between two reports


@dataclass(frozen=True, slots=True)
class Sources:
    """Labelled code.

    Attributes:
        fragments: File of ``{"id", "lang", "group", "code", "split"}`` rows.
        pairs: File of ``{"a", "b", "label", "split"}`` rows; None where fragments of one group are clones and
            all others are none.
    """

    fragments: Path
    pairs: Path | None = None

    def digest(self, embedder: str) -> str:
        """Changes with the files and with the embedder that finds neighbours in them."""
        found = blake2b(embedder.encode(), digest_size=8)
        for path in (self.fragments, self.pairs):
            if path is not None:
                with path.open("rb") as file:
                    found.update(file_digest(file, "blake2b").digest())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt.

    Attributes:
        fragments: What positions in the pairs mean.
        taught: Pairs to learn from, of both classes.
        held_out: Pairs that decide which step was best; of one class only, the last one is.
        empty: Fragments left out because they have no tokens.
        digest: Changes with the data that the pairs were made of.
    """

    fragments: Sequence[Fragment]
    taught: PairSet
    held_out: PairSet
    empty: int
    digest: str


def make_lesson(sources: Sources, embedder: Embedder, seed: int, jobs: int, progress: Progress) -> Lesson:
    """Read, parse and pair; half of the texts to learn from lose the names that they declare.

    Args:
        sources: Labelled code.
        embedder: Says which fragments a retriever would propose.
        seed: Of every draw.
        jobs: Parser processes.
        progress: Hears the stages.

    Raises:
        InputError: A file cannot be used, a pair names a fragment that is not there, or the pairs to learn
            from are of one class only.
        UsageError: A language is not known.
    """
    labelled = _Labelled.read(sources, seed)
    progress.stage("parsing", "fragments", len(labelled.rows))
    fragments = parse_labelled(labelled.rows, jobs, progress.advance)
    progress.stage("embedding", "fragments", len(fragments))
    vectors = _embedded(fragments, embedder, progress)
    filled = np.array([len(fragment.tokens) > 0 for fragment in fragments], bool)
    if labelled.listed is None:
        taught, held_out = _from_groups(labelled, fragments, vectors, filled, seed)
    else:
        taught, held_out = _from_list(labelled.listed, vectors, filled, seed)
    if taught.one_class:
        which = "all clones" if taught.labels.any() else "no clones" if len(taught) else "none"
        raise InputError(
            f"the pairs to learn from in {sources.pairs or sources.fragments} are {which}",
            "give pairs of both labels, or two groups and more with two different fragments each",
        )
    chosen = _renamed(taught, seed)
    progress.stage("renaming", "fragments", len(chosen))
    rows = [labelled.rows[place] for place in chosen]
    renamed = parse_labelled(rows, jobs, progress.advance, renamed=True)
    for place, fragment in zip(chosen, renamed, strict=True):
        fragments[place] = fragment
    return Lesson(fragments, taught, held_out, int((~filled).sum()), sources.digest(embedder.id))


@dataclass(frozen=True, slots=True)
class _Listed:
    """Labelled pairs by positions of their sides."""

    first: I64
    second: I64
    labels: Mask
    splits: Sequence[Split]


@dataclass(frozen=True, slots=True)
class _Labelled:
    """The rows that are of use, their splits, and the pairs of a pairs file."""

    rows: Sequence[LabelledFragment]
    splits: Sequence[Split]
    listed: _Listed | None

    @classmethod
    def read(cls, sources: Sources, seed: int) -> _Labelled:
        rows = read_fragments(sources.fragments)
        splits = fragment_splits(rows, seed)
        if sources.pairs is None:
            used = [place for place, split in enumerate(splits) if split is not Split.TEST]
            return cls([rows[place] for place in used], [splits[place] for place in used], None)
        pairs = read_pairs(sources.pairs)
        first, second = pair_rows(pairs, rows)
        sides = [(splits[a], splits[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
        of_pair = pair_splits(pairs, sides)
        read = np.array([split is not Split.TEST for split in of_pair], bool)
        present, renumbered = np.unique(np.concatenate([first[read], second[read]]), return_inverse=True)
        ours, theirs = renumbered.reshape(2, -1).astype(np.int64)
        listed = _Listed(
            ours,
            theirs,
            np.array([pair.label for pair in pairs], bool)[read],
            [split for split in of_pair if split is not Split.TEST],
        )
        return cls([rows[place] for place in present], [splits[place] for place in present], listed)


def _embedded(fragments: Sequence[Fragment], embedder: Embedder, progress: Progress) -> F32:
    vectors = np.zeros((len(fragments), embedder.dim), np.float32)
    for start in range(0, len(fragments), _AT_ONCE):
        block = fragments[start : start + _AT_ONCE]
        vectors[start : start + len(block)] = embedder.embed(block)
        progress.advance(len(block))
    return vectors


def _from_groups(
    labelled: _Labelled, fragments: Sequence[Fragment], vectors: F32, filled: Mask, seed: int
) -> tuple[PairSet, PairSet]:
    """Pairs of the training split and of the validation split, each within itself."""
    draw = np.random.default_rng(seed % 2**32)
    splits = np.array(labelled.splits, object)

    def places(split: Split) -> I64:
        return draw.permutation(np.flatnonzero((splits == split) & filled))

    taught = Space.of(labelled.rows, fragments, vectors, places(Split.TRAIN))
    thinned = _thinned(places(Split.VALID), labelled.rows)
    held_out = Space.of(labelled.rows, fragments, vectors, thinned)
    return (
        taught_pairs(taught, np.arange(min(len(taught.places), _QUERIES))),
        retrieved_pairs(held_out, np.arange(min(len(thinned), _HELD_OUT_PAIRS // DEPTH))),
    )


def _thinned(places: I64, rows: Sequence[LabelledFragment]) -> I64:
    """The places in order, no more than a few of each group."""
    seen: Counter[str] = Counter()
    kept = []
    for place in places.tolist():
        seen[rows[place].group] += 1
        if seen[rows[place].group] <= _OF_A_GROUP:
            kept.append(place)
    return np.array(kept, np.int64)


def _from_list(listed: _Listed, vectors: F32, filled: Mask, seed: int) -> tuple[PairSet, PairSet]:
    """The listed pairs of both splits; of the validation split no more than a validation can read."""
    draw = np.random.default_rng(seed % 2**32)
    pairs = listed_pairs(listed.first, listed.second, listed.labels, vectors)
    usable = filled[listed.first] & filled[listed.second]
    splits = np.array(listed.splits, object)
    held_out = np.flatnonzero(usable & (splits == Split.VALID))
    return (
        pairs.at(usable & (splits == Split.TRAIN)),
        pairs.at(draw.permutation(held_out)[:_HELD_OUT_PAIRS]),
    )


def _renamed(taught: PairSet, seed: int) -> list[int]:
    """Which fragments to learn from lose their names."""
    present = np.union1d(taught.first, taught.second)
    draw = np.random.default_rng([seed % 2**32, 1])
    chosen: list[int] = present[draw.random(len(present)) < _RENAMED].tolist()
    return chosen
