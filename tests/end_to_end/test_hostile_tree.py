"""A corpus made to break its reader: the run finishes, and the ledger says what happened to each file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from commandline import call, tally, write_tree

LONG_LINE = 50 << 20
HEALTHY = {
    "healthy.py": "first",
    "new\nline.py": "second",
    "esc\x1b[31mred\x07.py": "third",
    "bidi\u202egnp.py": "fourth",
    "a:1-2.py": "fifth",
    "-rf.py": "sixth",
    "n" * 200 + ".py": "seventh",
    "ünï/cödé.py": "eighth",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree; read-only for the tests."""
    root = tmp_path_factory.mktemp("hostile") / "tree"
    write_tree(root, {name: tally(function) for name, function in HEALTHY.items()})
    for name, target in {
        "loop": ".",
        "a": "b",
        "b": "a",
        "zero.py": "/dev/zero",
        "dangling.py": "nowhere.py",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo.py")
    (root / "nested.js").write_text("var x = " + "[" * 100_000 + "]" * 100_000 + ";\n")
    (root / "nested.py").write_text("x = " + "(" * 200_000 + ")" * 200_000 + "\n")
    (root / "line.js").write_bytes(b'var a="' + b"x" * LONG_LINE + b'";\n')
    (root / "latin.py").write_bytes(b"# gr\xfc\xdfe\n" + tally("latin").encode())
    (root / "wide.py").write_bytes(tally("wide").encode("utf-16"))
    (root / "nul.py").write_bytes(b"x = 1\0\0\n" * 100)
    (root / "broken_utf16.py").write_bytes(b"\xff\xfe\x00\xd8\x00\xd8")
    (root / "nothing.py").write_bytes(b"")
    (root / "syntax.py").write_text("def broken(:\n    ((((\n\n" + tally("syntax"))
    (root / "comment.py").write_text(tally("comment") + "# \x1b]0;pwned\x07 \x1b[2J\n")
    (root / "unary.py").write_text("x = " + "-" * 300_000 + "1\n")
    with open(os.fsencode(root) + b"/bad\xff\xfe.py", "wb") as file:  # noqa: PTH123 - no text for its name
        file.write(tally("bytes").encode())
    return root


@pytest.fixture
def ledger(hostile: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """What the index says of each skipped file."""
    monkeypatch.setenv("CODESEARCH_PARSING__TIMEOUT_SECONDS", "2")
    done = call("index", hostile, "--json")
    files = done.document["files"]
    status = call("status", "--skipped", "--json").document
    assert status["files"] == files
    skipped = {entry["path"]: entry["reason"] for entry in status["skipped_files"]}
    assert files["seen"] == files["analysed"] + sum(files["skipped"].values())
    assert len(skipped) == sum(files["skipped"].values())
    listed = sum(len(names) for _, _, names in os.walk(hostile)) + 1  # os.walk takes the loop for a folder
    assert files["seen"] == listed
    write_tree(user, {"mine.py": tally("mine")})
    return skipped


def test_every_file_has_its_fate_and_healthy_neighbours_are_found(ledger: Mapping[str, str]) -> None:
    expected = {
        **dict.fromkeys(("loop", "a", "b", "zero.py", "dangling.py"), "symlink"),
        "fifo.py": "not-regular",
        "nested.js": "too-deep",
        "nested.py": "too-deep",
        "line.js": "too-large",
        "nul.py": "binary",
        "broken_utf16.py": "undecodable",
    }
    assert {path: reason for path, reason in ledger.items() if path != "unary.py"} == expected
    assert ledger.get("unary.py", "analysed") in {"analysed", "too-deep", "timeout", "parser-crash"}
    status = call("status", "--json").document
    assert status["by_encoding"]["latin-1"] == 1
    assert status["by_encoding"]["utf-16-le-bom"] == 1
    [result] = call("query", "mine.py", "--json").document["results"]
    found = {match["name"] for match in result["matches"] if match["clone_type"] == "T2"}
    assert {*HEALTHY.values(), "latin", "wide", "comment", "bytes"} <= found
    paths = {match["path"] for match in result["matches"]}
    assert {
        "new%0Aline.py",
        "esc%1B[31mred%07.py",
        "bad%FF%FE.py",
        "bidi%E2%80%AEgnp.py",
        "syntax.py",
    } <= paths

    shown = call("query", "mine.py", "--show", "-v").out + call("status", "--skipped").out
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown) is None
    assert "tree/bad%FF%FE.py:1-9" in shown
