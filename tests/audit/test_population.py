"""What an audit reads from the store and the segments, and what it says when these do not belong together."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_trees import python_function
from index_lab import Lab
from snippets import make_snapshot

from codesearch.audit.classes.population import Population, read_population
from codesearch.core.errors import IndexFailure
from codesearch.core.store.snapshot import Filters
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from indexer.segments.snapshot import Snapshot


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Two functions in two files."""
    made = Lab(tmp_path).write({f"{name}.py": python_function(name, name) for name in ("alpha", "beta")})
    made.index(embedder=None)
    return made


def population(lab: Lab, contents: Snapshot) -> Population:
    with lab.database() as database, database.read() as connection:
        store = StoreSnapshot(connection, lab.snapshot().manifest.snapshot)
        return read_population(store, contents, ["corpus"], Filters(), (1, 1))


def test_every_fragment_has_its_content(lab: Lab) -> None:
    found = population(lab, lab.snapshot())
    assert [found.name(number) for number in range(len(found))] == ["alpha", "beta"]
    assert len(set(found.rows.tolist())) == 2


def test_a_fragment_whose_content_is_gone_is_said_and_not_taken_for_another_one(
    lab: Lab, tmp_path: Path
) -> None:
    whole = lab.snapshot()
    rest = make_snapshot(tmp_path / "rest", [[whole.fragment(0)]])
    with pytest.raises(IndexFailure, match=r"lacks the contents of 1 of 2 fragments.*doctor --repair"):
        population(lab, rest)
