"""Loads a causal language model: its precision, its adapter, and what does not fit together."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from codesearch.core.errors import EnvironmentFailure
from indexer.embedding.torch_runtime import choose_device, loading
from reranker.judge.local.causal_files import CausalFiles

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerBase

Precision = Literal["full", "8bit", "4bit"]

_UNLIMITED = 10**9  # tokenizers without a limit state a number far above this one


def load_causal(
    files: CausalFiles, precision: Precision = "full", device: str = "auto"
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and model, ready to run, with its adapter on.

    Full precision is float32 on a CPU, which is slow or coarse in any other, and the files' own on a GPU.

    Args:
        files: What to load.
        precision: Bits per weight; fewer than all need a GPU and bitsandbytes.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        EnvironmentFailure: There is no such device, or the parts cannot be loaded or do not fit together.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    device = choose_device(device)
    folder = str(files.folder)
    quantised = None if precision == "full" else _quantised(precision, device)
    with loading(files.name):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            trust_remote_code=False,
            local_files_only=True,
            use_safetensors=True,
            dtype="auto" if device.startswith("cuda") else torch.float32,
            output_loading_info=True,
            **({"quantization_config": quantised, "device_map": {"": device}} if quantised else {}),
        )
        _require_whole(files.name, report["missing_keys"])
        _require_vocabulary(files.name, tokenizer, model)
        if files.adapter:
            model = _adapted(model, files.name, files.adapter)
        # What a model samples with by default would change what temperature 0 means.
        model.generation_config = GenerationConfig(
            eos_token_id=model.generation_config.eos_token_id or tokenizer.eos_token_id,
            pad_token_id=_padding(tokenizer, model),
        )
    return tokenizer, (model if quantised else model.to(device)).eval()


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the libraries from printing advice while a model runs, such as which kernels would be faster."""
    loggers = [logging.getLogger(name) for name in ("transformers", "bitsandbytes")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def context_window(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """Tokens of prompt and answer together that a model was made for."""
    stated = getattr(model.config.get_text_config(), "max_position_embeddings", None) or _UNLIMITED
    return min(int(stated), int(tokenizer.model_max_length), _UNLIMITED)


def _quantised(precision: Precision, device: str) -> BitsAndBytesConfig:
    """How bitsandbytes stores the weights."""
    import torch
    from transformers import BitsAndBytesConfig

    if not device.startswith("cuda"):
        raise EnvironmentFailure(
            f"judge.precision '{precision}' needs a GPU, and the local judge runs on '{device}'",
            "set judge.precision to 'full', or run where torch sees a CUDA device",
        )
    if find_spec("bitsandbytes") is None:
        raise EnvironmentFailure(
            f"judge.precision '{precision}' needs bitsandbytes, which is not installed",
            "pip install bitsandbytes, or set judge.precision to 'full'",
        )
    if precision == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    # NormalFloat with quantised constants, as in Dettmers et al. 2023, "QLoRA"
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _require_whole(name: str, missing: Sequence[str]) -> None:
    """Refuse a model whose missing weights the library would make up."""
    if missing:
        raise EnvironmentFailure(
            f"the model {name} lacks weights ({sorted(missing)[0]})", "fetch or save it again"
        )


def _require_vocabulary(name: str, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
    """Refuse a tokenizer of another model; marks that were added to it and are never written do no harm."""
    rows = model.get_input_embeddings().weight.shape[0]
    if tokenizer.vocab_size > rows:
        raise EnvironmentFailure(
            f"the model {name} knows {rows:,} tokens and its tokenizer {tokenizer.vocab_size:,}",
            "put the tokenizer that it was trained with into its folder",
        )


def _padding(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """Never seen by the model, as there is one prompt at a time; the library warns without one."""
    known = (tokenizer.pad_token_id, tokenizer.eos_token_id, model.config.get_text_config().vocab_size - 1)
    return int(next(number for number in known if number is not None))


def _adapted(model: PreTrainedModel, name: str, adapter: Path) -> PreTrainedModel:
    """The model itself, into whose layers the adapter is put."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import SafetensorError, safe_open

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say is checked below
            adapted = PeftModel.from_pretrained(model, str(adapter), torch_device="cpu")
        with safe_open(adapter / "adapter_model.safetensors", "pt") as file:
            stored = set(file.keys())
    except (ValueError, RuntimeError, KeyError, TypeError, OSError, SafetensorError) as error:
        raise _misfit(name, adapter, str(error).strip().partition("\n")[0]) from error
    if odd := stored ^ set(get_peft_model_state_dict(adapted, save_embedding_layers=False)):
        raise _misfit(name, adapter, min(odd))
    return adapted.get_base_model()


def _misfit(name: str, adapter: Path, reason: str) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"the adapter '{adapter}' does not fit the model {name} ({reason})",
        "set judge.model to the base that it was trained on",
    )
