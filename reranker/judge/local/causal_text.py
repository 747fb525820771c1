"""Writes a prompt as the text that a causal language model was made to continue."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from reranker.judge.completer import Prompt
from reranker.judge.local.in_process import broken, without_marks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class CausalText:
    """A tokenizer and its chat template; models without one read ``system``, ``user`` and blank lines.

    Marks that part the turns are no text that a prompt may hold: where code spells one, a space is put into
    it. Safe to be used from several threads.

    Args:
        name: Of the model, for messages.
        tokenizer: Its tokenizer.

    Raises:
        ModelFailure: The chat template fails.
    """

    def __init__(self, name: str, tokenizer: PreTrainedTokenizerBase) -> None:
        self._name = name
        self._tokenizer = tokenizer
        self._lock = Lock()  # the library's tokenizers may not be entered twice at once
        added = tokenizer.added_tokens_decoder.values()
        marks = {str(token) for token in added if token.special} | set(tokenizer.all_special_tokens)
        self._marks = sorted((mark for mark in marks if len(mark) > 1), key=len, reverse=True)
        self._opening = self._find_opening()
        self.write(Prompt("x", "x"))

    def write(self, prompt: Prompt) -> str:
        """The text up to where the answer begins.

        Raises:
            ModelFailure: The chat template fails.
        """
        system, user = (without_marks(part, self._marks) for part in (prompt.system, prompt.user))
        if not self._tokenizer.chat_template:
            return f"{system}\n\n{user}\n\n"
        from jinja2 import TemplateError

        turn = {"role": "user", "content": user}
        try:
            try:
                return self._apply([{"role": "system", "content": system}, turn])
            except TemplateError:  # Gemma's and others refuse a system turn
                return self._apply([{"role": "user", "content": f"{system}\n\n{user}"}])
        except (TemplateError, ValueError, TypeError) as error:
            raise broken(f"the chat template of {self._name}", error) from error

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text that :meth:`write` began."""
        with self._lock:
            found: list[int] = self._tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        return [*self._opening, *found]

    def count(self, text: str) -> int:
        """Number of tokens of a text on its own."""
        return len(self.tokens(without_marks(text, self._marks))) - len(self._opening)

    def read(self, tokens: Sequence[int]) -> str:
        """The text of an answer, without what marks its end."""
        with self._lock:
            return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _apply(self, turns: list[dict[str, str]]) -> str:
        return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def _find_opening(self) -> list[int]:
        """What stands before every text: a template writes it itself, else the tokenizer would put it."""
        first = self._tokenizer.bos_token_id
        if self._tokenizer.chat_template or first is None:
            return []
        return [first] if first in self._tokenizer("").input_ids[:1] else []
