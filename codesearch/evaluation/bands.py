"""Recall by clone type, micro and macro.

BigCloneBench's positives are dominated by a few families copied a hundred times. Macro recall gives every
pair of clusters one voice: the recall inside each unordered pair of groups is averaged over those pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesearch.evaluation.datasets import LabelledPair

TYPE_ORDER = ("T1", "T2", "T3", "VST3", "ST3", "MT3", "T4")  # nearest to the copy first, as tables show them


@dataclass(frozen=True, slots=True)
class BandRecall:
    """How much of one clone type was found.

    Attributes:
        pairs: Labelled clone pairs of the type.
        recall: Share of them that were found (micro).
        cluster_pairs: Distinct unordered pairs of groups among them.
        macro_recall: Mean over the cluster pairs of the share found in each.
    """

    pairs: int
    recall: float
    cluster_pairs: int
    macro_recall: float


def recall_by_type(
    pairs: Sequence[LabelledPair], found: Sequence[bool], group_of: Mapping[str, str]
) -> dict[str, BandRecall]:
    """Recall of every type among the clone pairs; negatives and pairs without a type do not count.

    Args:
        pairs: Labelled pairs.
        found: Whether each was reported, in the same order.
        group_of: Group of each fragment id.

    Returns:
        One entry per type present, in the order of :data:`TYPE_ORDER`, other names after them.

    Raises:
        KeyError: A fragment of a counted pair has no group.
        ValueError: ``pairs`` and ``found`` differ in length.
    """
    bands: dict[str, dict[tuple[str, str], list[bool]]] = defaultdict(lambda: defaultdict(list))
    for pair, hit in zip(pairs, found, strict=True):
        if pair.label and pair.type:
            low, high = sorted((group_of[pair.a], group_of[pair.b]))
            bands[pair.type][low, high].append(hit)
    return {name: _summary(list(bands[name].values())) for name in sorted(bands, key=_position)}


def _summary(clusters: Sequence[Sequence[bool]]) -> BandRecall:
    pairs = sum(len(hits) for hits in clusters)
    return BandRecall(
        pairs=pairs,
        recall=sum(sum(hits) for hits in clusters) / pairs,
        cluster_pairs=len(clusters),
        macro_recall=sum(sum(hits) / len(hits) for hits in clusters) / len(clusters),
    )


def _position(name: str) -> tuple[int, str]:
    return (TYPE_ORDER.index(name) if name in TYPE_ORDER else len(TYPE_ORDER), name)
