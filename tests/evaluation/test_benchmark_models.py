from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ablations import COLUMNS
from benchmarks.documents import Json
from benchmarks.models.contenders import Contender, Precomputed, choose, registered
from benchmarks.models.lanes import RANKINGS, compare_lanes
from benchmarks.models.matrix import language_matrices
from benchmarks.models.quality import compare
from benchmarks.models.yardsticks import Yardstick, parse, sample
from benchmarks.plan import Plan
from benchmarks.registry import BENCHMARKS
from codesearch.core.errors import UsageError
from codesearch.core.settings import default_settings
from codesearch.engine import Engine
from indexer.embedding.registry import load_embedder, model_entries
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

BODIES = (
    "def {f}(v):\n    {s} = 0\n    for x in v:\n        {s} += x\n    return {s}\n",
    "def {f}(p):\n    with open(p) as {s}:\n        return {s}.read().split('\\n')\n",
    "def {f}(n):\n    {s} = [0, 1]\n    while len({s}) < n:\n        {s} += {s}[-1:]\n    return {s}\n",
)
HASHED = Contender("hashed-ngrams-1", "hashed-ngrams-1")


TINY = Yardstick("Tiny", "tiny")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Three problems, four programs each."""
    rows = [
        {
            "id": f"{group}-{number}",
            "lang": "python",
            "group": str(group),
            "split": "test",
            "code": body.format(f=f"f{number}", s=f"s{number}"),
        }
        for group, body in enumerate(BODIES)
        for number in range(4)
    ]
    with gzip.open(tmp_path / "tiny.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return Plan(tmp_path, runs=1, seed=0, only=())


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(default_settings(), tmp_path)


def test_every_embedder_of_the_registry_takes_part_the_default_first() -> None:
    default = default_settings().embedding.model
    names = [contender.name for contender in registered(first=default)]
    assert names[0] == default
    assert {entry.id for entry in model_entries().values() if entry.kind == "embedder"} <= set(names)


def test_a_trial_takes_the_models_that_begin_so() -> None:
    models = [HASHED, Contender("static-1", "static-1")]
    assert choose(models, ()) == models
    assert choose(models, ("static",)) == models[1:]
    with pytest.raises(UsageError, match="there are hashed-ngrams-1, static-1"):
        choose(models, ("bert",))


def test_vectors_made_once_are_those_of_the_embedder() -> None:
    fragments = fragments_of([(body.format(f="f", s="s"), registry().get("python")) for body in BODIES])
    embedder = load_embedder(HASHED.model)
    vectors = Precomputed.of(embedder, [*fragments, fragments[0]])
    assert (vectors.id, vectors.dim) == (embedder.id, embedder.dim)
    assert np.array_equal(vectors.embed(fragments[::-1]), embedder.embed(fragments[::-1]))


def test_leading_dimensions_are_of_length_one_again_and_have_an_id_of_their_own() -> None:
    fragments = fragments_of([(body.format(f="f", s="s"), registry().get("python")) for body in BODIES])
    whole = Precomputed.of(load_embedder(HASHED.model), fragments)
    short = whole.leading(64)
    assert short.id == "hashed-ngrams-1[:64]"
    assert short.embed(fragments).shape == (3, 64)
    assert np.linalg.norm(short.embed(fragments), axis=1) == pytest.approx(1)
    assert whole.leading(None) is whole


def test_models_are_compared_on_the_same_fragments(engine: Engine, plan: Plan) -> None:
    short = Contender("hashed-ngrams-1[:128]", HASHED.model, 128)
    found = list(compare(engine, [HASHED, short], parse(TINY, plan, renamed=False), pairs_of=HASHED.name))
    assert [item["model"] for item in found] == ["hashed-ngrams-1", "hashed-ngrams-1[:128]"]
    assert [item["document"]["models"]["embedder"] for item in found] == [item["model"] for item in found]
    assert all(item["document"]["map_at_r"]["all"] == 1.0 for item in found)
    assert ["language_pairs" in item["document"] for item in found] == [True, False]


def test_every_lane_ranks_for_the_same_queries(engine: Engine, plan: Plan) -> None:
    found = [item["document"] for item in compare_lanes(engine, HASHED, parse(TINY, plan, renamed=False))]
    assert [(item["options"]["lane"], item["options"]["rerank"]) for item in found] == [
        (str(ranking.lane), ranking.rerank) for ranking in RANKINGS
    ]
    assert {item["counts"]["queries"] for item in found} == {12}


def test_a_sample_is_drawn_by_the_seed_and_keeps_labels_with_their_fragments(plan: Plan) -> None:
    parsed = parse(TINY, plan, renamed=True)
    some = sample(parsed, 5, seed=3)
    assert some.data.labelled == sample(parsed, 5, seed=3).data.labelled
    places = [parsed.data.labelled.index(item) for item in some.data.labelled]
    assert some.data.fragments == [parsed.data.fragments[place] for place in places]
    assert len(sample(parsed, 99, seed=3).data.fragments) == 12


def test_a_matrix_leaves_out_pairs_and_languages_of_few_queries() -> None:
    def pair(query: str, answer: str, queries: int, score: float) -> Json:
        return {
            "query_language": query,
            "answer_language": answer,
            "queries": queries,
            "map_at_r": score,
            "p_at_1": score / 2,
        }

    found = language_matrices(
        [pair("java", "c", 20, 0.5), pair("c", "java", 40, 0.25), pair("c", "c", 3, 1), pair("d", "c", 9, 1)]
    )
    assert found[:4] == [
        "| MAP@R | c | java |",
        "| --- | ---: | ---: |",
        "| c | – | 25.0 |",
        "| java | 50.0 | – |",
    ]
    assert found[-1] == "| java | 25.0 | – |"


def scores(value: float, *, languages: int = 2, renamed: bool = False, queries: int = 10) -> Json:
    """A document of ``eval retrieval`` in which every metric has one value."""
    by_scope = dict.fromkeys(("all", "same_language", "cross_language"), value)
    ends = {scope: [value - 0.1, value + 0.1] for scope in by_scope}
    metrics = ("map_at_r", "p_at_1", "map_at_20", "recall_at_10", "recall_at_100")
    return {
        "average_precision": by_scope,
        **dict.fromkeys(metrics, by_scope),
        "intervals": dict.fromkeys(metrics, ends),
        "options": {"lane": "near_miss", "rerank": True, "renamed": renamed},
        "counts": {
            "fragments": 11,
            "groups": 3,
            "languages": languages,
            "queries": queries,
            "distractors": 10,
        },
    }


@pytest.fixture
def quality() -> Json:
    titles = {"POJ-104": 1, "AtCoder": 2, "LeetCode": 2, "Rosetta Code": 2}
    return {
        "seed": 0,
        "default": "m",
        "retrieval": [
            {"set": title, "model": "m", "document": scores(value, languages=languages, renamed=renamed)}
            for title, languages in titles.items()
            for renamed, value in ((False, 0.8), (True, 0.6))
        ],
        "sample": [],
    }


def test_models_show_figures_with_intervals_and_the_loss_by_renaming(quality: Json) -> None:
    lines = BENCHMARKS["models"].table(quality)
    assert "| m | " + "80.0 (70.0–90.0) | " * 3 + "60.0 (50.0–70.0) | 80.0 (70.0–90.0) | 25.0 |" in lines
    assert "| one language | m | 80.0 (70.0–90.0) | 80.0 (70.0–90.0) | 80.0 | 80.0 |" in lines
    assert "| AtCoder: cross-language | m | 80.0 | 60.0 | 25.0 |" in lines


def test_a_loss_that_was_not_measured_everywhere_is_not_summed_up(quality: Json) -> None:
    kept = [item for item in quality["retrieval"] if item["set"] != "AtCoder" or not renamed(item)]
    lines = BENCHMARKS["models"].table(quality | {"retrieval": kept})
    assert any(line.startswith("| m | 80.0") and line.endswith("| – |") for line in lines)


def renamed(item: Json) -> bool:
    return bool(item["document"]["options"]["renamed"])


def test_models_say_when_no_transformer_was_measured(quality: Json) -> None:
    assert any(
        line.startswith("Not measured: the extra `torch`") for line in BENCHMARKS["models"].table(quality)
    )


def test_lanes_show_what_ranked() -> None:
    figures = {
        "model": "m",
        "calibration": "c",
        "candidates": 100,
        "expansion": 8,
        "weights": {"dense": 1.0},
        "seed": 0,
        "rankings": [{"set": "AtCoder", "document": scores(0.5, queries=500)}],
    }
    lines = BENCHMARKS["lanes"].table(figures)
    cells = "50.0 (40.0–60.0) | " * 2 + "50.0 | " * 4
    assert f"| AtCoder: all | near-miss, reranked | {cells.strip()}" in lines


def test_licensed_weights_stand_beside_the_shipped_ones(quality: Json) -> None:
    both = [{**item, "model": name} for name in ("shipped", "licensed") for item in quality["retrieval"]]
    lines = BENCHMARKS["licensed"].table({"command": "train it", "minutes": 9, "retrieval": both})
    assert "train it" in lines
    shown = "80.0 (70.0–90.0) | " * 3 + "60.0 (50.0–70.0) | 80.0 (70.0–90.0) |"
    assert [line for line in lines if line.endswith(shown)] == [
        f"| shipped | {shown}",
        f"| licensed | {shown}",
    ]


def test_cost_shows_sizes_and_rates_and_leaves_out_what_a_model_has_not() -> None:
    footprint = {
        "model": "m",
        "dim": 256,
        "file_bytes": 29.44e6,
        "load_ms": 90.4,
        "first_vector_ms": 1.25,
        "index_bytes_per_million": 256_000_000,
    }
    rates = {"set": "programs", "model": "m", "fragments": 9, "tokens_per_fragment": 99.6}
    figures = {
        "runs": 3,
        "default": "m",
        "footprint": [footprint],
        "rates": [rates | {"embedded_per_second": 5000.2}],
        "from_source": {"set": "AtCoder", "fragments": 8051, "jobs": 2, "per_second": 900.0},
        "whole_files": {
            "files": 10,
            "lines": 20,
            "fragments": 300,
            "embedded": 250,
            "seconds": {"total": 2.0, "embed": 0.5},
        },
    }
    lines = BENCHMARKS["cost"].table(figures)
    assert "| m | 256 | 29.4 | 90 | 1.2 | 256 |" in lines
    assert "| programs | m | 9 | 100 | – | 5,000 | – | – |" in lines
    assert lines[-1] == "0.5 s of it (500 a second)."


def test_ablations_show_the_change_to_the_first_row_in_points() -> None:
    def row(change: str, value: float, features: int | None) -> Json:
        return {"change": change, "steps": 400, "features": features} | dict.fromkeys(COLUMNS, value)

    series = {
        "title": "Families",
        "about": "One run each.",
        "rows": [row("all", 0.8, 409), row("few", 0.75, None)],
    }
    lines = BENCHMARKS["ablations"].table({"notes": ["One seed."], "series": [series]})
    assert lines[-2] == "| all | 400 | 409 |" + " 80.0 |" * len(COLUMNS)
    assert lines[-1] == "| few | 400 | – |" + " 75.0 (-5.0) |" * len(COLUMNS)
