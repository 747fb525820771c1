"""What a model that reads both fragments of a pair is shown of them, and how it is asked for many pairs.

A fragment too long for its share of the model's positions keeps its head and its tail and loses its middle. A
share is half of the positions, and what a short partner leaves of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, ContentKey, Fragment
from indexer.embedding.code_text import code_text
from indexer.embedding.torch_runtime import in_batches

FragmentPair = tuple[Fragment, Fragment]
Offsets = Sequence[tuple[int, int]]
"""Where in a text each of a model's tokens starts and ends, in characters."""

Tokenize = Callable[[list[str]], Sequence[Offsets]]
"""The tokens of every text, without the special ones."""

Forward = Callable[[Sequence[tuple[str, str]]], F32]
"""One pass of a model over a batch of pairs: float32 [n] logits."""


@dataclass(frozen=True, slots=True)
class PairText:
    """A pair as a model reads it; ``length`` is how many tokens it takes but for the special ones."""

    first: str
    second: str
    length: int


@dataclass(frozen=True, slots=True)
class PairReader:
    """Cuts pairs to what a model can read.

    Attributes:
        positions: Tokens of a pair that the model reads, the special ones included.
        special: How many special ones a pair has.
        tokenize: The model's tokenizer.
    """

    positions: int
    special: int
    tokenize: Tokenize

    def read(self, pairs: Sequence[FragmentPair]) -> list[PairText]:
        """The pairs as texts, in order."""
        sides = self._sides(pairs)
        room = self.positions - self.special
        return [_shared(sides[_content(first)], sides[_content(second)], room) for first, second in pairs]

    def _sides(self, pairs: Sequence[FragmentPair]) -> dict[tuple[ContentKey, str], _Side]:
        """Every distinct fragment once: a query stands in all the pairs with its candidates."""
        distinct = {_content(fragment): fragment for pair in pairs for fragment in pair}
        if not distinct:
            return {}
        texts = [self._readable(fragment) for fragment in distinct.values()]
        return {
            content: _Side(text, [start for start, _ in offsets], [end for _, end in offsets])
            for content, text, offsets in zip(distinct, texts, self.tokenize(texts), strict=True)
        }

    def _readable(self, fragment: Fragment) -> str:
        """The fragment's text without the middle that no share of the positions could hold."""
        tokens, most = fragment.tokens, self.positions
        if len(tokens) <= 2 * most:
            return code_text(tokens)
        return f"{code_text(tokens.cut(0, most))}\n{code_text(tokens.cut(len(tokens) - most, len(tokens)))}"


@dataclass(frozen=True, slots=True)
class PairModel:
    """A model on whatever runs it.

    Attributes:
        id: For messages.
        reader: Cuts pairs for it.
        forward: Runs it.
        batch: Tokens of a forward pass, padding included.
        both_orders: Read every pair in both orders and take the mean, so that which fragment is the query
            does not matter; twice the work.
    """

    id: str
    reader: PairReader
    forward: Forward
    batch: int
    both_orders: bool

    def logits(self, pairs: Sequence[FragmentPair]) -> F32:
        """float32 [n], in input order, above 0 for clones; no pair depends on another but by rounding.

        Raises:
            EnvironmentFailure: The model gave no number for a pair, or memory ran out.
        """
        orders = [pairs, [(second, first) for first, second in pairs]] if self.both_orders else [pairs]
        texts = self.reader.read([pair for order in orders for pair in order])
        scores = np.empty(len(texts), np.float32)

        def score(batch: list[int]) -> None:
            scores[batch] = self.forward([(texts[place].first, texts[place].second) for place in batch])

        in_batches([text.length for text in texts], self.batch, score)
        if not np.isfinite(scores).all():
            raise EnvironmentFailure(
                f"the model {self.id} gave no number for a pair",
                "its weights are damaged or too large for half precision: set the device to 'cpu'",
            )
        mean: F32 = scores.reshape(len(orders), len(pairs)).mean(axis=0, dtype=np.float32)
        return mean


@dataclass(frozen=True, slots=True)
class _Side:
    """A fragment's text, and where in it each of the model's tokens starts and ends, in characters."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def within(self, share: int) -> str:
        """The text of ``share`` tokens: all, or the head and the tail in equal parts."""
        excess = len(self.ends) - share
        if excess <= 0:
            return self.text
        tail = share // 2
        head = share - tail
        return (
            f"{self.text[: self.ends[head - 1]]}\n{self.text[self.starts[head + excess] :] if tail else ''}"
        )


def _content(fragment: Fragment) -> tuple[ContentKey, str]:
    return fragment.exact_key, fragment.language


def _shared(first: _Side, second: _Side, room: int) -> PairText:
    """Both texts cut so that their tokens fill ``room`` and neither is cut below half of it for the other."""
    half = room // 2
    ours = max(half, room - len(second.ends))
    theirs = max(room - half, room - len(first.ends))
    length = min(len(first.ends) + len(second.ends), room)
    return PairText(first.within(ours), second.within(theirs), length)
