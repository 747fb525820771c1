"""A removal that dies between its transaction and its publication."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, unique, write_tree

from indexer.folder import IndexFolder


def test_a_corpus_whose_removal_died_is_still_listed_and_can_be_removed(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(user, {"kept/a.py": unique(1), "gone/b.py": unique(2), "mine.py": unique(2)})
    assert call("index", "kept", "gone").code == 0

    def die(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "publish", die)
        assert call("remove", "gone", "--yes").code == 3
    assert _names() == ["gone", "kept"]
    assert call("query", "mine.py", "--json").document["results"][0]["matches"][0]["path"] == "b.py"
    assert call("remove", "gone", "--yes").code == 0
    assert _names() == ["kept"]


def _names() -> list[str]:
    return [corpus["name"] for corpus in call("status", "--json").document["corpora"]]
