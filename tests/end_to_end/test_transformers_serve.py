"""The judge ``llm`` against a real server: ``transformers serve`` with a model made here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_server import judge_settings

from codesearch.core.results import CloneType, Verdict
from reranker.judge.completer import FailureKind, ModelFailure, Prompt

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("langchain_openai")
pytest.importorskip("fastapi", reason="transformers serve needs FastAPI")
pytest.importorskip("uvicorn", reason="transformers serve needs uvicorn")

from tiny_causal import ANSWER, save_causal

from reranker.judge.answers.parsers import parse_answer
from reranker.judge.chat.model import chat_completer

pytestmark = [pytest.mark.enable_socket, pytest.mark.slow]

SERVE = "from transformers.cli.transformers import main; main()"
SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["clone", "not_clone", "unsure"]}}}
PROMPT = Prompt("You compare code.", "A:\n1 | return a + b\nB:\n1 | return sum((a, b))\nVerdict?", SCHEMA)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_causal(tmp_path_factory.mktemp("models") / "tiny", ANSWER)


@pytest.fixture(scope="module")
def address(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``base_url`` of a server that runs the model."""
    home = tmp_path_factory.mktemp("home")
    port = _free_port()
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, "serve", str(model), "--port", str(port), "--host", "127.0.0.1"],
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "CUDA_VISIBLE_DEVICES": ""},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(f"http://127.0.0.1:{port}/health", server, home / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize("structured", ["auto", "text"])
def test_a_model_behind_a_real_server_gives_a_verdict(address: str, model: Path, structured: str) -> None:
    judge = chat_completer(
        judge_settings(address, model=str(model), structured=structured, timeout_seconds=300)
    )
    completion = judge.complete(PROMPT)

    answer = parse_answer("auto", completion)
    assert answer is not None
    assert (answer.verdict, answer.clone_type, answer.confidence) == (Verdict.CLONE, CloneType.T4, 0.9)
    assert answer.reason == "Both add."
    assert completion.read > len(PROMPT.user.split())
    assert completion.written > 0


def test_an_answer_is_cut_at_the_limit_of_the_settings(address: str, model: Path) -> None:
    judge = chat_completer(judge_settings(address, model=str(model), answer_tokens=16, timeout_seconds=300))
    completion = judge.complete(PROMPT)
    assert completion.written == 16
    assert ANSWER.startswith(completion.text)


def test_a_model_that_the_server_does_not_run_is_one_clear_failure(address: str) -> None:
    judge = chat_completer(judge_settings(address, model="no/such-model", timeout_seconds=300))
    with pytest.raises(ModelFailure, match="no/such-model") as caught:
        judge.complete(PROMPT)
    assert caught.value.kind in (FailureKind.NO_SUCH_MODEL, FailureKind.BROKEN)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the server answers; it imports torch first, which takes its time on a busy machine."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(1200):
        if server.poll() is not None:
            break
        try:
            with direct.open(address):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"transformers serve did not start:\n{log.read_text(errors='replace')[-2000:]}")
