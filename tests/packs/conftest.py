"""A user with an indexed corpus and packs of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call
from pack_lab import PACK, write_corpus

pytest.importorskip("cryptography", reason="packs need the extra 'pack'")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def maker(user: Path) -> Path:
    """A user who has indexed the corpus."""
    write_corpus(user)
    assert call("index", "corpus").code == 0
    return user


@pytest.fixture
def sealed(maker: Path) -> Path:
    """A pack without source."""
    assert call("pack", "-o", PACK).code == 0
    return maker / PACK


@pytest.fixture
def readable(maker: Path) -> Path:
    """A pack with source."""
    assert call("pack", "-o", PACK, "--with-source").code == 0
    return maker / PACK
