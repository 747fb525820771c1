"""The one composition root: wires indexer, retriever and reranker for a set of settings.

Commands and servers talk to :class:`Engine` and to the values of ``codesearch.core``; nothing else builds the
parts. :mod:`.parts` makes and keeps the models; :mod:`.indexing`, :mod:`.searching` and :mod:`.auditing` hand
them to what changes an index, answers about a source, and finds the clones of corpora. What belongs here only
wires: the work itself is in the packages below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codesearch.engine.auditing import Auditing
from codesearch.engine.parts import CALIBRATION

if TYPE_CHECKING:
    from codesearch.core.status import IndexStatus
    from codesearch.status import SkippedEntry

__all__ = ["CALIBRATION", "Engine"]


class Engine(Auditing):
    """Everything one process needs."""

    def status(self) -> IndexStatus:
        """What the index holds.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        from codesearch.status import index_status

        differences = self.differences()  # first: it tells a missing index from a missing store
        with self.open_database() as database:
            return index_status(self.folder, database, differences)

    def skipped_files(self) -> tuple[SkippedEntry, ...]:
        """Every file that the index saw and did not analyse, by corpus and path.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        from codesearch.status import skipped_entries

        manifest = self.folder.manifest()
        with self.open_database() as database:
            return skipped_entries(manifest, database)
