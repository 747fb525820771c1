from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_server import Reply, ScriptedServer, document, judge_settings, verdict

pytest.importorskip("langchain_openai")

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).parents[3]

# LangSmith reads the environment once per process, so each case is one of its own.
ASK = """
import sys
from codesearch.core.settings.sections import Judge
from reranker.judge.chat.model import chat_completer
from reranker.judge.completer import Prompt

settings = Judge.model_validate_json(sys.argv[1])
schema = {"type": "object", "properties": {"verdict": {"type": "string"}}}
judge = chat_completer(settings)
print(judge.complete(Prompt("You compare code.", "def double(x): return 2 * x", schema)).text)
if settings.tracing:
    from langchain_core.tracers.langchain import wait_for_all_tracers

    wait_for_all_tracers()
"""


def _traced_environment(collector: ScriptedServer) -> dict[str, str]:
    on = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
    to = ("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "LANGSMITH_GATEWAY")
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LANGSMITH", "LANGCHAIN"))
        },
        **dict.fromkeys(on, "true"),
        **dict.fromkeys(to, collector.origin),
        "LANGSMITH_API_KEY": "lsv2_someone",
        "LANGCHAIN_HANDLER": "langchain",
    }


def _ask(server: ScriptedServer, collector: ScriptedServer, *, tracing: bool) -> str:
    settings = judge_settings(server.url, tracing=tracing).model_dump_json()
    done = subprocess.run(
        [sys.executable, "-c", ASK, settings],
        env=_traced_environment(collector),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert tracing or not done.stderr
    return done.stdout


@pytest.mark.parametrize("tracing", [False, True])
def test_prompts_are_reported_to_a_tracing_service_only_when_our_own_setting_says_so(tracing: bool) -> None:
    def accept(_: object) -> Reply:
        return document({}, 202)

    with ScriptedServer(accept) as collector, ScriptedServer([verdict()]) as server:
        assert '"clone"' in _ask(server, collector, tracing=tracing)
        assert len(server.requests) == 1
        assert bool(collector.requests) is tracing


def test_a_program_that_traces_itself_does_not_trace_the_judge() -> None:
    from langchain_core.runnables import RunnableLambda
    from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

    from reranker.judge.chat.model import chat_completer
    from reranker.judge.completer import Prompt

    with ScriptedServer([verdict()]) as server:
        judge, collector = chat_completer(judge_settings(server.url)), RunCollectorCallbackHandler()
        program = RunnableLambda[str, str](lambda asked: judge.complete(Prompt("s", asked)).text)
        program.invoke("u", {"callbacks": [collector]})
        assert len(server.requests) == 1

    [traced] = collector.traced_runs
    assert not traced.child_runs
