"""What is kept of tokens between calls."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64, TokenKind, Vocabulary
from indexer.features.columns import TokenColumns, TokenTable


def described(table: TokenTable, first: int, count: int) -> tuple[TokenColumns, I64]:
    """Names that no other numbers make."""
    texts = [b"name%d" % number for number in range(first, first + count)]
    kinds = np.full(count, TokenKind.IDENTIFIER, np.uint8)
    vocabulary = Vocabulary(texts, kinds, np.zeros(count, np.uint64))
    columns, [rows] = table.describe([(vocabulary, [np.arange(count, dtype=np.uint32)])])
    return columns, rows


def test_what_a_server_is_asked_does_not_pile_up_and_stays_right() -> None:
    table = TokenTable()
    columns, rows = described(table, 0, 100)
    before = columns.called[rows].tolist()
    for call in range(1, 200):
        columns, rows = described(table, 100 * call, 100)
        assert len(columns.word) <= 8_192 + 200
    columns, rows = described(table, 0, 100)
    assert columns.called[rows].tolist() == before


def test_what_an_indexer_describes_at_once_is_kept() -> None:
    table = TokenTable()
    for call in range(2):
        columns, _ = described(table, 20_000 * call, 20_000)
    assert len(columns.word) == 40_000
