"""Numbers for the tokens of many vocabularies."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import U32, U64, TokenKind, Vocabulary


class Numbering:
    """Numbers distinct tokens in order of arrival, from 0 on."""

    def __init__(self) -> None:
        self._arrived: list[tuple[int, bytes]] = []
        self._texts = [_Texts(self._arrived, kind) for kind in TokenKind]
        self._hashes: U64 = np.empty(1 << 12, np.uint64)

    def number(self, vocabulary: Vocabulary) -> U32:
        """uint32 [v]: the number of each token of a vocabulary."""
        kinds = vocabulary.kinds.tolist()
        texts = self._texts
        pairs = zip(kinds, vocabulary.texts, strict=True)
        numbers = np.fromiter((texts[kind][text] for kind, text in pairs), np.uint32, len(kinds))
        if len(self._arrived) > len(self._hashes):
            self._hashes = np.resize(self._hashes, 2 * len(self._arrived))
        self._hashes[numbers] = vocabulary.hashes
        return numbers

    def vocabulary(self) -> Vocabulary:
        """The tokens by number."""
        kinds = np.fromiter((kind for kind, _ in self._arrived), np.uint8, len(self._arrived))
        return Vocabulary(tuple(text for _, text in self._arrived), kinds, self._hashes[: len(kinds)].copy())


class _Texts(dict[bytes, int]):
    """Numbers the texts of one token kind in order of arrival, across all kinds."""

    def __init__(self, arrived: list[tuple[int, bytes]], kind: int) -> None:
        super().__init__()
        self._arrived = arrived
        self._kind = kind

    def __missing__(self, text: bytes) -> int:
        number = len(self._arrived)
        self._arrived.append((self._kind, text))
        self[text] = number
        return number
