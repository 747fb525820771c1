"""A causal language model of the Hugging Face format in this process, through the extra ``torch``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codesearch.core.results import Verdict
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completer, FailureKind, ModelFailure, Prompt
from reranker.judge.local.causal_files import CausalFiles
from reranker.judge.local.causal_loading import context_window, hushed, load_causal
from reranker.judge.local.causal_scoring import read_start, row_of, verdict_probabilities
from reranker.judge.local.causal_text import CausalText
from reranker.judge.local.completer import Answer, LocalCompleter
from reranker.judge.local.in_process import broken, common_start, holds_object, too_slow

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase


def causal_completer(settings: Judge, device: str = "auto") -> Completer:
    """The model that the settings name, loaded.

    Args:
        settings: ``model`` is a folder or ``hf:ORG/NAME``; ``precision`` and ``adapter`` say how it is
            loaded.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        ConfigError: ``judge.model`` is empty or malformed.
        MissingExtra: The libraries for such models are not installed.
        EnvironmentFailure: There is no such device or model, or it cannot be loaded as set.
        ModelFailure: Its chat template fails.
    """
    files = CausalFiles.find(settings.model, settings.adapter)
    tokenizer, model = load_causal(files, settings.precision, device)
    return CausalCompleter(files, settings, tokenizer, model)


class CausalCompleter(LocalCompleter):
    """Answers of a causal language model.

    Args:
        files: What was loaded.
        settings: How it answers.
        tokenizer: Of the model.
        model: Ready to run.
    """

    def __init__(
        self,
        files: CausalFiles,
        settings: Judge,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
    ) -> None:
        text = CausalText(files.name, tokenizer)
        window = context_window(tokenizer, model)
        super().__init__(files.name, _fingerprint(files, settings, model), settings, text, window)
        self._model = model
        self._read = text.read

    def _answer(
        self, prompt: Prompt, asked: Sequence[int], verdicts: Mapping[Verdict, Sequence[int]]
    ) -> Answer:
        # The last token that all share is read again by each, for what comes behind it.
        shared = common_start([asked, *verdicts.values()]) - 1
        with self._running(len(asked)):
            cache = read_start(self._model, asked[:shared])
            labels = verdict_probabilities(self._model, verdicts, shared, cache)
            if not all(map(math.isfinite, labels.values())):
                raise broken(self.name, "its weights give no numbers")
            written = self._write(prompt, asked, cache)
        return Answer(self._read(written), len(written), labels)

    def _write(self, prompt: Prompt, asked: Sequence[int], cache: Cache | None) -> list[int]:
        """Tokens of the answer, with the one that ends it; the cache is used up."""
        import torch

        settings, model = self._settings, self._model
        row = row_of(model, asked)
        drawn = {"do_sample": True, "temperature": settings.temperature, "top_k": 0, "top_p": 1.0}

        def complete(tokens: Tensor, _scores: object) -> Tensor:
            """Whether the object that was asked for is whole; models that do not chat would go on."""
            done = prompt.schema is not None and self._closes_object(tokens[0, len(asked) :].tolist())
            return torch.tensor([done], device=tokens.device)

        with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
            torch.manual_seed(self._repeats.seed(prompt))
            found = model.generate(
                row,
                attention_mask=torch.ones_like(row),
                past_key_values=cache,
                max_new_tokens=settings.answer_tokens,
                max_time=settings.timeout_seconds,
                stopping_criteria=[complete],
                **(drawn if settings.temperature else {"do_sample": False}),
            )
        written: list[int] = found[0, len(asked) :].tolist()
        ends = model.generation_config.eos_token_id
        ended = bool(written) and written[-1] in (ends if isinstance(ends, list) else [ends])
        if not (ended or len(written) >= settings.answer_tokens or complete(found, None)):
            raise too_slow(self.name, settings)
        return written

    def _closes_object(self, written: Sequence[int]) -> bool:
        """Whether the last token ends the first JSON object of the answer."""
        return "}" in self._read(written[-1:]) and holds_object(self._read(written))

    @contextmanager
    def _running(self, asked: int) -> Iterator[None]:
        """Turn a model that fails into one line."""
        import torch

        try:
            with hushed(), torch.inference_mode():
                yield
        except torch.OutOfMemoryError as error:
            raise ModelFailure(
                FailureKind.CONTEXT_TOO_LARGE,
                f"{self.name} ran out of GPU memory on a prompt of {asked:,} tokens",
                "lower judge.context_tokens, or set judge.precision to '8bit' or '4bit'",
            ) from error
        except (RuntimeError, IndexError, ValueError, TypeError) as error:
            raise broken(self.name, error) from error


def _fingerprint(files: CausalFiles, settings: Judge, model: PreTrainedModel) -> str:
    """What answers depend on besides the name and the prompt."""
    parts = {
        "files": files.digest,
        "adapter": files.adapter_digest,
        "precision": settings.precision,
        "weights": str(model.dtype).removeprefix("torch."),
        "temperature": f"{settings.temperature:g}",
        "answer_tokens": settings.answer_tokens,
    }
    return " ".join(f"{name}={value}" for name, value in parts.items())
