"""What a team may do about a class, in a word and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from codesearch.audit.classes.description import Comparison
from codesearch.core.audit import Action, Member, Variation
from codesearch.core.results import CloneType
from codesearch.core.types import FragmentKind

BOILERPLATE = frozenset(
    (
        *("__init__", "__repr__", "__str__", "__eq__", "__hash__", "__len__", "__iter__", "__enter__"),
        *("__exit__", "__getstate__", "__setstate__", "equals", "hashcode", "tostring", "compareto"),
        *("clone", "finalize", "main", "dispose", "close"),
    )
)
"""Names of methods that a language or framework asks for, lower-cased; short ones are alike by nature."""
SHORT = 15  # lines; a longer method of such a name holds logic of its own
FEW_STATEMENTS = 0.25  # of the lines; where more differ, merging needs a person's judgement
MANY_LITERALS = 0.5  # differing literals per line: a table


def target_folder(members: Sequence[Member]) -> str:
    """Deepest folder that holds all members, ``.`` for the root; empty across corpora."""
    if len({member.place.corpus for member in members}) > 1:
        return ""
    folders = [PurePosixPath(member.place.path).parent.parts for member in members]
    common = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "/".join(common) or "."


def advise(members: Sequence[Member], comparison: Comparison) -> Action:
    """The action that fits what varies."""
    lines = max(member.lines for member in members)
    variation = comparison.variation
    names = {member.name.lower() for member in members}
    if names <= BOILERPLATE and lines < SHORT:
        return Action.BOILERPLATE
    if variation.statements > FEW_STATEMENTS * lines:
        return Action.REVIEW
    differs = bool(variation.renamed or variation.literals or variation.statements)
    blocks = [member for member in members if member.kind is FragmentKind.BLOCK]
    if blocks and (differs or any(block.name for block in blocks)):  # code outside of functions has no name
        return Action.EXTRACT
    if differs:
        return Action.PARAMETERISE
    files = {(member.place.corpus, member.place.path) for member in members}
    return Action.KEEP_ONE if len(files) == 1 else Action.MOVE


def explain(members: Sequence[Member], comparison: Comparison) -> str:
    """The sentence, such as ``2 copies in 2 files; 3 names and 1 literal differ: size→length``."""
    files = len({(member.place.corpus, member.place.path) for member in members})
    where = "one file" if files == 1 else f"{files:,} files"
    match comparison.clone_type:
        case CloneType.T1:
            text = f"{len(members):,} identical copies in {where}"
        case CloneType.T2:
            text = f"{len(members):,} copies with other names or literals in {where}"
        case CloneType.T3 if comparison.similarity == 1:
            text = f"{len(members):,} copies with names changed inconsistently in {where}"
        case _:
            share = f"{100 * comparison.similarity:.0f} % of the tokens align"
            text = f"{len(members):,} near copies in {where}, {share}"
    differences = _differences(comparison.variation)
    return f"{text}; {differences}" if differences else text


def _differences(variation: Variation) -> str:
    counted = [
        (variation.statements, "line"),
        (variation.renamed, "name"),
        (variation.literals, "literal"),
    ]
    parts = [f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counted if count]
    if not parts:
        return ""
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    verb = "differs" if len(parts) == 1 and parts[0].startswith("1 ") else "differ"
    renames: dict[str, str] = {}  # the most frequent one of each name
    for ours, theirs in variation.names:
        renames.setdefault(ours, theirs)
    shown = ", ".join(f"{ours}→{theirs}" for ours, theirs in list(renames.items())[:3])
    return f"{listed} {verb}" + (f": {shown}" if shown else "")
