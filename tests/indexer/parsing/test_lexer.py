"""Splitting sources into tokens."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.types import TokenKind, Tokens
from indexer.parsing.languages import registry
from indexer.parsing.lexer import lex
from indexer.parsing.patterns import token_patterns

ALL_IDS = [language.id for language in registry()]

# Text that comes close to code: what opens and closes literals, in random order.
OPENERS = b"""' " ` \\ /* */ // # -- x1 $ ${ { } ( ) [ ] = =begin 0x1F 1.5e-3 r# 'a if %q( <?php ?> : / @ ~"""
BREAKS = [b'"""', b"\n", b"\r\n", b" ", b"\t", b"<<EOF\n", b"EOF\n", b"\x00", b"\xff\xfe", b"\xc3\xa9"]
SNIPPETS = st.sampled_from([*OPENERS.split(), *BREAKS])
SOURCES = st.one_of(st.lists(SNIPPETS, max_size=40).map(b"".join), st.binary(max_size=60))


def tokens_of(source: bytes, language: str) -> Tokens:
    return lex(source, registry().get(language)).tokens()


def texts_of(source: bytes, language: str) -> list[bytes]:
    tokens = tokens_of(source, language)
    return [tokens.vocabulary.texts[id_] for id_ in tokens.ids.tolist()]


def kinds_of(source: bytes, language: str) -> list[tuple[bytes, TokenKind]]:
    kinds = tokens_of(source, language).kinds.tolist()
    return list(zip(texts_of(source, language), map(TokenKind, kinds), strict=True))


@given(source=SOURCES, language=st.sampled_from(ALL_IDS))
def test_pieces_cover_every_byte_in_order(source: bytes, language: str) -> None:
    pieces = token_patterns(registry().get(language).lexicon).split.findall(source)
    assert b"".join(pieces) == source


@given(source=SOURCES, language=st.sampled_from(ALL_IDS))
def test_a_token_stands_where_its_offset_and_line_say(source: bytes, language: str) -> None:
    lexed = lex(source, registry().get(language))
    texts = texts_of(source, language)
    for text, start, line, end_line in zip(
        texts, lexed.starts.tolist(), lexed.lines.tolist(), lexed.end_lines.tolist(), strict=True
    ):
        assert source[start : start + len(text)] == text
        assert line == 1 + source.count(b"\n", 0, start)
        assert end_line == line + text.count(b"\n")
    assert np.all(np.diff(lexed.lines) >= 0)


@given(source=SOURCES, language=st.sampled_from(ALL_IDS))
def test_a_vocabulary_depends_on_its_file_alone(source: bytes, language: str) -> None:
    tokens = tokens_of(source, language)
    vocabulary = tokens.vocabulary
    assert tokens.ids.tolist() == [vocabulary.texts.index(text) for text in texts_of(source, language)]
    first_seen = dict.fromkeys(tokens.ids.tolist())
    assert list(first_seen) == list(range(len(vocabulary.texts)))
    digests = [int.from_bytes(blake2b(text, digest_size=8).digest(), "little") for text in vocabulary.texts]
    assert vocabulary.hashes.tolist() == digests


def test_kinds_tell_names_keywords_and_literals_apart() -> None:
    assert kinds_of(b"int n = null + 0x1F * 'c' + \"s\";", "java") == [
        (b"int", TokenKind.IDENTIFIER),  # types are abstracted like names
        (b"n", TokenKind.IDENTIFIER),
        (b"=", TokenKind.OPERATOR),
        (b"null", TokenKind.KEYWORD),
        (b"+", TokenKind.OPERATOR),
        (b"0x1F", TokenKind.NUMBER),
        (b"*", TokenKind.OPERATOR),
        (b"'c'", TokenKind.STRING),
        (b"+", TokenKind.OPERATOR),
        (b'"s"', TokenKind.STRING),
        (b";", TokenKind.OPERATOR),
    ]


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("java", b"a >>>= b->c", b"a  >>>=  b  ->  c"),
        ("python", b"x = rb'\\'' + f\"{y}\" ** 1_0.5e-3", b"x  =  rb'\\''  +  f\"{y}\"  **  1_0.5e-3"),
        ("python", b"a = '''one\ntwo''' # end\nb", b"a  =  '''one\ntwo'''  b"),
        ("javascript", b"a = b / c / d", b"a  =  b  /  c  /  d"),
        ("javascript", b'f(/[/"]/g, 1)', b'f  (  /[/"]/g  ,  1  )'),
        ("rust", b"f<'a>(x: &'a str) { 'b' }", b"f  <  'a  >  (  x  :  &  'a  str  )  {  'b'  }"),
        ("rust", b"/* a /* b */ c */ d", b"d"),
        ("c", b"#define A 1 \\\n + 2", b"#  define  A  1  +  2"),
        ("sql", b"SELECT 'it''s' -- why\nFROM t", b"SELECT  'it''s'  FROM  t"),
        ("haskell", b"f' x = {- {- in -} -} x -- tail", b"f'  x  =  x"),
        ("pascal", b"{ note } x := 'don''t'; (* old *)", b"x  :=  'don''t'  ;"),
        ("common-lisp", b"(f (x) ; note\n #| old |# (+ x #\\a))", b"(  f  (  x  )  (  +  x  #\\a  )  )"),
        ("bash", b"a=$# # count\necho ${#a}", b"a  =  $#  echo  ${#  a  }"),
        ("php", b"<p>it's</p><?php $a = 1; ?> don't <?= $b ?>", b"$a  =  1  ;  $b"),
        ("perl", b"my @x = qw(a b); # list\n$y =~ m{a/b};", b"my  @x  =  qw(a b)  ;  $y  =~  m{a/b}  ;"),
        ("visual-basic", b'Dim x = "a""b" \' note', b'Dim  x  =  "a""b"'),
    ],
)
def test_tokens_follow_the_language(language: str, source: bytes, expected: bytes) -> None:
    assert texts_of(source, language) == expected.split(b"  ")


def test_documentation_strings_are_comments_and_other_strings_are_not() -> None:
    source = b'"""module"""\n\ndef f():\n    "about f"\n    x = {1:\n         "value"}\n    return "result"\n'
    assert [text for text, kind in kinds_of(source, "python") if kind is TokenKind.STRING] == [
        b'"value"',
        b'"result"',
    ]


def test_indents_mark_the_first_token_of_a_logical_line() -> None:
    tokens = tokens_of(b"def f(a,\n      b):\n    if a:\n\treturn \\\n  b\n# note\nf()\n", "python")
    assert tokens.indents is not None
    texts = [tokens.vocabulary.texts[id_] for id_ in tokens.ids.tolist()]
    leading = [
        (text, column) for text, column in zip(texts, tokens.indents.tolist(), strict=True) if column >= 0
    ]
    assert leading == [(b"def", 0), (b"if", 4), (b"return", 8), (b"f", 0)]


def test_layout_is_not_recorded_where_it_is_no_syntax() -> None:
    assert tokens_of(b"int x;", "c").indents is None


@pytest.mark.parametrize(
    ("source", "lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\n\n", 2), (b"a\r\nb\r\n", 2), (b"\n", 1)]
)
def test_lines_are_counted_as_editors_do(source: bytes, lines: int) -> None:
    assert lex(source, registry().get("java")).line_count == lines


def test_closing_brackets_without_opening_ones_do_not_hide_nesting() -> None:
    assert lex(b")))((()", registry().get("java")).depth == 3


@pytest.mark.parametrize("source", [b"a /* b c", b"a /* b /* c */ d"])
def test_a_comment_without_an_end_runs_to_the_end(source: bytes) -> None:
    assert texts_of(source, "rust") == [b"a"]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("rust", b'a r##"b " c "# d'),
        ("cpp", b'a R"(b ) c'),
        ("lua", b"a [=[b ]] c"),
        ("powershell", b"a @'\nb ' c"),
        ("swift", b'a #"b " c'),
    ],
)
def test_a_raw_string_without_an_end_runs_to_the_end(language: str, source: bytes) -> None:
    assert texts_of(source, language) == [b"a", source.removeprefix(b"a ")]
