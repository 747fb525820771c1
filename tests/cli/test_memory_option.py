"""``--memory``: what it is given, what it chooses, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, tally, unique, write_tree

from codesearch.core.errors import ConfigError
from indexer.vectors import choice
from indexer.vectors.choice import Structure


@pytest.fixture
def corpus(user: Path) -> Path:
    files = {f"m{number}.py": unique(number) for number in range(5)}
    return write_tree(user / "corpus", files | {"a.py": tally("a")})


def test_plenty_of_memory_searches_exactly(corpus: Path) -> None:
    assert call("index", corpus, "--memory", "4GB").code == 0
    assert [part["structure"] for part in call("status", "--json").document["segments"]] == ["flat"]


def test_a_search_on_codes_finds_what_an_exact_one_finds_and_status_tells_how_well(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "choose_structure", lambda *_: Structure.IVF_PQ)
    assert call("index", corpus, "--memory", "1g").code == 0
    (segment,) = call("status", "--json").document["segments"]
    assert segment["structure"] == "ivf-pq"
    assert f"ivf-pq, recall@10 {segment['recall']:.3f}" in call("status").out
    write_tree(corpus.parent, {"again.py": unique(3)})
    (found,) = call("query", corpus.parent / "again.py", "--json").document["results"]
    assert found["matches"][0]["path"] == "m3.py"
    assert "dense" in found["matches"][0]["scores"]


@pytest.mark.parametrize(
    ("size", "said"),
    [("4", "'4' is not a size"), ("lots", "write one with its unit, such as 4GB or 512MiB"),
     ("64MiB", "set it to 384MiB or more")],
)  # fmt: skip
def test_what_cannot_be_kept_to_is_one_line_and_no_index(corpus: Path, size: str, said: str) -> None:
    done = call("index", corpus, "--memory", size)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not (corpus.parent / ".codesearch" / "manifest.json").exists()


def test_too_little_for_the_vectors_leaves_the_index_as_it_was(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("index", corpus).code == 0
    before = call("status", "--json").document

    def refuse(*_: object) -> Structure:
        raise ConfigError("index.memory leaves 1MiB", "raise it")

    monkeypatch.setattr(choice, "choose_structure", refuse)
    write_tree(corpus, {"new.py": unique(7)})
    done = call("index", corpus, "--memory", "400MiB")
    assert done.code == 2
    assert "index.memory leaves 1MiB: raise it" in done.err
    after = call("status", "--json").document
    assert after["snapshot"] == before["snapshot"]
    assert call("index", corpus, "--no-embed").code == 0
