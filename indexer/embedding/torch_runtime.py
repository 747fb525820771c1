"""What every model on torch shares: where it runs, how loading fails, how texts share a forward pass."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codesearch.core.errors import CodesearchError, EnvironmentFailure

if TYPE_CHECKING:
    from torch.nn import Module

LONGEST = 8192
"""Tokens read of an input whatever the model allows: attention grows with the square."""


def choose_device(wanted: str) -> str:
    """The device to use for ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; ``auto`` takes a GPU if there is one.

    Raises:
        EnvironmentFailure: A GPU is wanted that torch does not see.
    """
    import torch

    visible = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        return "cuda" if visible else "cpu"
    if wanted.startswith("cuda") and int(wanted.partition(":")[2] or 0) >= visible:
        raise EnvironmentFailure(
            f"there is no device '{wanted}': torch {torch.__version__} sees {visible} CUDA devices",
            "set the device to 'auto' or 'cpu', or install a torch that is built for this GPU",
        )
    return wanted


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
        EnvironmentFailure: Memory ran out, or the model's parts do not fit together.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise EnvironmentFailure(
            f"the model {model} ran out of GPU memory", "lower embedding.batch, or set the device to 'cpu'"
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
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    first = 0
    while first < len(order):
        last = first + max(1, budget // max(1, lengths[order[first]]))
        yield order[first:last]
        first = last
