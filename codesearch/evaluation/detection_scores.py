"""Which labelled pairs the classes of an audit hold, where every labelled fragment is a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from codesearch.core.results import Place
from codesearch.evaluation.bands import BandRecall, recall_by_type
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair

COVERED = (
    0.7  # of the lines of either side, as BigCloneEval asks of a reported clone (Svajlenko and Roy 2016)
)


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """How much of the labelled pairs an audit reports.

    Attributes:
        by_type: Recall of each labelled clone type.
        clones: Pairs labelled clones.
        clones_found: Reported ones among them.
        others: Pairs labelled no clones.
        others_found: Reported ones among them.
    """

    by_type: Mapping[str, BandRecall]
    clones: int
    clones_found: int
    others: int
    others_found: int

    @property
    def recall(self) -> float | None:
        """Share of the clones that are reported (micro); None without clones."""
        return self.clones_found / self.clones if self.clones else None


@dataclass(frozen=True, slots=True)
class WrittenFragment:
    """A labelled fragment and the file that holds it.

    Attributes:
        labelled: The fragment.
        path: Relative to the corpus.
        lines: Number of lines of the file.
    """

    labelled: LabelledFragment
    path: str
    lines: int


def score_detection(
    pairs: Sequence[LabelledPair],
    written: Sequence[WrittenFragment],
    classes: Iterable[Iterable[Place]],
) -> DetectionScores:
    """Compare reported classes with labels: a pair is found when one class covers both of its files.

    Args:
        pairs: Labelled pairs of the fragments.
        written: All fragments that a pair names, and others; their groups are the clusters of macro recall.
        classes: Where the members of each reported class stand.
    """
    lines = {file.path: file.lines for file in written}
    path_of = {file.labelled.id: file.path for file in written}
    classes_of: dict[str, set[int]] = defaultdict(set)
    for number, places in enumerate(classes):
        for path in covered_files(places, lines):
            classes_of[path].add(number)
    found = [not classes_of[path_of[pair.a]].isdisjoint(classes_of[path_of[pair.b]]) for pair in pairs]
    labels_found = [pair.label for pair, hit in zip(pairs, found, strict=True) if hit]
    clones = sum(pair.label for pair in pairs)
    return DetectionScores(
        by_type=recall_by_type(pairs, found, {file.labelled.id: file.labelled.group for file in written}),
        clones=clones,
        clones_found=sum(labels_found),
        others=len(pairs) - clones,
        others_found=len(labels_found) - sum(labels_found),
    )


def covered_files(places: Iterable[Place], lines: Mapping[str, int]) -> set[str]:
    """Paths of the files of which the members of one class cover at least :data:`COVERED` together.

    Args:
        places: Where the members stand.
        lines: Number of lines of each file by path.
    """
    covered: dict[str, set[int]] = defaultdict(set)
    for place in places:
        covered[place.path].update(range(place.start_line, place.end_line + 1))
    return {path for path, reached in covered.items() if len(reached) >= COVERED * lines[path]}
