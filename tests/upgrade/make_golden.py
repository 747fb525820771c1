"""Writes the golden index of this version: ``PYTHONPATH=tests python -m upgrade.make_golden``.

To be run once for every on-disk format, when ``FORMAT_VERSION`` or the newest migration is changed on
purpose; an existing golden index is never written again, because its users have theirs too. With
``--expect`` the index stays and only its expected answers are written anew, which is right where detection
itself was changed on purpose (a better calibration, other wording) and nothing else.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from commandline import call
from upgrade import golden
from upgrade.golden import CODE, CORPORA, HOME, Golden

from codesearch.core.jobs import IndexFigures, JobKind, JobRequest, JobStatus
from codesearch.core.results import CloneType, Verdict
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.jobs import add_job, begin_job, end_job
from codesearch.core.store.judged_pairs import JudgedAnswer, keep_answers
from codesearch.core.store.schema import HEAD
from indexer.segments.manifest import FORMAT_VERSION

ANSWER_KEY = bytes(range(16))
ANSWER = JudgedAnswer(Verdict.CLONE, CloneType.T4, 0.75, "Both count", (((0, 3), (1, 4)),), ("p1",), 120)
FIGURES = IndexFigures(12, 185, 13, 11, 11, 11, 0, ())

_MADE_ANEW = ("seen.json", "writer.lock", "audit.lock", "index.db-wal", "index.db-shm")
"""Files that say nothing to another machine."""


def main() -> int:
    """Write the golden index of this version, or the expectations of all that this version reads."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--expect", action="store_true", help="write the expected answers anew, no index")
    anew = parser.parse_args().expect
    made = Golden.named(FORMAT_VERSION, HEAD)
    if made.archive.exists() and not anew:
        print(f"{made.folder} is there already and stays as it is", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary, pytest.MonkeyPatch.context() as patch:
        if not anew:
            _write_archive(made, Path(temporary).resolve() / "made", patch)
        for known in golden.golden_indexes():
            if known.format == FORMAT_VERSION:
                _expect(known, Path(temporary).resolve() / known.folder.name, patch)
    return 0


def _write_archive(made: Golden, home: Path, patch: pytest.MonkeyPatch) -> None:
    """Do what a user does, and keep what that leaves."""
    shutil.copytree(CODE, home)
    golden.as_user(home, patch)
    gone = home / "shop" / "gone.js"
    shutil.copyfile(home / "shop" / "invoices.js", gone)
    gone.write_text(gone.read_text(encoding="utf-8").replace("found", "other") + "let more = 1;\n", "utf-8")
    _must("index", CORPORA[0])
    gone.unlink()  # a second snapshot with a tombstone and a segment of its own
    _must("index", *CORPORA)
    _must(*golden.AUDIT)
    _must("schedule", "add", "shop", "--cron", "0 3 * * 1", "--timezone", "Europe/Berlin", "--name", "weekly",
          "--", "--fail-on", "new")  # fmt: skip
    _must("token", "create", "--name", "reader", "--corpus", "library", "--expires", "never")
    _must(
        "feedback",
        "reject",
        "shop/orders.js:1-11",
        "library/distance.go:4-22",
        "--reason",
        "no",
        "--by",
        "me",
    )
    _must("feedback", "accept", "shop/orders.js:1-11", "shop/invoices.js:1-11", "--by", "me")
    index = home / ".codesearch"
    with Database.open(sqlite_url(index / "index.db")) as database, database.write() as connection:
        keep_answers(connection, {ANSWER_KEY: ANSWER})
        job = add_job(connection, JobRequest(JobKind.INDEX, frozenset({"shop"})), "reader")
        begin_job(connection, job.id)
        end_job(connection, job.id, JobStatus.DONE, result=FIGURES)
    golden.relocate(index, str(home), HOME)
    _forget_machine(index / "index.db")
    golden.removed(index, lambda name: name in _MADE_ANEW)
    _pack(home, made)


def _must(*words: str) -> None:
    outcome = call(*words)
    if outcome.code:
        raise SystemExit(f"codesearch {' '.join(words)}: {outcome.err}")


def _forget_machine(path: Path) -> None:
    """Take the name of this machine out of a store, also out of pages that are free by now."""
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("UPDATE audits SET host = 'golden', pid = 1")
    store.execute("VACUUM")
    store.close()


def _pack(home: Path, made: Golden) -> None:
    made.folder.mkdir(parents=True)
    parts = [home / ".codesearch", home / "config" / "codesearch" / "feedback.db"]
    files = [path for part in parts for path in ([part] if part.is_file() else sorted(part.rglob("*")))]
    with zipfile.ZipFile(made.archive, "w") as archive:
        for path in files:
            if path.is_file():
                content = path.read_bytes()
                if any(name.encode() in content for name in (str(home), socket.gethostname())):
                    raise SystemExit(f"{path} names this machine")
                name = zipfile.ZipInfo(path.relative_to(home).as_posix())
                archive.writestr(name, content, zipfile.ZIP_DEFLATED, 9)


def _expect(known: Golden, home: Path, patch: pytest.MonkeyPatch) -> None:
    golden.opened(known, home, patch)
    expected = {**golden.answers(), "audit": golden.audit_answer()}
    text = json.dumps(expected, indent=1, ensure_ascii=True, sort_keys=True)
    (known.folder / "expected.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
