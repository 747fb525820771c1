"""A language model in this process: a folder of the Hugging Face format, or a GGUF file."""

from __future__ import annotations

from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completer

_GGUF = ".gguf"


def local_completer(settings: Judge, device: str = "auto") -> Completer:
    """The model that ``judge.model`` names, loaded.

    Args:
        settings: What to load and how it answers.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; a GGUF file goes where llama.cpp was built for.

    Raises:
        ConfigError: ``judge.model`` is empty or malformed, or a setting does not go with it.
        MissingExtra: The libraries for such a model are not installed.
        EnvironmentFailure: There is no such model, or it cannot be loaded as set.
    """
    if settings.model.lower().endswith(_GGUF):
        from reranker.judge.local.gguf_model import gguf_completer

        return gguf_completer(settings)
    from reranker.judge.local.causal_model import causal_completer

    return causal_completer(settings, device)
