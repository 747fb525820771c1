from __future__ import annotations

import socket
import ssl
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import (
    Reply,
    ScriptedServer,
    answer,
    document,
    error,
    half,
    html,
    judge_settings,
    verdict,
)

from reranker.judge.chat.endpoint import Endpoint
from reranker.judge.chat.failures import failure_of
from reranker.judge.completer import FailureKind, ModelFailure, Prompt

pytest.importorskip("langchain_openai")

from reranker.judge.chat.model import chat_completer

pytestmark = pytest.mark.enable_socket

KEY = "sk-mine-0123456789"
CODE = "def transfer(account_from, account_to):\n    return 'hunter2'"
PROMPT = Prompt("You compare code.", CODE, {"type": "object", "properties": {"verdict": {"type": "string"}}})
ENDPOINT = Endpoint("openai", "coder:7b", "http://localhost:8000/v1", KEY, compatible=True)


def failure(reply: Reply, structured: str = "auto") -> ModelFailure:
    """What a reply comes to, after the checks that every failure has to pass."""
    with ScriptedServer([reply]) as server:
        judge = chat_completer(judge_settings(server.url, api_key=KEY, structured=structured))
        with pytest.raises(ModelFailure) as caught:
            judge.complete(PROMPT)
        assert server.url in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    assert KEY not in shown
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), FailureKind.UNAUTHORISED, "judge.api_key"),
        (error(403, "no"), FailureKind.UNAUTHORISED, "judge.api_key"),
        (
            error(404, "The model `m` does not exist", code="model_not_found"),
            FailureKind.NO_SUCH_MODEL,
            "coder:7b",
        ),
        (error(404, 'model "m" not found, try pulling it first'), FailureKind.NO_SUCH_MODEL, "judge.model"),
        (error(400, "Invalid model name passed in model=m"), FailureKind.NO_SUCH_MODEL, "judge.model"),
        (document({"detail": "Not Found"}, 404), FailureKind.BROKEN, "/v1?"),
        (html(404), FailureKind.BROKEN, "/v1?"),
        (html(), FailureKind.BROKEN, "/v1?"),
        (error(429, "Rate limit reached"), FailureKind.RATE_LIMITED, "Rate limit reached"),
        (
            error(429, "You exceeded your current quota", code="insufficient_quota"),
            FailureKind.UNAUTHORISED,
            "credit",
        ),
        (error(500, "CUDA out of memory"), FailureKind.SERVER, "CUDA out of memory"),
        (html(502), FailureKind.SERVER, "(502)"),
        (error(503), FailureKind.SERVER, "(503)"),
        (error(504), FailureKind.TIMEOUT, "judge.timeout_seconds"),
        (error(400, "Unsupported value: 'temperature'"), FailureKind.BROKEN, "'temperature'"),
        (error(400, "filtered", code="content_filter"), FailureKind.REFUSED, "filter"),
        (half(verdict()), FailureKind.BROKEN, "broke off"),
        (Reply(200, verdict().body[:40]), FailureKind.BROKEN, "not as a chat server"),
        (Reply(200, b"not json"), FailureKind.BROKEN, "not as a chat server"),
        (
            Reply(200, b"\x00\xff" * 99, "application/octet-stream"),
            FailureKind.BROKEN,
            "not as a chat server",
        ),
        (document({"answer": "clone"}), FailureKind.BROKEN, "not as a chat server"),
        (document([1, 2]), FailureKind.BROKEN, "not as a chat server"),
        (document({"choices": []}), FailureKind.BROKEN, "not as a chat server"),
        (document({"choices": None}), FailureKind.BROKEN, "not as a chat server"),
        (document({"error": {"message": "busy"}}), FailureKind.BROKEN, "not as a chat server"),
        (answer(""), FailureKind.EMPTY, "empty"),
        (answer(None), FailureKind.EMPTY, "empty"),
        (answer("\n "), FailureKind.EMPTY, "empty"),
        (answer("", finish="length"), FailureKind.EMPTY, "judge.answer_tokens"),
        (answer("", finish="content_filter"), FailureKind.REFUSED, "filter"),
        (answer(None, refusal="I cannot help with that"), FailureKind.REFUSED, "declines"),
    ],
)
def test_what_a_server_does_is_told_in_one_line(reply: Reply, kind: FailureKind, told: str) -> None:
    found = failure(reply)
    assert found.kind is kind
    assert told in str(found)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_answers_to_plain_prompts_fail_in_the_same_way(finish: str) -> None:
    assert failure(answer("", finish=finish), "text").kind is failure(answer("", finish=finish)).kind


@pytest.mark.parametrize(
    "reply",
    [
        error(400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."),
        error(400, "Please reduce the length of the messages.", code="context_length_exceeded"),
        error(400, "the request exceeds the available context size. try increasing the context size"),
        error(400, "Requested tokens (5000) exceed context window of 2048"),
        error(500, "input is too large: n_ctx = 512"),
        error(422, "`inputs` tokens + `max_new_tokens` must be <= 4096: too many tokens"),
        error(413, "prompt is too long: 210000 tokens > 200000 maximum"),
        document(
            {"object": "error", "message": "The decoder prompt is longer than the maximum model length"}, 400
        ),
    ],
)
def test_a_prompt_that_is_too_large_is_told_whatever_the_words(reply: Reply) -> None:
    found = failure(reply)
    assert found.kind is FailureKind.CONTEXT_TOO_LARGE
    assert "judge.context_tokens" in str(found)


@pytest.mark.parametrize(
    "reply",
    [
        error(400, f"cannot read {CODE}"),
        error(500, repr({"messages": [{"content": CODE}]})),
        document({"detail": [{"msg": "field required", "input": {"content": CODE}}]}, 422),
        document({"error": f"{CODE}"}, 400),
        Reply(400, CODE.encode(), "text/plain"),
        error(400, f"key {KEY} of Bearer abcdefghijklm, sk-other-123456"),
    ],
)
def test_what_a_server_repeats_of_the_request_is_left_out(reply: Reply) -> None:
    shown = str(failure(reply))
    for part in ("hunter2", "account_from", "abcdefghijklm", "other-123456"):
        assert part not in shown


def test_a_long_complaint_is_cut_and_made_printable() -> None:
    shown = str(failure(error(500, "boom \x1b[31m\r\n" * 99)))
    assert shown.isprintable()
    assert len(shown) < 300


def _caused(first: Exception, *causes: BaseException) -> Exception:
    last: BaseException = first
    for cause in causes:
        last.__cause__ = cause
        last = cause
    return first


class APIConnectionError(Exception):
    """As clients of providers name theirs."""


@pytest.mark.parametrize(
    ("cause", "kind", "told"),
    [
        (ConnectionRefusedError("[Errno 111] Connection refused"), FailureKind.UNREACHABLE, "refused"),
        (socket.gaierror(-2, "Name or service not known"), FailureKind.UNREACHABLE, "no such host"),
        (
            ssl.SSLCertVerificationError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
            FailureKind.UNREACHABLE,
            "certificate",
        ),
        (ssl.SSLError("[SSL: WRONG_VERSION_NUMBER]"), FailureKind.UNREACHABLE, "TLS"),
        (TimeoutError("timed out"), FailureKind.TIMEOUT, "60 s"),
        (OSError("network is down"), FailureKind.UNREACHABLE, "failed"),
    ],
)
def test_connections_that_fail_are_told_apart(cause: Exception, kind: FailureKind, told: str) -> None:
    found = failure_of(_caused(APIConnectionError("Connection error."), cause), ENDPOINT, PROMPT, seconds=60)
    assert found.kind is kind
    assert told in str(found)
    assert ENDPOINT.base_url in str(found)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/v1", "http://no-such-host.invalid/v1"])
def test_a_server_that_is_not_there_is_unreachable(address: str) -> None:
    with pytest.raises(ModelFailure) as caught:
        chat_completer(judge_settings(address)).complete(PROMPT)
    assert caught.value.kind is FailureKind.UNREACHABLE


def test_http_spoken_to_as_https_is_said_to_be_so() -> None:
    with ScriptedServer([verdict()]) as server, pytest.raises(ModelFailure, match="does not speak TLS"):
        chat_completer(judge_settings(server.url.replace("http:", "https:"))).complete(PROMPT)


@given(st.text(max_size=300), st.sampled_from([400, 401, 404, 408, 418, 429, 500, 599]))
def test_any_complaint_becomes_one_printable_line_without_the_key(said: str, status: int) -> None:
    class APIStatusError(Exception):
        def __init__(self) -> None:
            self.status_code = status
            self.body = {"message": f"{said}{KEY}{said}"}

    found = failure_of(APIStatusError(), ENDPOINT, PROMPT, seconds=1)
    assert str(found).isprintable()
    assert KEY not in str(found)
