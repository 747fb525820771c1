"""A GGUF file in this process through llama-cpp-python, the extra ``local-llm``."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from codesearch.core.results import Verdict
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completer, Prompt
from reranker.judge.local.causal_files import expanded
from reranker.judge.local.completer import Answer, LocalCompleter
from reranker.judge.local.gguf_text import GgufText
from reranker.judge.local.in_process import broken, common_start, too_slow
from reranker.judge.local.model_digest import files_digest

if TYPE_CHECKING:
    from llama_cpp import Llama, LlamaGrammar

log = logging.getLogger(__name__)

_MAGIC = b"GGUF"
_SUFFIX = ".gguf"
_CASE = 8192
"""Tokens for both fragments and the instructions; the cache of a window is allocated when a model is loaded,
and the windows that models state are mostly far larger than a case needs."""


def gguf_completer(settings: Judge, device: str = "auto") -> Completer:
    """The GGUF file that the settings name, loaded.

    Args:
        settings: ``model`` is the file; ``adapter``, if any, another one with a LoRA adapter.
        device: ``cpu`` keeps the model off a GPU; any other goes where llama.cpp was built for.

    Raises:
        ConfigError: A setting does not go with such a file.
        MissingExtra: llama-cpp-python is not installed.
        EnvironmentFailure: There is no such file, or it cannot be loaded.
    """
    path = expanded(settings.model)
    adapter = expanded(settings.adapter) if settings.adapter else None
    _require_fitting(settings)
    for file in (path, *([adapter] if adapter else [])):
        _require_gguf(file)
    if find_spec("llama_cpp") is None:
        raise MissingExtra("a GGUF judge", "local-llm")
    from llama_cpp import Llama

    _listen()
    try:
        model = Llama(
            str(path),
            n_gpu_layers=0 if device == "cpu" else -1,
            n_ctx=_CASE + settings.context_tokens + settings.answer_tokens,
            lora_path=str(adapter) if adapter else None,
            verbose=False,
        )
    except (ValueError, RuntimeError, OSError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EnvironmentFailure(
            f"the model {path} cannot be loaded ({reason})",
            "it is damaged, needs more memory, or a newer llama-cpp-python",
        ) from error
    return GgufCompleter(model, path, adapter, settings)


class GgufCompleter(LocalCompleter):
    """Answers that are held to the prompt's JSON schema unless ``judge.structured`` is ``text``.

    Args:
        model: As llama.cpp loaded it.
        path: Its file.
        adapter: That of its adapter, if any.
        settings: How it answers.
    """

    def __init__(self, model: Llama, path: Path, adapter: Path | None, settings: Judge) -> None:
        files = files_digest([path, *([adapter] if adapter else [])])
        fingerprint = (
            f"files={files} temperature={settings.temperature:g} "
            f"answer_tokens={settings.answer_tokens} structured={settings.structured}"
        )
        window = min(model.n_ctx(), _trained_window(model.metadata)) - 1  # llama.cpp keeps one free
        super().__init__(path.name, fingerprint, settings, GgufText(path.name, model), window)
        self._model = model

    def _answer(
        self, prompt: Prompt, asked: Sequence[int], verdicts: Mapping[Verdict, Sequence[int]]
    ) -> Answer:
        try:
            labels = self._label_probabilities(verdicts)
            text, tokens = self._write(asked, self._grammar(prompt.schema), self._repeats.seed(prompt))
        except (RuntimeError, ValueError) as error:
            raise broken(self.name, error) from error
        return Answer(text, tokens, labels)

    def _grammar(self, schema: Mapping[str, object] | None) -> LlamaGrammar | None:
        """What holds an answer to a schema."""
        if schema is None or self._settings.structured == "text":
            return None
        from llama_cpp import LlamaGrammar

        return LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)

    def _label_probabilities(self, answers: Mapping[Verdict, Sequence[int]]) -> dict[Verdict, float] | None:
        """Probability of each answer among them; None where the weights give no numbers."""
        first = common_start([*answers.values()])
        self._go_to(next(iter(answers.values()))[: first - 1])
        found = []
        for tokens in answers.values():
            self._go_to(tokens[: first - 1])
            likelihood = 0.0
            for before, wanted in zip(tokens[first - 1 : -1], tokens[first:], strict=True):
                self._model.eval([before])
                logits = self._logits()
                likelihood += logits[wanted] - np.logaddexp.reduce(logits)
            found.append(likelihood)
        shares = np.exp(np.array(found) - np.logaddexp.reduce(found))
        if not np.isfinite(shares).all():
            return None
        return {label: float(share) for label, share in zip(answers, shares, strict=True)}

    def _go_to(self, tokens: Sequence[int]) -> None:
        """Have the model remember these tokens and no more."""
        import llama_cpp

        model = self._model
        kept = common_start([model.input_ids[: model.n_tokens].tolist(), tokens])
        # Recurrent models cannot forget their last tokens alone.
        if kept < model.n_tokens and not llama_cpp.llama_memory_seq_rm(
            llama_cpp.llama_get_memory(model.ctx), -1, kept, -1
        ):
            model.reset()
            kept = 0
        model.n_tokens = kept
        if kept < len(tokens):
            model.eval(tokens[kept:])

    def _logits(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """float64 [words], behind the last token that was read."""
        import llama_cpp

        found = llama_cpp.llama_get_logits_ith(self._model.ctx, -1)
        return np.ctypeslib.as_array(found, shape=(self._model.n_vocab(),)).astype(np.float64)

    def _write(self, asked: Sequence[int], grammar: LlamaGrammar | None, seed: int) -> tuple[str, int]:
        """The answer and how many tokens it has."""
        from llama_cpp import StoppingCriteriaList

        settings = self._settings
        deadline, late = time.monotonic() + settings.timeout_seconds, False

        def too_late(_tokens: object, _scores: object) -> bool:
            nonlocal late
            late = time.monotonic() > deadline
            return late

        found = self._model.create_completion(
            list(asked),
            max_tokens=settings.answer_tokens,
            temperature=settings.temperature,
            top_k=0,
            top_p=1.0,
            min_p=0.0,
            seed=seed,
            grammar=grammar,
            stopping_criteria=StoppingCriteriaList([too_late]),
        )
        if late:
            raise too_slow(self.name, settings)
        return str(found["choices"][0]["text"]), int(found["usage"]["completion_tokens"])


@cache
def _listen() -> object:
    """Send what llama.cpp says to our log; it warns of every window that is not the trained one.

    Returns what it calls, which is kept for as long as it may.
    """
    import llama_cpp

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
    def hear(_level: int, text: bytes, _data: object) -> None:
        log.debug("llama.cpp: %s", text.decode("utf-8", "replace").rstrip())

    llama_cpp.llama_log_set(hear, None)
    return hear


def _require_fitting(settings: Judge) -> None:
    if settings.precision != "full":
        raise ConfigError(
            f"judge.precision '{settings.precision}' does not go with a .gguf file, which has its own",
            "set it to 'full'",
        )
    if settings.adapter and settings.adapter.suffix.lower() != _SUFFIX:
        raise ConfigError(
            f"the adapter '{settings.adapter}' does not go with a .gguf model",
            "convert it with llama.cpp's convert_lora_to_gguf.py, or name the folder of the model instead",
        )


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as error:
        raise EnvironmentFailure(
            f"cannot read the model {path} ({error.strerror})", "set judge.model to a .gguf file"
        ) from error
    if begins != _MAGIC:
        raise EnvironmentFailure(f"{path} is no GGUF file", "fetch it again, or convert the model anew")


def _trained_window(metadata: Mapping[str, str]) -> int:
    """Tokens that the model was trained to read, as its file states."""
    stated = metadata.get(f"{metadata.get('general.architecture')}.context_length", "")
    return int(stated) if stated.isdecimal() and int(stated) else 2**31
