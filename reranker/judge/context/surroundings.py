"""What stands around the two sides: the class that encloses each, and the imports it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.judge import ContextItem, ContextKind
from codesearch.core.types import FragmentKind, Tokens
from reranker.judge.context.calls import identifiers_of
from reranker.judge.context.corpus import Corpus
from reranker.judge.context.excerpt import excerpt, loose, signature
from reranker.judge.context.sides import Side, whose
from reranker.judge.manipulation.detector import reads_as_instruction
from reranker.judge.view.code import safe_name

_MOST_MEMBERS = 24  # names of a class
_MOST_USED = 8  # imports that bring a name which the side uses
_MOST_OTHERS = 3  # imports shown where none does, for what the file is about
_MOST_IMPORT_LINES = 3  # of one import


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands around a side: the start of its title, its body and where it is."""

    about: str
    body: str
    source: str


def surroundings_items(sides: Sequence[Side], corpus: Corpus) -> list[ContextItem]:
    """The class around each side, then the imports of each file; what both sides share comes once."""
    owners: dict[_Piece, list[Side]] = {}
    for piece_of in (_class_piece, _imports_piece):
        for side in sides:
            piece = piece_of(side, corpus)
            if piece is not None:
                owners.setdefault(piece, []).append(side)
    return [
        ContextItem(ContextKind.SURROUNDINGS, f"{piece.about} {whose(own)}", piece.body, piece.source)
        for piece, own in owners.items()
    ]


def _class_piece(side: Side, corpus: Corpus) -> _Piece | None:
    """Header and members of the class that a side stands in; None when it stands in none."""
    if not side.container:
        return None
    found = _class_in_file(side) if side.file.definitions else _class_in_index(side, corpus)
    if found is None:
        return None
    line, tokens, members = found
    body = signature(side.language, tokens, side.container)
    # By the alphabet, so that the order of names says nothing that the file's author wants said.
    names = sorted({name for name in members if name and safe_name(name) == name})
    shown = f"members: {', '.join(names[:_MOST_MEMBERS])}"
    if len(names) > _MOST_MEMBERS:
        shown += f" and {len(names) - _MOST_MEMBERS} more"
    if names and not reads_as_instruction(shown):
        body += f"\n{shown}"
    return _Piece(f"Class {safe_name(side.container)}, around", body, f"{side.place.path}:{line}")


_Class = tuple[int, Tokens, list[str]]
"""First line, tokens and names of the members of a class."""


def _class_in_file(side: Side) -> _Class | None:
    defined = side.file.definitions
    line = side.place.start_line
    around = [one for one in defined if one.name == side.container and one.kind is FragmentKind.CLASS]
    if not around:
        return None
    # Go and C++ define methods outside of the type that has them.
    holder = min(around, key=lambda one: (not one.start_line <= line <= one.end_line, -one.start_line))
    members = [one.name for one in defined if one.container == side.container]
    return holder.start_line, holder.tokens, members


def _class_in_index(side: Side, corpus: Corpus) -> _Class | None:
    """The same from the index, which holds no member below the minimum size."""
    defined = corpus.defined_in(side.place)
    for one in defined:
        if one.name == side.container and one.kind is FragmentKind.CLASS:
            content = corpus.content(one)
            if content is not None:
                members = [member.name for member in defined if member.container == side.container]
                return one.place.start_line, content.tokens, members
    return None


def _imports_piece(side: Side, corpus: Corpus) -> _Piece | None:
    """The imports that bring what a side uses, in file order; without any, the first ones of its file."""
    imports = side.file.imports
    used = identifiers_of(side.fragment)
    telling = [one for one in imports if not used.isdisjoint(one.words)]
    shown = [
        excerpt(loose(side.language, one.tokens), _MOST_IMPORT_LINES)
        for one in telling[:_MOST_USED] or imports[:_MOST_OTHERS]
    ]
    # Each name of a module path may be plain, and several together a sentence.
    body = "\n".join(text for text in shown if not reads_as_instruction(text))
    if not body or reads_as_instruction(body):
        return None
    return _Piece("Imports in the file of", body, f"{side.place.path}:{imports[0].line}")
