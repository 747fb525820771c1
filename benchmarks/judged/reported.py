"""Pairs drawn from the classes that audits report."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.judged.pairs import Drawing, DrawnPair, Origin, Text
from codesearch.core.errors import InputError
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

SCHEMA = "codesearch.audit/1"


@dataclass(frozen=True, slots=True)
class ReportedClass:
    """A class of an audit: the JSON of its members, and the folder that they lie in."""

    members: Sequence[Json]
    folder: Path


def read_audit(document: Path, folder: Path) -> Iterator[tuple[Origin, ReportedClass]]:
    """The T3 and T4 classes of an audit of ``folder``.

    Raises:
        InputError: It is no document of ``codesearch audit --json``.
    """
    try:
        audit = json.loads(document.read_bytes())
        classes = audit["classes"] if audit["schema"] == SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read an audit from {document} ({error})", _HINT) from error
    if classes is None:
        raise InputError(f"{document} has another schema than {SCHEMA}", _HINT)
    for found in classes:
        if found["clone_type"] in Origin.__members__:
            yield Origin[found["clone_type"]], ReportedClass(found["members"], folder)


def draw_reported(
    classes: Iterable[tuple[Origin, ReportedClass]], count: int, draw: random.Random, drawing: Drawing
) -> list[DrawnPair]:
    """One pair of each of ``count`` classes drawn at random, as many of T3 as of T4 where there are both.

    A class has one voice however many members it has: all pairs of a large family are one finding. Of its
    members two are drawn that differ by more than names and literals, as its type says.

    Raises:
        InputError: There are too few classes, or the audited code is not there.
    """
    by_origin: dict[Origin, list[ReportedClass]] = {}
    for origin, found in classes:
        by_origin.setdefault(origin, []).append(found)
    pairs: list[DrawnPair] = []
    for number, origin in enumerate(sorted(by_origin)):
        wanted = (count - len(pairs)) // (len(by_origin) - number)
        drawn = drawing.take(_pairs(origin, by_origin[origin], draw), wanted)
        if len(drawn) < wanted:
            raise InputError(
                f"only {len(drawn)} of the classes hold a pair that is {origin}, {wanted} are wanted",
                "name more audits, or draw fewer with --pairs",
            )
        pairs += drawn
    if not pairs:
        raise InputError("the audits hold no class of type T3 or T4", "name other audits")
    return pairs


_HINT = "write one with `codesearch audit --json`"


def _pairs(origin: Origin, classes: Sequence[ReportedClass], draw: random.Random) -> Iterator[DrawnPair]:
    """A pair of every class that has one, in random order."""
    for found in draw.sample(classes, len(classes)):
        if (sides := _unequal_members(found, draw)) is not None:
            yield DrawnPair(origin, sides)


def _unequal_members(found: ReportedClass, draw: random.Random) -> tuple[Text, Text] | None:
    """A member and another one whose text is not a renamed copy of it; None when all are."""
    first, *others = draw.sample(found.members, len(found.members))
    text = _text(found.folder, first)
    form = _renamed_form(text)
    for other in others:
        other_text = _text(found.folder, other)
        if _renamed_form(other_text) != form:
            return text, other_text
    return None


def _renamed_form(text: Text) -> bytes:
    [fragment] = fragments_of([(text.code, registry().get(text.language))])
    return fragment.renamed_key


def _text(folder: Path, member: Json) -> Text:
    path = folder / member["path"]
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            f"cannot read {path}, a member of a class: {error.strerror}",
            "name the folder that was audited as it was then",
        ) from error
    code = b"\n".join(lines[member["start_line"] - 1 : member["end_line"]])
    return Text(member["language"], code.decode("utf-8", "replace"))
