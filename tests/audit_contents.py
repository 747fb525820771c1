"""Clone classes by the contents of their members, for what looks at nothing else."""

from __future__ import annotations

from dataclasses import replace

from audit_reports import clone_class, member

from codesearch.core.audit import CloneClass


def content(letter: str) -> str:
    """A member content; one letter from a to f stands for it."""
    return letter * 32


def class_of(number: int, letters: str, *, corpus: str = "corpus") -> CloneClass:
    """Class ``number`` with a member for each letter, each in a file of its own."""
    made = clone_class(
        number, *(member(f"{at}.py", content=content(letter)) for at, letter in enumerate(letters))
    )
    members = (replace(one, place=replace(one.place, corpus=corpus)) for one in made.members)
    return replace(made, members=tuple(members))


def new_letters(found: CloneClass) -> str:
    """The letters of the members that are new."""
    return "".join(one.content[0] for one in found.members if one.new)
