"""What every model on torch shares: where it runs, how loading fails, how texts share a forward pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codesearch.core.device import choose
from codesearch.core.device_probe import torch_runtime
from codesearch.core.errors import CodesearchError, EnvironmentFailure

if TYPE_CHECKING:
    from torch.nn import Module

LONGEST = 8192
"""Tokens read of an input whatever the model allows: attention grows with the square."""

GPU_BATCHES = 16
"""A GPU's forward pass has as many tokens as so many of a CPU's, which has a cache to stay in and fewer units
to feed; what a GPU cannot hold of them, it is given in smaller parts (:func:`in_batches`)."""


class OutOfMemory(EnvironmentFailure):
    """A forward pass did not fit into the memory of its device."""


def choose_device(wanted: str) -> str:
    """torch's name of the device that ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` means: the CPU or one GPU.

    Raises:
        EnvironmentFailure: A GPU is wanted that torch does not see.
    """
    return choose(wanted, torch_runtime()).first


def half_on(device: str) -> bool:
    """Whether models run in half precision on a device of torch's: on GPUs, which are made for it."""
    return device.startswith("cuda")


def batch_on(device: str, batch: int) -> int:
    """Tokens of a forward pass on a device, where ``batch`` is what a CPU's has."""
    return batch * GPU_BATCHES if device.startswith("cuda") else batch


def readable_tokens(network: Module, stated: float | None) -> int:
    """How many tokens a network can read: what its files state, where it has as many positions.

    Tokenizers state more, or nothing, often enough; past its table of positions a network fails.
    """
    from torch.nn import Embedding

    limit = min(stated or LONGEST, LONGEST)
    for module in network.modules():
        table = getattr(module, "position_embeddings", None)
        if isinstance(table, Embedding):
            # RoBERTa and its kin count positions from the one after the padding's.
            first = 0 if table.padding_idx is None else table.padding_idx + 1
            limit = min(limit, table.num_embeddings - first)
    return int(limit)


@contextmanager
def loading(model: str) -> Iterator[None]:
    """Turn whatever a model's files make the libraries raise into one line, and keep them from printing.

    Raises:
        EnvironmentFailure: The block failed.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    except CodesearchError:
        raise
    except Exception as error:  # files of unknown origin fail in any way
        raise EnvironmentFailure(
            f"the model {model} cannot be loaded ({_first_line(error)})",
            "it is damaged, or needs code of its own or another version of transformers",
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def running(model: str) -> Iterator[None]:
    """Turn a forward pass that fails into one line.

    Raises:
        OutOfMemory: The GPU's memory is too small for it.
        EnvironmentFailure: The model's parts do not fit together.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(
            f"the model {model} ran out of GPU memory", "take a smaller model, or set the device to 'cpu'"
        ) from error
    except (RuntimeError, IndexError, ValueError) as error:
        raise EnvironmentFailure(
            f"the model {model} failed ({_first_line(error)})",
            "its vocabulary and weights may not fit together",
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def length_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in batches of like length, at least one each, padded to at most ``budget`` in all.

    The longest come first: memory runs out at once or not at all.
    """
    order = _longest_first(lengths)
    while order:
        batch = _fitting(order, lengths, budget)
        yield batch
        order = order[len(batch) :]


def in_batches(lengths: Sequence[int], budget: int, forward: Callable[[list[int]], None]) -> None:
    """Call ``forward`` with the positions of every batch, the longest first; where one does not fit into
    memory, batches are half as large from there on.

    Raises:
        OutOfMemory: A single text does not fit.
    """
    order = _longest_first(lengths)
    while order:
        batch = _fitting(order, lengths, budget)
        try:
            forward(batch)
        except OutOfMemory:
            if len(batch) == 1:
                raise
            budget = len(batch) * lengths[batch[0]] // 2
        else:
            order = order[len(batch) :]


def _longest_first(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)


def _fitting(order: list[int], lengths: Sequence[int], budget: int) -> list[int]:
    """The first positions of an order that fit into a budget when padded to the first one's length."""
    return order[: max(1, budget // max(1, lengths[order[0]]))]
