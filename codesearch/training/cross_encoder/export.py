"""A cross-encoder as one ONNX file with 8-bit weights.

Every weight matrix is stored as int8 with one scale per output channel (per row for embeddings) and widened
in the graph; activations stay float. So a score depends on its pair alone: quantising activations by the
range that they have in a batch, as dynamic quantisation does, would make it depend on the pair's neighbours.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from codesearch.core.types import F32
from indexer.embedding.torch_runtime import loading
from reranker.cross_encoder import pair_reader
from reranker.onnx_cross_encoder import MODEL, PADDING, POSITIONS

_OPSET = 18
_LARGEST = 127  # symmetric: -128 is not used
_WEIGHT_INPUT = {"MatMul": 1, "Gemm": 1, "Gather": 0}
_EXAMPLE = (2, 8)  # pairs and tokens; sizes of 1 would be taken for constants
_KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export_onnx(folder: Path) -> Path:
    """Write ``model.onnx`` beside the model in a folder; returns its path.

    Raises:
        EnvironmentFailure: The folder holds no cross-encoder with one output, or torch cannot export it.
    """
    with loading(str(folder)):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        network = AutoModelForSequenceClassification.from_pretrained(
            folder,
            trust_remote_code=False,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            attn_implementation="eager",  # the fused one guards each softmax: a fifth of the time in ONNX
        )
        positions = pair_reader(str(folder), tokenizer, network).positions
        inputs = [name for name in _KNOWN_INPUTS if name in tokenizer.model_input_names]
        with _quiet():
            graph = _exported(network.eval(), inputs, positions)
    narrowed = with_8_bit_weights(graph)
    onnx.helper.set_model_props(
        narrowed, {POSITIONS: str(positions), PADDING: str(tokenizer.pad_token_id or 0)}
    )
    path = folder / MODEL
    temporary = path.with_suffix(".new")
    temporary.write_bytes(narrowed.SerializeToString(deterministic=True))
    temporary.replace(path)
    return path


def with_8_bit_weights(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place: its weight matrices are int8 and a node after each widens it."""
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    channels = {
        name: axis
        for node in graph.graph.node
        for name, axis in [_weight(node)]
        if name in stored and stored[name].data_type == onnx.TensorProto.FLOAT and len(stored[name].dims) == 2
    }
    widened = []
    for name, axis in channels.items():
        rows, scales = quantised(numpy_helper.to_array(stored[name]), axis)
        graph.graph.initializer.remove(stored[name])
        graph.graph.initializer.extend(
            [
                numpy_helper.from_array(rows, f"{name}.int8"),
                numpy_helper.from_array(scales, f"{name}.scale"),
            ]
        )
        inputs = [f"{name}.int8", f"{name}.scale"]
        widened.append(onnx.helper.make_node("DequantizeLinear", inputs, [name], axis=axis))
    nodes = [*widened, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    return graph


def quantised(weights: F32, axis: int) -> tuple[NDArray[np.int8], F32]:
    """int8 of the same shape, and the float32 scale of each channel along the axis."""
    largest = np.abs(weights).max(axis=1 - axis)
    scales: F32 = (np.where(largest > 0, largest, 1) / _LARGEST).astype(np.float32)
    narrow = np.rint(weights / np.expand_dims(scales, 1 - axis))
    return np.clip(narrow, -_LARGEST, _LARGEST).astype(np.int8), scales


def _weight(node: onnx.NodeProto) -> tuple[str, int]:
    """The input of a node that may be a weight matrix, and the axis of its output channels."""
    place = _WEIGHT_INPUT.get(node.op_type)
    if place is None:
        return "", 0
    if node.op_type == "MatMul":
        return node.input[place], 1
    if node.op_type == "Gemm":
        turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        return node.input[place], 0 if turned else 1
    return node.input[place], 0


class _Logits(torch.nn.Module):  # type: ignore[misc]  # torch is an extra, unknown to mypy
    """The network with the tensors of a batch in order, and nothing but the logits as answer."""

    def __init__(self, network: torch.nn.Module, inputs: list[str]) -> None:
        super().__init__()
        self.network = network
        self.inputs = inputs

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.network(**dict(zip(self.inputs, tensors, strict=True))).logits
        return found


def _exported(network: torch.nn.Module, inputs: list[str], positions: int) -> onnx.ModelProto:
    """The float graph; any number of pairs, of up to ``positions`` tokens."""
    example = tuple(torch.ones(_EXAMPLE, dtype=torch.int64) for _ in inputs)
    sizes = {0: torch.export.Dim("pairs"), 1: torch.export.Dim("tokens", max=positions)}
    program = torch.onnx.export(
        _Logits(network, inputs).eval(),
        example,
        input_names=inputs,
        output_names=["logits"],
        dynamic_shapes=(tuple(sizes for _ in inputs),),
        opset_version=_OPSET,
        dynamo=True,
        verbose=False,
    )
    return _bare(program.model_proto)


def _bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place: without the notes that say which line of which file made each node."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("value_info")
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's exporter from writing about axes and about libraries that no text model needs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
