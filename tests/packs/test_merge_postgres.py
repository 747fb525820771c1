"""``codesearch index --merge`` into an index whose store is a server's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commandline import call, tally, unique, write_tree
from pack_lab import PACK
from sqlalchemy import URL


def state() -> Any:
    """What the status says of the corpora, and a query finds."""
    status = call("status", "--json").document
    corpora = [(corpus["name"], corpus["files"], corpus["fragments"]) for corpus in status["corpora"]]
    return corpora, call("query", "query.py", "--json").document["results"]


def test_index_on_a_server_takes_over_what_one_in_a_file_does(
    user: Path, postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography")
    write_tree(user / "one", {"a.py": tally("first"), "b.py": unique(1)})
    write_tree(user / "two", {"c.py": tally("second"), "d.py": unique(1)})
    write_tree(user / "three", {"e.py": tally("third") + "\n\n" + unique(2)})
    write_tree(user, {"query.py": tally("mine")})
    assert call("index", "two", "--index", "other").code == 0
    assert call("index", "three", "--index", "packed").code == 0
    assert call("pack", "-o", PACK, "--with-source", "--index", "packed").code == 0

    def merged() -> Any:
        assert call("index", "one").code == 0
        for other in ("other", PACK, "other"):
            assert call("index", "--merge", other).code == 0
        return state()

    monkeypatch.setenv("CODESEARCH_INDEX__DIR", str(user / "in-a-file"))
    expected = merged()
    monkeypatch.setenv("CODESEARCH_INDEX__DIR", str(user / "on-a-server"))
    monkeypatch.setenv("CODESEARCH_STORE__URL", postgres_url.render_as_string(hide_password=False))
    assert merged() == expected
    assert not (user / "on-a-server" / "index.db").exists()
