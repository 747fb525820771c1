"""One engine and what is open of its index, as new as what was published last."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import IndexFailure
from codesearch.core.memory import give_back_memory
from codesearch.engine import Engine
from codesearch.mcp_server.corpus_files import CorpusFiles
from indexer.segments.manifest import MANIFEST

if TYPE_CHECKING:
    from codesearch.audit.run import Audit
    from codesearch.query.search import Searcher

Stamp = tuple[tuple[int, int, int] | None, ...]
"""Inode, time in ns and bytes of files; None for one that is not there."""


class LiveIndex:
    """What requests read. Not for two threads at a time.

    Args:
        engine: Its models stay loaded; its index is opened anew when ``codesearch index`` published one.
        verdicts: File of the user's own verdicts, which searches heed as well.
        here: Folder from which paths of requests count and places are shown; None where clients have another
            one than we, so that places are shown in full.
    """

    def __init__(self, engine: Engine, verdicts: Path, here: Path | None) -> None:
        self.engine = engine
        self.here = here
        self._verdicts = verdicts
        self._open = ExitStack()
        self._searcher: tuple[Stamp, Searcher] | None = None
        self._roots: tuple[Stamp, Mapping[str, Path]] | None = None
        self._audit: tuple[Stamp, Audit] | None = None

    def searcher(self) -> Searcher:
        """A searcher over the current snapshot.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        stamp = self._stamp(self._manifest, self._verdicts)
        if self._searcher is None or self._searcher[0] != stamp:
            try:
                fresh = self.engine.searcher()
            except IndexFailure:
                # Its segments may have been swept between two publications; then there is a newer one.
                if self._stamp(self._manifest, self._verdicts) == stamp:
                    raise
                return self.searcher()
            self.close()
            self._searcher = stamp, self._open.enter_context(fresh)
        return self._searcher[1]

    def audit(self) -> Audit:
        """The last audit as it was reported, with what is new; ``standing`` has the hidden classes too.

        Raises:
            IndexFailure: There is no index.
            InputError: Nothing was audited.
        """
        from codesearch.mcp_server.reported_audit import ordered_audit, reported_audit  # heavy, as audits are

        stamp = self._stamp(self._manifest, self._analysis)
        if self._audit is None or self._audit[0] != stamp:
            self._audit = stamp, ordered_audit(self.engine)
        # Not kept: an audit writes what it reports after what it finds.
        return reported_audit(self.engine, self._audit[1])

    def roots(self) -> Mapping[str, Path]:
        """Folder of every indexed corpus by name.

        Raises:
            IndexFailure: There is no index.
        """
        stamp = self._stamp(self._manifest)
        if self._roots is None or self._roots[0] != stamp:
            self._roots = stamp, self.engine.corpus_roots()
        return self._roots[1]

    def files(self) -> CorpusFiles:
        """The only files that requests may open.

        Raises:
            IndexFailure: There is no index.
        """
        return CorpusFiles(self.roots(), self.here or Path.cwd(), self.engine.settings.corpus.max_file_bytes)

    @property
    def state(self) -> str:
        """Changes whenever an answer may."""
        return repr(self._stamp(self._manifest, self._analysis, self._verdicts))

    def close(self) -> None:
        """Close the index; the next request opens it again."""
        if self._searcher is not None:
            self._searcher = None
            self._open.close()
            give_back_memory()

    @property
    def _manifest(self) -> Path:
        return self.engine.folder.path / MANIFEST

    @property
    def _analysis(self) -> Path:
        from codesearch.audit.analysis import FILE  # half a second that the first greeting does not need
        from codesearch.audit.run import FOLDER

        return self.engine.folder.path / FOLDER / FILE

    @staticmethod
    def _stamp(*paths: Path) -> Stamp:
        return tuple(map(_file_stamp, paths))


def _file_stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
