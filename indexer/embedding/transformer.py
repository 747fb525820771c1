"""Any sentence-transformers or Hugging Face encoder as an embedder, through the extra ``torch``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, Fragment
from indexer.embedding.code_text import code_text
from indexer.embedding.pretrained import BATCH, Pretrained
from indexer.embedding.torch_runtime import (
    batch_on,
    choose_device,
    half_on,
    in_batches,
    loading,
    readable_tokens,
    running,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_CHARACTERS = 2  # of a model's token at least, near enough: one of its own, and the space that ends a word


class TransformerEmbedder:
    """Reads a fragment's text (:func:`code_text`) up to the model's limit; what comes after it is not seen.

    Vectors depend on the batch by rounding alone: at most 1.1e-7 over 96 functions with MiniLM on a CPU.
    On a GPU the model runs in half precision; the index rounds its vectors more coarsely than that.

    Args:
        model: Files of the model.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        batch: Tokens of a forward pass on a CPU, padding included; a GPU's has more.
        half: Compute in half precision; None does so on a GPU.

    Raises:
        MissingExtra: torch or sentence-transformers is not installed.
        EnvironmentFailure: There is no such device, or the model cannot be loaded.
    """

    def __init__(
        self, model: Pretrained, device: str = "auto", batch: int = BATCH, *, half: bool | None = None
    ) -> None:
        chosen = choose_device(device)
        self._id = model.id
        self._batch = batch_on(chosen, batch)
        self._encoder = _load(model, chosen, half_on(chosen) if half is None else half)
        self._limit = readable_tokens(self._encoder, self._encoder.max_seq_length)
        self._dim = int(self._encode(["x"]).shape[1])

    @property
    def id(self) -> str:
        """Name and version of the model's files."""
        return self._id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised, in input order; an empty fragment gives a zero row.

        Raises:
            EnvironmentFailure: The model gave no direction for a fragment, or memory ran out.
        """
        vectors = np.zeros((len(fragments), self.dim), np.float32)
        filled = [row for row, fragment in enumerate(fragments) if len(fragment.tokens)]
        # No tokenizer in use makes less than a token of two words, so what is cut off here is never read.
        texts = [code_text(fragments[row].tokens.cut(0, 2 * self._limit)) for row in filled]
        lengths = [min(len(text) // _CHARACTERS + 1, self._limit) for text in texts]

        def encode(batch: list[int]) -> None:
            vectors[[filled[position] for position in batch]] = self._encode([texts[at] for at in batch])

        in_batches(lengths, self._batch, encode)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        for row in filled:
            if not (np.isfinite(norms[row]) and norms[row] > 0):
                raise self._unusable(fragments[row])
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def _encode(self, texts: list[str]) -> F32:
        with running(self._id):
            vectors: F32 = self._encoder.encode(texts, batch_size=len(texts), show_progress_bar=False)
        return vectors

    def _unusable(self, fragment: Fragment) -> EnvironmentFailure:
        size = len(fragment.tokens)
        return EnvironmentFailure(
            f"the model {self._id} gave no usable vector for a fragment of {size} {fragment.language} tokens",
            "its weights are damaged or too large for half precision: set embedding.device to 'cpu', "
            "or choose another model",
        )


def _load(model: Pretrained, device: str, half: bool) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer

    with loading(model.id):
        encoder = SentenceTransformer(
            str(model.folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            # Without a type the weights' own is taken, which may be one that a CPU is slow or coarse in.
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
        if encoder.max_seq_length != math.inf:  # as a bag of static vectors has it, which need no limit
            encoder.max_seq_length = readable_tokens(encoder, encoder.max_seq_length)
    return encoder.half() if half else encoder
