"""The completer ``llm``: a chat model behind LangChain, at an OpenAI-compatible server or a provider."""

from __future__ import annotations

import json
import re
import threading
import warnings
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from codesearch.core.errors import ConfigError, MissingExtra
from codesearch.core.settings.sections import Judge
from reranker.judge.chat import transport
from reranker.judge.chat.endpoint import Endpoint, endpoint_of, is_configured
from reranker.judge.chat.failures import NO_TOKENS_LEFT, failure_of, refuses_schema
from reranker.judge.chat.tracing import untraced
from reranker.judge.completer import Completer, Completion, FailureKind, ModelFailure, Prompt

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.rate_limiters import BaseRateLimiter

__all__ = ["chat_completer", "is_configured"]

_PIECES = re.compile(r"[A-Za-z]{1,8}|\n|\s{2,}|\S")
"""What counts as a token: 13 to 28 % more than Qwen's tokenizer finds in numbered lines of 8 languages."""


def chat_completer(settings: Judge) -> Completer:
    """The model that the settings name (see :func:`reranker.judge.chat.endpoint.endpoint_of`).

    Nothing is contacted yet. Tracing by LangChain is off unless ``tracing`` is on. OpenAI-compatible
    servers, OpenAI and Azure are reached through :mod:`.transport` alone; the packages of other providers
    bring HTTP clients of their own.

    Raises:
        MissingExtra: LangChain is not installed.
        ConfigError: The settings mean no endpoint, or a provider whose package is not installed.
        ModelFailure: The provider needs a key and there is none.
    """
    endpoint = endpoint_of(settings)
    try:
        import langchain
        import langchain_openai
    except ImportError:
        raise MissingExtra("the judge 'llm'", "llm") from None
    # They comment on servers' refusals, which come back as failures of ours.
    warnings.filterwarnings("ignore", module=rf"({langchain.__name__}|{langchain_openai.__name__})\b")
    return _ChatModel(settings, endpoint, _model(settings, endpoint))


def _model(settings: Judge, endpoint: Endpoint) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    options = _options(settings, endpoint)
    create = partial(init_chat_model, endpoint.model, model_provider=endpoint.provider, **options)
    try:
        model = create() if settings.tracing else untraced(create)
    except ImportError as error:
        found = re.search(r"pip install ([\w.\[\]-]+)", str(error))
        package = found[1] if found else f"langchain-{endpoint.provider}"
        message = f"judge.model: '{endpoint.provider}' needs the package {package}"
        raise ConfigError(message, f"pip install {package}") from None
    except Exception as error:  # each provider's package has its own
        message = f"{endpoint.provider} cannot be set up ({type(error).__name__})"
        hint = "set judge.api_key, or the variables that its package reads"
        raise ModelFailure(FailureKind.UNAUTHORISED, message, hint) from None
    if http_client := options.get("http_client"):
        weakref.finalize(model, cast("httpx2.Client", http_client).close)
    return model


def _options(settings: Judge, endpoint: Endpoint) -> dict[str, object]:
    """What ``init_chat_model`` is told; nothing that matters is left to the environment."""
    options: dict[str, object] = {
        "temperature": settings.temperature,
        "max_tokens": settings.answer_tokens,
        "timeout": settings.timeout_seconds,
        "max_retries": settings.retries,
        "rate_limiter": _rate_limiter(settings.requests_per_minute),
        "cache": False,
    }
    if endpoint.key:
        options["api_key"] = endpoint.key
    if endpoint.provider not in ("openai", "azure_openai"):
        return options | ({"base_url": endpoint.base_url} if endpoint.base_url else {})
    azure = endpoint.provider == "azure_openai"
    credentials = {"api-key": endpoint.key} if azure else {"authorization": f"Bearer {endpoint.key}"}
    options["http_client"] = transport.client(
        endpoint.base_url, credentials, settings.timeout_seconds, settings.concurrency
    )
    options |= {"openai_proxy": None, "http_socket_options": ()}
    if azure:
        return options | {
            "azure_endpoint": endpoint.base_url,
            "azure_deployment": endpoint.model,
            "azure_ad_token": None,
            "api_version": settings.api_version,
        }
    options["base_url"] = endpoint.base_url
    if endpoint.compatible:
        # The name that every server knows; OpenAI's own newer one, which LangChain sends, some ignore.
        options |= {"max_tokens": None, "extra_body": {"max_tokens": settings.answer_tokens}}
        options["use_responses_api"] = False
    return options


def _rate_limiter(requests_per_minute: int) -> BaseRateLimiter | None:
    if not requests_per_minute:
        return None
    from langchain_core.rate_limiters import InMemoryRateLimiter

    limiter = InMemoryRateLimiter(requests_per_second=requests_per_minute / 60, check_every_n_seconds=0.05)
    limiter.available_tokens = 1.0  # the first call need not wait
    return limiter


@dataclass(frozen=True, slots=True)
class _ChatModel:
    """A chat model; threads share it.

    Attributes:
        settings: The section ``[judge]``.
        endpoint: Where the model is.
        model: LangChain's model.
    """

    settings: Judge
    endpoint: Endpoint
    model: BaseChatModel
    _schema_works: threading.Event = field(default_factory=threading.Event, init=False)
    _schema_refused: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def name(self) -> str:
        """As in ``decided_by``."""
        return f"llm:{self.endpoint.model}"

    @property
    def fingerprint(self) -> str:
        """Endpoint, model and all that its answers depend on; never the key."""
        settings, endpoint = self.settings, self.endpoint
        return (
            f"llm {endpoint.provider} {endpoint.base_url} {endpoint.model} {settings.api_version} "
            f"temperature={settings.temperature} tokens={settings.answer_tokens} {settings.structured}"
        )

    @property
    def concurrency(self) -> int:
        """Calls that may run at the same time."""
        return self.settings.concurrency

    def count_tokens(self, text: str) -> int:
        """A careful estimate: the model's own tokenizer would have to be downloaded."""
        return len(_PIECES.findall(text))

    def complete(self, prompt: Prompt) -> Completion:
        """The answer, asked for by the prompt's schema as long as the server takes schemas."""
        by_schema = prompt.schema is not None and self.settings.structured != "text"
        if not by_schema or self._schema_refused.is_set():
            return self._settled(self._attempt(prompt, None), prompt)
        outcome = self._attempt(prompt, prompt.schema)
        if isinstance(outcome, Completion):
            self._schema_works.set()
        elif self._may_give_up_schemas(outcome):
            outcome = self._attempt(prompt, None)
            if isinstance(outcome, Completion):  # so it was the schema, and will be next time
                self._schema_refused.set()
        return self._settled(outcome, prompt)

    def _may_give_up_schemas(self, error: Exception) -> bool:
        first = not self._schema_works.is_set()
        return self.settings.structured == "auto" and refuses_schema(error, first=first)

    def _settled(self, outcome: Completion | Exception, prompt: Prompt) -> Completion:
        """The completion, or the failure, raised where it carries no exception that quotes the prompt."""
        if isinstance(outcome, Completion):
            return outcome
        raise failure_of(outcome, self.endpoint, prompt, seconds=self.settings.timeout_seconds)

    def _attempt(self, prompt: Prompt, schema: Mapping[str, object] | None) -> Completion | Exception:
        invoke = partial(self._invoke, prompt, schema)
        try:
            return self._completion(invoke() if self.settings.tracing else untraced(invoke))
        except Exception as error:  # whatever a client library raises becomes a failure
            return _cut_short(error) or error

    def _invoke(self, prompt: Prompt, schema: Mapping[str, object] | None) -> AIMessage:
        messages = [("system", prompt.system), ("user", prompt.user)]
        if schema is None:
            return self.model.invoke(messages)
        named = {"title": "answer", **schema}  # LangChain names the format by its title
        try:
            structured = self.model.with_structured_output(named, method="json_schema", include_raw=True)
        except (NotImplementedError, TypeError, ValueError):  # a provider without schemas
            return self.model.invoke(messages)
        answer = cast("dict[str, AIMessage]", structured.invoke(messages))
        return answer["raw"]

    def _completion(self, message: AIMessage) -> Completion:
        usage = message.usage_metadata
        finish = message.response_metadata.get("finish_reason")
        where = f"the judge at {self.endpoint.shown}"
        if message.additional_kwargs.get("refusal") or finish in _REFUSALS:
            raise ModelFailure(FailureKind.REFUSED, f"{where} declines to answer about this pair")
        text = str(message.text)
        if not text.strip() and message.tool_calls:  # how LangChain asks models for JSON that know no schemas
            text = json.dumps(message.tool_calls[0]["args"])
        if not text.strip():
            hint = NO_TOKENS_LEFT if finish == "length" else ""
            raise ModelFailure(FailureKind.EMPTY, f"{where} gave an empty answer", hint)
        if usage is None:
            return Completion(text)
        return Completion(text, max(0, usage["input_tokens"]), max(0, usage["output_tokens"]))


_REFUSALS = frozenset({"content_filter", "refusal", "SAFETY"})


def _cut_short(error: Exception) -> Completion | None:
    """The text of an answer by schema that reached the token limit, which OpenAI's client makes an error."""
    from openai import LengthFinishReasonError

    if not isinstance(error, LengthFinishReasonError):
        return None
    text, usage = error.completion.choices[0].message.content or "", error.completion.usage
    if not text.strip():
        return None
    return Completion(text, usage.prompt_tokens, usage.completion_tokens) if usage else Completion(text)
