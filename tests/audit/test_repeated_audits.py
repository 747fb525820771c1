"""The same code gives the same bytes: whatever the workers, the runs that indexed it, and what is cached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit_trees import (
    Class,
    audited,
    java_class,
    java_method,
    python_function,
    script_function,
    steps,
)
from commandline import call, unique, write_tree
from snippets import fragment, make_snapshot, real_fragments

from codesearch.audit.analysis import load_analysis, save_analysis
from codesearch.audit.classes.evidence_cache import EvidenceCache
from indexer.segments.snapshot import Snapshot
from reranker.textual import TextualEvidence

EXTRA = "    log.debug('sorted', limit)\n"
EVIDENCE = TextualEvidence(0.75, 0.5, 0.25)


def tree() -> dict[str, str]:
    """Classes of every kind, several files of which are like several others."""
    block = python_function("x", "word").partition("\n")[2]
    files = {f"only/{number}.py": unique(number * 7) for number in range(4)}
    for number in range(6):
        name = f"name{number}"
        files[f"one/{number}.py"] = python_function("group", "word", EXTRA * (number % 3))
        files[f"two/{number}.java"] = java_class(f"A{number}", java_method("count", name), "    int size;\n")
        files[f"three/{number}.js"] = script_function(f"run{number}", name)
        files[f"four/{number}.py"] = f"def f{number}(self, word_rows, limit):\n{steps(name, 25)}{block}"
    return files


@pytest.fixture
def corpus(user: Path) -> Path:
    return write_tree(user / "corpus", tree())


def document(*words: str) -> str:
    """What an audit writes to standard output."""
    outcome = call("audit", "corpus", "--json", *words)
    assert outcome.code == 0, outcome.err
    return outcome.out


def forget(user: Path) -> None:
    shutil.rmtree(user / ".codesearch")


def without_ids(found: dict[str, Any]) -> dict[str, Any]:
    classes: list[Class] = [{**item, "id": ""} for item in found["classes"]]
    return {**found, "classes": classes}


def test_the_number_of_workers_changes_no_byte(user: Path, corpus: Path) -> None:
    written = []
    for jobs in ("1", "2", "4"):
        written.append(document("--jobs", jobs))
        forget(user)
    assert written[0] == written[1] == written[2]
    assert '"T3"' in written[0]


def test_an_index_of_several_runs_finds_what_an_index_of_one_run_finds(user: Path, corpus: Path) -> None:
    whole = audited()
    forget(user)
    shutil.rmtree(corpus)
    files = sorted(tree().items())
    for part in (files[1::3], files[2::3], files[0::3]):
        write_tree(corpus, dict(part))
        found = audited()
    # The classes of the first runs keep their ids when they grow.
    assert without_ids(found) == without_ids(whole)


def test_deleted_files_leave_nothing_behind(user: Path, corpus: Path) -> None:
    before = audited()
    text = "def gone(first):\n" + steps("gone", 9)
    write_tree(corpus, {"gone/a.py": text, "gone/b.py": text})
    assert len(audited()["classes"]) == len(before["classes"]) + 1
    shutil.rmtree(corpus / "gone")
    assert audited() == before


def test_a_second_audit_and_one_of_the_index_as_it_is_say_the_same(corpus: Path) -> None:
    first = document()
    assert document() == first
    assert document("--no-refresh") == first


def test_the_index_as_it_is_knows_nothing_of_later_changes(corpus: Path) -> None:
    first = document()
    shutil.rmtree(corpus / "one")
    assert document("--no-refresh") == first
    assert document() != first


def test_embeddings_change_nothing_in_an_audit_of_texts(user: Path, corpus: Path) -> None:
    first = document()
    forget(user)
    assert call("index", "corpus").code == 0
    assert document() == first


@pytest.fixture
def kept(user: Path, corpus: Path) -> Path:
    """Where an audit keeps what the next one may use again."""
    document()
    return user / ".codesearch" / "audit"


def _damages(raw: bytes) -> Iterator[bytes]:
    yield b""
    yield raw[: len(raw) // 2]
    yield raw[:-1]
    yield b"\0" * len(raw)
    yield raw.replace(b"1", b"2", 1)
    yield raw[:-40] + bytes(byte ^ 1 for byte in raw[-40:])


@pytest.mark.parametrize("name", ["analysis.json", "evidence.bin"])
def test_what_is_kept_and_damaged_is_made_again(kept: Path, name: str) -> None:
    before = document("--no-refresh")
    good = (kept / name).read_bytes()
    for bad in _damages(good):
        (kept / "analysis.json").unlink()
        (kept / name).write_bytes(bad)
        assert document("--no-refresh") == before
        assert (kept / name).read_bytes() != bad


def test_what_is_kept_can_be_missing_or_impossible_to_write(kept: Path) -> None:
    before = document("--no-refresh")
    shutil.rmtree(kept)
    kept.write_text("in the way")
    assert document("--no-refresh") == before


OPTIONS: Mapping[str, tuple[str, ...]] = {
    "types": ("--types", "T1"),
    "lines": ("--min-lines", "12"),
    "tokens": ("--min-tokens", "90"),
    "role": ("--role", "test"),
    "language": ("--lang", "java"),
    "path": ("--path", "one/*"),
    "languages": ("--cross-language",),
    "corpora": ("other",),
}


@pytest.mark.parametrize("words", OPTIONS.values(), ids=OPTIONS)
def test_another_question_is_not_answered_from_what_is_kept(
    user: Path, corpus: Path, words: tuple[str, ...]
) -> None:
    text = python_function("group", "word")
    write_tree(user / "other", {"a.py": text, "tests/test_a.py": text, "tests/test_b.py": text})
    write_tree(
        corpus, {"tests/test_a.py": text, "tests/test_b.py": text, "five/a.ts": script_function("a", "b")}
    )
    whole = document()
    asked = document(*words)
    assert asked != whole
    forget(user)
    assert without_ids(audited("corpus", *words)) == without_ids(_json(asked))


def _json(text: str) -> dict[str, Any]:
    return json.loads(text)  # type: ignore[no-any-return]


def snapshot_of(folder: Path, *extra: str) -> Snapshot:
    return make_snapshot(folder, [real_fragments()[:4], [fragment(text) for text in extra]])


def remember(cache: EvidenceCache, left: int, right: int, evidence: TextualEvidence) -> None:
    cache.add(np.array([left]), np.array([right]), np.array([astuple(evidence)]))


def known(cache: EvidenceCache, left: int, right: int) -> TextualEvidence | None:
    """What a cache knows of a pair of rows."""
    evidence, found = cache.find(np.array([left]), np.array([right]))
    return TextualEvidence(*evidence[0].tolist()) if found[0] else None


def test_evidence_is_found_by_contents_in_either_order_and_in_another_index(tmp_path: Path) -> None:
    first = snapshot_of(tmp_path / "a")
    cache = EvidenceCache(tmp_path / "kept/evidence.bin", first)
    remember(cache, 0, 3, EVIDENCE)
    cache.save()
    second = snapshot_of(tmp_path / "b", python_function("other", "word"))
    identities = second.identities()
    left, right = (identities[first.identity(row)] for row in (0, 3))
    found = EvidenceCache(tmp_path / "kept/evidence.bin", second)
    assert known(found, left, right) == known(found, right, left) == EVIDENCE
    assert known(found, left, left) is None


def test_evidence_that_no_audit_uses_any_more_is_dropped(tmp_path: Path) -> None:
    snapshot, path = snapshot_of(tmp_path), tmp_path / "kept/evidence.bin"
    cache = EvidenceCache(path, snapshot)
    remember(cache, 0, 1, EVIDENCE)
    remember(cache, 0, 2, replace(EVIDENCE, similarity=0.5))
    cache.save()
    cache = EvidenceCache(path, snapshot)
    assert known(cache, 0, 2) == replace(EVIDENCE, similarity=0.5)
    cache.save()
    assert known(EvidenceCache(path, snapshot), 0, 1) is None


def test_evidence_of_another_version_is_ignored(tmp_path: Path) -> None:
    snapshot, path = snapshot_of(tmp_path), tmp_path / "kept/evidence.bin"
    cache = EvidenceCache(path, snapshot)
    remember(cache, 0, 1, EVIDENCE)
    cache.save()
    assert known(EvidenceCache(path, snapshot, "another"), 0, 1) is None


def test_evidence_is_kept_while_a_long_audit_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesearch.audit.classes.evidence_cache._MOST_LOST", 2)
    snapshot, path = snapshot_of(tmp_path), tmp_path / "kept/evidence.bin"
    cache = EvidenceCache(path, snapshot)
    for other in (1, 2, 3):
        remember(cache, 0, other, EVIDENCE)
    after_a_crash = EvidenceCache(path, snapshot)
    assert [known(after_a_crash, 0, other) for other in (1, 2, 3)] == [EVIDENCE, EVIDENCE, None]


def test_an_analysis_is_read_back_as_it_was_and_under_its_own_key_only(kept: Path, tmp_path: Path) -> None:
    path = kept / "analysis.json"
    key = json.loads(path.read_bytes())["key"]
    analysis = load_analysis(path, key)
    assert analysis is not None
    assert load_analysis(path, "another") is None
    save_analysis(tmp_path / "copy/analysis.json", key, analysis)
    assert load_analysis(tmp_path / "copy/analysis.json", key) == analysis
