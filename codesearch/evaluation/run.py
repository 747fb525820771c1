"""The measurements of ``eval``: labelled files in, one document out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import I64, Fragment
from codesearch.engine import Engine
from codesearch.evaluation.datasets import LabelledFragment, in_splits, pair_rows, read_fragments, read_pairs
from codesearch.evaluation.documents import (
    Document,
    Setting,
    language_pair_rows,
    pairs_document,
    retrieval_document,
)
from codesearch.evaluation.index import LabelledIndex, labelled_index
from codesearch.evaluation.lanes import LaneName, open_lane
from codesearch.evaluation.language_pairs import LanguagePair, evaluate_language_pairs
from codesearch.evaluation.pairs import score_pairs, settle_pairs
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.ranking import Labels, QueryScores
from codesearch.evaluation.renaming import can_rename
from codesearch.evaluation.reranking import Reranking
from codesearch.evaluation.retrieval import Reorder, evaluate_retrieval
from codesearch.evaluation.stopwatch import Stopwatch
from indexer.parsing.languages import registry


class Progress(Protocol):
    """Hears how far a measurement is."""

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """A stage begins and the one before it has ended."""
        ...

    def advance(self, done: int) -> None:
        """So many more units are done."""
        ...


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """What to measure of retrieval.

    Attributes:
        fragments: File of labelled fragments.
        splits: Splits to keep; empty keeps all.
        queries: Fragments that ask, drawn at random; None for all.
        seed: Of that draw.
        lane: What ranks.
        rerank: Rank the first candidates, as many as ``query`` looks at, again by P(clone).
        renamed: Replace every name that a fragment declares, see
            :func:`~codesearch.evaluation.renaming.rename_declared`.
        language_pairs: Measure each pair of languages on its own too, as the lane ranks.
        jobs: Parser processes.
    """

    fragments: Path
    splits: tuple[str, ...]
    queries: int | None
    seed: int
    lane: LaneName
    rerank: bool
    renamed: bool
    language_pairs: bool
    jobs: int


@dataclass(frozen=True, slots=True)
class PairOptions:
    """What to measure of verdicts.

    Attributes:
        fragments: File of labelled fragments.
        pairs: File of labelled pairs.
        splits: Splits of the pairs to keep; empty keeps all. A pair may join fragments of any split.
        stage: Last stage that may decide: ``reranker`` or ``judge``; None for whatever is configured.
        jobs: Parser processes.
    """

    fragments: Path
    pairs: Path
    splits: tuple[str, ...]
    stage: str | None
    jobs: int


@dataclass(frozen=True, slots=True)
class ParsedSet:
    """Labelled fragments as read, and parsed.

    Attributes:
        labelled: In file order.
        fragments: What each of them is to the product, in the same order.
    """

    labelled: Sequence[LabelledFragment]
    fragments: Sequence[Fragment]

    def labels(self) -> Labels:
        """Groups and languages, numbered."""
        return Labels.of([item.group for item in self.labelled], [item.lang for item in self.labelled])

    def languages(self) -> list[str]:
        """The languages by their number in :meth:`labels`."""
        return list(dict.fromkeys(item.lang for item in self.labelled))

    def counts(self, *, renamed: bool) -> dict[str, int]:
        """Sizes, as documents show them."""
        return {
            "fragments": len(self.labelled),
            "distractors": len(self.labelled) - 1,
            "groups": len({item.group for item in self.labelled}),
            "languages": len(self.languages()),
            **({"not_renamed": _not_renamed(self.labelled)} if renamed else {}),
        }


def read_parsed(options: RetrievalOptions, progress: Progress) -> ParsedSet:
    """The fragments that the options name, with other names where they say so.

    Raises:
        InputError: The data cannot be read or used.
    """
    labelled = in_splits(read_fragments(options.fragments), options.splits)
    progress.stage("parsing", "fragments", len(labelled))
    fragments = parse_labelled(labelled, options.jobs, progress.advance, renamed=options.renamed)
    return ParsedSet(labelled, fragments)


def run_retrieval(engine: Engine, options: RetrievalOptions, progress: Progress) -> Document:
    """``codesearch.eval-retrieval/1``.

    Raises:
        InputError: The data cannot be read or used.
    """
    watch = Stopwatch()
    with watch.stage("parse"):
        data = read_parsed(options, progress)
    return measure_retrieval(engine, engine.embedder, data, options, progress, watch)


def measure_retrieval(
    engine: Engine,
    embedder: Embedder,
    data: ParsedSet,
    options: RetrievalOptions,
    progress: Progress,
    watch: Stopwatch,
) -> Document:
    """Likewise, of what is parsed already.

    Args:
        engine: Gives everything but the embedder.
        embedder: Makes the vectors of the index and of the queries.
        data: What :func:`read_parsed` gave for the options, or some of it.
        options: What to measure.
        progress: Hears the stages.
        watch: Has timed what came before.

    Raises:
        InputError: There are no fragments.
    """
    labels = data.labels()
    queries = _drawn(len(data.labelled), options.queries, options.seed)
    progress.stage("indexing", "fragments", len(data.fragments))
    with ExitStack() as stack:
        with watch.stage("index"):
            index = stack.enter_context(labelled_index(data.fragments, embedder))
            progress.advance(len(data.fragments))
        progress.stage("searching", "queries", len(queries))
        with watch.stage("search"):
            weights = engine.settings.retrieval.weights.model_dump()
            lane = open_lane(options.lane, index.snapshot, embedder, weights)
            reorder = _reordering(engine, index) if options.rerank else None
            scores = evaluate_retrieval(index, labels, lane, queries, reorder, progress.advance)
        by_pair: Mapping[LanguagePair, QueryScores] = {}
        if options.language_pairs:
            progress.stage("searching by language", "queries", len(queries))
            with watch.stage("language_pairs"):
                by_pair = evaluate_language_pairs(index, labels, lane, queries, progress.advance)
        counts = {**data.counts(renamed=options.renamed), "contents": len(index.snapshot)}
    setting = Setting(
        models=_models(engine, embedder, pairs=options.rerank),
        degraded=_other_embedder(engine, embedder) if options.rerank else (),
        seconds=watch.seconds(),
        counts=counts,
        options={
            "lane": str(options.lane),
            "rerank": options.rerank,
            "renamed": options.renamed,
            "splits": ",".join(options.splits) or None,
            "seed": options.seed,
        },
    )
    document = retrieval_document(scores, setting)
    if options.language_pairs:
        document["language_pairs"] = language_pair_rows(by_pair, data.languages())
    return document


def run_pairs(engine: Engine, options: PairOptions, progress: Progress) -> Document:
    """``codesearch.eval-pairs/1``.

    Raises:
        InputError: The data cannot be read or used.
    """
    watch = Stopwatch()
    every = read_fragments(options.fragments)
    pairs = in_splits(read_pairs(options.pairs), options.splits)
    used = {side for pair in pairs for side in (pair.a, pair.b)}
    labelled = [fragment for fragment in every if fragment.id in used]
    sides = pair_rows(pairs, labelled)
    progress.stage("parsing", "fragments", len(labelled))
    with watch.stage("parse"):
        fragments = parse_labelled(labelled, options.jobs, progress.advance)
    progress.stage("settling", "pairs", len(pairs))
    with watch.stage("settle"):
        judges = None if options.stage == "reranker" else engine.judges_of_pairs()
        verdicts = settle_pairs(fragments, sides, engine.embedder, engine.cascade, judges, progress.advance)
    degraded = _other_embedder(engine, engine.embedder)
    setting = Setting(
        models=_models(engine, engine.embedder, pairs=True),
        degraded=degraded if judges is None else tuple(sorted({*degraded, *judges.degraded})),
        seconds=watch.seconds(),
        counts={"fragments": len(labelled)},
        options={"stage": options.stage, "splits": ",".join(options.splits) or None},
    )
    thresholds = engine.cascade.clone_threshold, engine.cascade.reject_threshold
    return pairs_document(score_pairs(pairs, verdicts, labelled), verdicts, thresholds, setting)


def _not_renamed(labelled: Sequence[LabelledFragment]) -> int:
    """Fragments of languages whose declarations cannot be read."""
    languages = Counter(fragment.language for fragment in labelled)
    return sum(number for name, number in languages.items() if not can_rename(registry().get(name)))


def _drawn(count: int, wanted: int | None, seed: int) -> I64:
    """Ascending positions of the fragments that ask."""
    if wanted is None or wanted >= count:
        return np.arange(count)
    draw = random.Random(seed)  # noqa: S311  a reproducible sample, not a secret
    return np.array(sorted(draw.sample(range(count), wanted)), np.int64)


def _reordering(engine: Engine, index: LabelledIndex) -> Reorder:
    return Reranking(index, engine.cascade, engine.settings.retrieval.candidates).reorder


def _models(engine: Engine, embedder: Embedder, *, pairs: bool) -> dict[str, str]:
    models = {"embedder": embedder.id}
    return {**models, "calibration": engine.cascade.calibration.id} if pairs else models


def _other_embedder(engine: Engine, embedder: Embedder) -> tuple[str, ...]:
    """Whether the cascade reads cosines of another embedder than it was fitted with."""
    return () if engine.cascade.calibration.embedder == embedder.id else ("calibration:other-embedder",)
