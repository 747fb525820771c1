"""The model that a study is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codesearch import judges
from codesearch.core.errors import UsageError
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completer

Connect = Callable[[Judge], Completer]

_SHOWN = ("kind", "model", "structured", "context_tokens", "answer_tokens")
_SHOWN_OF = {"llm": ("base_url", "api_version"), "local": ("precision", "adapter")}


def connect(settings: Judge, device: str = "auto") -> Completer:
    """The configured model.

    Raises:
        UsageError: No model judges, as the settings are.
        CodesearchError: The model cannot be had.
    """
    if settings.kind not in _SHOWN_OF:
        raise UsageError(
            f"a study needs a model, and judge.kind is '{settings.kind}'",
            "give --judge llm or --judge local, and --model",
        )
    return judges.connect(settings, device)


def shown_settings(settings: Judge) -> Mapping[str, str | int]:
    """What a report says of them; never a key. Addresses with a password were refused by then."""
    values = settings.model_dump(mode="json", include={*_SHOWN, *_SHOWN_OF.get(settings.kind, ())})
    return {name: value for name, value in values.items() if value not in (None, "")}
