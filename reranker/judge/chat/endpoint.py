"""Where a chat model is: the provider, name, address and key that the settings mean."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from codesearch.core.errors import ConfigError
from codesearch.core.settings.sections import Judge
from reranker.judge.completer import FailureKind, ModelFailure

PROVIDERS = frozenset(
    {
        "anthropic", "anthropic_bedrock", "azure_ai", "azure_openai", "baseten", "bedrock",
        "bedrock_converse", "cohere", "deepseek", "fireworks", "google_anthropic_vertex", "google_genai",
        "google_vertexai", "groq", "ibm", "litellm", "meta", "mistralai", "nvidia", "ollama", "openai",
        "openrouter", "perplexity", "together", "upstage", "xai",
    }
)  # fmt: skip
"""Prefixes that name a provider: those of ``init_chat_model``, but for ``langsmith``, which passes prompts
on, and ``huggingface``, which downloads a model (the judge ``local`` runs those)."""

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""Sent where no key is configured: the client sends one always, and servers without keys read none."""

_KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "azure_openai": "AZURE_OPENAI_API_KEY"}
_ELSEWHERE = ("BASE_URL", "API_BASE", "API_URL", "ENDPOINT", "HOST", "PROXY")
"""Ends of variables by which LangChain's integrations let an environment choose the address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at an address.

    Attributes:
        provider: As ``init_chat_model`` names it.
        model: The model's name there.
        base_url: Address without a slash at its end; empty where the provider's own package knows it.
        key: Key to send; empty where the provider's own package finds it in its environment variable.
        compatible: A server that speaks OpenAI's dialect, as opposed to OpenAI itself and other providers.
    """

    provider: str
    model: str
    base_url: str
    key: str = field(repr=False)
    compatible: bool = False

    @property
    def shown(self) -> str:
        """Its address for messages, without anything secret."""
        return self.base_url or self.provider


def is_configured(settings: Judge) -> bool:
    """Whether the settings name a model and where it is."""
    return bool(settings.model and (settings.base_url or ":" in settings.model))


def endpoint_of(settings: Judge) -> Endpoint:
    """The endpoint that the settings mean.

    ``PROVIDER:NAME`` is a model of that provider; any other name is a model of the OpenAI-compatible server
    at ``base_url``, even when it holds a colon (``qwen2.5-coder:7b``). A ``base_url`` of such a server gets
    ``/v1`` when it has no path.

    Keys of the environment are for hosted providers alone: ``OPENAI_API_KEY`` goes to api.openai.com and
    ``AZURE_OPENAI_API_KEY`` to the Azure endpoint when ``api_key`` is empty, never to another ``base_url``.

    Raises:
        ConfigError: No model, no address, an unknown provider, an address that is none, no ``api_version``
            for Azure, or an environment that would send the code elsewhere.
        ModelFailure: No key where one is needed.
    """
    provider, separator, name = settings.model.partition(":")
    hosted = bool(separator) and provider in PROVIDERS
    base_url = _address(settings.base_url, plain=not hosted)
    if not settings.model:
        raise ConfigError("judge.model is empty", "set it to the name of a model")
    if not hosted:
        if not base_url:
            raise ConfigError(
                f"judge.model: '{settings.model}' names no provider, and judge.base_url is empty",
                "set judge.base_url for a server of your own, or PROVIDER:NAME with a provider such as "
                "openai, azure_openai, anthropic, mistralai or ollama",
            )
        return Endpoint(
            "openai", settings.model, base_url, _configured_key(settings) or NO_KEY, compatible=True
        )
    if not name:
        raise ConfigError(f"judge.model: '{settings.model}' names no model", f"write '{provider}:NAME'")
    return Endpoint(
        provider, name, base_url or _own_address(provider), _hosted_key(settings, provider, base_url)
    )


def _configured_key(settings: Judge) -> str:
    key = settings.api_key.get_secret_value().strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("judge.api_key holds characters that no key has", "copy it again")
    return key


def _hosted_key(settings: Judge, provider: str, base_url: str) -> str:
    key = _configured_key(settings)
    if provider == "azure_openai" and not settings.api_version:
        raise ConfigError("judge.api_version is empty", "Azure asks for one, such as '2024-10-21'")
    if key or provider not in _KEY_VARIABLES:
        return key
    if provider == "openai" and base_url:
        return NO_KEY
    variable = _KEY_VARIABLES[provider]
    found = os.environ.get(variable, "").strip()
    if not found:
        raise ModelFailure(
            FailureKind.UNAUTHORISED, f"no key for {provider}", f"set judge.api_key or {variable}"
        )
    return found


def _own_address(provider: str) -> str:
    """Where a hosted provider is; empty when only its package knows."""
    if provider == "openai":
        return OPENAI
    if provider == "azure_openai":
        raise ConfigError("judge.base_url is empty", "set it to the endpoint of your Azure resource")
    stem = provider.upper()[:4].rstrip("_")
    for variable in sorted(os.environ):
        known = variable.startswith(stem) and variable.endswith(_ELSEWHERE)
        if os.environ[variable] and (known or variable == "LANGSMITH_GATEWAY"):
            raise ConfigError(
                f"{variable} of the environment would send code to another address than that of {provider}",
                "set judge.base_url to that address if you mean it, or unset the variable",
            )
    return ""


def _address(base_url: str, *, plain: bool) -> str:
    if not base_url:
        return ""
    try:
        parts = urlsplit(base_url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ConfigError("judge.base_url is no address", "write http://HOST:PORT/v1") from None
    if not usable:
        raise ConfigError("judge.base_url is no address", "write http://HOST:PORT/v1")
    if parts.username or parts.password:
        raise ConfigError("judge.base_url holds a user name or password", "put the key in judge.api_key")
    if parts.query or parts.fragment:
        raise ConfigError("judge.base_url goes on behind its path", "leave out '?' and '#' and what follows")
    return _normal(parts, plain)


def _normal(parts: SplitResult, plain: bool) -> str:
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{parts.netloc}{path or ('/v1' if plain else '')}"
