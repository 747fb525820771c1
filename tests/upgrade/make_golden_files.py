"""Writes the files that users exchange: ``PYTHONPATH=tests python -m upgrade.make_golden_files``.

A pack with what it answers, a baseline and accepted classes, all of :data:`~upgrade.golden.CODE`, in
``golden_files/``. They are written once for every version of their formats, and never again: teams keep
theirs in their repositories and give them to others. With ``--expect`` the files stay, and only the answer of
the pack is written anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from commandline import call
from upgrade.golden import CODE, CORPORA, QUERIES, as_user, lasting

from codesearch.audit.baseline import VERSION
from codesearch.packs.head import FORMAT

FOLDER = Path(__file__).parent / "golden_files"
PACK = FOLDER / f"reference-{FORMAT}.codesearch-pack"
ANSWER = FOLDER / f"reference-{FORMAT}.json"
BASELINE = FOLDER / f"baseline-{VERSION}.txt"
ACCEPTED = FOLDER / "codesearch-accepted.toml"

_AUDIT = ("audit", *CORPORA, "--types", "all", "--role", "all")


def as_somebody(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Be a new user beside the code."""
    shutil.copytree(CODE, home, dirs_exist_ok=True)
    as_user(home, patch)
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))


def audit(*words: str | Path) -> dict[str, Any]:
    """An audit of the code in the current folder."""
    document: dict[str, Any] = call(*_AUDIT, *words, "--json").document
    return document


def trusted(pack: Path) -> str:
    """The key that signed a pack, which the user trusts from now on."""
    signer: str = json.loads(pack.with_suffix(".json").read_text(encoding="utf-8"))["signer"]
    done = call("trust", "add", signer)
    assert done.code == 0, done.err
    return signer


def answer(pack: Path) -> Any:
    """What a pack alone answers to a user who trusts it, without what is of the moment."""
    document = call("query", QUERIES[0], "--index", "none", "--with", pack, "-k", "3", "--json").document
    return lasting(document)


def main() -> int:
    """Write what is not there yet; with ``--expect`` the answer alone."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--expect", action="store_true", help="write the expected answer anew, no file")
    anew = parser.parse_args().expect
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        maker, reader = Path(name).resolve() / "maker", Path(name).resolve() / "reader"
        if not anew:
            as_somebody(maker, patch)
            _must("index", *CORPORA)
            if not PACK.exists():
                _must("pack", *CORPORA, "-o", PACK, "--with-source")
                [own] = call("trust", "list", "--json").document["signers"]
                _write_answer({"signer": own["fingerprint"]})
            if not BASELINE.exists():
                _must(*_AUDIT, "--baseline", BASELINE, "--update-baseline")
            if not ACCEPTED.exists():
                found = audit()["classes"][0]["id"]
                _must("audit", "accept", found, "--reason", "the two must stay apart", "--by", "Ada")
                shutil.copyfile(CORPORA[0] + "/codesearch-accepted.toml", ACCEPTED)
        as_somebody(reader, patch)
        _write_answer({"signer": trusted(PACK), "answer": answer(PACK)})
    return 0


def _must(*words: str | Path) -> None:
    done = call(*words)
    if done.code:
        raise SystemExit(f"codesearch {' '.join(map(str, words))}: {done.err}")


def _write_answer(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=True, sort_keys=True)
    ANSWER.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
