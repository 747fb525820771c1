"""Content keys: what the T1 and the T2 form of a fragment keep and what they forget."""

from __future__ import annotations

import re
import textwrap
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, numbered_tokens, real_fragments

from codesearch.core.types import TokenKind, Tokens, Vocabulary
from indexer.fragments import cut_fragments
from indexer.normal.keys import blind_hashes, blind_tokens, exact_key, renamed_key
from indexer.parsing.extract import parse_source
from indexer.parsing.languages import registry

JAVA_NAMES = ("copy", "in", "out", "buffer", "count", "read", "write", "flush", "InputStream")
PYTHON_NAMES = ("median", "values", "ordered", "middle", "total", "sorted", "ValueError")


def renamed(code: str, names: dict[str, str]) -> str:
    return re.sub(rf"\b({'|'.join(names)})\b", lambda found: names[found[0]], code)


def fresh_names(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    word = st.from_regex(r"\A[A-Za-z]{2,8}_[0-9]\Z")
    distinct = st.lists(word, min_size=len(names), max_size=len(names), unique=True)
    return distinct.map(lambda new: dict(zip(names, new, strict=True)))


def test_comments_and_layout_do_not_change_the_exact_key() -> None:
    other = JAVA_COPY.replace(" {\n", "\n  { // opens\n").replace("    ", "\t").replace(";", " ; /* so */")
    assert fragment(other, "java").exact_key == fragment(JAVA_COPY, "java").exact_key


@given(st.data())
def test_any_white_space_between_tokens_keeps_the_exact_key(data: st.DataObject) -> None:
    original = fragment(JAVA_COPY, "java")
    tokens = original.tokens
    gaps = st.sampled_from([" ", "\n", "\t\t", " /* a + b */ ", " // note\n"])
    chosen = data.draw(st.lists(gaps, min_size=len(tokens), max_size=len(tokens)))
    texts = [tokens.vocabulary.texts[number].decode() for number in tokens.ids]
    written = "".join(text + gap for text, gap in zip(texts, chosen, strict=True))
    assert fragment(written, "java").exact_key == original.exact_key


def test_another_width_of_indentation_keeps_the_exact_key() -> None:
    assert fragment(PYTHON_MEDIAN.replace("    ", "  ")).exact_key == fragment(PYTHON_MEDIAN).exact_key


def test_a_method_has_the_key_of_the_same_function() -> None:
    within_class = "class Statistics:\n" + textwrap.indent(PYTHON_MEDIAN, "    ")
    parsed = parse_source(within_class.encode(), registry().get("python"))
    [method] = [part for span, part in cut_fragments(parsed) if span.name == "median"]
    assert method.exact_key == fragment(PYTHON_MEDIAN).exact_key


def test_a_statement_moved_out_of_its_block_changes_both_keys() -> None:
    inside = "def f(a):\n    if a:\n        a = 1\n        b = 2\n    return a\n"
    outside = inside.replace("        b", "    b")
    assert fragment(inside).exact_key != fragment(outside).exact_key
    assert fragment(inside).renamed_key != fragment(outside).renamed_key


def test_indentation_is_layout_where_braces_make_blocks() -> None:
    flat = "\n".join(line.strip() for line in JAVA_COPY.splitlines())
    assert fragment(flat, "java").exact_key == fragment(JAVA_COPY, "java").exact_key


@pytest.mark.parametrize(
    ("before", "after"), [("4096", "8192"), ("-1", "- 1 + 0"), ("count != -1", "-1 != count"), ("!=", "==")]
)
def test_changed_text_changes_the_exact_key(before: str, after: str) -> None:
    changed = JAVA_COPY.replace(before, after)
    assert fragment(changed, "java").exact_key != fragment(JAVA_COPY, "java").exact_key


@given(fresh_names(JAVA_NAMES))
def test_consistent_renaming_keeps_the_renamed_key_of_java(names: dict[str, str]) -> None:
    other = fragment(renamed(JAVA_COPY, names), "java")
    assert other.renamed_key == fragment(JAVA_COPY, "java").renamed_key
    assert other.exact_key != fragment(JAVA_COPY, "java").exact_key


@given(fresh_names(PYTHON_NAMES))
def test_consistent_renaming_keeps_the_renamed_key_of_python(names: dict[str, str]) -> None:
    assert fragment(renamed(PYTHON_MEDIAN, names)).renamed_key == fragment(PYTHON_MEDIAN).renamed_key


@given(st.integers(0, len(real_fragments()) - 1), st.randoms(use_true_random=False))
def test_any_bijection_of_names_keeps_the_renamed_key(number: int, random: Random) -> None:
    tokens = real_fragments()[number].tokens
    assert renamed_key(_permuted(tokens, random)) == real_fragments()[number].renamed_key


def _permuted(tokens: Tokens, random: Random) -> Tokens:
    """The same tokens over a vocabulary whose identifiers trade places."""
    named = np.flatnonzero(tokens.vocabulary.kinds == TokenKind.IDENTIFIER)
    order = named.tolist()
    random.shuffle(order)
    mapping = np.arange(len(tokens.vocabulary.texts), dtype=np.uint32)
    mapping[named] = order
    return Tokens(mapping[tokens.ids], tokens.lines, tokens.indents, tokens.vocabulary)


def test_other_literals_and_types_keep_the_renamed_key() -> None:
    other = JAVA_COPY.replace("4096", "13").replace("byte", "char").replace("int ", "long ")
    assert fragment(other, "java").renamed_key == fragment(JAVA_COPY, "java").renamed_key


def test_swapped_arguments_change_the_renamed_key() -> None:
    swapped = JAVA_COPY.replace("out.write(buffer, 0, count)", "out.write(count, 0, buffer)")
    assert fragment(swapped, "java").renamed_key != fragment(JAVA_COPY, "java").renamed_key


def test_two_names_made_one_change_the_renamed_key() -> None:
    merged = renamed(PYTHON_MEDIAN, {"total": "middle"})
    assert fragment(merged).renamed_key != fragment(PYTHON_MEDIAN).renamed_key


def test_a_number_and_a_string_are_different_literals() -> None:
    assert fragment("x = 1").renamed_key != fragment("x = '1'").renamed_key


def test_keys_do_not_depend_on_the_vocabulary_around_a_fragment() -> None:
    tokens = fragment(PYTHON_MEDIAN).tokens
    wider = fragment("zebra = apple + 7\n" + PYTHON_MEDIAN).tokens.cut(5, 5 + len(tokens))
    assert (exact_key(wider), renamed_key(wider)) == (exact_key(tokens), renamed_key(tokens))


def test_no_tokens_have_keys_all_the_same() -> None:
    assert len(exact_key(numbered_tokens([]))) == len(renamed_key(numbered_tokens([]))) == 16


@given(st.integers(0, len(real_fragments()) - 1))
def test_blind_tokens_are_the_blind_vocabulary_at_their_places(number: int) -> None:
    tokens = real_fragments()[number].tokens
    vocabulary: Vocabulary = tokens.vocabulary
    assert np.array_equal(blind_tokens(tokens), blind_hashes(vocabulary)[tokens.ids])
