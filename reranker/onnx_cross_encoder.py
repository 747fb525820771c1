"""An exported cross-encoder, run by onnxruntime and tokenizers; needs the extra ``onnx`` and no torch."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codesearch.core.errors import EnvironmentFailure, MissingExtra
from codesearch.core.types import F32
from reranker.pair_reading import FragmentPair, Offsets, PairModel, PairReader

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
POSITIONS, PADDING = "positions", "padding"
"""Metadata of the file: tokens of a pair that the model reads, and the id of the token that fills a batch."""

BATCH = 4096
"""Tokens of a forward pass where nothing else is set; 16 pairs of 256 stay in a CPU's cache."""

_ID_DIGITS = 12


class OnnxCrossEncoder:
    """Logits that pairs are clones. How long fragments are cut says :mod:`reranker.pair_reading`.

    Weights are 8-bit in the file and float in memory, activations are float, so a score is the pair's own.

    Args:
        folder: Holds ``model.onnx`` as ``codesearch train reranker --onnx`` writes it, and its
            ``tokenizer.json``.
        both_orders: Read every pair in both orders and take the mean; twice the work.
        batch: Tokens of a forward pass, padding included.
        threads: Cores to use; 0 means all.

    Raises:
        MissingExtra: onnxruntime or tokenizers is not installed.
        EnvironmentFailure: The files are missing, damaged, or of another model.
    """

    def __init__(
        self, folder: Path, *, both_orders: bool = True, batch: int = BATCH, threads: int = 0
    ) -> None:
        if not all(map(find_spec, ("onnxruntime", "tokenizers"))):
            raise MissingExtra(f"the model '{folder.name}'", "onnx")
        graph, vocabulary = _bytes(folder / MODEL), _bytes(folder / TOKENIZER)
        digest = blake2b(graph + vocabulary, digest_size=_ID_DIGITS // 2).hexdigest()
        self.id = f"{folder.resolve().name}@{digest}"
        self._session = _session(folder / MODEL, graph, threads)
        self._inputs = [value.name for value in self._session.get_inputs()]
        positions, self._padding = _limits(folder / MODEL, self._session)
        self._whole = _tokenizer(folder / TOKENIZER, vocabulary)
        self._cut = _tokenizer(folder / TOKENIZER, vocabulary)
        # For the odd token that cutting the text has split in two.
        self._cut.enable_truncation(positions, strategy="longest_first")
        reader = PairReader(positions, self._whole.num_special_tokens_to_add(is_pair=True), self._tokenize)
        self._pairs = PairModel(self.id, reader, self._forward, batch, both_orders)

    def logits(self, pairs: Sequence[FragmentPair]) -> F32:
        """float32 [n], in input order, above 0 for clones; no pair depends on another but by rounding.

        Raises:
            EnvironmentFailure: The model failed, or gave no number for a pair.
        """
        return self._pairs.logits(pairs)

    def _tokenize(self, texts: list[str]) -> Sequence[Offsets]:
        return [found.offsets for found in self._whole.encode_batch(texts, add_special_tokens=False)]

    def _forward(self, texts: Sequence[tuple[str, str]]) -> F32:
        read = self._cut.encode_batch(list(texts))
        shape = len(read), max(map(len, read))
        columns = {
            "input_ids": np.full(shape, self._padding, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, found in enumerate(read):
            columns["input_ids"][row, : len(found)] = found.ids
            columns["attention_mask"][row, : len(found)] = 1
            columns["token_type_ids"][row, : len(found)] = found.type_ids
        try:
            [outputs] = self._session.run(None, {name: columns[name] for name in self._inputs})
        except Exception as error:  # onnxruntime's errors have no common class of their own
            raise EnvironmentFailure(
                f"the model {self.id} failed ({_first_line(error)})",
                f"its {TOKENIZER} and {MODEL} may not belong together",
            ) from error
        logits: F32 = np.asarray(outputs, np.float32)[:, 0]
        return logits


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentFailure(
            f"cannot read the cross-encoder's {path} ({error.strerror})",
            "make it with 'codesearch train reranker --onnx'",
        ) from error


def _session(path: Path, graph: bytes, threads: int) -> InferenceSession:
    """A session of the graph; from bytes, so that a file can name no other file to be read."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what fails is raised; warnings are about layout
    # Without rewriting for integer kernels the weights are widened once, when the file is loaded, and a
    # forward pass is as fast and as exact as that of a float model.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a damaged file fails in any way
        raise _damaged(path, error) from error


def _tokenizer(path: Path, vocabulary: bytes) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(vocabulary)
    except Exception as error:  # likewise
        raise _damaged(path, error) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _limits(path: Path, session: InferenceSession) -> tuple[int, int]:
    """Tokens that the model reads, and the id that pads."""
    stated = session.get_modelmeta().custom_metadata_map
    try:
        return int(stated[POSITIONS]), int(stated[PADDING])
    except (KeyError, ValueError) as error:
        raise EnvironmentFailure(
            f"{path} does not say what it reads", "export it with 'codesearch train reranker --onnx'"
        ) from error


def _damaged(path: Path, error: Exception) -> EnvironmentFailure:
    return EnvironmentFailure(f"{path} cannot be loaded ({_first_line(error)})", "the file is damaged")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
