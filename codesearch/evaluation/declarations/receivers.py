"""Whether a name after a receiver is a member that the code declares, or one of a library.

There are no types to ask, so the text decides:

- ``self`` and its like, and the classes of the code, have the members that the code declares.
- A package or class of a library (a receiver that the code does not declare) has none of them.
- A field needs no more than that the code holds values of its class. A class that is defined and never named
  again, as most of contest code, is only ever ``self``.
- A method needs a line that names both the receiver and the class (``uf = UnionFind(n)``): the ``push`` of a
  class ``MyStack`` is not the ``push`` of the list inside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from codesearch.evaluation.declarations.names import Names, Occurrence, Role

_OURSELVES = frozenset({b"this", b"self", b"Self", b"cls", b"super", b"static", b"parent", b"base"})

_IMPLICIT = re.compile(rb"it|_|[0-9]+")  # the parameter of a lambda that names none; `$0` without its sigil

_LINKS = (b"->", b"::", b".")
_BETWEEN = b" \t\r\n!?&#$@"  # `a?.b`, `a!!.b`, the line break of a chain, the sigil of `this.#b`
_BRACKETS = {ord(")"): ord("("), ord("]"): ord("["), ord("}"): ord("{"), ord(">"): ord("<")}
_OPENING = frozenset(b"([{")
_LONGEST = 300  # bytes of a receiver or of the arguments before a keyword that are looked at

_LAST_WORD = re.compile(rb"[\w\x80-\xff]+\Z")
_LONGEST_WORD = 64
_CALLED = re.compile(rb"(?:::)?(?:<[^<>;]*>)?[ \t]*\(")


@dataclass(frozen=True, slots=True)
class _Expression:
    """What is asked for a member, or called: its last word, and whether it is that word and no more."""

    word: bytes
    alone: bool


def reaches_declared(source: bytes, names: Names, found: Occurrence) -> bool:
    """Whether what an access or a call names is a member that the code declares."""
    owners = names.members.get(found.name)
    if owners is None and found.name not in names.classes:
        return False
    receiver = _receiver(source, found.start)
    if receiver.word in _OURSELVES or receiver.word in names.selves or receiver.word in names.classes:
        return True
    if owners is None:
        return receiver.word in names.known
    if receiver.alone and receiver.word not in names.known and not _IMPLICIT.fullmatch(receiver.word):
        return False
    called = found.role is Role.CALL or _CALLED.match(source, found.end) is not None
    if owners and called:
        word = receiver.word
        return word in names.known and any(_line_names_both(source, word, owner) for owner in owners)
    return not owners or not names.held.isdisjoint(owners)


def callee_is_declared(source: bytes, names: Names, start: int) -> bool:
    """Whether the call around the keyword at this byte offset is one of a function or class of the code."""
    opening = _opening(source, start)
    while opening > 0 and source[opening - 1] in _OPENING:  # `[]Edge{{to: 1}}`
        opening -= 1
    callee = _expression(source, _skip_back(source, opening)).word
    return callee in _OURSELVES or callee in names.known


def _receiver(source: bytes, start: int) -> _Expression:
    """What stands before the dot before a byte offset; without a word when there is neither."""
    place = _skip_back(source, start)
    for link in _LINKS:
        if source.endswith(link, 0, place):
            return _expression(source, _skip_back(source, place - len(link)))
    return _Expression(b"", alone=False)


def _expression(source: bytes, end: int) -> _Expression:
    """The call, subscript or name that ends at a byte offset."""
    place = end
    while place > 0 and source[place - 1] in _BRACKETS and not source.endswith(b"->", 0, place):
        place = _skip_back(source, _opening(source, place - 1, _BRACKETS[source[place - 1]]))
    word = _LAST_WORD.search(source, max(0, place - _LONGEST_WORD), place)
    if word is None:
        return _Expression(b"", alone=False)
    linked = source.endswith(_LINKS, 0, _skip_back(source, word.start()))
    return _Expression(word[0], alone=place == end and not linked)


def _opening(source: bytes, end: int, bracket: int | None = None) -> int:
    """Byte offset of the bracket that is open at ``end``; of any kind but ``<`` when none is given."""
    depth = 0
    for place in range(end - 1, max(-1, end - _LONGEST), -1):
        byte = source[place]
        if byte == bracket or (bracket is None and byte in _OPENING):
            if depth == 0:
                return place
            depth -= 1
        elif byte in _BRACKETS and (_BRACKETS[byte] == bracket or (bracket is None and byte != ord(">"))):
            depth += 1
    return 0


def _skip_back(source: bytes, end: int) -> int:
    """The end of what stands before white space and the marks of optional values."""
    while end > 0 and source[end - 1] in _BETWEEN:
        end -= 1
    return end


def _line_names_both(source: bytes, receiver: bytes, owner: bytes) -> bool:
    """Whether a line names the receiver and makes or takes a value of its class."""
    both = re.compile(rb"(?=.*\b%b\b).*(?:\b|[nN]ew_?)%b\b" % (re.escape(receiver), re.escape(owner)))
    return any(receiver in line and owner in line and both.match(line) for line in source.split(b"\n"))
