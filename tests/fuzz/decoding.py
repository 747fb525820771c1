"""Decoding: whatever the bytes of a file, they are text of one shape or refused."""

from __future__ import annotations

import codecs

from fuzz.target import Target, refusals

from codesearch.core.settings.load import default_settings
from codesearch.query.source import ReadOptions, Selection, read_text
from indexer.corpus.decode import decode
from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead

_TEXT = "größe = 'naïve'  # €\r\nreturn größe\r"
_ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "cp1252",
    "gb18030",
)
_REFUSED = {SkipReason.BINARY, SkipReason.UNDECODABLE}


def _decodes(data: bytes) -> None:
    try:
        found = decode(data)
    except CannotRead as refusal:
        assert refusal.reason in _REFUSED
        return
    text = found.text.decode("utf-8")
    assert "\r" not in text
    assert "\0" not in text
    assert not data or found.encoding
    assert decode(data) == found


def _reads(data: bytes) -> None:
    """A query document: a selection of lines, a name and a text, as somebody might paste them."""
    selection, _, raw = data.partition(b"\n")
    with refusals():
        selected = Selection.parse(selection.decode("utf-8", "surrogateescape").replace("\0", ""))
        source = read_text(raw, ReadOptions.of(default_settings()), selected.path, selected.lines)
        lines = len(source.lines)
        for span, fragment in source.fragments:
            assert 1 <= span.start_line <= span.end_line <= lines
            assert len(fragment.tokens) == span.last - span.first > 0


TARGETS = (
    Target(
        "decoding",
        "decoding",
        _decodes,
        (
            *(_TEXT.encode(encoding, "replace") for encoding in _ENCODINGS),
            b"# -*- coding: koi8-r -*-\n\xcf\xd4\xd7\xc5\xd4 = 1\n",
            b'<?xml version="1.0" encoding="shift_jis"?>\n<\x83e/>',
            b'<meta charset="cp037">\n\xd2\x85',
            b"# vim: set fileencoding=utf-7 :\n+AGE-",
            codecs.BOM_UTF16_LE + "\ud800".encode("utf-16-le", "surrogatepass"),
        ),
    ),
    Target(
        "query",
        "decoding",
        _reads,
        (
            b"a.py:1-2\ndef f(x):\n    return x\n",
            b"Copy.java\nclass Copy { int f(int a) { return a; } }\n",
            b"-\nfunction f(a) { return a.map(x => x * 2) }\n",
            b"x.h:3\n#include <map>\nnamespace a { int f(); }\n",
            b"script\n#!/usr/bin/env -S python3 -u\nprint(1)\n",
        ),
    ),
)
