"""A transformer that reads both fragments of a pair at once, through the extra ``torch``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32
from indexer.embedding.pretrained import BATCH, Pretrained, find_pretrained
from indexer.embedding.torch_runtime import (
    LONGEST,
    batch_on,
    choose_device,
    half_on,
    loading,
    readable_tokens,
    running,
)
from reranker.pair_reading import FragmentPair, Offsets, PairModel, PairReader

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

_TWO_CLASSES = 2


class CrossEncoderScorer:
    """Logits that pairs are clones, of a sequence classifier with one output, or with two of which the second
    says clone. How long fragments are cut says :mod:`reranker.pair_reading`.

    Args:
        name: ``hf:ORG/NAME``, or a folder.
        revision: Commit of a hub model, 40 hexadecimal digits; empty for a folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        both_orders: Read every pair in both orders and take the mean, so that which fragment is the query
            does not matter; twice the work.
        batch: Tokens of a forward pass on a CPU, padding included; a GPU's has more.
        half: Compute in half precision; None does so on a GPU.

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
        half: bool | None = None,
    ) -> None:
        model = find_pretrained(name, revision)
        chosen = choose_device(device)
        self.id = model.id
        self._tokenizer, self._model = _load(model, chosen, half_on(chosen) if half is None else half)
        self._reader = pair_reader(model.id, self._tokenizer, self._model)
        self._pairs = PairModel(model.id, self._reader, self._forward, batch_on(chosen, batch), both_orders)

    def logits(self, pairs: Sequence[FragmentPair]) -> F32:
        """float32 [n], in input order, above 0 for clones; no pair depends on another but by rounding.

        Raises:
            EnvironmentFailure: The model gave no number for a pair, or memory ran out.
        """
        return self._pairs.logits(pairs)

    def _forward(self, texts: Sequence[tuple[str, str]]) -> F32:
        import torch

        with running(self.id), torch.inference_mode():
            encoded = encode_pairs(self._tokenizer, texts, self._reader.positions)
            outputs: F32 = self._model(**encoded.to(self._model.device)).logits.float().cpu().numpy()
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == _TWO_CLASSES else outputs[:, 0]


def pair_reader(
    model: str, tokenizer: PreTrainedTokenizerBase, network: PreTrainedModel, most: int = LONGEST
) -> PairReader:
    """What a network reads of a pair: as many tokens as it and its tokenizer allow, and at most ``most``.

    Raises:
        EnvironmentFailure: The tokenizer does not say where in a text its tokens are.
    """
    if not tokenizer.is_fast:
        raise EnvironmentFailure(
            f"the model {model} has no tokenizer.json",
            "save it again with a tokenizer of the tokenizers library",
        )

    def tokenize(texts: list[str]) -> Sequence[Offsets]:
        with running(model):
            found = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets: Sequence[Offsets] = found["offset_mapping"]
        return offsets

    stated = getattr(network.config, "max_position_embeddings", None) or LONGEST
    positions = readable_tokens(network, min(stated, tokenizer.model_max_length, most))
    return PairReader(positions, tokenizer.num_special_tokens_to_add(pair=True), tokenize)


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[tuple[str, str]], positions: int
) -> BatchEncoding:
    """Texts that a :class:`PairReader` cut as the padded tensors of a forward pass."""
    first, second = zip(*texts, strict=True)
    return tokenizer(
        list(first),
        list(second),
        truncation="longest_first",  # for the odd token that cutting the text has split in two
        max_length=positions,
        padding=True,
        return_tensors="pt",
    )


def _load(model: Pretrained, device: str, half: bool) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
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
    network = network.to(device).eval()
    return tokenizer, network.half() if half else network
