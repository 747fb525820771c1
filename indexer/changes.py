"""What a corpus holds now against what the last snapshot knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from codesearch.core.protocols import CorpusReader, SkippedFile, SourceFile
from codesearch.core.store.files import FileState, NewFile
from indexer.corpus.ledger import SkipReason

RACY_NS = 2_000_000_000
"""A file modified this shortly before the last run may have changed again within one tick of its file
system's clock (git calls such entries racy), so its content is compared even when size and time agree."""


_PASSING = frozenset({SkipReason.VANISHED, SkipReason.UNREADABLE})
"""Reasons that may be gone at the next run although neither size nor time tells."""


@dataclass(slots=True)
class CorpusChanges:
    """Sorts the files of one corpus into unchanged, to be analysed, skipped and gone.

    Attributes:
        reader: Lists the corpus.
        known: What the last snapshot knows, by path.
        trusted: False when the files were analysed with other settings, so that every one is read again.
        since_ns: When the last run began; files modified about then are not trusted by their time.
        fresh: Rows that the new snapshot adds.
        replaced: Ids of the rows that it hides.
        unchanged: Number of rows that stay.
        confirmed: How many of these were compared by content.
        seen: Number of files that the corpus lists.
    """

    reader: CorpusReader
    known: Mapping[str, FileState]
    trusted: bool
    since_ns: int
    fresh: list[NewFile] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    unchanged: int = 0
    confirmed: int = 0
    seen: int = 0

    def pending(self) -> Iterator[SourceFile]:
        """The files that have to be opened, in path order; the others are settled on the way."""
        listed: set[str] = set()
        for entry in self.reader.files():
            self.seen += 1
            listed.add(entry.path)
            state = self.known.get(entry.path)
            if isinstance(entry, SkippedFile):
                self.skip(entry)
            elif state is not None and self._same(entry, state):
                self.unchanged += 1
            else:
                yield replace(entry, known_hash=state.hash if state is not None and self.trusted else None)
        self.replaced.extend(state.id for path, state in self.known.items() if path not in listed)

    def skip(self, entry: SkippedFile) -> None:
        """Settle a file that is not analysed."""
        state = self.known.get(entry.path)
        row = NewFile(entry.path, entry.size, entry.modified_ns, reason=entry.reason)
        if state is not None and _states_agree(state, row):
            self.unchanged += 1
        else:
            self.put(row)

    def keep(self, path: str, size: int, modified_ns: int) -> None:
        """Settle a file that was read again and whose content did not change."""
        state = self.known[path]
        if (size, modified_ns) == (state.size, state.modified_ns):
            self.unchanged += 1
            self.confirmed += 1
            return
        self.put(NewFile(path, size, modified_ns, state.blob_id, state.language, state.role, state.rule))

    def put(self, row: NewFile) -> None:
        """Settle a file by a new row."""
        self.fresh.append(row)
        if state := self.known.get(row.path):
            self.replaced.append(state.id)

    @property
    def whole(self) -> bool:
        """True for a folder, False for a single file of one."""
        return self.reader.covers("")

    @property
    def any(self) -> bool:
        """True when the new snapshot differs from the last one by what is settled so far."""
        return bool(self.fresh or self.replaced)

    def _same(self, entry: SourceFile, state: FileState) -> bool:
        untouched = (entry.size, entry.modified_ns) == (state.size, state.modified_ns)
        settled = state.reason not in _PASSING and entry.modified_ns < self.since_ns - RACY_NS
        return self.trusted and untouched and settled


def _states_agree(state: FileState, row: NewFile) -> bool:
    return (state.reason, state.size, state.modified_ns) == (row.reason, row.size, row.modified_ns)
