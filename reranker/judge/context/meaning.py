"""Which definition a call means; a wrong one would mislead more than none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from codesearch.core.results import Place
from codesearch.core.store.definitions import CALLABLE
from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import FragmentKind, Role
from indexer.features.concepts import concepts
from indexer.normal.subtokens import split_identifier
from indexer.parsing.declarations import Declared
from reranker.judge.context.calls import Call, Manner
from reranker.judge.context.files import NO_FILE
from reranker.judge.context.sides import Side

# There a name of another file has to be imported, while elsewhere the files of a folder share theirs; and no
# method is called by its bare name.
_STRICT = frozenset(("python", "javascript", "typescript"))


def is_common(name: str) -> bool:
    """Whether a name means the same in every program, such as ``append``, ``sorted`` or ``print``."""
    return name.encode() in concepts().hashes


def meant_here(call: Call, side: Side, meanings: int) -> Declared | None:
    """The definition that a call means in the side's own file, None when nothing tells.

    A call through something else is only taken to mean what the file defines when nothing else has the name.

    Args:
        call: The call.
        side: Who calls.
        meanings: How many definitions the corpus has under the name.
    """
    named = [one for one in side.file.definitions if one.name == call.name and one.kind in CALLABLE]
    if call.manner is Manner.BARE:
        named = [one for one in named if one.kind is not FragmentKind.METHOD or _is_colleague(one, side)]
    elif call.manner is Manner.THROUGH:
        elsewhere = meanings > 1 or is_common(call.name) or _is_brought(call.owner, side)
        named = [] if elsewhere or len(named) > 1 else named
    return min(named, key=lambda one: (one.container != side.container, one.container != ""), default=None)


def meant_elsewhere(call: Call, side: Side, candidates: Sequence[Occurrence]) -> Occurrence | None:
    """The definition that a call means among those of the corpus, None when nothing tells.

    One of the same file where that could not be read, else one that an import brings, else one that is known
    without; among several the nearest.

    Args:
        call: The call.
        side: Who calls.
        candidates: Definitions of the name outside of the two sides.
    """
    able = [one for one in candidates if not (_is_strict(call, side) and one.kind is FragmentKind.METHOD)]
    at_home = [one for one in able if _file(one.place) == _file(side.place)]
    if call.manner is Manner.THROUGH or side.file is not NO_FILE:
        at_home = []
    brought = [one for one in able if _is_brought(_origin(one), side)]
    eligible = at_home or brought or _known_anyway(call, side, able)
    return min(eligible, key=lambda one: _distance(one, side), default=None)


def _known_anyway(call: Call, side: Side, candidates: Sequence[Occurrence]) -> Sequence[Occurrence]:
    """The definitions that a call may mean though no import names their class or file.

    Those of the same folder for a call by its bare name, else the only one of the corpus.
    """
    if _is_brought(call.owner, side):
        return ()  # a member of a module that the corpus does not have
    if _is_strict(call, side) and not _is_brought(call.name, side):
        return _lone(call, candidates) if side.file is NO_FILE else ()
    beside = [one for one in candidates if _folder(one.place) == _folder(side.place)]
    return (beside if call.manner is Manner.BARE else ()) or _lone(call, candidates)


def _lone(call: Call, candidates: Sequence[Occurrence]) -> list[Occurrence]:
    """The definitions of a name that one content alone has; none when a library may have it as well."""
    contents = {one.key for one in candidates}
    if len(contents) != 1 or len(split_identifier(call.name.encode())) < 2:
        return []
    return [
        one
        for one in candidates
        if one.role is Role.SOURCE  # nobody calls into tests by chance
        and (call.manner is Manner.BARE or one.container)
    ]


def _is_strict(call: Call, side: Side) -> bool:
    """Whether a call can mean nothing of another file that is not imported, and no method."""
    return call.manner is Manner.BARE and side.language in _STRICT


def _is_colleague(declared: Declared, side: Side) -> bool:
    """Whether a method can be called by its bare name: it is of the same class."""
    return side.language not in _STRICT and declared.container == side.container


def _origin(candidate: Occurrence) -> str:
    """What an import names to bring a definition: the class that has it, or else its file."""
    return candidate.container or PurePosixPath(candidate.place.path).stem


def _is_brought(name: str, side: Side) -> bool:
    return name.encode() in side.file.imported


def _distance(candidate: Occurrence, side: Side) -> tuple[bool, bool, bool, int, str, str, int]:
    """Smaller is nearer: same file, product code, same corpus, longest common path."""
    place, here = candidate.place, side.place
    same_corpus = place.corpus == here.corpus
    common = 0
    for own, other in zip(here.path.split("/"), place.path.split("/"), strict=False):
        if own != other:
            break
        common += 1
    return (
        _file(place) != _file(here),
        candidate.role is not Role.SOURCE,
        not same_corpus,
        -common if same_corpus else 0,
        place.corpus,
        place.path,
        place.start_line,
    )


def _file(place: Place) -> tuple[str, str]:
    return place.corpus, place.path


def _folder(place: Place) -> tuple[str, str]:
    return place.corpus, place.path.rpartition("/")[0]
