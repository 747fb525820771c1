"""What models in this process share: how verdicts are compared, what they draw with, how they fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import takewhile
from json import JSONDecoder

from codesearch.core.results import Verdict
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import FailureKind, ModelFailure, Prompt

_QUOTE = '"'
_JSON = JSONDecoder()


def label_texts(text: str, cue: str) -> dict[Verdict, str]:
    """The prompt continued by each verdict, to its closing quote where the cue opens one.

    What is compared is whole texts, so that a verdict of more words is not at a loss.
    """
    closing = _QUOTE if cue.endswith(_QUOTE) else ""
    return {label: f"{text}{cue}{label}{closing}" for label in Verdict}


def common_start(rows: Sequence[Sequence[int]]) -> int:
    """How many first tokens all rows share."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def holds_object(text: str) -> bool:
    """Whether a whole JSON object stands at the first brace of a text."""
    try:
        _JSON.raw_decode(text, text.index("{"))
    except (ValueError, RecursionError):
        return False
    return True


def without_marks(text: str, marks: Iterable[str]) -> str:
    """The text with a space inside everything that a model takes for the border of a turn."""
    for mark in marks:
        if mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


class Repeats:
    """Seeds that a prompt and how often it was asked give: whatever the order of a run, the same prompts get
    the same answers, and a prompt repeated may get another. Prompts of the judge hold random boundaries, so
    that runs of its own differ where the temperature is above 0.
    """

    def __init__(self) -> None:
        self._asked: Counter[bytes] = Counter()

    def seed(self, prompt: Prompt) -> int:
        """For this time, from 0 to 2**31 - 1."""
        key = blake2b(f"{prompt.system}\0{prompt.user}".encode("utf-8", "replace"), digest_size=8).digest()
        self._asked[key] += 1
        return (int.from_bytes(key) + self._asked[key]) % 2**31


def require_room(name: str, asked: int, room: int, window: int) -> None:
    """Check that a prompt and its answer fit.

    Args:
        name: Of the model.
        asked: Tokens of the prompt.
        room: Those that may follow.
        window: Those that the model can read.

    Raises:
        ModelFailure: They do not.
    """
    if asked + room > window:
        raise ModelFailure(
            FailureKind.CONTEXT_TOO_LARGE,
            f"a prompt of {asked:,} tokens and an answer of {room:,} exceed the {window:,} of {name}",
            "lower judge.context_tokens or judge.answer_tokens, or choose a model with a larger window",
        )


def require_answer(name: str, text: str) -> str:
    """The text.

    Raises:
        ModelFailure: It is blank.
    """
    if not text.strip():
        raise ModelFailure(FailureKind.EMPTY, f"{name} gave an empty answer", "try another prompt or model")
    return text


def too_slow(name: str, settings: Judge) -> ModelFailure:
    """An answer that was not finished in time."""
    return ModelFailure(
        FailureKind.TIMEOUT,
        f"{name} did not finish its answer in {settings.timeout_seconds:g} s",
        "raise judge.timeout_seconds, lower judge.answer_tokens, or choose a smaller model",
    )


def broken(name: str, reason: object) -> ModelFailure:
    """A model whose parts fail; of the reason the first line is told."""
    told = str(reason).strip().partition("\n")[0] or type(reason).__name__
    return ModelFailure(
        FailureKind.BROKEN, f"{name} failed ({told})", "its files may be damaged or not fit together"
    )
