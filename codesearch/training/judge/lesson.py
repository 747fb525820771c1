"""What a judge learns from precedents, and what is held out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.core.types import ContentKey
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

_Key = str | tuple[ContentKey, str]  # a content, or the T2 form of one with its language
_HELD_OUT = 10  # every tenth precedent
_FEWEST = 8  # precedents; of fewer none is spared


@dataclass(frozen=True, slots=True)
class Lesson:
    """Precedents that share no code across the two, not even renamed.

    Attributes:
        taught: To learn from; of both verdicts.
        held_out: To see when to stop, and how good the result is; empty where there are few.
    """

    taught: tuple[Precedent, ...]
    held_out: tuple[Precedent, ...]


def one_each(sources: Iterable[Iterable[Precedent]]) -> tuple[Precedent, ...]:
    """One precedent per pair, that of the first source which has it, sorted by their sides."""
    found: dict[object, Precedent] = {}
    for source in sources:
        for precedent in source:
            found.setdefault(precedent.pair, precedent)
    return tuple(sorted(found.values(), key=lambda precedent: precedent.sides))


def make_lesson(precedents: Sequence[Precedent], seed: int) -> Lesson:
    """A tenth is held out, with all that shares a side with it, names and literals aside.

    Args:
        precedents: One per pair.
        seed: Of the draw.

    Raises:
        InputError: There are none, or all say the same.
        UsageError: A language is not in the registry.
    """
    if not precedents:
        raise InputError(
            "there are no precedents to learn from",
            "name a file with --precedents, or give verdicts with 'codesearch feedback'",
        )
    _require_both(precedents)
    if len(precedents) < _FEWEST:
        return Lesson(tuple(precedents), ())
    held_out = frozenset(_held_out(precedents, seed))
    taught = tuple(precedent for precedent in precedents if precedent not in held_out)
    if len(verdicts_of(taught)) < 2:
        return Lesson(tuple(precedents), ())
    return Lesson(taught, tuple(precedent for precedent in precedents if precedent in held_out))


def balanced(precedents: Sequence[Precedent]) -> list[int]:
    """Positions of the precedents, those of the rarer verdict repeated until there are as many of both."""
    by_verdict: dict[Verdict, list[int]] = {}
    for position, precedent in enumerate(precedents):
        by_verdict.setdefault(precedent.verdict, []).append(position)
    most = max(map(len, by_verdict.values()))
    return [positions[n % len(positions)] for positions in by_verdict.values() for n in range(most)]


def counts(precedents: Iterable[Precedent]) -> Mapping[str, int]:
    """Precedents by verdict."""
    found = Counter(str(precedent.verdict) for precedent in precedents)
    return {str(verdict): found[verdict] for verdict in (Verdict.CLONE, Verdict.NOT_CLONE)}


def verdicts_of(precedents: Iterable[Precedent]) -> set[Verdict]:
    """What at least one of them says."""
    return {precedent.verdict for precedent in precedents}


def _held_out(precedents: Sequence[Precedent], seed: int) -> list[Precedent]:
    """Whole families, the smallest first: a large one would be most of what is held out."""
    families = _families(precedents)
    random.Random(seed).shuffle(families)  # noqa: S311  a reproducible draw, no secret
    families.sort(key=len)
    wanted = max(2, len(precedents) // _HELD_OUT)
    found: list[Precedent] = []
    for family in families:
        lacking = len(found) < wanted or verdicts_of(family) - verdicts_of(found)
        if lacking and len(found) + len(family) <= 2 * wanted:
            found += family
    return found


def _require_both(precedents: Sequence[Precedent]) -> None:
    found = verdicts_of(precedents)
    if len(found) < 2:
        [said] = found
        raise InputError(
            f"all {len(precedents):,} precedents say {said}",
            "add some that say otherwise: a judge learns what tells them apart",
        )


def _families(precedents: Sequence[Precedent]) -> list[list[Precedent]]:
    """Precedents that share code, as it is or renamed, directly or through others."""
    family_of: dict[_Key, int] = {}
    families: dict[int, list[tuple[Precedent, frozenset[_Key]]]] = {}
    for number, (precedent, keys) in enumerate(zip(precedents, _keys(precedents), strict=True)):
        joined = [(precedent, keys)]
        for other in {family_of[key] for key in keys if key in family_of}:
            joined += families.pop(other)
        families[number] = joined
        for _, shared in joined:
            family_of |= dict.fromkeys(shared, number)
    return [[precedent for precedent, _ in family] for family in families.values()]


def _keys(precedents: Sequence[Precedent]) -> Iterator[frozenset[_Key]]:
    """What tells that each shares code with others."""
    sides = [side for precedent in precedents for side in precedent.sides]
    fragments = iter(fragments_of([(side.code, registry().get(side.language)) for side in sides]))
    for precedent in precedents:
        renamed = {(fragment.renamed_key, fragment.language) for fragment in islice(fragments, 2)}
        yield frozenset({*renamed, *(side.content for side in precedent.sides)})
