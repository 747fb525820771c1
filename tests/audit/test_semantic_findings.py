"""Classes that the embeddings propose, next to those of the text: one place is told once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audit_trees import audited, findings, python_function, steps
from commandline import write_tree

from codesearch.audit.classes.pair_judging import PairVerdict
from codesearch.audit.classes.population import Population
from codesearch.audit.classes.semantic import SemanticClass

BLOCK = python_function("x", "word").partition("\n")[2]


def function(name: str, before: int) -> str:
    """A function with statements of its own and the block."""
    return f"def {name}(self, word_rows, limit):\n{steps(name, before)}{BLOCK}"


@pytest.fixture
def corpus(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two functions that the model takes for clones, and that share a block."""

    def first_two(population: Population, *_: object, **__: object) -> list[SemanticClass]:
        return [SemanticClass(population.rows[np.arange(2)], PairVerdict(True, 0.9, "reranker"))]

    monkeypatch.setattr("codesearch.audit.classes.finding.find_semantic", first_two)
    return write_tree(user / "corpus", {"a.py": function("alpha", 20), "b.py": function("beta", 33)})


def test_a_block_of_two_functions_that_do_the_same_is_told_by_their_class(corpus: Path) -> None:
    assert findings(audited("corpus", "--types", "T1,T3")) == {("a.py:22-30", "b.py:35-43"): "T1"}
    assert findings(audited("corpus", "--types", "T1,T3,T4")) == {("a.py:1-30", "b.py:1-43"): "T4"}


def test_a_block_that_stands_in_a_third_function_too_is_told_besides(corpus: Path) -> None:
    write_tree(corpus, {"c.py": function("gamma", 27)})
    assert findings(audited("corpus", "--types", "T1,T3,T4")) == {
        ("a.py:1-30", "b.py:1-43"): "T4",
        ("a.py:22-30", "b.py:35-43", "c.py:29-37"): "T1",
    }
