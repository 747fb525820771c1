"""Packs of a small corpus, written by one user and read by another, for tests of both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commandline import CHECKOUT, call, tally, unique, write_tree

from codesearch.core.settings.load import user_config_file
from codesearch.packs.head import Head, PackManifest, read_head, signature_line
from codesearch.packs.signing import own_signer

CANARY = "kanarienvogel"
"""In names, strings and numbers of the corpus, so that it shows wherever text of it is left."""

CORPUS = {
    "src/tally.py": tally("first") + "\n\n" + tally("second"),
    "src/copy.py": "# a copy\n\n" + tally("first").replace("    print", "\n    # shows it\n    print"),
    "lib/only.py": unique(1) + "\n\n" + unique(2),
    "lib/Reader.java": (
        f"class Reader{CANARY} {{\n"
        f"    int read{CANARY}(int[] {CANARY}Values) {{\n"
        "        int sum = 0;\n"
        f"        for (int value : {CANARY}Values) {{\n"
        "            if (value > 3) {\n"
        "                sum += value * 2;\n"
        "            } else {\n"
        "                sum -= value;\n"
        "            }\n"
        "        }\n"
        f'        System.out.println("{CANARY} " + sum);\n'
        "        return sum;\n"
        "    }\n"
        "}\n"
    ),
    "tests/test_tally.py": tally("second").replace("total", "sums"),
}

QUERY = tally("first").replace("limit", "most") + "\n\n" + tally("third").replace("print", "show")
"""A renamed and an edited copy of what the corpus has."""

PACK = "ref.codesearch-pack"


def write_corpus(folder: Path) -> None:
    """The corpus and the query, in a folder."""
    write_tree(folder / "corpus", CORPUS)
    write_tree(folder, {"query.py": QUERY})


def become(monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """Be another user on another machine from now on, in an empty folder, which comes back."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    (home / "work").mkdir(parents=True)
    monkeypatch.chdir(home / "work")
    return home / "work"


def answers(*words: str | Path) -> list[Any]:
    """The matches of a query for every fragment, in which the corpora of a pack are called as at home."""

    def at_home(match: dict[str, Any]) -> dict[str, Any]:
        places = [
            {**place, "corpus": place["corpus"].removeprefix("pack:ref/")} for place in match["occurrences"]
        ]
        return {**match, "occurrences": places}

    document = call("query", *words, "--json").document
    return [(one["fragment"], list(map(at_home, one["matches"]))) for one in document["results"]]


def head_of(pack: Path) -> Head:
    """The head of a pack."""
    with pack.open("rb") as file:
        return read_head(file, str(pack))


def stored_members(pack: Path) -> dict[str, bytes]:
    """The members of a pack as they are stored, by name."""
    head, raw = head_of(pack), pack.read_bytes()
    members, start = {}, head.size
    for member in head.manifest.members:
        members[member.name] = raw[start : start + member.stored]
        start += member.stored
    return members


def unpacked_members(pack: Path) -> dict[str, bytes]:
    """The members of a pack, unpacked, by name."""
    return {name: zlib.decompress(stored) for name, stored in stored_members(pack).items()}


def forge(
    pack: Path, change: Callable[[PackManifest], PackManifest], body: bytes | None = None, first: bytes = b""
) -> None:
    """Write a pack again with another manifest, signed by the user.

    Args:
        pack: Its file.
        change: Makes the manifest.
        body: What follows the head; None for what did.
        first: Line in place of the first one.
    """
    head, raw = head_of(pack), pack.read_bytes()
    signed = change(head.manifest).signed_part()
    if first:
        signed = first + signed.partition(b"\n")[2]
    key, signature = own_signer(user_config_file().parent).sign(signed)
    pack.write_bytes(signed + signature_line(key, signature) + (raw[head.size :] if body is None else body))


def renamed_member(manifest: PackManifest, old: str, new: str) -> PackManifest:
    """The manifest with another name for a member."""
    members = (replace(one, name=new) if one.name == old else one for one in manifest.members)
    return replace(manifest, members=tuple(members))


def killed(where: str, function: str, *words: str) -> None:
    """Run a command that is killed the moment it calls a function of a module, or of a class in it."""
    code = (
        f"import os, {where} as module\n"
        f"module.{function} = lambda *_, **__: os.kill(os.getpid(), 9)\n"
        "from codesearch.cli.main import main\n"
        f"main({list(words)!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(CHECKOUT)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
