"""What every model in this process does alike: it is asked one prompt at a time, with room for its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from codesearch.core.results import Verdict
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import Completion, Prompt
from reranker.judge.local.in_process import Repeats, label_texts, require_answer, require_room


class PromptText(Protocol):
    """A vocabulary with what it makes of a prompt."""

    def write(self, prompt: Prompt) -> str:
        """The text up to where the answer begins."""
        ...

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text."""
        ...

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote.

    Attributes:
        text: The answer, which may be blank.
        tokens: How many it took.
        labels: Probability of each verdict behind the prompt's cue; None where there is none to tell.
    """

    text: str
    tokens: int
    labels: Mapping[Verdict, float] | None


class LocalCompleter(ABC):
    """One answer at a time: greedy at temperature 0, else drawn with the seeds of :class:`~.Repeats`.

    Args:
        name: Of the model, without ``local:``.
        fingerprint: What answers depend on besides the prompt, after the name.
        settings: How it answers.
        text: Writes its prompts.
        window: Tokens that it can read.
    """

    def __init__(self, name: str, fingerprint: str, settings: Judge, text: PromptText, window: int) -> None:
        self._name = f"local:{name}"
        self._fingerprint = f"{self._name} {fingerprint}"
        self._settings = settings
        self._text = text
        self._window = window
        self._repeats = Repeats()
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``local:`` and the name of the file, folder or hub model."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """The name, and what else answers depend on besides the prompt."""
        return self._fingerprint

    @property
    def concurrency(self) -> int:
        """One: a second answer would only wait for the same cores or the same GPU."""
        return 1

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text, as the model counts them."""
        return self._text.count(text)

    def complete(self, prompt: Prompt) -> Completion:
        """The answer, with the probabilities of the verdicts behind the prompt's cue.

        Raises:
            ModelFailure: The prompt is too long for the model, or there is no answer in time.
        """
        text = self._text.write(prompt)
        asked = self._text.tokens(text)
        verdicts = {
            label: self._text.tokens(answer) for label, answer in label_texts(text, prompt.cue).items()
        }
        longest = max(len(asked) + self._settings.answer_tokens, *map(len, verdicts.values()))
        require_room(self.name, len(asked), longest - len(asked), self._window)
        with self._lock:
            answer = self._answer(prompt, asked, verdicts)
        return Completion(require_answer(self.name, answer.text), len(asked), answer.tokens, answer.labels)

    @abstractmethod
    def _answer(
        self, prompt: Prompt, asked: Sequence[int], verdicts: Mapping[Verdict, Sequence[int]]
    ) -> Answer:
        """The answer to a prompt that fits, while nobody else asks.

        Args:
            prompt: What is asked.
            asked: Its tokens.
            verdicts: Those of the prompt continued by each verdict.

        Raises:
            ModelFailure: There is none.
        """
