"""Sub-tokens: the words inside identifiers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import PYTHON_MEDIAN, fragment, real_fragments

from codesearch.core.types import TokenKind
from indexer.normal.subtokens import SubTokens, distinct_terms, split_identifier


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("readHTTPBody_v2", "read http body v 2"),
        ("snake_case_name", "snake case name"),
        ("__init__", "init"),
        ("MAX_VALUE", "max value"),
        ("XMLHttpRequest", "xml http request"),
        ("utf8", "utf 8"),
        ("$el", "el"),
        ("größe", "gr öß e"),
        ("_", ""),
    ],
)
def test_names_fall_into_lower_case_words(name: str, parts: str) -> None:
    assert [part.decode() for part in split_identifier(name.encode())] == parts.split()


@given(st.binary(max_size=30))
def test_any_bytes_can_be_split(name: bytes) -> None:
    assert all(part and len(part) <= len(name) for part in split_identifier(name))


def test_only_identifiers_have_parts() -> None:
    tokens = fragment(PYTHON_MEDIAN).tokens
    _, owners = SubTokens.of(tokens.vocabulary).gather(tokens.ids)
    assert set(tokens.kinds[owners].tolist()) == {TokenKind.IDENTIFIER}


@given(st.integers(0, len(real_fragments()) - 1))
def test_distinct_terms_are_the_set_of_all_parts(number: int) -> None:
    tokens = real_fragments()[number].tokens
    parts, _ = SubTokens.of(tokens.vocabulary).gather(tokens.ids)
    assert np.array_equal(distinct_terms(tokens), np.unique(parts))


def test_the_same_word_is_the_same_term_in_every_style() -> None:
    styles = [distinct_terms(fragment(name).tokens) for name in ("readBody", "read_body", "READ_BODY")]
    assert all(np.array_equal(styles[0], other) for other in styles)


def test_code_without_names_has_no_terms() -> None:
    assert len(distinct_terms(fragment("1 + 2 * (3, 4)").tokens)) == 0
