"""What a search found, as its page shows it: cards by fragment, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codesearch.core.results import Decision, FragmentMatches, Match, Place, Verdict
from codesearch.core.types import Role
from codesearch.report.text import LIKELY, MAX_UNSURE
from codesearch.server.pages.addresses import pair_query, place_address
from codesearch.server.pages.decision_words import Score, decider, scores_of
from codesearch.server.pages.degraded_words import Note, notes_of
from codesearch.server.pages.search_pair import Pair, aligned_pair, place_title
from codesearch.server.pages.side_by_side import SideBySide
from codesearch.server.work.search import Searched
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import SNIPPET
from indexer.corpus.roles import role_rules

OPENED = 3
"""Cards whose code is there from the start; that of others comes when they are opened."""
MOST_CARDS = 200
"""Cards of a page: 50 fragments may have 100 matches each, which nobody reads and no browser likes."""
MOST_PLACES = 50
"""Further places named on a card."""


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A place and the address of its source."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """A match.

    Attributes:
        name: Its declared name; may be empty.
        language: Its language where it is not that of the query.
        corpus: Name of its corpus.
        place: Where it stands.
        role: What its file is for, as far as its path tells; empty for source.
        decision: The answer.
        decided_by: Who gave it, in words.
        scores: What the stages said.
        others: Further places of the same content.
        more: Number of those that are not named.
        pair: Parameters of the address that shows both sides.
        judged: Parameters that name the pair for a verdict, but for the code that was searched for.
        sides: Both sides; None where they come when asked for.
    """

    name: str
    language: str
    corpus: str
    place: PlaceLink
    role: str
    decision: Decision
    decided_by: str
    scores: tuple[Score, ...]
    others: tuple[PlaceLink, ...]
    more: int
    pair: str
    judged: str
    sides: SideBySide | None


@dataclass(frozen=True, slots=True)
class Group:
    """A fragment of the query with its matches.

    Attributes:
        name: Its declared name; may be empty.
        lines: ``10-31``.
        cards: Matches worth reading.
        unlikely: Matches that are more likely no clones.
    """

    name: str
    lines: str
    cards: tuple[Card, ...]
    unlikely: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """An answer.

    Attributes:
        name: What was searched for: a path, or empty for pasted code.
        language: Name of its language.
        fragments: Fragments that were compared.
        groups: Those with matches worth reading.
        silent: Those without.
        clones: Cards that are clones.
        shown: Cards worth reading.
        unlikely: All others.
        cut: Matches beyond the most that a page has.
        notes: What did not run as configured.
        milliseconds: What the search took.
    """

    name: str
    language: str
    fragments: int
    groups: tuple[Group, ...]
    silent: tuple[Group, ...]
    clones: int
    shown: int
    unlikely: int
    cut: int
    notes: tuple[Note, ...]
    milliseconds: int


def results_of(index: LiveIndex, searched: Searched) -> Results:
    """The answer as its page shows it.

    Raises:
        IndexFailure: The index is gone meanwhile.
    """
    result = searched.result
    maker = _Cards(index, searched)
    made = [maker.group(fragment) for fragment in result.results]
    # What somebody came for stands before what is only looked through.
    groups = tuple(group for group in made if group.cards)
    silent = tuple(group for group in made if not group.cards)
    cards = [card for group in groups for card in group.cards]
    verdicts = [card.decision.verdict for card in cards]
    return Results(
        name="" if result.path == SNIPPET else result.path,
        language=searched.source.language.name,
        fragments=result.fragments,
        groups=groups,
        silent=silent,
        clones=verdicts.count(Verdict.CLONE),
        shown=len(cards),
        unlikely=sum(len(group.unlikely) for group in made),
        cut=sum(len(fragment.matches) for fragment in result.results) - maker.made,
        notes=notes_of(result.degraded, unsure=Verdict.UNSURE in verdicts),
        milliseconds=max(1, round(result.timing_ms.get("total", 0.0))),
    )


class _Cards:
    """Makes the cards of a page, the first few with their code."""

    def __init__(self, index: LiveIndex, searched: Searched) -> None:
        self._index = index
        self._source = searched.source
        self._opened = 0
        self.made = 0

    def group(self, fragment: FragmentMatches) -> Group:
        """A fragment with the cards that the page still has room for."""
        worth = _worth_reading(fragment.matches)
        ranks = {match.rank for match in worth}
        unlikely = [match for match in fragment.matches if match.rank not in ranks]
        return Group(
            name=fragment.name,
            lines=f"{fragment.start_line}-{fragment.end_line}",
            cards=tuple(self._cards(fragment, worth, opens=True)),
            unlikely=tuple(self._cards(fragment, unlikely, opens=False)),
        )

    def _cards(self, fragment: FragmentMatches, matches: Sequence[Match], *, opens: bool) -> Iterator[Card]:
        for match in matches[: MOST_CARDS - self.made]:
            self.made += 1
            open_now = opens and self._opened < OPENED
            self._opened += open_now
            yield self._card(fragment, match, open_now=open_now)

    def _card(self, fragment: FragmentMatches, match: Match, *, open_now: bool) -> Card:
        decision = match.decision
        lines = fragment.start_line, fragment.end_line
        pair = Pair(lines, fragment.language, match.place, match.language, decision.evidence)
        others = match.occurrences[1:]
        role = role_rules().by_path(match.place.path).role
        return Card(
            name=match.name,
            language="" if match.language == fragment.language else match.language,
            corpus=match.place.corpus,
            place=_link(match.place),
            role="" if role is Role.SOURCE else role,
            decision=decision,
            decided_by=decider(decision.decided_by),
            scores=scores_of(decision),
            others=tuple(map(_link, others[:MOST_PLACES])),
            more=max(0, len(others) - MOST_PLACES),
            pair=pair.query,
            judged=pair_query(*pair.named("", "")),
            sides=aligned_pair(self._index, self._source, pair) if open_now else None,
        )


def _worth_reading(matches: Sequence[Match]) -> list[Match]:
    """Clones, and the best of what may be some; as the command line has it."""
    likely = (
        match
        for match in matches
        if match.decision.verdict is Verdict.UNSURE and match.decision.probability >= LIKELY
    )
    clones = [match for match in matches if match.decision.verdict is Verdict.CLONE]
    return clones + list(likely)[:MAX_UNSURE]


def _link(place: Place) -> PlaceLink:
    return PlaceLink(place_title(place), place_address(place))
