"""The decode ladder: which step answers, and what the text then is."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.corpus.decode import decode
from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead

TEXT = "größe = 'naïve'  # €\nreturn größe\n"
PLAIN = "def f(a, b):\n    return a + b  # größer\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        (TEXT.encode(), "utf-8", TEXT),
        (b"", "utf-8", ""),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-bom", TEXT),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le-bom", TEXT),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be-bom", TEXT),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le-bom", TEXT),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "utf-32-be-bom", TEXT),
        (PLAIN.encode("utf-16-le"), "utf-16-le-guessed", PLAIN),
        (PLAIN.encode("utf-16-be"), "utf-16-be-guessed", PLAIN),
        (PLAIN.encode("latin-1"), "latin-1", PLAIN),
        (b"# -*- coding: cp1252 -*-\n" + "x = '€'".encode("cp1252"), "declared:cp1252", None),
        (
            b"#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\n" + "я".encode("koi8-r"),
            "declared:koi8-r",
            None,
        ),
        (
            b"<?xml version='1.0' encoding='iso-8859-2'?>\n" + "ł".encode("iso-8859-2"),
            "declared:iso8859-2",
            None,
        ),
        (b"# coding: no-such-codec\n\xe9", "latin-1", None),
        (b"# coding: punycode\n\xe9", "latin-1", None),
        (b"# coding: hex\n\xe9", "latin-1", None),
        (b"# coding: ascii\n\xe9", "latin-1", None),
        (codecs.BOM_UTF8 + b"caf\xe9", "latin-1", "café"),
    ],
)
def test_the_first_step_that_fits_answers(raw: bytes, encoding: str, text: str | None) -> None:
    decoded = decode(raw)
    assert decoded.encoding == encoding
    if text is not None:
        assert decoded.text.decode() == text


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\0", SkipReason.BINARY),
        (b"x = 1\n\0y = 2\n", SkipReason.BINARY),
        (b"code\n" * 10 + bytes(range(1, 9)) * 3, SkipReason.BINARY),
        (codecs.BOM_UTF16_LE + b"a\0b", SkipReason.UNDECODABLE),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", SkipReason.UNDECODABLE),
        (codecs.BOM_UTF16_LE + b"a\0\0\0", SkipReason.BINARY),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(raw: bytes, reason: SkipReason) -> None:
    with pytest.raises(CannotRead) as caught:
        decode(raw)
    assert caught.value.reason is reason


def test_lines_count_as_in_an_editor() -> None:
    assert decode(b"a\r\nb\rc\nd\r\n").text == b"a\nb\nc\nd\n"


def test_form_feeds_and_escapes_are_text() -> None:
    assert decode(b"a\n\f\nb\x1b[0m\n").encoding == "utf-8"


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    try:
        decoded = decode(raw)
    except CannotRead as refusal:
        assert refusal.reason in {SkipReason.BINARY, SkipReason.UNDECODABLE}
    else:
        decoded.text.decode("utf-8")
        assert b"\r" not in decoded.text
        assert b"\0" not in decoded.text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_utf8_text_is_kept_byte_for_byte(text: str) -> None:
    raw = text.removeprefix("\ufeff").encode()
    assert decode(raw).text == raw
