"""A transformer that reads both fragments of a pair at once, through the extra ``torch``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, ContentKey, Fragment
from indexer.embedding.code_text import code_text
from indexer.embedding.pretrained import BATCH, Pretrained, find_pretrained
from indexer.embedding.torch_runtime import (
    LONGEST,
    choose_device,
    length_batches,
    loading,
    readable_tokens,
    running,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_TWO_CLASSES = 2


class CrossEncoderScorer:
    """Logits that pairs are clones, of a sequence classifier with one output, or with two of which the second
    says clone.

    A fragment too long for its share of the model's positions keeps its head and its tail and loses its
    middle. A share is half of the positions, and what a short partner leaves of its own.

    Args:
        name: ``hf:ORG/NAME``, or a folder.
        revision: Commit of a hub model, 40 hexadecimal digits; empty for a folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; a GPU computes in half precision.
        both_orders: Read every pair in both orders and take the mean, so that which fragment is the query
            does not matter; twice the work.
        batch: Tokens of a forward pass, padding included.

    Raises:
        ConfigError: The name or revision is malformed, or the folder is not there.
        MissingExtra: torch or transformers is not installed.
        EnvironmentFailure: There is no such device, or the model cannot be loaded or is no cross-encoder.
    """

    def __init__(
        self,
        name: str,
        revision: str = "",
        device: str = "auto",
        *,
        both_orders: bool = True,
        batch: int = BATCH,
    ) -> None:
        model = find_pretrained(name, revision)
        self.id = model.id
        self._both_orders = both_orders
        self._batch = batch
        self._tokenizer, self._model = _load(model, choose_device(device))
        self._positions = _positions(self._tokenizer, self._model)
        self._room = self._positions - self._tokenizer.num_special_tokens_to_add(pair=True)

    def logits(self, pairs: Sequence[tuple[Fragment, Fragment]]) -> F32:
        """float32 [n], in input order, above 0 for clones; no pair depends on another but by rounding.

        Raises:
            EnvironmentFailure: The model gave no number for a pair, or memory ran out.
        """
        sides = self._sides(pairs)
        read = [(sides[_content(first)], sides[_content(second)]) for first, second in pairs]
        if self._both_orders:
            read += [(second, first) for first, second in read]
        lengths = [min(len(first.ends) + len(second.ends), self._room) for first, second in read]
        scores = np.empty(len(read), np.float32)
        for batch in length_batches(lengths, self._batch):
            scores[batch] = self._forward([_shared(*read[position], self._room) for position in batch])
        if not np.isfinite(scores).all():
            raise EnvironmentFailure(
                f"the model {self.id} gave no number for a pair",
                "its weights are damaged or too large for half precision: set the device to 'cpu'",
            )
        orders = scores.reshape(2 if self._both_orders else 1, len(pairs))
        mean: F32 = orders.mean(axis=0, dtype=np.float32)
        return mean

    def _sides(self, pairs: Sequence[tuple[Fragment, Fragment]]) -> dict[tuple[ContentKey, str], _Side]:
        """Every distinct fragment once: a query stands in all the pairs with its candidates."""
        distinct = {_content(fragment): fragment for pair in pairs for fragment in pair}
        if not distinct:
            return {}
        texts = [self._readable(fragment) for fragment in distinct.values()]
        with running(self.id):
            found = self._tokenizer(
                texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
        return {
            content: _Side(text, [start for start, _ in offsets], [end for _, end in offsets])
            for content, text, offsets in zip(distinct, texts, found["offset_mapping"], strict=True)
        }

    def _readable(self, fragment: Fragment) -> str:
        """The fragment's text without the middle that no share of the positions could hold."""
        tokens, most = fragment.tokens, self._positions
        if len(tokens) <= 2 * most:
            return code_text(tokens)
        return f"{code_text(tokens.cut(0, most))}\n{code_text(tokens.cut(len(tokens) - most, len(tokens)))}"

    def _forward(self, texts: Sequence[tuple[str, str]]) -> F32:
        import torch

        first, second = zip(*texts, strict=True)
        with running(self.id), torch.inference_mode():
            encoded = self._tokenizer(
                list(first),
                list(second),
                truncation="longest_first",  # for the odd token that cutting the text has split in two
                max_length=self._positions,
                padding=True,
                return_tensors="pt",
            )
            outputs: F32 = self._model(**encoded.to(self._model.device)).logits.float().cpu().numpy()
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == _TWO_CLASSES else outputs[:, 0]


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


def _shared(first: _Side, second: _Side, room: int) -> tuple[str, str]:
    """Both texts cut so that their tokens fill ``room`` and neither is cut below half of it for the other."""
    half = room // 2
    ours = max(half, room - len(second.ends))
    theirs = max(room - half, room - len(first.ends))
    return first.within(ours), second.within(theirs)


def _load(model: Pretrained, device: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and classifier, ready to run."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = str(model.folder)
    with loading(model.id):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        network, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            trust_remote_code=False,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    # A model without such a head gets a random one from the library, whose scores look like any other's.
    if report["missing_keys"] or network.config.num_labels > _TWO_CLASSES:
        raise EnvironmentFailure(
            f"the model {model.id} is no cross-encoder",
            "it needs a sequence classification head of 1 or 2 outputs",
        )
    if not tokenizer.is_fast:
        raise EnvironmentFailure(
            f"the model {model.id} has no tokenizer.json",
            "save it again with a tokenizer of the tokenizers library",
        )
    network = network.to(device).eval()
    return tokenizer, network.half() if device.startswith("cuda") else network


def _positions(tokenizer: PreTrainedTokenizerBase, network: PreTrainedModel) -> int:
    """Tokens of a pair that the model can read, its special ones included."""
    stated = getattr(network.config, "max_position_embeddings", None) or LONGEST
    return readable_tokens(network, min(stated, tokenizer.model_max_length))
