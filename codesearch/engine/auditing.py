"""What finds the clone classes of whole corpora."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.memory import give_back_memory
from codesearch.core.store.database import Database
from codesearch.corpora import named_corpora
from codesearch.engine.indexing import Indexing
from codesearch.engine.parts import CALIBRATION
from codesearch.engine.searching import Searching

if TYPE_CHECKING:
    from codesearch.audit.context import AuditContext
    from codesearch.audit.options import AuditOptions
    from codesearch.audit.run import Audit
    from indexer.build import Progress


class Auditing(Indexing, Searching):
    """Refreshes an index and audits it."""

    def audit(
        self, paths: Sequence[Path], options: AuditOptions, progress: Progress, *, target: str = ""
    ) -> Audit:
        """Clone classes of corpora, with what is new in them and whether the gate lets them pass.

        Args:
            paths: The corpora, or one folder or file in a corpus; none for all that are indexed, or the
                current folder where nothing is.
            options: What is wanted.
            progress: Hears how far it is.
            target: What is audited, in the user's words, for the history.

        Raises:
            InputError: A path, the baseline, the accepted classes or the revision cannot be used.
            IndexFailure: The index cannot be used.
            EnvironmentFailure: The configured cluster cannot be used.
            MissingExtra: The libraries of that cluster, or of the configured judge, are not installed.
            ConfigError: A setting of either does not fit.
        """
        from codesearch.audit.classes.finding import Means
        from codesearch.audit.gate import check_conditions
        from codesearch.audit.lock import auditing
        from codesearch.audit.run import run_audit
        from codesearch.audit.scope import audit_scope
        from codesearch.core.device import CPU
        from codesearch.core.results import CloneType
        from codesearch.distributed.auditing import audit_workers
        from codesearch.packs.head import is_from_pack
        from reranker.judge.stage import NOT_CONFIGURED

        compared = options.baseline is not None or options.since is not None
        check_conditions(options.conditions, compared=compared)
        rejected = self.feedback.rejected()  # before any work is done
        wanted = CloneType.T4 in options.types
        self.folder.create()
        with (
            auditing(self.folder.path),
            audit_workers(self.settings.cluster, self.folder.path) as workers,
        ):
            indexed = list(self.corpus_roots().values()) if self.folder.exists() else []
            scope = audit_scope(paths, options, indexed)
            degraded = {"packs:not-audited"} if self.mounts_packs else set()
            if options.refresh:
                embed = wanted or self._keeps_vectors()
                refreshed = [root for root in scope.indexed if not is_from_pack(root)]
                degraded.update(self.index(refreshed, progress, embed=embed).degraded)
                give_back_memory()
            semantic = wanted and self._keeps_vectors()
            judge = self.settings.judge
            judged = wanted or judge.always
            if judged:
                degraded.update(self._degraded())
            elif judge.kind in {"llm", "local"} and not judge.model:
                degraded.add(NOT_CONFIGURED)
            if wanted and not semantic:
                degraded.add("dense:no-embeddings")
            progress.stage("comparing", "fragments")
            with self.open_database() as database:
                context = self._audit_context(scope.roots, database, semantic=semantic, judged=judged)
                words = target or ", ".join(map(str, paths or scope.roots))
                means = Means(workers, self._search_device() if semantic else CPU)
                context = replace(context, target=words, rejected=rejected, means=means)
                return run_audit(context, scope.options, degraded)

    def last_audit(self) -> Audit:
        """The classes of the last audit, with nothing hidden.

        Raises:
            IndexFailure: There is no index.
            InputError: Nothing was audited.
        """
        from codesearch.audit.run import last_audit

        with self.open_database() as database:
            return last_audit(self._audit_context(list(self.corpus_roots().values()), database))

    def _audit_context(
        self, roots: Sequence[Path], database: Database, *, semantic: bool = False, judged: bool = False
    ) -> AuditContext:
        from codesearch.audit.classes.finding import Judges
        from codesearch.audit.context import AuditContext
        from codesearch.audit.judged_by import judge_digest
        from indexer.embedding.registry import model_entry
        from reranker.judge.precedents.memories import PRECEDENTS
        from reranker.text_rating import TextRating

        snapshot = self.folder.open()
        judged_by = list(model_entry(CALIBRATION, "calibration").files.values())
        if semantic:
            cascade = self.cascade
            judged_by += [self.embedder.id, f"{cascade.clone_threshold} {cascade.reject_threshold}"]
        if judged:
            judged_by += model_entry(PRECEDENTS, "precedents").files.values()
            judged_by.append(judge_digest(self.settings.judge, self.feedback.precedents()))
        return AuditContext(
            snapshot=snapshot,
            database=database,
            folder=self.folder.path,
            corpora=named_corpora(roots, database),
            target="",
            judges=Judges(
                TextRating(self.calibration),
                self.cascade if semantic else None,
                self._judges(snapshot, database) if judged else None,
            ),
            judged_by=tuple(judged_by),
            max_bytes=self.settings.corpus.max_file_bytes,
            limits=self._limits,
        )
