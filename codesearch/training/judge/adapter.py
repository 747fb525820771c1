"""The model that is fine-tuned: opened with fresh adapters, its losses read, the adapters saved."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.results import Verdict
from codesearch.training.judge.exercise import Exercise
from codesearch.training.judge.recipe import JudgeRecipe
from indexer.embedding.torch_runtime import loading
from reranker.judge.local.causal_files import CausalFiles
from reranker.judge.local.causal_loading import context_window, hushed, load_causal
from reranker.judge.local.causal_scoring import read_start, row_of, verdict_probabilities
from reranker.judge.local.causal_text import CausalText
from reranker.judge.local.in_process import common_start, label_texts

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

_DROPPED = 0.05  # of what enters the adapters
_README = "README.md"  # peft's own card, which has blanks where ours has figures


@dataclass(frozen=True, slots=True)
class Lecture:
    """An exercise in tokens.

    Attributes:
        tokens: Of the prompt and of the answer with the token that ends it.
        begin: Where the answer begins, at least 1.
        verdicts: Tokens of the prompt, its cue and each verdict.
        wanted: The verdict of the answer.
    """

    tokens: tuple[int, ...]
    begin: int
    verdicts: dict[Verdict, list[int]]
    wanted: Verdict


class JudgeAdapter:
    """A causal model with LoRA adapters on all its linear layers.

    Args:
        files: Of the base model.
        recipe: Numbers of the run.

    Raises:
        EnvironmentFailure: The model cannot be loaded as the recipe says, or takes no adapters.
    """

    def __init__(self, files: CausalFiles, recipe: JudgeRecipe) -> None:
        self._name = files.name
        tokenizer, base = load_causal(files, recipe.precision, recipe.device)
        self._text = CausalText(files.name, tokenizer)
        self._longest = min(recipe.tokens, context_window(tokenizer, base))
        self._end = tokenizer.eos_token_id
        torch.manual_seed(recipe.seed)
        self._adapted = _adapted(base, files.name, recipe)
        self._model: PreTrainedModel = self._adapted.get_base_model()

    @property
    def learnt(self) -> dict[str, torch.nn.Parameter]:
        """The parameters that training changes, by name."""
        return {name: weight for name, weight in self._adapted.named_parameters() if weight.requires_grad}

    def lectures(self, exercises: Sequence[Exercise]) -> list[Lecture | None]:
        """The exercises in tokens, in order; None for one longer than the model or the recipe reads."""
        return [self._lecture(exercise) for exercise in exercises]

    def loss(self, lecture: Lecture) -> torch.Tensor:
        """Sum over the tokens of the answer, with a gradient where one is wanted."""
        behind = len(lecture.tokens) - lecture.begin
        with _running(self._name):
            logits = self._model(
                input_ids=row_of(self._model, lecture.tokens[:-1]), use_cache=False, logits_to_keep=behind
            ).logits[0, -behind:]
        wanted = torch.tensor(lecture.tokens[lecture.begin :], device=logits.device)
        return cross_entropy(logits.float(), wanted, reduction="sum")

    def says(self, lecture: Lecture) -> Verdict:
        """The likelier of clone and not clone behind the prompt's cue."""
        shared = common_start([*lecture.verdicts.values()]) - 1
        with torch.inference_mode(), _running(self._name):
            start = next(iter(lecture.verdicts.values()))[:shared]
            cache = read_start(self._model, start)
            found = verdict_probabilities(self._model, lecture.verdicts, shared, cache)
        return max((Verdict.CLONE, Verdict.NOT_CLONE), key=found.__getitem__)

    def train(self, learning: bool) -> None:
        """Whether inputs of the adapters are dropped at random."""
        self._adapted.train(learning)

    def save(self, folder: Path) -> tuple[str, ...]:
        """Write the adapters, without the base model; returns the names of the files."""
        self._adapted.peft_config["default"].base_model_name_or_path = self._name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The library would ask the hub whether the vocabulary of the base has grown.
            self._adapted.save_pretrained(folder, save_embedding_layers=False)
        (folder / _README).unlink(missing_ok=True)
        return ("adapter_config.json", "adapter_model.safetensors")

    def _lecture(self, exercise: Exercise) -> Lecture | None:
        text = self._text.write(exercise.prompt)
        asked = self._text.tokens(text)
        end = [] if self._end is None else [self._end]
        tokens = [*self._text.tokens(text + exercise.answer), *end]
        verdicts = {
            label: self._text.tokens(answer)
            for label, answer in label_texts(text, exercise.prompt.cue).items()
        }
        if max(len(tokens), *map(len, verdicts.values())) > self._longest:
            return None
        return Lecture(tuple(tokens), common_start([asked, tokens]), verdicts, exercise.verdict)


@contextmanager
def _running(name: str) -> Iterator[None]:
    """Turn a forward pass that fails into one line."""
    try:
        with hushed():
            yield
    except torch.OutOfMemoryError as error:
        raise EnvironmentFailure(
            f"the model {name} ran out of GPU memory",
            "lower --tokens or --rank, or load it with --precision 8bit or 4bit",
        ) from error
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EnvironmentFailure(
            f"the model {name} cannot be taught ({reason})", "choose another base"
        ) from error


def _adapted(base: PreTrainedModel, name: str, recipe: JudgeRecipe) -> PeftModel:
    """The model with fresh adapters; at first they change nothing."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    adapters = LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.rank,
        lora_alpha=2 * recipe.rank,
        lora_dropout=_DROPPED,
        target_modules="all-linear",
    )
    with loading(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if recipe.precision != "full":
            base = prepare_model_for_kbit_training(base)
        elif base.device.type == "cuda":  # long prompts fit where what can be computed again is not kept
            base.gradient_checkpointing_enable()
            base.enable_input_require_grads()
        return get_peft_model(base, adapters)
