"""Content keys: 128-bit hashes of the T1 form and of the T2 form of a fragment."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from codesearch.core.types import U64, ContentKey, Fragment, TokenKind, Tokens, Vocabulary

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads small integers over all bits


def _marker(name: str) -> np.uint64:
    """A hash that no token has, because no token holds a NUL byte."""
    return np.uint64(int.from_bytes(blake2b(b"\0" + name.encode(), digest_size=8).digest(), "little"))


BLIND_IDENTIFIER = _marker("identifier")
BLIND_NUMBER = _marker("number")
BLIND_STRING = _marker("string")

# Indexed by TokenKind: what stands for a token of that kind, and whether anything does.
_MARKERS = np.array([BLIND_IDENTIFIER, 0, BLIND_NUMBER, BLIND_STRING, 0], np.uint64)
_ABSTRACT = _MARKERS > 0


def blind_hashes(vocabulary: Vocabulary) -> U64:
    """uint64 [v]: the token hashes, with identifiers, numbers and strings each replaced by one marker."""
    kinds = vocabulary.kinds
    return np.where(_ABSTRACT[kinds], _MARKERS[kinds], vocabulary.hashes)


def blind_tokens(tokens: Tokens) -> U64:
    """uint64 [n]: a run of token hashes, identifiers, numbers and strings each replaced by one marker."""
    kinds = tokens.kinds
    return np.where(_ABSTRACT[kinds], _MARKERS[kinds], tokens.hashes)


def exact_key(tokens: Tokens) -> ContentKey:
    """Key of the T1 form: equal for code that differs in comments and layout only.

    Where layout is syntax, the rank of each line's indentation is part of the form, so that re-indenting
    with another width keeps the key and moving a statement out of its block changes it.
    """
    return _digest(tokens.hashes, tokens)


def renamed_key(tokens: Tokens) -> ContentKey:
    """Key of the T2 form: equal for code that differs in consistently renamed identifiers, in literals and
    types.

    Each identifier is replaced by the rank of its first use (Baker's parameterised matching, 1995), so
    ``f(a, b)`` and ``f(b, a)`` differ where both names were used before. Indentation counts as in
    :func:`exact_key`: a statement moved out of its block is no renaming.
    """
    kinds = tokens.kinds
    hashes = tokens.hashes
    hashes[kinds == TokenKind.NUMBER] = BLIND_NUMBER
    hashes[kinds == TokenKind.STRING] = BLIND_STRING
    named = kinds == TokenKind.IDENTIFIER
    _, first, inverse = np.unique(tokens.ids[named], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.uint64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1, dtype=np.uint64)
    hashes[named] = BLIND_IDENTIFIER + rank[inverse] * _MIX
    return _digest(hashes, tokens)


def _digest(hashes: U64, tokens: Tokens) -> ContentKey:
    """Key of a form given as one hash per token; ``hashes`` is overwritten."""
    if tokens.indents is not None:
        leads = tokens.indents >= 0
        _, ranks = np.unique(tokens.indents[leads], return_inverse=True)
        hashes[leads] += (ranks + 1).astype(np.uint64) * _MIX
    return ContentKey(blake2b(np.ascontiguousarray(hashes, "<u8").data, digest_size=16).digest())


def make_fragment(language: str, tokens: Tokens) -> Fragment:
    """A fragment with its keys."""
    return Fragment(language, tokens, exact_key(tokens), renamed_key(tokens))
