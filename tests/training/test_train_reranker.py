"""Fine-tuning a cross-encoder: what comes out, what a stopped run does, what bad input says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from commandline import call
from labelled_programs import Quiet, programs, written
from snippets import embedder, fragment, real_fragments

from codesearch.core.errors import ConfigError, EnvironmentFailure, InputError, MissingExtra
from codesearch.core.types import F32, Fragment
from codesearch.training import extras
from codesearch.training.cross_encoder.build import RerankerPlan, make_reranker
from codesearch.training.cross_encoder.lesson import Sources, make_lesson
from codesearch.training.cross_encoder.recipe import Recipe
from reranker.onnx_cross_encoder import OnnxCrossEncoder

needs_training = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "transformers", "sentence_transformers", "peft", "matplotlib"))),
    reason="the extras torch and train are not installed",
)
needs_onnx = pytest.mark.skipif(
    not all(map(find_spec, ("onnx", "onnxscript", "onnxruntime"))), reason="onnx is not installed"
)

RECIPE = Recipe(steps=8, batch=8, tokens=48, every=4, device="cpu", pass_tokens=200)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder without a head for pairs."""
    from tiny_bert import save_encoder

    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def fragments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("data") / "fragments.jsonl", programs(12))


@pytest.fixture
def plan(base: Path, fragments: Path) -> RerankerPlan:
    return RerankerPlan(Sources(fragments), str(base), "", RECIPE)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, base: Path, fragments: Path) -> Path:
    """The folder of a model that was fine-tuned and exported."""
    out = tmp_path_factory.mktemp("out") / "mine"
    plan = RerankerPlan(Sources(fragments), str(base), "", RECIPE, onnx=True)
    make_reranker(plan, embedder(), out, Quiet())
    return out


def weights(folder: Path) -> dict[str, F32]:
    from safetensors.numpy import load_file

    found: dict[str, F32] = load_file(folder / "model.safetensors")
    return found


def code_pairs() -> list[tuple[Fragment, Fragment]]:
    parts = (*real_fragments()[:24], fragment("x = 1"))
    return list(pairwise(parts))


@needs_training
@pytest.mark.parametrize("lora", [False, True])
def test_a_fine_tuned_model_is_one_that_the_product_loads(
    plan: RerankerPlan, tmp_path: Path, lora: bool
) -> None:
    from reranker.cross_encoder import CrossEncoderScorer

    plan = replace(plan, recipe=replace(RECIPE, lora=lora))
    document = make_reranker(plan, embedder(), tmp_path / "mine", Quiet())
    scorer = CrossEncoderScorer(str(tmp_path / "mine"), device="cpu")
    assert document["model"] == scorer.id
    assert np.isfinite(scorer.logits(code_pairs())).all()
    assert {path.name for path in tmp_path.glob("mine/*")} >= {"MODEL_CARD.md", "run.html", "run.jsonl"}
    assert not list(tmp_path.glob("mine/checkpoint*"))
    card = (tmp_path / "mine" / "MODEL_CARD.md").read_text()
    assert str(document["average_precision_of_cosine"])[:4] in card
    assert ("--lora" in card) == lora


@needs_training
def test_merged_adapters_score_as_adapters_did(plan: RerankerPlan, tmp_path: Path) -> None:
    from codesearch.training.cross_encoder.network import PairNetwork
    from codesearch.training.cross_encoder.run import teach
    from indexer.embedding.pretrained import find_pretrained
    from reranker.cross_encoder import CrossEncoderScorer

    recipe = replace(RECIPE, lora=True)
    lesson = make_lesson(plan.sources, embedder(), 0, 1, Quiet())
    network = PairNetwork.open(find_pretrained(plan.base, ""), "cpu", recipe.tokens, lora=True, seed=0)
    untouched = network.scorer(200).logits(code_pairs())
    teach(network, lesson, recipe, tmp_path, Quiet().advance)
    network.model.eval()
    before = network.scorer(200).logits(code_pairs())
    network.save(tmp_path / "mine")
    after = CrossEncoderScorer(str(tmp_path / "mine"), device="cpu", both_orders=False).logits(code_pairs())
    assert np.abs(before - untouched).max() > 1e-2
    assert np.abs(after - before).max() < 1e-3


@needs_training
@pytest.mark.parametrize("stopped_after", [4, 6])
@pytest.mark.parametrize("lora", [False, True])
def test_a_stopped_run_goes_on_to_the_same_weights(
    plan: RerankerPlan, tmp_path: Path, lora: bool, stopped_after: int
) -> None:
    plan = replace(plan, recipe=replace(RECIPE, lora=lora, patience=99))
    make_reranker(plan, embedder(), tmp_path / "whole", Quiet())
    with pytest.raises(KeyboardInterrupt):
        make_reranker(plan, embedder(), tmp_path / "parts", Quiet(stopped_after))
    assert (tmp_path / "parts" / "checkpoint.safetensors").is_file()
    make_reranker(plan, embedder(), tmp_path / "parts", Quiet())
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


@needs_training
def test_a_stopped_run_with_other_settings_is_refused(plan: RerankerPlan, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make_reranker(plan, embedder(), tmp_path, Quiet(4))
    other = replace(plan, recipe=replace(RECIPE, seed=7))
    with pytest.raises(InputError, match=r"checkpoint.safetensors belongs to a run with other settings"):
        make_reranker(other, embedder(), tmp_path, Quiet())
    (tmp_path / "checkpoint.safetensors").write_bytes(b"cut off")
    assert make_reranker(other, embedder(), tmp_path, Quiet())["step"] in {4, 8}


@needs_training
def test_a_run_without_progress_ends_early_with_its_best_step(plan: RerankerPlan, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=40, every=2, patience=2, rate=1e-12)
    document = make_reranker(replace(plan, recipe=recipe), embedder(), tmp_path, Quiet())
    steps = [json.loads(line)["step"] for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert document["step"] == 2
    assert steps[-1] < 40


@needs_training
@needs_onnx
def test_an_exported_model_scores_each_pair_on_its_own(exported: Path) -> None:
    scorer = OnnxCrossEncoder(exported, threads=1)
    pairs = code_pairs()
    together = scorer.logits(pairs)
    alone = np.concatenate([scorer.logits([pair]) for pair in pairs])
    assert together.dtype == np.float32
    assert np.abs(together - alone).max() < 1e-5
    assert len(set(together.round(2).tolist())) > len(pairs) // 2
    assert scorer.logits([]).shape == (0,)


@needs_training
@needs_onnx
def test_an_exported_model_says_what_its_original_says(exported: Path) -> None:
    from reranker.cross_encoder import CrossEncoderScorer

    original = CrossEncoderScorer(str(exported), device="cpu").logits(code_pairs())
    found = OnnxCrossEncoder(exported).logits(code_pairs())
    assert (
        np.corrcoef(original, found)[0, 1] > 0.95
    )  # random weights of this size are harder on 8 bits than learnt ones
    graph = (exported / "model.onnx").read_bytes()
    assert len(graph) < (exported / "model.safetensors").stat().st_size
    assert b"site-packages" not in graph


@needs_training
@needs_onnx
def test_an_exported_model_needs_no_torch(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert OnnxCrossEncoder(exported).logits(code_pairs()).shape == (24,)


@needs_training
@needs_onnx
def test_a_damaged_export_is_one_line(exported: Path, tmp_path: Path) -> None:
    whole = (exported / "model.onnx").read_bytes()
    for name, content in (("model.onnx", whole[:1000]), ("tokenizer.json", b"{}")):
        broken = tmp_path / name
        broken.mkdir()
        for part in ("model.onnx", "tokenizer.json"):
            (broken / part).write_bytes((exported / part).read_bytes())
        (broken / name).write_bytes(content)
        with pytest.raises(EnvironmentFailure, match=f"{name} cannot be loaded") as caught:
            OnnxCrossEncoder(broken)
        assert "\n" not in str(caught.value)
    with pytest.raises(EnvironmentFailure, match=r"cannot read the cross-encoder's .*nowhere"):
        OnnxCrossEncoder(tmp_path / "nowhere")


@needs_training
def test_a_loss_that_is_no_number_ends_the_run(plan: RerankerPlan, tmp_path: Path) -> None:
    recipe = replace(RECIPE, rate=1e30)
    with pytest.raises(InputError, match=r"the loss is not a number at step \d: lower the learning rate"):
        make_reranker(replace(plan, recipe=recipe), embedder(), tmp_path, Quiet())


@needs_training
def test_what_cannot_be_a_base_is_refused(plan: RerankerPlan, tmp_path: Path) -> None:
    refused: list[tuple[str, Callable[[RerankerPlan], RerankerPlan], type[Exception], str]] = [
        ("folder", lambda p: replace(p, base="nowhere/at/all"), ConfigError, "is not there"),
        ("commit", lambda p: replace(p, base="hf:org/name"), ConfigError, "pin its commit"),
        (
            "device",
            lambda p: replace(p, recipe=replace(RECIPE, device="cuda:99")),
            EnvironmentFailure,
            "cuda:99",
        ),
    ]
    for _, change, error, said in refused:
        with pytest.raises(error, match=said):
            make_reranker(change(plan), embedder(), tmp_path, Quiet())


@needs_training
def test_a_base_without_its_encoder_is_refused(plan: RerankerPlan, base: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.numpy import load_file, save_file

    shutil.copytree(base, tmp_path / "headless")
    [path] = (tmp_path / "headless").glob("*.safetensors")
    kept = {name: tensor for name, tensor in load_file(path).items() if "layer.1.attention" not in name}
    save_file(kept, path, {"format": "pt"})
    with pytest.raises(EnvironmentFailure, match="lacks weights of its encoder"):
        make_reranker(replace(plan, base=str(tmp_path / "headless")), embedder(), tmp_path / "out", Quiet())


@needs_training
def test_a_missing_library_is_named_before_anything_is_read(
    plan: RerankerPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "onnx" else object())
    plan = replace(plan, onnx=True, sources=Sources(tmp_path / "nowhere.jsonl"))
    with pytest.raises(MissingExtra, match=r"onnx.*\[train\]"):
        make_reranker(plan, embedder(), tmp_path / "out", Quiet())


@needs_training
def test_the_command_writes_a_model_and_says_how_good_it_is(user: Path, base: Path, fragments: Path) -> None:
    given = ["--fragments", str(fragments), "--base", str(base), "--device", "cpu", "--tokens", "48"]
    done = call("train", "reranker", *given, "--steps", "2", "--out", "mine", "--json")
    document = json.loads(done.out)
    assert (done.code, document["schema"]) == (0, "codesearch.train-reranker/1")
    assert 0 <= document["average_precision"] <= 1
    assert (user / "mine" / "model.safetensors").is_file()
    refused = call("train", "reranker", *given[:2], "--base", "tiny", "--out", "mine")
    assert refused.code == 2
    assert "the model folder 'tiny' is not there" in refused.err
    refused = call("train", "reranker", *given, "--device", "tpu", "--out", "mine")
    assert refused.code == 2
    assert "'tpu' is none of auto, cpu, cuda" in refused.err
