"""One file through reading, decoding, parsing and roles; hostile files through the whole pool."""

from __future__ import annotations

import os
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import pytest

from codesearch.core.protocols import SkippedFile, SourceFile
from codesearch.core.types import Role
from indexer.corpus.reader import FileCorpus
from indexer.parsing.extract import MinimumSize
from indexer.parsing.pool import analyse_files
from indexer.parsing.worker import AnalysedFile, AnalyseOptions, analyse_file

SMALL = AnalyseOptions(minimum=MinimumSize(1, 1), max_bytes=1 << 20)
CODE = "def größe(a, b):\n    total = a + b\n    return total\n"


def task(path: Path, language: str = "python") -> SourceFile:
    return SourceFile(path.name, path, 0, 0, language, Role.SOURCE)


def analysed(path: Path, raw: bytes, language: str = "python") -> AnalysedFile:
    path.write_bytes(raw)
    result = analyse_file(task(path, language), SMALL)
    assert isinstance(result, AnalysedFile)
    return result


def reason(path: Path, raw: bytes) -> str:
    path.write_bytes(raw)
    result = analyse_file(task(path), SMALL)
    assert isinstance(result, SkippedFile)
    return result.reason


def test_a_file_is_analysed_with_everything_the_index_keeps(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    result = analysed(path, CODE.encode("latin-1"))
    assert result.content_hash == blake2b(CODE.encode("latin-1"), digest_size=16).digest()
    assert (result.size, result.modified_ns) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert (result.encoding, result.language, result.lines) == ("latin-1", "python", 3)
    assert (result.role, result.rule) == (Role.TEST, "test-file")
    assert [span.name for span in result.parsed.spans] == ["größe"]
    assert result.degraded == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_change_the_fragments(
    tmp_path: Path, encoding: str, newline: str
) -> None:
    result = analysed(tmp_path / "a.py", CODE.replace("\n", newline).encode(encoding))
    assert [(span.name, span.start_line, span.end_line) for span in result.parsed.spans] == [("größe", 1, 3)]


def test_content_tells_which_language_a_header_is_in(tmp_path: Path) -> None:
    assert analysed(tmp_path / "a.h", b"namespace a { class B {}; }\n", "c").language == "cpp"
    assert analysed(tmp_path / "b.h", b"int f(void);\n", "c").language == "c"


def test_a_language_without_grammar_is_analysed_and_said_so(tmp_path: Path) -> None:
    assert analysed(tmp_path / "a.zig", b"const x = 1;\n", "zig").degraded == ("grammar-missing:zig",)


def test_an_empty_file_is_analysed(tmp_path: Path) -> None:
    result = analysed(tmp_path / "a.py", b"")
    assert (result.size, result.parsed.spans) == (0, ())


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"x = 1\n\0", "binary"),
        (b"\xff\xfea\0b", "undecodable"),
        (b"x" * (1 << 20) + b"y", "too-large"),
        (b"x = " + b"[" * 100_000 + b"]" * 100_000, "too-deep"),
    ],
)
def test_files_that_cannot_be_analysed_say_why(tmp_path: Path, raw: bytes, why: str) -> None:
    assert reason(tmp_path / "a.py", raw) == why


def test_a_file_that_is_gone_or_changed_its_kind_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    gone = analyse_file(task(path), SMALL)
    os.mkfifo(path)
    fifo = analyse_file(task(path), SMALL)
    assert isinstance(gone, SkippedFile)
    assert isinstance(fifo, SkippedFile)
    assert (gone.reason, fifo.reason) == ("vanished", "not-regular")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_hostile_corpus_is_finished_and_the_ledger_adds_up(tmp_path: Path, jobs: int) -> None:
    contents = {
        "deep.js": b"[" * 100_000 + b"]" * 100_000,
        "deep.py": b"(" * 200_000,
        "latin.py": CODE.encode("latin-1"),
        "line.js": b"a=1;" * 50_000,
        "new\nline.py": CODE.encode(),
        os.fsdecode(b"caf\xe9.py"): CODE.encode(),
        "nul.c": b"int a;\0",
        "utf16.py": CODE.encode("utf-16"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    with (tmp_path / "sparse.py").open("wb") as file:
        file.truncate(500 << 20)

    listed = list(FileCorpus("c", tmp_path, max_bytes=SMALL.max_bytes).files())
    skipped = Counter(entry.reason for entry in listed if isinstance(entry, SkippedFile))
    found = [entry for entry in listed if not isinstance(entry, SkippedFile)]
    fates = {}
    for result in analyse_files(found, SMALL, jobs):
        if isinstance(result, SkippedFile):
            skipped[result.reason] += 1
            fates[result.path] = result.reason
        elif isinstance(result, AnalysedFile):
            fates[result.path] = f"{result.role} {result.encoding}"

    assert list(fates) == sorted(fates)
    assert fates == {
        "caf%E9.py": "source utf-8",
        "deep.js": "too-deep",
        "deep.py": "too-deep",
        "latin.py": "source latin-1",
        "line.js": "minified utf-8",
        "new%0Aline.py": "source utf-8",
        "nul.c": "binary",
        "utf16.py": "source utf-16-le-bom",
    }
    assert len(listed) == 11 == skipped.total() + sum(" " in fate for fate in fates.values())
    assert skipped == {"binary": 1, "not-regular": 1, "symlink": 1, "too-deep": 2, "too-large": 1}
