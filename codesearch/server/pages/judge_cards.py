"""What the judge page shows: a pair that waits, and how those who rate pairs go with the user's verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.results import Decision, Place, Verdict
from codesearch.query.source import Source
from codesearch.server.pages.addresses import compare_address, place_address
from codesearch.server.pages.side_by_side import SideBySide, Text, side_by_side
from codesearch.server.work.agreement import Agreement, FeedbackFigures
from codesearch.server.work.open_pairs import OpenPair
from codesearch.server.work.pair_reading import ReadPair, named, read_pair
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named
from codesearch.training.thresholds import FEWEST_OF_LABEL, FEWEST_PAIRS


@dataclass(frozen=True, slots=True)
class PairCard:
    """A pair that waits, ready to be shown.

    Attributes:
        pair: What is known of it.
        decision: What the cascade says.
        sides: Its code.
        places: Both sides as requests name them.
        compare: Address of the comparison.
        at: Its position among those that wait.
        waiting: How many wait.
    """

    pair: OpenPair
    decision: Decision
    sides: SideBySide
    places: tuple[Named, Named]
    compare: str
    at: int
    waiting: int


@dataclass(frozen=True, slots=True)
class AgreementCard:
    """How often one who rates pairs says what the user said.

    Attributes:
        name: Who.
        told: By what, one sentence.
        agreement: The figures.
        rows: What the user said, with the counts of clone, unsure and no clone.
    """

    name: str
    told: str
    agreement: Agreement
    rows: tuple[tuple[str, tuple[int, int, int]], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the user's verdicts are from being enough for thresholds of their own."""

    judged: int
    wanted: int

    @property
    def missing(self) -> int:
        """Verdicts that are still needed, at least."""
        return max(0, self.wanted - self.judged)


def next_card(index: LiveIndex, waiting: tuple[OpenPair, ...], at: int) -> PairCard | None:
    """The pair at a position, or the first one behind it that can still be read; None past the last."""
    for position in range(at, len(waiting)):
        read = read_pair(index, waiting[position])
        if read is not None:
            return _pair_card(read, position, len(waiting))
    return None


def _pair_card(read: ReadPair, at: int, waiting: int) -> PairCard:
    places = read.pair.places
    left, right = (_text(place, source) for place, source in zip(places, read.sources, strict=True))
    names = named(places[0]), named(places[1])
    return PairCard(
        pair=read.pair,
        decision=read.decision,
        sides=side_by_side(left, right, read.decision.evidence),
        places=names,
        compare=compare_address(*names),
        at=at,
        waiting=waiting,
    )


def _text(place: Place, source: Source) -> Text:
    return Text(
        lines=source.lines[place.start_line - 1 : place.end_line],
        start_line=place.start_line,
        language=source.language.id,
        title=f"{place.path}:{place.start_line}-{place.end_line}",
        href=place_address(place),
    )


def figure_context(figures: FeedbackFigures) -> dict[str, object]:
    return {
        "figures": figures,
        "progress": Progress(figures.open, FEWEST_PAIRS),
        "of_each": FEWEST_OF_LABEL,
        "agreements": (
            _agreement_card("The cascade", "By itself, without any precedent", figures.cascade),
            _agreement_card(
                "The precedent judge", "By what you said of other code, and shipped precedents", figures.judge
            ),
        ),
    }


def _agreement_card(name: str, told: str, agreement: Agreement) -> AgreementCard:
    rated = (Verdict.CLONE, Verdict.UNSURE, Verdict.NOT_CLONE)

    def counts(user: Verdict) -> tuple[int, int, int]:
        clone, unsure, other = (agreement.said.get((user, verdict), 0) for verdict in rated)
        return clone, unsure, other

    rows = (("clone", counts(Verdict.CLONE)), ("no clone", counts(Verdict.NOT_CLONE)))
    return AgreementCard(name, told, agreement, rows)
