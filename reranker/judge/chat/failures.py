"""Says why a chat model gave no answer, in one line that holds neither keys nor code."""

from __future__ import annotations

import re
import ssl
import string
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from socket import gaierror

from reranker.judge.chat.endpoint import NO_KEY, Endpoint
from reranker.judge.completer import FailureKind, ModelFailure, Prompt

_CONTEXT = re.compile(
    r"context[ _-]?(length|size|window)|n_ctx|too many (input )?tokens|prompt is too long|too long|"
    r"max(imum)?[ _](model|input|sequence|position)[ _]?\w*[ _]?(length|len|tokens|embeddings)|"
    r"input tokens exceed|exceeds? the (limit|maximum)|reduce the length",
    re.IGNORECASE,
)
"""How OpenAI, Azure, vLLM, llama.cpp, Ollama, TGI and Anthropic say that a prompt does not fit."""
_FILTERED = re.compile(r"content[ _](filter|management|policy)|safety|moderation", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient[ _](quota|credit|balance|funds)|billing|current quota", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"(model|deployment)\W.{0,200}?(not found|not exist|not available|unknown)|"
    r"(unknown|invalid|no such) model|model_not_found|DeploymentNotFound",
    re.IGNORECASE | re.DOTALL,
)
_SCHEMA = re.compile(
    r"response[ _]?format|schema|json|grammar|guided|structured|unexpected field|extra (field|input)",
    re.IGNORECASE,
)
_SECRET = re.compile(r"\b(sk|key|lsv2|gsk|xai|bearer)[-_ ][\w*.-]{6,}", re.IGNORECASE)
_PAGE = re.compile(r"^\s*<(!doctype|html|\?xml)", re.IGNORECASE)

NO_TOKENS_LEFT = "the model thought until none of its tokens were left: raise judge.answer_tokens"

_READ_CHARACTERS = 1000  # of what a server says
_REASON_CHARACTERS = 160  # of what we tell of it
_ECHO_CHARACTERS = 12
"""That a server's reason shares with the prompt: shorter runs are words that both may use."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an HTTP status means, when the server's words fit.

    Attributes:
        statuses: The statuses.
        words: What the server says then; None when that does not matter.
        kind: The failure.
        message: With the fields ``where``, ``model`` and ``status``.
        hint: What to do.
        tells: Whether the server's own words add something.
    """

    statuses: Container[int]
    words: re.Pattern[str] | None
    kind: FailureKind
    message: str
    hint: str = ""
    tells: bool = False

    def fits(self, status: int, said: str) -> bool:
        """Whether the rule is about this answer."""
        return status in self.statuses and (self.words is None or bool(self.words.search(said)))


_RULES = (
    _Rule(
        (400, 403, 422), _FILTERED, FailureKind.REFUSED, "a filter of {where} refuses this pair ({status})"
    ),
    _Rule(
        (400, 413, 422, 500),
        _CONTEXT,
        FailureKind.CONTEXT_TOO_LARGE,
        "{where} cannot read that much: the prompt is larger than the window of {model} ({status})",
        "lower judge.context_tokens or judge.answer_tokens, or choose a model with a larger window",
    ),
    _Rule(
        (402, 403, 429),
        _NO_CREDIT,
        FailureKind.UNAUTHORISED,
        "{where} has no credit left for this key ({status})",
        "look at the plan and the bills of its account",
    ),
    _Rule(
        (401, 403),
        None,
        FailureKind.UNAUTHORISED,
        "{where} refuses the key ({status})",
        "set judge.api_key (CODESEARCH_JUDGE__API_KEY) to a key that may use this model",
    ),
    _Rule(
        (400, 404, 422),
        _NO_MODEL,
        FailureKind.NO_SUCH_MODEL,
        "{where} has no model '{model}' ({status})",
        "check judge.model",
    ),
    _Rule(
        (404, 405),
        None,
        FailureKind.BROKEN,
        "{where} is no chat server ({status})",
        "does judge.base_url end in /v1?",
    ),
    _Rule(
        (408, 504),
        None,
        FailureKind.TIMEOUT,
        "{where} took too long to answer",
        "raise judge.timeout_seconds or lower judge.concurrency",
    ),
    _Rule(
        (429,),
        None,
        FailureKind.RATE_LIMITED,
        "{where} asks for fewer calls ({status})",
        "lower judge.concurrency or set judge.requests_per_minute",
        tells=True,
    ),
    _Rule(
        range(500, 600), None, FailureKind.SERVER, "{where} failed ({status})", "look at its log", tells=True
    ),
    _Rule(
        range(300, 400),
        None,
        FailureKind.BROKEN,
        "{where} sends to another address ({status}), which is not followed",
        "set judge.base_url to where the server is",
    ),
    _Rule(range(400, 500), None, FailureKind.BROKEN, "{where} rejects the request ({status})", tells=True),
)
"""The first that fits is meant."""


def _where(endpoint: Endpoint) -> str:
    return f"the judge at {endpoint.shown}"


def failure_of(error: BaseException, endpoint: Endpoint, prompt: Prompt, *, seconds: float) -> ModelFailure:
    """The failure that an exception of a chat client means.

    Clients of all providers are understood, by HTTP status and by the names of their exceptions. What a
    server said is told where it helps, shortened to one line, and left out when it repeats the prompt.
    """
    if isinstance(error, ModelFailure):
        return error
    status = status_of(error)
    if status is None:
        return _without_answer(error, endpoint, seconds)
    said = _said(error)
    rule = next(rule for rule in _RULES if rule.fits(status, said))
    message = rule.message.format(where=_where(endpoint), model=endpoint.model, status=status)
    reason = (
        _safe(_said(error, ("error", "message", "msg", "detail")), endpoint, prompt) if rule.tells else ""
    )
    return ModelFailure(rule.kind, f"{message}: {reason}" if reason else message, rule.hint)


def refuses_schema(error: BaseException, *, first: bool) -> bool:
    """Whether a server turned a request down because it asks for an answer by a schema.

    Args:
        error: What the client raised.
        first: No such request was ever answered: then a 400 or 422 without a better explanation counts too.
    """
    status, said = status_of(error), _said(error)
    if status not in (400, 404, 415, 422, 500, 501) or _CONTEXT.search(said) or _FILTERED.search(said):
        return False
    return bool(_SCHEMA.search(said)) or (first and status in (400, 422, 501))


def status_of(error: BaseException) -> int | None:
    """HTTP status of the answer that a client rejected; None when there was no such answer."""
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "code", "status"):
            found = getattr(holder, name, None)
            if isinstance(found, int) and 300 <= found < 600:
                return found
    return None


def _without_answer(error: BaseException, endpoint: Endpoint, seconds: float) -> ModelFailure:
    """The failure behind an exception that no HTTP error caused."""
    chain = tuple(_chain(error))
    names = " ".join(base.__name__ for cause in chain for base in type(cause).__mro__)
    where = _where(endpoint)
    if "ContentFilter" in names:
        return ModelFailure(FailureKind.REFUSED, f"a filter of {where} cut the answer")
    if "LengthFinishReasonError" in names:
        return ModelFailure(FailureKind.EMPTY, f"{where} gave an empty answer", NO_TOKENS_LEFT)
    if "Timeout" in names:
        hint = "raise judge.timeout_seconds"
        return ModelFailure(FailureKind.TIMEOUT, f"{where} gave no answer in {seconds:g} s", hint)
    if "RemoteProtocolError" in names or "ReadError" in names:
        hint = "look at its log"
        return ModelFailure(FailureKind.BROKEN, f"{where} broke off in the middle of an answer", hint)
    if "Connect" in names or any(isinstance(cause, OSError) for cause in chain):
        message = f"{where} cannot be reached ({_obstacle(chain)})"
        return ModelFailure(
            FailureKind.UNREACHABLE, message, "is it running, and is judge.base_url its address?"
        )
    message = f"{where} answers, but not as a chat server does"
    return ModelFailure(FailureKind.BROKEN, message, "does judge.base_url end in /v1?")


def _obstacle(chain: tuple[BaseException, ...]) -> str:
    text = " ".join(str(cause) for cause in chain)
    if any(isinstance(cause, ssl.SSLError) for cause in chain) or "SSL" in text:
        return "its certificate is not trusted" if "CERTIFICATE_VERIFY" in text else "it does not speak TLS"
    if any(isinstance(cause, gaierror) for cause in chain) or re.search(r"Errno -\d|name resolution", text):
        return "no such host"
    if "refused" in text:
        return "connection refused"
    return "the connection failed"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _said(
    error: BaseException, names: Sequence[str] = ("error", "message", "msg", "detail", "code", "type")
) -> str:
    """What the server says about its refusal, in the named fields; empty when that cannot be understood."""
    body = getattr(error, "body", None)
    if body is None and getattr(error, "response", None) is None:
        return str(error)
    return " ".join(_sentences(body, names))


def _sentences(body: object, names: Sequence[str]) -> Iterator[str]:
    """The named parts of an error document; never the input that some servers repeat."""
    if isinstance(body, str) and not _PAGE.match(body):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield from _sentences(part, names)
    elif isinstance(body, Mapping):
        for name in names:
            yield from _sentences(body.get(name), names)


def _safe(said: str, endpoint: Endpoint, prompt: Prompt) -> str:
    """One short printable line of what a server said; empty when it repeats the prompt."""
    known = said.replace(endpoint.key, "***") if endpoint.key not in ("", NO_KEY) else said
    told = _SECRET.sub("***", known)[:_READ_CHARACTERS]
    if _repeats(told, prompt):
        return ""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in told).split())
    return line if len(line) <= _REASON_CHARACTERS else line[: _REASON_CHARACTERS - 1] + "…"


_SQUEEZE = str.maketrans("", "", string.whitespace + "\\\"'")


def _repeats(said: str, prompt: Prompt) -> bool:
    """Whether a text holds a run of the prompt's characters, however quoted."""
    asked, words = (prompt.system + prompt.user).translate(_SQUEEZE), said.translate(_SQUEEZE)
    runs = range(max(len(words) - _ECHO_CHARACTERS + 1, 0))
    return any(words[start : start + _ECHO_CHARACTERS] in asked for start in runs)
