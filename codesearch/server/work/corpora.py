"""What the index holds, what it left out and why, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codesearch.core.status import CorpusStatus, IndexStatus
from codesearch.core.store.history import read_runs
from codesearch.server.failures import NotFound
from codesearch.serving.live_index import LiveIndex
from codesearch.status import SkippedEntry
from indexer.corpus.ledger import SkipReason


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason for skipping a file means, and what to do; empty where there is nothing to do."""

    says: str
    do: str = ""


_MEANINGS: Mapping[str, Meaning] = {
    SkipReason.NOT_REGULAR: Meaning("A pipe, socket or device"),
    SkipReason.SYMLINK: Meaning("A link; what it leads to is seen by itself where it lies in the corpus"),
    SkipReason.SUBMODULE: Meaning("A submodule of git", "Index its folder as a corpus of its own"),
    SkipReason.EXCLUDED: Meaning(
        "Left out by --include or --exclude, or by corpus.include or corpus.exclude",
        "Index with others, or change these settings",
    ),
    SkipReason.NOT_CODE: Meaning("Data, a document, media or an archive"),
    SkipReason.UNKNOWN_LANGUAGE: Meaning("No language is known for its name or first line"),
    SkipReason.TOO_LARGE: Meaning("Larger than is read", "Raise corpus.max_file_bytes"),
    SkipReason.VANISHED: Meaning("Gone between listing and reading", "Re-index"),
    SkipReason.UNREADABLE: Meaning("Could not be opened", "Check its mode and owner, then re-index"),
    SkipReason.BINARY: Meaning("Bytes that are no text, whatever its name says"),
    SkipReason.UNDECODABLE: Meaning("Text in a broken encoding", "Convert it to UTF-8, then re-index"),
    SkipReason.TOO_DEEP: Meaning("Nested deeper than is parsed", "Raise parsing.max_depth"),
    SkipReason.TIMEOUT: Meaning("Took too long to parse", "Raise parsing.timeout_seconds"),
    SkipReason.OUT_OF_MEMORY: Meaning("Took too much memory to parse", "Raise parsing.memory_mb"),
    SkipReason.PARSER_CRASH: Meaning("Its grammar crashed on it; all other files are unharmed", "Report it"),
}


def meaning_of(reason: str) -> Meaning:
    """What a reason of the ledger means; one of a newer version speaks for itself."""
    return _MEANINGS.get(reason, Meaning(reason.replace("-", " ").capitalize()))


@dataclass(frozen=True, slots=True)
class HeldIndex:
    """An index with the version of codesearch that wrote its snapshot; empty where the run is forgotten."""

    status: IndexStatus
    version: str
    finished_at: float | None


def held_index(index: LiveIndex) -> HeldIndex:
    """What the index holds.

    Raises:
        IndexFailure: There is no index, or it cannot be used.
    """
    status = index.engine.status()
    with index.engine.open_database() as database, database.read() as connection:
        run = next((run for run in read_runs(connection) if run.id == status.snapshot), None)
    return HeldIndex(status, run.version if run else "", run.finished_at if run else None)


def corpus(index: LiveIndex, name: str) -> CorpusStatus:
    """One corpus of the index.

    Raises:
        NotFound: There is none of this name.
        IndexFailure: There is no index, or it cannot be used.
    """
    found = next((one for one in index.engine.status().corpora if one.name == name), None)
    if found is None:
        raise NotFound(f"no corpus {name!r} is indexed", "the corpora page lists those that are")
    return found


def skipped(index: LiveIndex, name: str, reason: str = "") -> list[SkippedEntry]:
    """The skipped files of a corpus, by path; with a reason only those that were skipped for it.

    Raises:
        IndexFailure: There is no index, or it cannot be used.
    """
    return [
        entry
        for entry in index.engine.skipped_files()
        if entry.corpus == name and reason in {"", entry.reason}
    ]
