"""The cross-encoder: what it reads of a pair, and that a score is the pair's own."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, real_fragments

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from codesearch.core.types import Fragment
from indexer.embedding import pretrained
from reranker.cross_encoder import CrossEncoderScorer

needs_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "transformers", "sentence_transformers"))),
    reason="the extra torch is not installed",
)

ROOM = 61  # of the tiny model's 64 positions, without [CLS] and two [SEP]
SHORT = fragment("x = 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_bert import save_cross_encoder

    return save_cross_encoder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def scorer(folder: Path) -> CrossEncoderScorer:
    return CrossEncoderScorer(str(folder), device="cpu")


@pytest.fixture(scope="module")
def one_way(folder: Path) -> CrossEncoderScorer:
    return CrossEncoderScorer(str(folder), device="cpu", both_orders=False)


def letters(count: int, changed: int | None = None) -> Fragment:
    """Tokens of one letter, each of which the tiny model reads as one; that at ``changed`` is another."""
    words = ["abcdefgh"[number % 8] for number in range(count)]
    if changed is not None:
        words[changed] = "z"
    return fragment(" ".join(words))


def reads(scorer: CrossEncoderScorer, count: int, position: int, partner: Fragment) -> bool:
    """Whether the score of a fragment of one-letter tokens depends on the one at a position."""
    first, second = scorer.logits([(letters(count), partner), (letters(count, position), partner)])
    return abs(float(first - second)) > 1e-4


@needs_torch
def test_scores_come_in_input_order_and_do_not_depend_on_the_batch(scorer: CrossEncoderScorer) -> None:
    parts = (SHORT, *real_fragments()[:20], fragment(JAVA_COPY, "java"))
    pairs = list(pairwise(parts))
    together = scorer.logits(pairs)
    assert together.dtype == np.float32
    assert together.shape == (len(pairs),)
    assert len(set(together.round(3).tolist())) > len(pairs) // 2
    alone = np.concatenate([scorer.logits([pair]) for pair in pairs])
    assert np.abs(together - alone).max() < 1e-4
    assert scorer.logits([]).shape == (0,)


@needs_torch
def test_half_precision_is_near_to_full_in_every_batch(folder: Path, scorer: CrossEncoderScorer) -> None:
    pairs = list(pairwise((SHORT, *real_fragments()[:20])))
    half = CrossEncoderScorer(str(folder), device="cpu", half=True)
    together, full = half.logits(pairs), scorer.logits(pairs)
    assert np.abs(together - full).max() < 1e-2 * np.abs(full).max()
    alone = np.concatenate([half.logits([pair]) for pair in pairs])
    assert np.abs(together - alone).max() < 1e-2 * np.abs(full).max()


@needs_torch
def test_it_does_not_matter_which_fragment_is_the_query(
    scorer: CrossEncoderScorer, one_way: CrossEncoderScorer
) -> None:
    pair = (fragment(PYTHON_MEDIAN), fragment(JAVA_COPY, "java"))
    there, back = scorer.logits([pair, pair[::-1]])
    assert there == pytest.approx(back, abs=1e-5)
    orders = one_way.logits([pair, pair[::-1]])
    assert abs(orders[0] - orders[1]) > 1e-3
    assert there == pytest.approx(orders.mean(), abs=1e-5)


@needs_torch
def test_a_long_fragment_keeps_its_head_and_its_tail(one_way: CrossEncoderScorer) -> None:
    long = letters(200)
    assert reads(one_way, 200, 0, long)
    assert reads(one_way, 200, 199, long)
    assert not reads(one_way, 200, 100, long)
    assert not reads(one_way, 5000, 2500, long)
    assert reads(one_way, 5000, 4999, long)


@needs_torch
def test_a_short_partner_leaves_its_positions_to_the_longer_fragment(one_way: CrossEncoderScorer) -> None:
    count = ROOM - len(SHORT.tokens)
    assert all(reads(one_way, count, position, SHORT) for position in (0, count // 2, count - 1))
    assert not reads(one_way, count, count // 2, letters(count))
    assert not reads(one_way, count + 3, (count + 3) // 2, SHORT)


@needs_torch
def test_of_two_outputs_the_second_says_clone(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file
    from tiny_bert import save_cross_encoder

    folder = save_cross_encoder(tmp_path / "two", outputs=2)
    pairs = [(SHORT, fragment(PYTHON_MEDIAN))]
    before = CrossEncoderScorer(str(folder), device="cpu").logits(pairs)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] += np.array([0, 3], np.float32)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    after = CrossEncoderScorer(str(folder), device="cpu")
    assert after.logits(pairs) - before == pytest.approx([3], abs=1e-4)
    assert after.id.startswith("two@")


@needs_torch
def test_a_model_that_does_not_score_pairs_is_refused(tmp_path: Path) -> None:
    from tiny_bert import save_cross_encoder, save_encoder

    for folder in (save_encoder(tmp_path / "encoder"), save_cross_encoder(tmp_path / "topics", outputs=5)):
        with pytest.raises(EnvironmentFailure, match=rf"{folder.name}@.* is no cross-encoder"):
            CrossEncoderScorer(str(folder), device="cpu")


@needs_torch
def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file
    from tiny_bert import save_cross_encoder

    folder = save_cross_encoder(tmp_path / "sick")
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"][:] = np.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EnvironmentFailure, match=r"sick@.* gave no number for a pair"):
        CrossEncoderScorer(str(folder), device="cpu").logits([(SHORT, SHORT)])


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "find_spec", lambda _: None)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MissingExtra, match=r"\[torch\]"):
        CrossEncoderScorer(str(tmp_path))
    monkeypatch.setattr(pretrained, "find_spec", lambda _: object())
    with pytest.raises(ConfigError, match="pin its commit"):
        CrossEncoderScorer("hf:org/name")
