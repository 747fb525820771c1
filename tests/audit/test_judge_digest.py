"""What makes the answers of judges other ones, so that a stored audit is not read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesearch.audit.judged_by import judge_digest
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import Verdict
from codesearch.core.settings import default_settings
from codesearch.core.settings.sections import Judge


def settings(**changes: object) -> Judge:
    return Judge.model_validate({**default_settings().judge.model_dump(), **changes})


PLAIN = settings(kind="llm", model="m", base_url="http://localhost:1/v1")


def precedent(verdict: Verdict) -> Precedent:
    first, second = (Side(content * 32, "python", "pass") for content in "ab")
    return Precedent.between(first, second, verdict, reason="", by="", at=1)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "local"},
        {"model": "n"},
        {"base_url": "http://localhost:2/v1"},
        {"prompt": "zero-shot"},
        {"temperature": 0.5},
        {"context_tokens": 100},
        {"always": True},
        {"confident": 0.9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_that_change_answers_count(change: dict[str, object]) -> None:
    other = Judge.model_validate({**PLAIN.model_dump(), **change})
    assert judge_digest(other, ()) != judge_digest(PLAIN, ())


def test_settings_that_only_limit_do_not_count() -> None:
    limits = {"budget": 3, "token_budget": 9, "concurrency": 1, "retries": 9, "api_key": "k"}
    other = Judge.model_validate({**PLAIN.model_dump(), **limits})
    assert judge_digest(other, ()) == judge_digest(PLAIN, ())


def test_what_the_user_said_counts() -> None:
    digests = {
        judge_digest(PLAIN, said)
        for said in ((), (precedent(Verdict.CLONE),), (precedent(Verdict.NOT_CLONE),))
    }
    assert len(digests) == 3


def test_other_files_of_a_local_model_under_the_same_name_count(tmp_path: Path) -> None:
    local = settings(kind="local", model=str(tmp_path))
    empty = judge_digest(local, ())
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = judge_digest(local, ())
    (tmp_path / "model.safetensors").write_bytes(b"three")
    assert len({empty, first, judge_digest(local, ())}) == 3


def test_a_local_model_that_is_not_named_or_not_there_is_no_error() -> None:
    for model in ("", "/nowhere/at/all", "hf:org/name"):
        assert len(judge_digest(settings(kind="local", model=model), ())) == 32
