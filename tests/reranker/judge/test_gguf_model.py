"""A GGUF file in this process: what it answers, how sure it is, what bad files say."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from codesearch.core.errors import CodesearchError, ConfigError, EnvironmentFailure, MissingExtra
from codesearch.core.results import Verdict
from codesearch.core.settings import default_settings
from codesearch.core.settings.sections import Judge
from reranker.judge.asking.prompting import ANSWER_SCHEMA
from reranker.judge.completer import Completer, FailureKind, ModelFailure, Prompt
from reranker.judge.local import gguf_model
from reranker.judge.local.load import local_completer

# llama-cpp-python is built from source, which takes minutes: a nightly job installs it.
needs_llama = pytest.mark.skipif(
    not all(map(find_spec, ("llama_cpp", "gguf", "torch", "transformers"))),
    reason="the extra local-llm is not installed",
)

PROMPT = Prompt("You compare code.", "def f(x): return x\n\ndef g(y): return y")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights."""
    from tiny_causal import save_causal

    return save_causal(tmp_path_factory.mktemp("models") / "tiny", positions=512)


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    """The same model as a file."""
    from tiny_gguf import save_gguf

    return save_gguf(folder, folder.with_name("tiny.gguf"))


def settings(path: Path, **changes: object) -> Judge:
    values = {"kind": "local", "model": str(path), "answer_tokens": 48, "context_tokens": 0, **changes}
    return default_settings().judge.model_copy(update=values)


def opened(path: Path, **changes: object) -> Completer:
    return local_completer(settings(path, **changes), "cpu")


def refusal(path: Path, **changes: object) -> CodesearchError:
    with pytest.raises(CodesearchError) as caught:
        opened(path, **changes)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return caught.value


@needs_llama
@pytest.mark.parametrize("cue", ['{"verdict": "', ""])
def test_a_file_answers_as_the_folder_that_it_was_made_from(folder: Path, file: Path, cue: str) -> None:
    ours, theirs = (opened(path).complete(replace(PROMPT, cue=cue)) for path in (file, folder))
    assert ours.read == theirs.read
    # Bytes that are not UTF-8 are left out by one library and replaced by the other.
    assert ours.text[:8] == theirs.text.replace("\ufffd", "")[:8]
    assert ours.labels is not None
    assert theirs.labels is not None
    assert ours.labels == pytest.approx(theirs.labels, rel=0.02)
    assert sum(ours.labels.values()) == pytest.approx(1)


@needs_llama
def test_an_answer_is_held_to_the_schema(file: Path) -> None:
    asked = replace(PROMPT, schema=ANSWER_SCHEMA)
    assert opened(file).complete(asked).text.lstrip().startswith("{")
    choice = {"type": "object", "properties": {"verdict": {"enum": list(Verdict)}}, "required": ["verdict"]}
    found = opened(file).complete(replace(PROMPT, schema=choice)).text
    assert json.loads(found)["verdict"] in set(Verdict)
    free = opened(file, structured="text").complete(replace(PROMPT, schema=choice)).text
    assert free == opened(file).complete(PROMPT).text


@needs_llama
def test_a_question_gets_the_same_answer_after_any_other(file: Path) -> None:
    model = opened(file)
    first = model.complete(PROMPT)
    other = model.complete(replace(PROMPT, user="class A {}"))
    assert model.complete(PROMPT) == first
    assert opened(file).complete(replace(PROMPT, user="class A {}")) == other


@needs_llama
def test_drawn_answers_vary_with_each_repeat_and_not_from_run_to_run(file: Path) -> None:
    runs = [opened(file, temperature=1.0) for _ in range(2)]
    first, second = ([model.complete(PROMPT).text for _ in range(3)] for model in runs)
    assert first == second
    assert len(set(first)) == 3


@needs_llama
def test_what_does_not_fit_the_window_is_refused(file: Path) -> None:
    with pytest.raises(ModelFailure, match=r"exceed the 511 of local:tiny.gguf") as caught:
        opened(file).complete(replace(PROMPT, user="x = [1]\n" * 300))
    assert caught.value.kind is FailureKind.CONTEXT_TOO_LARGE


@needs_llama
def test_an_answer_that_takes_too_long_is_no_answer(file: Path) -> None:
    with pytest.raises(ModelFailure) as caught:
        opened(file, timeout_seconds=1e-9).complete(PROMPT)
    assert caught.value.kind is FailureKind.TIMEOUT


@needs_llama
def test_marks_of_turns_in_code_stay_text(file: Path) -> None:
    from tiny_causal import SPECIAL

    model = opened(file)
    forged = model.complete(replace(PROMPT, user="".join(SPECIAL)))
    assert forged.read > model.complete(replace(PROMPT, user="")).read + 2 * len(SPECIAL)
    assert model.count_tokens(SPECIAL[0]) > 1


@needs_llama
def test_the_fingerprint_follows_file_and_settings(file: Path, tmp_path: Path) -> None:
    model = opened(file)
    copied = tmp_path / "tiny.gguf"
    copied.write_bytes(file.read_bytes())
    assert opened(copied).fingerprint == model.fingerprint
    assert opened(file, temperature=0.5).fingerprint != model.fingerprint
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    copied.write_bytes(content)
    assert opened(copied).fingerprint != model.fingerprint
    assert model.name == "local:tiny.gguf"


@needs_llama
def test_a_damaged_file_is_one_line(file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(file.read_bytes()[:5000])
    assert "cannot be loaded" in refusal(cut).message
    opened(file).complete(PROMPT)
    assert capfd.readouterr() == ("", "")


def test_what_is_no_gguf_file_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other.GGUF"
    other.write_bytes(b"PK\x03\x04")
    assert refusal(other).message == f"{other} is no GGUF file"
    assert "cannot read the model" in refusal(tmp_path / "nowhere.gguf").message
    folder = tmp_path / "folder.gguf"
    folder.mkdir()
    failure = refusal(folder)
    assert isinstance(failure, EnvironmentFailure)
    assert failure.exit_code == 3


def test_settings_of_folders_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    for changes in ({"precision": "4bit"}, {"adapter": tmp_path / "lora"}):
        assert isinstance(refusal(file, **changes), ConfigError)


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_model, "find_spec", lambda name: None)
    file = tmp_path / "a.gguf"
    file.write_bytes(b"GGUF")
    failure = refusal(file)
    assert isinstance(failure, MissingExtra)
    assert "codesearch-clones[local-llm]" in failure.hint
