"""The transformer that is fine-tuned: opened with a head for pairs, given adapters, saved whole."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32
from indexer.embedding.pretrained import Pretrained
from indexer.embedding.torch_runtime import loading, running
from reranker.cross_encoder import encode_pairs, pair_reader
from reranker.pair_reading import PairModel, PairReader

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

RANK = 16  # of the adapters; their scale is twice it, as in Hu et al. 2021, "LoRA"
_POOLER = ".pooler."  # between encoder and head, absent where the encoder was used without


@dataclass(frozen=True, slots=True)
class PairNetwork:
    """A classifier of pairs with one output.

    Attributes:
        id: Of the model that it began as.
        tokenizer: Its vocabulary.
        model: Its weights; the ones that are learnt require a gradient.
        reader: What it reads of a pair.
    """

    id: str
    tokenizer: PreTrainedTokenizerBase
    model: PreTrainedModel
    reader: PairReader

    @classmethod
    def open(cls, base: Pretrained, device: str, tokens: int, *, lora: bool, seed: int) -> PairNetwork:
        """An encoder with a fresh head, or a cross-encoder with its own.

        Args:
            base: Its files.
            device: torch's name for where it runs.
            tokens: Of a pair that it reads at most, special ones included.
            lora: Learn the head and low-rank adapters of the linear layers instead of all weights.
            seed: Of the fresh head.

        Raises:
            EnvironmentFailure: It cannot be loaded, or lacks weights of its encoder.
        """
        torch.manual_seed(seed)
        folder = str(base.folder)
        with loading(base.id):
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
            model, report = AutoModelForSequenceClassification.from_pretrained(
                folder,
                trust_remote_code=False,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                num_labels=1,
                ignore_mismatched_sizes=True,  # a head of other outputs is made anew
                output_loading_info=True,
            )
            _require_encoder(base.id, model, report["missing_keys"])
            reader = pair_reader(base.id, tokenizer, model, tokens)
            if lora:
                model = _adapted(model)
        return cls(base.id, tokenizer, model.to(device), reader)

    @property
    def learnt(self) -> dict[str, torch.nn.Parameter]:
        """The parameters that training changes, by name."""
        return {
            name: parameter for name, parameter in self.model.named_parameters() if parameter.requires_grad
        }

    def outputs(self, texts: Sequence[tuple[str, str]]) -> torch.Tensor:
        """float32 [n] logits, on the model's device; half as wide inside on a GPU."""
        device = self.model.device
        with running(self.id), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            encoded = encode_pairs(self.tokenizer, texts, self.reader.positions)
            found: torch.Tensor = self.model(**encoded.to(device)).logits
        return found[:, 0].float()

    def scorer(self, batch: int) -> PairModel:
        """What it says as it is now, without dropout; one order of each pair."""

        def forward(texts: Sequence[tuple[str, str]]) -> F32:
            with torch.inference_mode():
                found: F32 = self.outputs(texts).cpu().numpy()
            return found

        return PairModel(self.id, self.reader, forward, batch, both_orders=False)

    def merged(self) -> PreTrainedModel:
        """The model with its adapters, if it has any, added to the weights; this network is used up."""
        if hasattr(self.model, "merge_and_unload"):
            return self.model.merge_and_unload()
        return self.model

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the whole model for the CPU, adapters merged; this network is used up. Returns file names."""
        model = self.merged().to("cpu").eval()
        self.tokenizer.model_max_length = self.reader.positions  # whoever opens it reads what it has learnt
        written = {Path(name).name for name in self.tokenizer.save_pretrained(folder)}
        model.save_pretrained(folder)
        written |= {"config.json", *(path.name for path in folder.glob("model*.safetensors"))}
        return tuple(sorted(name for name in written if (folder / name).is_file()))


def _require_encoder(model_id: str, model: PreTrainedModel, missing: Sequence[str]) -> None:
    """Refuse a model whose encoder would stay random; the head and the pooler before it may be fresh."""
    inside = f"{model.base_model_prefix}."
    if lacking := sorted(name for name in missing if name.startswith(inside) and _POOLER not in name):
        raise EnvironmentFailure(
            f"the model {model_id} lacks weights of its encoder ({lacking[0]})",
            "name a model that was saved with its encoder",
        )


def _adapted(model: PreTrainedModel) -> PreTrainedModel:
    """The model with adapters on every linear layer; the head stays whole."""
    from peft import LoraConfig, get_peft_model

    adapters = LoraConfig(
        task_type="SEQ_CLS", r=RANK, lora_alpha=2 * RANK, lora_dropout=0.05, target_modules="all-linear"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by names that will go
        return get_peft_model(model, adapters)
