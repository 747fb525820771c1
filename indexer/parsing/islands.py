"""Literals that name their own end, such as heredocs, which no regular expression finds in linear time.

A file may open thousands that end nowhere. So the places where one could end are collected once, by the name
that ends it, and every opening looks its own end up.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IslandForm:
    """How such a literal opens and ends; both expressions have the group ``label``, and no opening holds
    another.

    Attributes:
        opening: Up to the label, or further.
        closing: What ends a literal of that label.
        lines: The literal is the lines between the two; otherwise the two belong to it.
    """

    opening: re.Pattern[bytes]
    closing: re.Pattern[bytes]
    lines: bool


_LINE_LABEL = re.compile(rb"^[ \t]*+(?P<label>[A-Za-z_]\w*+)", re.MULTILINE)

ISLAND_FORMS = {
    "heredoc": IslandForm(
        re.compile(rb"<<[-~]?[ \t]*+([\"'`]?)(?P<label>[A-Za-z_]\w*+)\1"), _LINE_LABEL, lines=True
    ),
    "php_heredoc": IslandForm(
        re.compile(rb"<<<[ \t]*+([\"']?)(?P<label>[A-Za-z_]\w*+)\1(?=[ \t]*+\r?\n)"), _LINE_LABEL, lines=True
    ),
    "cpp_raw": IslandForm(
        re.compile(rb"\bR\"(?P<label>[^()\\\s\"]{1,16}+)\("),
        re.compile(rb"\)(?P<label>[^()\\\s\"]{1,16}+)\""),
        lines=False,
    ),
}
"""The forms by the name that a lexicon uses."""


def find_islands(source: bytes, forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last offset of each literal that is not empty, ascending and apart from each other.

    Args:
        source: The text.
        forms: Keys of :data:`ISLAND_FORMS`.
    """
    position = 0
    for first, last in sorted(found for form in forms for found in _of_form(source, ISLAND_FORMS[form])):
        if first >= position:
            yield first, last
            position = last


def _of_form(source: bytes, form: IslandForm) -> Iterator[tuple[int, int]]:
    labels = {opener["label"] for opener in form.opening.finditer(source)}
    if not labels:
        return
    endings = _endings(source, form, labels)
    position = 0
    for opener in form.opening.finditer(source):
        ends = endings.get(opener["label"], ())
        at = bisect_left(ends, opener.end())
        if opener.start() < position or at == len(ends):
            continue
        position = ends[at]
        if form.lines:
            first, last = source.index(b"\n", opener.end()) + 1, position
        else:
            first, last = opener.start(), position + len(opener["label"]) + len(')"')
        if first < last:
            yield first, last


def _endings(source: bytes, form: IslandForm, labels: Collection[bytes]) -> dict[bytes, list[int]]:
    """Offsets, ascending, where literals of each label can end."""
    endings: dict[bytes, list[int]] = {}
    for closer in form.closing.finditer(source):
        if (label := closer["label"]) in labels:
            endings.setdefault(label, []).append(closer.start())
    return endings
