"""Definitions of what the two sides call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from codesearch.core.judge import ContextItem, ContextKind
from codesearch.core.results import Place
from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import Fragment, FragmentKind
from indexer.parsing.declarations import Declared
from reranker.judge.context.calls import Call, calls_of
from reranker.judge.context.corpus import Corpus, Name
from reranker.judge.context.excerpt import class_signature, excerpt, line_count, loose, signature
from reranker.judge.context.meaning import is_common, meant_elsewhere, meant_here
from reranker.judge.context.reread import reread
from reranker.judge.context.sides import ReadSource, Side, whose
from reranker.judge.view.code import safe_name

_MOST = 8  # definitions of a case
_MOST_SOUGHT = 16  # names looked up for them: some turn out ambiguous
_MOST_MEANINGS = 8  # a name with more definitions is everyone's: run, close, main
_MOST_LINES = 12  # a longer body would crowd out the other pieces; its signature stands for it


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A call whose definition may be shown.

    Attributes:
        call: The call.
        caller: The side that calls.
        position: Its place among the calls of that side.
        shared: Whether both sides call the name.
        meanings: How many definitions the corpus has under it.
        local: Its definition in the caller's own file, if there is one.
    """

    call: Call
    caller: Side
    position: int
    shared: bool
    meanings: int
    local: Declared | None

    @property
    def name(self) -> Name:
        return self.caller.language, self.call.name

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Best first: what one side alone calls tells the two apart, and a rare name tells most."""
        return self.shared, self.local is None, self.meanings, self.position


@dataclass(frozen=True, slots=True)
class _Found:
    """A definition and the sides that call it."""

    kind: FragmentKind
    name: str
    place: Place
    content: Fragment
    callers: tuple[Side, ...]


def definition_items(sides: Sequence[Side], corpus: Corpus, read_source: ReadSource) -> list[ContextItem]:
    """Definitions of what the sides call and do not show themselves, most telling first.

    They come from the caller's own file, else from the corpus where it is clear which one is meant.
    """
    wanted = sorted(_wanted(sides, corpus), key=lambda one: one.rank)
    items: dict[tuple[str, str], _Found] = {}
    for found in _found(wanted, sides, corpus):
        body = _body(found, read_source)
        known = items.get((found.name, body))
        if known is not None:  # both sides call it, or copies of it
            callers = tuple(side for side in sides if side in (*known.callers, *found.callers))
            items[found.name, body] = replace(known, callers=callers)
        elif len(items) < _MOST:
            items[found.name, body] = found
    return [_item(found, body) for (_, body), found in items.items()]


def _wanted(sides: Sequence[Side], corpus: Corpus) -> list[_Wanted]:
    """The calls that may be shown, side by side."""
    calls = [(side, calls_of(side.fragment)) for side in sides]
    sought = Counter((side.language, call.name) for side, own in calls for call in own)
    meanings = corpus.meanings(sought)
    wanted = []
    for side, own in calls:
        for position, call in enumerate(own):
            name = side.language, call.name
            count = meanings.get(name, 0)
            local = meant_here(call, side, count)
            if local is not None or (0 < count <= _MOST_MEANINGS and not is_common(call.name)):
                wanted.append(_Wanted(call, side, position, sought[name] > 1, count, local))
    return wanted


def _found(wanted: Sequence[_Wanted], sides: Sequence[Side], corpus: Corpus) -> Iterator[_Found]:
    """The definitions that there are and that no side shows itself, in the order of the calls."""
    elsewhere = dict.fromkeys(one.name for one in wanted if one.local is None)
    occurrences = corpus.defined(list(elsewhere)[:_MOST_SOUGHT])
    for one in wanted:
        if one.local is not None:
            found: _Found | None = _here(one.caller, one.local)
        else:
            found = _elsewhere(one, occurrences.get(one.name, ()), sides, corpus)
        if found is not None and not any(side.shows(found.place) for side in sides):
            yield found


def _here(caller: Side, local: Declared) -> _Found:
    place = Place(caller.place.corpus, caller.place.path, local.start_line, local.end_line)
    return _Found(local.kind, local.name, place, loose(caller.language, local.tokens), (caller,))


def _elsewhere(
    wanted: _Wanted, occurrences: Sequence[Occurrence], sides: Sequence[Side], corpus: Corpus
) -> _Found | None:
    unseen = [one for one in occurrences if not any(side.shows(one.place) for side in sides)]
    chosen = meant_elsewhere(wanted.call, wanted.caller, unseen)
    content = None if chosen is None else corpus.content(chosen)
    if chosen is None or content is None:
        return None
    return _Found(chosen.kind, chosen.name, chosen.place, content, (wanted.caller,))


def _body(found: _Found, read_source: ReadSource) -> str:
    content = found.content
    if line_count(content.tokens) <= _MOST_LINES:
        return excerpt(reread(content, found.place, read_source), _MOST_LINES)
    if found.kind is FragmentKind.CLASS:
        return class_signature(content.language, content.tokens, found.name)
    return signature(content.language, content.tokens, found.name)


def _item(found: _Found, body: str) -> ContextItem:
    calls = "calls" if len(found.callers) == 1 else "call"
    title = f"Definition of {safe_name(found.name)}, which {whose(found.callers)} {calls}"
    return ContextItem(ContextKind.DEFINITION, title, body, f"{found.place.path}:{found.place.start_line}")
