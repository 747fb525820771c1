from __future__ import annotations

import gzip
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from scripted_server import (
    Reply,
    Request,
    ScriptedServer,
    answer,
    error,
    hang,
    judge_settings,
    redirect,
    verdict,
)

from codesearch.core.errors import ConfigError, MissingExtra
from reranker.judge.chat.endpoint import PROVIDERS, endpoint_of, is_configured
from reranker.judge.completer import Completion, FailureKind, ModelFailure, Prompt

pytest.importorskip("langchain_openai")

from reranker.judge.chat.model import chat_completer

pytestmark = pytest.mark.enable_socket

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}},
    "required": ["verdict"],
    "additionalProperties": False,
}
PROMPT = Prompt("You compare code.", "def double(x): return 2 * x", SCHEMA)
AS_TEXT = Prompt(PROMPT.system, PROMPT.user)
KEY = "sk-mine-0123456789"
LEAK = "leak-9876543210"


def ask(server: ScriptedServer, prompt: Prompt = PROMPT, **changes: object) -> Completion:
    return chat_completer(judge_settings(server.url, **changes)).complete(prompt)


def test_a_prompt_reaches_the_server_and_its_answer_comes_back_with_its_tokens() -> None:
    with ScriptedServer([answer("clone", read=11, written=3)]) as server:
        completion = ask(server, AS_TEXT, api_key=KEY, temperature=0.5, answer_tokens=77)

    assert completion == Completion("clone", 11, 3)
    [request] = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.messages == (("system", PROMPT.system), ("user", PROMPT.user))
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "coder:7b"
    assert (request.body["temperature"], request.body["max_tokens"]) == (0.5, 77)
    assert not request.structured


def test_thoughts_stay_in_the_text() -> None:
    with ScriptedServer([answer("<think>hm</think><answer>clone</answer>")]) as server:
        assert ask(server).text == "<think>hm</think><answer>clone</answer>"


def test_an_answer_without_usage_counts_no_tokens() -> None:
    bare = Reply(200, b'{"choices": [{"message": {"role": "assistant", "content": "clone"}}]}')
    with ScriptedServer([bare]) as server:
        assert ask(server) == Completion("clone", 0, 0)


@pytest.mark.parametrize("structured", ["auto", "schema"])
def test_answers_are_asked_for_by_the_schema_and_come_back_as_the_model_wrote_them(structured: str) -> None:
    with ScriptedServer([answer("Sure! {broken")]) as server:
        completion = ask(server, structured=structured)

    assert completion.text == "Sure! {broken"
    wanted = server.requests[0].body["response_format"]
    assert isinstance(wanted, dict)
    assert wanted["json_schema"]["schema"] == SCHEMA


def test_text_is_asked_for_where_the_settings_say_so() -> None:
    with ScriptedServer([verdict()]) as server:
        ask(server, structured="text")
    assert not server.requests[0].structured


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "'response_format' of type 'json_schema' is not supported with this model"),
        error(400, "bad request"),
        error(404, "json_schema is not available here"),
        error(422, "Unexpected fields in the request: {'response_format'}"),
        error(500, "failed to parse grammar"),
        error(501, "not implemented"),
    ],
)
def test_a_server_that_knows_no_schemas_is_asked_for_text_from_then_on(refusal: Reply) -> None:
    def script(request: Request) -> Reply:
        return refusal if request.structured else answer("clone")

    with ScriptedServer(script) as server:
        judge = chat_completer(judge_settings(server.url))
        assert [judge.complete(PROMPT).text for _ in range(3)] == ["clone"] * 3

    assert [request.structured for request in server.requests] == [True, False, False, False]


def test_a_server_that_must_have_schemas_is_not_asked_for_text() -> None:
    with ScriptedServer([error(400, "response_format is not supported")]) as server:
        with pytest.raises(ModelFailure, match="response_format is not supported"):
            ask(server, structured="schema")
        assert len(server.requests) == 1


def test_schemas_stay_on_after_a_failure_that_is_not_about_them() -> None:
    replies = [error(400, "odd"), error(400, "odd"), verdict(), error(400, "odd"), verdict()]
    with ScriptedServer(replies) as server:
        judge = chat_completer(judge_settings(server.url))
        for fails in (True, False, True, False):
            if fails:
                with pytest.raises(ModelFailure):
                    judge.complete(PROMPT)
            else:
                judge.complete(PROMPT)
    assert [request.structured for request in server.requests] == [True, False, True, True, True]


@pytest.mark.parametrize("structured", ["auto", "text"])
def test_an_answer_cut_at_the_token_limit_comes_back_as_far_as_it_goes(structured: str) -> None:
    with ScriptedServer([answer('{"verdict": "clo', finish="length", read=9, written=5)]) as server:
        assert ask(server, structured=structured) == Completion('{"verdict": "clo', 9, 5)


def test_busy_servers_are_asked_again() -> None:
    soon = {"Retry-After": "0.01"}
    replies = [error(429, headers=soon), error(503, headers=soon), verdict()]
    with ScriptedServer(replies) as server:
        assert "clone" in ask(server, retries=2).text
        assert len(server.requests) == 3


def test_a_server_that_asks_for_a_long_pause_is_not_waited_for() -> None:
    with ScriptedServer([error(429, "tomorrow", headers={"Retry-After": "21"}), verdict()]) as server:
        with pytest.raises(ModelFailure) as caught:
            ask(server, retries=5)
        assert caught.value.kind is FailureKind.RATE_LIMITED
        assert len(server.requests) == 1


def test_a_date_to_wait_for_is_replaced_by_the_usual_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", pauses.append)
    then = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}
    with ScriptedServer([error(503, headers=then), verdict()]) as server:
        assert "clone" in ask(server, retries=1).text
    assert len(pauses) == 1
    assert pauses[0] < 1


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reranker.judge.chat.transport.MOST_BYTES", 1000)
    with ScriptedServer([answer("clone " * 200)]) as server, pytest.raises(ModelFailure) as caught:
        ask(server)
    assert caught.value.kind is FailureKind.BROKEN


def test_an_answer_that_unpacks_to_any_size_is_not_unpacked() -> None:
    packed = Reply(200, gzip.compress(verdict().body), headers={"Content-Encoding": "gzip"})
    with ScriptedServer([packed]) as server, pytest.raises(ModelFailure) as caught:
        ask(server)
    assert caught.value.kind is FailureKind.BROKEN


@pytest.mark.parametrize("slow", [hang(), Reply(200, verdict().body, drip=0.05)], ids=["hangs", "drips"])
def test_an_answer_that_takes_too_long_is_given_up_once_and_for_all(slow: Reply) -> None:
    with ScriptedServer([slow]) as server:
        with pytest.raises(ModelFailure) as caught:
            ask(server, retries=5, timeout_seconds=0.2)
        assert caught.value.kind is FailureKind.TIMEOUT
        assert len(server.requests) == 1


def test_threads_share_one_completer() -> None:
    def script(request: Request) -> Reply:
        return answer(request.messages[1][1])

    with ScriptedServer(script) as server:
        judge = chat_completer(judge_settings(server.url, concurrency=8))
        prompts = [Prompt("s", f"pair {number}", SCHEMA) for number in range(32)]
        with ThreadPoolExecutor(8) as pool:
            texts = [completion.text for completion in pool.map(judge.complete, prompts)]

    assert texts == [prompt.user for prompt in prompts]
    assert judge.concurrency == 8


def test_the_rate_limit_lets_the_first_call_pass_and_holds_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    class Held(Exception):
        """In place of the wait."""

    def hold(_: float) -> None:
        raise Held

    monkeypatch.setattr("langchain_core.rate_limiters.time.sleep", hold)
    with ScriptedServer([verdict()]) as server:
        judge = chat_completer(judge_settings(server.url, requests_per_minute=1))
        judge.complete(PROMPT)
        with pytest.raises(ModelFailure):
            judge.complete(PROMPT)
        assert len(server.requests) == 1


def test_the_environment_neither_redirects_a_request_nor_adds_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([verdict()]) as elsewhere, ScriptedServer([verdict()]) as server:
        for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "LANGSMITH_GATEWAY"):
            monkeypatch.setenv(name, elsewhere.url)
        for name in ("OPENAI_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.origin)
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {LEAK}\nX-Custom: {LEAK}")
        for name in (
            "OPENAI_API_KEY",
            "OPENAI_ADMIN_KEY",
            "OPENAI_ORG_ID",
            "OPENAI_PROJECT_ID",
            "AZURE_OPENAI_API_KEY",
            "AZURE_OPENAI_AD_TOKEN",
            "LANGSMITH_API_KEY",
        ):
            monkeypatch.setenv(name, LEAK)

        for model in ("coder:7b", "openai:coder", "codex-mini", "gpt-4"):
            ask(server, model=model)
        ask(server, model="azure_openai:coder", api_version="2024-10-21", api_key=KEY)

        assert not elsewhere.requests
        assert LEAK not in repr(server.requests)
        for request in server.requests[:4]:
            assert request.headers["authorization"] == "Bearer none"
            assert set(request.headers) <= {
                "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type",
                "host", "user-agent",
            }  # fmt: skip
        assert server.requests[4].headers["api-key"] == KEY


def test_a_redirect_is_not_followed_and_gets_no_key() -> None:
    with ScriptedServer([verdict()]) as elsewhere:
        target = f"http://localhost:{elsewhere.port}/v1/chat/completions"
        for status in (301, 302, 303, 307, 308):
            with ScriptedServer([redirect(target, status)]) as server:
                with pytest.raises(ModelFailure) as caught:
                    ask(server, api_key=KEY)
                assert caught.value.kind is FailureKind.BROKEN
                assert f"({status})" in str(caught.value)
        assert not elsewhere.requests


def test_azure_is_spoken_to_in_its_own_way() -> None:
    with ScriptedServer([verdict()]) as server:
        settings = judge_settings(
            server.origin, model="azure_openai:my-deployment", api_version="2024-10-21", api_key=KEY
        )
        chat_completer(settings).complete(PROMPT)
    [request] = server.requests
    assert request.path == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers


def test_openai_itself_gets_the_name_of_the_token_limit_that_its_reasoning_models_want() -> None:
    with ScriptedServer([verdict()]) as server:
        ask(server, model="openai:o3", answer_tokens=99)
    assert server.requests[0].body["max_completion_tokens"] == 99
    assert "max_tokens" not in server.requests[0].body


def test_a_completer_tells_its_name_and_what_its_answers_depend_on_but_no_key() -> None:
    def completer(**changes: object) -> str:
        return chat_completer(judge_settings("http://localhost:8000", api_key=KEY, **changes)).fingerprint

    judge = chat_completer(judge_settings("http://localhost:8000", api_key=KEY))
    assert judge.name == "llm:coder:7b"
    assert KEY not in judge.fingerprint + repr(judge)
    assert completer() == completer(timeout_seconds=5, concurrency=1, budget=7)
    others = ({"temperature": 1}, {"model": "x"}, {"base_url": "http://b/v1"}, {"answer_tokens": 16})
    assert len({completer(), *(completer(**other) for other in others)}) == 5


def test_token_counts_are_careful_estimates_that_need_no_download() -> None:
    judge = chat_completer(judge_settings("http://localhost:8000"))
    assert judge.count_tokens("") == 0
    assert judge.count_tokens("for (int i = 0; i < n; i++) {") >= 12
    assert judge.count_tokens("変数") >= 2


@pytest.mark.parametrize(
    ("model", "base_url", "expected"),
    [
        ("qwen2.5-coder:7b", "http://h:1", ("openai", "qwen2.5-coder:7b", "http://h:1/v1")),
        ("m", "http://h:1/", ("openai", "m", "http://h:1/v1")),
        ("m", "http://h/api/v3/", ("openai", "m", "http://h/api/v3")),
        ("m", "https://h/v1/chat/completions", ("openai", "m", "https://h/v1")),
        ("openai:gpt-4o", "", ("openai", "gpt-4o", "https://api.openai.com/v1")),
        ("ollama:qwen:7b", "http://h:11434", ("ollama", "qwen:7b", "http://h:11434")),
        ("anthropic:claude", "", ("anthropic", "claude", "")),
    ],
)
def test_a_model_is_where_the_settings_mean(
    model: str, base_url: str, expected: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings = judge_settings(base_url, model=model)
    endpoint = endpoint_of(settings)
    assert (endpoint.provider, endpoint.model, endpoint.base_url) == expected
    assert is_configured(settings)
    assert (endpoint.key == KEY) is (base_url == "" and endpoint.provider == "openai")


@pytest.mark.parametrize(("model", "base_url"), [("", ""), ("", "http://h"), ("m", "")])
def test_settings_without_a_model_or_its_place_are_no_configuration(model: str, base_url: str) -> None:
    settings = judge_settings(base_url, model=model)
    assert not is_configured(settings)
    with pytest.raises(ConfigError, match=r"judge\.(model|base_url)"):
        chat_completer(settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "antropic:claude", "base_url": ""}, "names no provider"),
        ({"model": "openai:"}, "names no model"),
        ({"model": "azure_openai:d", "api_key": KEY}, r"judge\.api_version is empty"),
        ({"model": "azure_openai:d", "base_url": "", "api_version": "1"}, r"judge\.base_url is empty"),
        ({"base_url": "http://h/v1?key=hunter2"}, "leave out"),
        ({"base_url": "http://h:99999/v1"}, "is no address"),
        ({"base_url": "http://[/v1"}, "is no address"),
        ({"api_key": "line\nbreak"}, "characters that no key has"),
        ({"model": "anthropic:claude", "base_url": ""}, "pip install langchain-anthropic"),
    ],
)
def test_settings_that_cannot_be_used_are_one_line_that_says_which(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        chat_completer(judge_settings("http://h/v1", **changes))
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_hosted_model_without_a_key_is_a_failure_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelFailure, match="OPENAI_API_KEY") as caught:
        chat_completer(judge_settings("", model="openai:gpt-4o"))
    assert caught.value.kind is FailureKind.UNAUTHORISED


@pytest.mark.parametrize("variable", ["ANTHROPIC_BASE_URL", "ANTHROPIC_PROXY", "LANGSMITH_GATEWAY"])
def test_an_environment_that_would_send_code_elsewhere_is_refused(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://elsewhere")
    with pytest.raises(ConfigError, match=variable):
        chat_completer(judge_settings("", model="anthropic:claude"))


@pytest.mark.parametrize(
    ("variable", "value"), [("SSL_CERT_FILE", "/no/such/file"), ("https_proxy", "gopher://user:hunter2@h")]
)
def test_a_proxy_or_certificates_that_cannot_be_used_are_one_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=variable) as caught:
        chat_completer(judge_settings("https://model.invalid/v1"))
    assert "hunter2" not in str(caught.value)


def test_the_providers_are_those_of_langchain() -> None:
    from langchain.chat_models import base

    assert set(base._BUILTIN_PROVIDERS) >= PROVIDERS


def test_without_langchain_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    with pytest.raises(MissingExtra, match=r"codesearch-clones\[llm\]") as caught:
        chat_completer(judge_settings("http://h/v1"))
    assert caught.value.exit_code == 3


def test_a_proxy_of_the_environment_is_used_for_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(request: Request) -> Reply:
        assert request.method == "CONNECT"
        return error(403)

    with ScriptedServer(refuse) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(ModelFailure):
            chat_completer(judge_settings("https://model.invalid/v1", api_key=KEY)).complete(PROMPT)
        assert [request.path for request in proxy.requests] == ["model.invalid:443"]
        assert KEY not in json.dumps([dict(request.headers) for request in proxy.requests])
