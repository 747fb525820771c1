"""What a batch of files gave, written and read again; which parts of an earlier run stand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from commandline import tally, unique, write_tree

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import SkippedFile, SourceFile
from codesearch.distributed.analysing import batches
from codesearch.distributed.parts import (
    PlacedTokens,
    TokenFolder,
    is_reusable,
    part_name,
    read_part,
    write_part,
)
from indexer.changes import RACY_NS
from indexer.corpus.reader import FileCorpus
from indexer.parsing.pool import Result
from indexer.parsing.worker import AnalysedFile, AnalyseOptions, UnchangedFile, analyse_file

OPTIONS = AnalyseOptions(salt=b"s")
KEY = bytes(32)
STARTED = 1_700_000_000 * 10**9


@pytest.fixture
def batch(tmp_path: Path) -> list[SourceFile]:
    """Files that were written long before :data:`STARTED`."""
    files = {"a.py": unique(1) + "\n" + tally("sum"), "b.py": "# é\n" + tally("sum"), "c.py": unique(2)}
    corpus = write_tree(tmp_path / "corpus", files)
    for path in corpus.iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return [file for file in FileCorpus("c", corpus).files() if isinstance(file, SourceFile)]


def test_a_part_holds_what_the_analysis_gave(tmp_path: Path, batch: list[SourceFile]) -> None:
    wanted: list[Result] = [analyse_file(task, OPTIONS) for task in batch]
    settled: list[Result] = [UnchangedFile("d.py", 3, 4), SkippedFile("e.py", 5, 6, "binary")]
    write_part(tmp_path / "part", [*wanted, *settled], STARTED)
    found = list(read_part(tmp_path / "part"))
    assert found[len(wanted) :] == settled
    tokens = TokenFolder(tmp_path / "part")
    for result, was in zip(found, wanted, strict=False):
        assert isinstance(result, AnalysedFile)
        assert isinstance(was, AnalysedFile)
        for name in (
            "path",
            "content_hash",
            "size",
            "modified_ns",
            "encoding",
            "role",
            "rule",
            "language",
            "lines",
        ):
            assert getattr(result, name) == getattr(was, name)
        assert (result.keys, result.degraded) == (was.keys, was.degraded)
        assert result.parsed.spans == was.parsed.spans
        for span in was.parsed.spans:
            cut, original = (
                result.parsed.tokens.cut(span.first, span.last),
                was.parsed.tokens.cut(span.first, span.last),
            )
            assert isinstance(cut, PlacedTokens)
            assert (cut.lines == original.lines).all()
            there = tokens.ids[cut.first : cut.first + len(cut)]
            texts = [original.vocabulary.texts[number] for number in original.ids]
            assert [tokens.vocabulary.texts[number] for number in there] == texts


def test_a_part_stands_while_nothing_can_have_changed(tmp_path: Path, batch: list[SourceFile]) -> None:
    part = tmp_path / "part"
    assert not is_reusable(part, batch)
    write_part(part, [analyse_file(task, OPTIONS) for task in batch], STARTED)
    assert is_reusable(part, batch)

    write_part(tmp_path / "racy", [], batch[0].modified_ns + RACY_NS)
    assert not is_reusable(tmp_path / "racy", batch)
    write_part(tmp_path / "skipped", [SkippedFile("a.py", 1, 2, "timeout")], STARTED)
    assert not is_reusable(tmp_path / "skipped", batch)


@pytest.mark.parametrize("damage", ["cut", "gone", "about", "list"])
def test_a_damaged_part_is_made_again(tmp_path: Path, batch: list[SourceFile], damage: str) -> None:
    part = tmp_path / "part"
    write_part(part, [analyse_file(task, OPTIONS) for task in batch], STARTED)
    match damage:
        case "cut":
            (part / "token_ids.npy").write_bytes((part / "token_ids.npy").read_bytes()[:-1])
        case "gone":
            (part / "token_lines.npy").unlink()
        case "about":
            (part / "part.json").write_text("{", encoding="utf-8")
        case "list":
            (part / "part.json").write_text(json.dumps([1]), encoding="utf-8")
    assert not is_reusable(part, batch)
    if damage != "cut":
        with pytest.raises(IndexFailure):
            list(read_part(part))


def test_a_part_is_named_by_all_that_it_depends_on(batch: list[SourceFile]) -> None:
    names = {
        part_name(batch, OPTIONS, KEY),
        part_name(batch[:-1], OPTIONS, KEY),
        part_name(batch, AnalyseOptions(salt=b"other"), KEY),
        part_name([*batch[:-1], batch[0]], OPTIONS, KEY),
        part_name(batch, OPTIONS, b"k" * 32),
    }
    assert len(names) == 5
    assert part_name(list(batch), OPTIONS, KEY) in names


def test_batches_hold_every_file_once(batch: list[SourceFile]) -> None:
    many = [batch[number % len(batch)] for number in range(1000)]
    found = list(batches(iter(many)))
    assert [file for held in found for file in held] == many
    assert len(found) > 1
