"""One engine and what is open of its index, as new as what was published last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from codesearch.core.errors import IndexFailure
from codesearch.core.filestamp import Stamp, file_stamp
from codesearch.core.memory import give_back_memory
from codesearch.engine import Engine
from codesearch.serving.corpus_files import CorpusFiles
from codesearch.serving.parsers import Parsers
from indexer.segments.manifest import MANIFEST

if TYPE_CHECKING:
    from codesearch.audit.run import Audit
    from codesearch.query.search import Searcher

Stamps = tuple[Stamp | None, ...]


class LiveIndex:
    """What requests read; threads share one.

    Its ``parsers`` read the code of requests.

    Args:
        engine: Its models stay loaded; its index is opened anew when ``codesearch index`` published one.
        here: Folder from which paths of requests count and places are shown; None where clients have another
            one than we, so that places are shown in full.
    """

    def __init__(self, engine: Engine, here: Path | None) -> None:
        self.engine = engine
        self.here = here
        self.parsers = Parsers()
        self._lock = Lock()
        self._lent: _Lent | None = None
        self._roots: tuple[Stamps, Mapping[str, Path]] | None = None
        self._audit: tuple[Stamps, Audit] | None = None
        self._auditing = Lock()

    def seen_by(self, corpora: frozenset[str]) -> LiveIndex:
        """The index as somebody sees it who sees these corpora only."""
        return _LimitedIndex(self, corpora)

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """A searcher over the current snapshot, which stays open until it is given back.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        lent = self._borrow()
        try:
            yield lent.searcher
        finally:
            self._give_back(lent)

    def _borrow(self) -> _Lent:
        with self._lock:
            stamps = self._stamps(self._manifest)
            if self._lent is None or self._lent.stamps != stamps:
                fresh = self._opened(stamps)
                self._retire()
                self._lent = fresh
            self._lent.users += 1
            return self._lent

    def _opened(self, stamps: Stamps) -> _Lent:
        while True:
            try:
                return _Lent(stamps, self.engine.searcher())
            except IndexFailure:
                # Its segments may have been swept between two publications; then there is a newer one.
                if (newer := self._stamps(self._manifest)) == stamps:
                    raise
                stamps = newer

    def _give_back(self, lent: _Lent) -> None:
        with self._lock:
            lent.users -= 1
            if lent is not self._lent:
                lent.close_unless_used()

    def _retire(self) -> None:
        lent, self._lent = self._lent, None
        if lent is not None:
            lent.close_unless_used()

    def audit(self) -> Audit:
        """The last audit as it was reported, with what is new; ``standing`` has the hidden classes too.

        Raises:
            IndexFailure: There is no index.
            InputError: Nothing was audited.
        """
        from codesearch.serving.reported_audit import ordered_audit, reported_audit  # heavy, as audits are

        with self._auditing:
            stamps = self._stamps(self._manifest, self._analysis)
            if self._audit is None or self._audit[0] != stamps:
                self._audit = stamps, ordered_audit(self.engine)
            audit = self._audit[1]
        # Not kept: an audit writes what it reports after what it finds.
        return reported_audit(self.engine, audit)

    def roots(self) -> Mapping[str, Path]:
        """Folder of every indexed corpus by name.

        Raises:
            IndexFailure: There is no index.
        """
        stamps = self._stamps(self._manifest)
        known = self._roots
        if known is None or known[0] != stamps:
            self._roots = known = stamps, self.engine.corpus_roots()
        return known[1]

    def files(self) -> CorpusFiles:
        """The only files that requests may open.

        Raises:
            IndexFailure: There is no index.
        """
        engine, here = self.engine, self.here or Path.cwd()
        files = CorpusFiles(self.roots(), here, engine.settings.corpus.max_file_bytes)
        return replace(files, packed=engine.packs.text) if engine.mounts_packs else files

    @property
    def state(self) -> str:
        """Changes whenever an answer may."""
        return repr(self._stamps(self._manifest, self._analysis, self.engine.feedback.path))

    def close(self) -> None:
        """Close the index as soon as nobody uses it; the next request opens it again."""
        self.parsers.close()
        with self._lock:
            self._retire()

    @property
    def _manifest(self) -> Path:
        return self.engine.folder.path / MANIFEST

    @property
    def _analysis(self) -> Path:
        from codesearch.audit.analysis import FILE  # half a second that the first greeting does not need
        from codesearch.audit.run import FOLDER

        return self.engine.folder.path / FOLDER / FILE

    @staticmethod
    def _stamps(*paths: Path) -> Stamps:
        return tuple(map(file_stamp, paths))


class _LimitedIndex(LiveIndex):
    """Some corpora of an index, for one request; searchers and parsers are those of the whole.

    All else comes from an engine that is limited too, whose store gives out nothing of other corpora.
    """

    def __init__(self, whole: LiveIndex, corpora: frozenset[str]) -> None:
        super().__init__(whole.engine.limited_to(corpora), whole.here)
        self.parsers = whole.parsers
        self._whole = whole
        self._corpora = corpora

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """A searcher of the whole that is lent, over what is seen."""
        with self._whole.searcher() as searcher, self.engine.open_database() as database:
            yield self.engine.limited_searcher(searcher, database)

    def files(self) -> CorpusFiles:
        """The files of the corpora that are seen, and of no pack."""
        return replace(super().files(), packed=lambda place: None)

    def audit(self) -> Audit:
        """The last audit with the classes whose members are all seen; its figures are those of the whole."""
        from codesearch.serving.reported_audit import visible_part

        return visible_part(self._whole.audit(), self._corpora)


class _Lent:
    """A searcher with the number of those who use it; its owner's lock guards both."""

    def __init__(self, stamps: Stamps, searcher: Searcher) -> None:
        self.stamps = stamps
        self.searcher = searcher
        self.users = 0

    def close_unless_used(self) -> None:
        if not self.users:
            self.searcher.close()
            give_back_memory()
