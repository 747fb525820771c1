"""The published pages are what the generator makes of the committed results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import report
from benchmarks.bigclonebench import TYPES
from benchmarks.documents import BENCHMARKS_PAGE, PAGES, Json, Page, read_results, render_page, write_result
from benchmarks.registry import BENCHMARKS

ENVIRONMENT: Json = {
    "date": "2030-01-02",
    "machine": "Linux x86_64, a processor",
    "cores": 2,
    "memory_gib": 8.0,
    "load_before": 0.5,
    "python": "3.11.7",
    "packages": {"jscpd": "5.4.2"},
    "commit": "abc",
}
BAND = {"pairs": 4, "recall": 0.5, "cluster_pairs": 2, "macro_recall": 0.75}
PEST = {"reported": 1234, "pest": 0.9312}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.name)
def test_a_published_page_matches_the_committed_results(page: Page) -> None:
    assert page.path.read_text(encoding="utf-8") == report(page), "run `make docs`"


def test_every_committed_result_belongs_to_a_benchmark() -> None:
    assert set(read_results()) <= set(BENCHMARKS)


def test_results_survive_the_round_trip(tmp_path: Path) -> None:
    write_result("speed", ENVIRONMENT, {"runs": 3}, tmp_path)
    assert read_results(tmp_path) == {
        "speed": {"benchmark": "speed", "environment": ENVIRONMENT, "figures": {"runs": 3}}
    }


def test_a_section_says_where_and_when_it_was_measured() -> None:
    page = render_page(
        BENCHMARKS_PAGE, {"speed": {"environment": ENVIRONMENT}}, [("speed", "Speed", ["figures"])]
    )
    assert (
        "## Speed\n\nfigures\n\nMeasured 2030-01-02 at commit abc on Linux x86_64, a processor, 2 cores"
        in page
    )
    assert page.endswith("Python 3.11.7, jscpd 5.4.2.\n")


def test_bigclonebench_shows_macro_recall_and_names_a_tool_that_could_not_run() -> None:
    measured = {"name": "a", "seconds": 9.6, "recall": dict.fromkeys(TYPES, BAND), "pest": PEST}
    figures = {
        "fragments": 10,
        "pairs": 5,
        "splits": ["train", "valid"],
        "detectors": [measured, {"name": "b", "unavailable": "not installed"}],
    }
    lines = BENCHMARKS["bigclonebench"].table(figures)
    assert lines[-2] == "| a |" + " 75.0 (50) |" * 5 + " 0.931 | 1,234 | 10 |"
    assert lines[-1] == "| b | – | – | – | – | – | – | – | – |"


def test_bigclonebench_shows_whether_classes_chain() -> None:
    unlike = {"pairs": 22_515, "sampled": 2000, "share": 0.0575}
    audit = {"name": "audit", "seconds": 43.0, "recall": dict.fromkeys(TYPES, BAND), "pest": PEST}
    figures = {
        "fragments": 10,
        "pairs": 5,
        "splits": ["train"],
        "detectors": [audit | {"classes": 5519, "unlike": unlike}],
    }
    lines = BENCHMARKS["bigclonebench"].table(figures)
    assert lines[-1] == "| audit | 5,519 | 22,515 | 5.8 |"


def test_speed_shows_ratios_to_the_peer_of_the_same_run() -> None:
    steps = {
        "codesearch: index from nothing": {"runs": 3, "seconds": 30.0, "peak_bytes": 5e8},
        "jscpd: default": {"runs": 3, "seconds": 4.0, "peak_bytes": 1e9},
    }
    warm = {"fragments": 200, "p50_ms": 5.04, "p95_ms": 40.0}
    figures = {"files": 1, "lines": 2, "runs": 3, "steps": steps, "unavailable": {}, "warm_retrieval": warm}
    lines = BENCHMARKS["speed"].table(figures)
    assert "| codesearch: index from nothing | 30.00 | 500 | 7.50 | 0.50 |" in lines
    assert lines[-1].endswith("median 5.0 ms, 95th percentile 40.0 ms.")


def test_retrieval_shows_only_scopes_with_a_figure() -> None:
    scores = {"all": 0.5, "same_language": 0.25, "cross_language": None}
    document = dict.fromkeys(("map_at_r", "p_at_1", "recall_at_10", "recall_at_100"), scores)
    figures = {"evaluations": [{"name": "POJ-104, dense", "splits": ["test"], "document": document}]}
    lines = BENCHMARKS["retrieval"].table(figures)
    assert "| POJ-104, dense: all | 50.0 | 50.0 | 50.0 | 50.0 |" in lines
    assert not any("cross-language |" in line for line in lines)


def test_pairs_show_recall_by_type_where_types_are_known() -> None:
    shares = dict.fromkeys(
        ("precision", "recall", "f1", "coverage", "average_precision", "roc_auc", "ece"), 0.9
    )
    band = {"n": 13, "recall": 0.5, "macro_recall": 0.25}
    figures = {"evaluations": [{"name": "bcb", "splits": [], "document": shares | {"by_type": {"T1": band}}}]}
    assert BENCHMARKS["pairs"].table(figures)[-1] == "| bcb: T1 | 13 | 25.0 | 50.0 |"


def test_every_benchmark_is_shown_on_a_page() -> None:
    assert {benchmark.page for benchmark in BENCHMARKS.values()} == set(PAGES)


def test_what_was_not_noted_of_a_run_is_called_unknown() -> None:
    environment = ENVIRONMENT | {"commit": "", "load_before": None}
    page = render_page(BENCHMARKS_PAGE, {"speed": {"environment": environment}}, [("speed", "Speed", [])])
    assert "at commit unknown on Linux" in page
    assert "load unknown before" in page
