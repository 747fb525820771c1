"""Writes a prompt as the text that a GGUF model was made to continue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reranker.judge.completer import Prompt
from reranker.judge.local.in_process import broken, without_marks

if TYPE_CHECKING:
    from llama_cpp import Llama


class GgufText:
    """A vocabulary and its chat template; models without one read ``system``, ``user`` and blank lines.

    As in :class:`~.causal_text.CausalText`, marks that part the turns are no text that a prompt may hold.

    Args:
        name: Of the model, for messages.
        model: As llama.cpp loaded it.

    Raises:
        ModelFailure: The chat template fails.
    """

    def __init__(self, name: str, model: Llama) -> None:
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._name = name
        self._model = model
        vocabulary = llama_cpp.llama_model_get_vocab(model.model)
        controls = [
            llama_cpp.llama_vocab_get_text(vocabulary, number).decode("utf-8", "replace")
            for number in range(model.n_vocab())
            if llama_cpp.llama_vocab_is_control(vocabulary, number)
        ]
        self._marks = sorted((mark for mark in controls if len(mark) > 1), key=len, reverse=True)
        template = model.metadata.get("tokenizer.chat_template")
        self._chat = template and Jinja2ChatFormatter(
            template, eos_token=self._spelling(model.token_eos()), bos_token=self._spelling(model.token_bos())
        )
        self.write(Prompt("x", "x"))

    def write(self, prompt: Prompt) -> str:
        """The text up to where the answer begins.

        Raises:
            ModelFailure: The chat template fails.
        """
        system, user = (without_marks(part, self._marks) for part in (prompt.system, prompt.user))
        if not self._chat:
            return f"{system}\n\n{user}\n\n"
        turn = {"role": "user", "content": user}
        try:
            try:
                return str(self._chat(messages=[{"role": "system", "content": system}, turn]).prompt)
            except ValueError:  # Gemma's template and others refuse a system turn
                turn = {"role": "user", "content": f"{system}\n\n{user}"}
                return str(self._chat(messages=[turn]).prompt)
        except Exception as error:  # a template of unknown origin fails in any way
            raise broken(f"the chat template of {self._name}", error) from error

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text that :meth:`write` began; a template writes the opening mark itself."""
        found: list[int] = self._model.tokenize(
            text.encode("utf-8", "replace"), add_bos=not self._chat, special=True
        )
        return found

    def count(self, text: str) -> int:
        """Number of tokens of a text on its own."""
        return len(self._model.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=False))

    def _spelling(self, token: int) -> str:
        return self._model.detokenize([token], special=True).decode("utf-8", "replace") if token >= 0 else ""
