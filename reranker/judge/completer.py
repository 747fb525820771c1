"""What a model-backed judge needs of a model: a prompt in, text out, and failures told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from codesearch.core.errors import CodesearchError
from codesearch.core.results import Verdict


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes:
        system: Instructions.
        user: The case; holds nothing that instructs.
        schema: JSON schema of the answer; None where the prompt asks for plain text.
        cue: How an answer begins when the model has to choose its first label right away, such as
            ``{"verdict": "``; :attr:`Completion.labels` are read behind it.
    """

    system: str
    user: str
    schema: Mapping[str, object] | None = None
    cue: str = '{"verdict": "'


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered.

    Attributes:
        text: Its words.
        read: Tokens of the prompt, as the model counts them; 0 when it does not tell.
        written: Tokens of the answer, likewise.
        labels: Probability of each verdict as the next word behind the prompt's cue, summing to 1; None where
            the model does not tell.
    """

    text: str
    read: int = 0
    written: int = 0
    labels: Mapping[Verdict, float] | None = None


class FailureKind(StrEnum):
    """Why a model gave no answer; the value follows ``judge:`` in ``degraded``."""

    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    NO_SUCH_MODEL = "no-such-model"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"
    CONTEXT_TOO_LARGE = "context-too-large"
    REFUSED = "refused"  # the model or a filter before it declines to answer
    EMPTY = "empty-answer"
    BROKEN = "broken-answer"  # the server speaks another dialect, or its answer cannot be read
    SERVER = "server-error"


FATAL = frozenset({FailureKind.UNAUTHORISED, FailureKind.NO_SUCH_MODEL})
"""Failures that the next call will meet too."""


class ModelFailure(CodesearchError):
    """A model gave no answer.

    The message and the hint are one line each, say what, where and what to do, and hold neither a key nor
    code nor what the server sent beyond a short reason.
    """

    exit_code = 3

    def __init__(self, kind: FailureKind, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.kind = kind


class Completer(Protocol):
    """A model that completes prompts; safe to be called from several threads."""

    @property
    def name(self) -> str:
        """As in ``decided_by``: ``llm:<model>`` or ``local:<model>``."""
        ...

    @property
    def fingerprint(self) -> str:
        """Everything besides the prompt that its answers depend on (endpoint, model, temperature, files),
        never a key; part of the key of cached verdicts.
        """
        ...

    @property
    def concurrency(self) -> int:
        """Calls that may run at the same time."""
        ...

    def complete(self, prompt: Prompt) -> Completion:
        """The answer.

        Raises:
            ModelFailure: There is none.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text, as the model counts them or a careful estimate."""
        ...
