from __future__ import annotations

from pathlib import Path

import pytest
from audit_trees import python_function
from commandline import call, write_tree


@pytest.fixture
def two(user: Path) -> Path:
    """A user who has indexed two corpora."""
    write_tree(user / "shop", {"orders.py": python_function("collect", "order")})
    write_tree(user / "web", {"users.py": python_function("gather", "user")})
    assert call("index", "shop", "web").code == 0
    return user


def corpora() -> list[str]:
    return [corpus["name"] for corpus in call("status", "--json").document["corpora"]]


@pytest.mark.parametrize("word", ["web", "./web", "web/"])
def test_a_corpus_is_removed_by_name_or_path(two: Path, word: str) -> None:
    done = call("remove", word, "--yes", "--json").document
    assert (done["schema"], done["removed"], done["files"]["seen"]) == ("codesearch.removal/1", ["web"], 1)
    assert corpora() == ["shop"]
    assert (two / "web" / "users.py").exists()
    found = call("query", "web/users.py", "--json").document["results"][0]["matches"]
    assert "orders.py" in str(found)
    assert "users.py" not in str(found)


def test_people_read_what_is_left(two: Path) -> None:
    done = call("remove", "web", "--yes")
    assert done.code == 0
    assert "removed web; the index holds" in done.out
    assert "1 file seen" in done.out


def test_nobody_to_ask_means_nothing_is_removed(two: Path) -> None:
    done = call("remove", "web")
    assert done.code == 2
    assert "this removes web (1 files, 10 lines): say --yes" in done.error
    assert corpora() == ["shop", "web"]


def test_an_unknown_corpus_is_named(two: Path) -> None:
    done = call("remove", "web", "other", "--yes")
    assert done.code == 2
    assert "no corpus 'other' in the index: see `codesearch status`" in done.error
    assert corpora() == ["shop", "web"]


def test_without_an_index_there_is_nothing_to_remove(user: Path) -> None:
    done = call("remove", "web", "--yes")
    assert done.code == 3
    assert "no index in" in done.error


def test_audits_go_on_without_the_corpus(two: Path) -> None:
    assert call("audit", "--json").document["classes"]
    assert call("remove", "web", "--yes").code == 0
    assert call("audit", "--json").document["classes"] == []
