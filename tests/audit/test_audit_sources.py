"""Source text and alignments that reports show: those of the audited code, or none."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import pytest
from audit_reports import member
from audit_trees import python_function, steps
from commandline import write_tree

from codesearch.audit.sources import CorpusSources
from codesearch.core.audit import Member
from codesearch.core.results import EvidenceKind, Place
from codesearch.core.types import FragmentKind, ParsedSource, Role
from indexer.parsing.extract import select_lines
from indexer.parsing.languages import Language
from indexer.parsing.limits import DEFAULT_LIMITS, ParseLimits

SALT = b"salt"
CHANGED = "    log.debug('sorted', limit)\n"
FILES = {
    "a.py": "import os\n\n\n" + python_function("group", "word") + "\n\n" + python_function("gather", "word"),
    "b.py": python_function("group", "word", CHANGED),
}


def place(path: str, first: int, last: int) -> Member:
    return Member(
        Place("corpus", path, first, last), "group", FragmentKind.FUNCTION, "python", Role.SOURCE, "0" * 32
    )


@pytest.fixture
def sources(tmp_path: Path) -> CorpusSources:
    root = write_tree(tmp_path / "corpus", FILES)
    hashes = {
        ("corpus", path): blake2b((root / path).read_bytes(), digest_size=16, key=SALT).digest()
        for path in FILES
    }
    return CorpusSources({"corpus": root}, hashes, {"corpus": SALT}, 1 << 20, DEFAULT_LIMITS)


def test_lines_are_those_of_the_member(sources: CorpusSources) -> None:
    assert sources.lines(place("a.py", 16, 17)) == FILES["a.py"].split("\n")[15:17]


def test_evidence_counts_the_lines_of_the_files(sources: CorpusSources) -> None:
    rows = sources.evidence(place("a.py", 4, 13), place("b.py", 1, 11))
    assert [(row.kind, row.query_lines, row.match_lines) for row in rows] == [
        (EvidenceKind.EQUAL, (4, 9), (1, 6)),
        (EvidenceKind.ADDED, None, (7, 7)),
        (EvidenceKind.EQUAL, (10, 13), (8, 11)),
    ]


def test_evidence_of_two_members_of_one_file(sources: CorpusSources) -> None:
    rows = sources.evidence(place("a.py", 4, 13), place("a.py", 16, 25))
    assert [(row.kind, row.query_lines, row.match_lines) for row in rows] == [
        (EvidenceKind.RENAMED, (4, 4), (16, 16)),
        (EvidenceKind.EQUAL, (5, 13), (17, 25)),
    ]


def test_a_file_is_parsed_once_for_all_its_members(
    sources: CorpusSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = []

    def parse(source: bytes, language: Language, *, limits: ParseLimits) -> ParsedSource:
        parsed.append(source)
        return select_lines(source, language, limits=limits)

    monkeypatch.setattr("codesearch.audit.sources.select_lines", parse)
    for _ in range(3):
        sources.evidence(place("a.py", 4, 13), place("a.py", 16, 25))
    assert len(parsed) == 1


@pytest.mark.parametrize("text", [None, steps("other", 30)])
def test_a_file_that_is_gone_or_changed_shows_nothing(
    tmp_path: Path, sources: CorpusSources, text: str | None
) -> None:
    path = tmp_path / "corpus/a.py"
    path.unlink() if text is None else path.write_text(text)
    assert sources.lines(place("a.py", 4, 13)) is None
    assert sources.text("corpus", "a.py") is None
    assert sources.evidence(place("a.py", 4, 13), place("b.py", 1, 11)) == ()


def test_what_was_never_audited_shows_nothing(sources: CorpusSources) -> None:
    assert sources.lines(member("unknown.py")) is None
