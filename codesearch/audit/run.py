"""One audit: classes of the code as it is indexed, then what the repository accepts, then the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.audit.accepted import Screened, screen
from codesearch.audit.accepted_file import ACCEPTED_FILE, read_accepted
from codesearch.audit.analysis import (
    FILE,
    Analysis,
    analyse,
    analysis_key,
    covered_lines,
    load_analysis,
    save_analysis,
)
from codesearch.audit.baseline import Baseline, Marked, read_baseline, write_baseline
from codesearch.audit.churn import recent_commits
from codesearch.audit.classes.assembly import without_members
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.finding import Judges, Scope, find_classes
from codesearch.audit.classes.identity import name_classes
from codesearch.audit.classes.order import by_merge_value
from codesearch.audit.classes.population import read_population
from codesearch.audit.contents import contents_of
from codesearch.audit.gate import evaluate
from codesearch.audit.ignored import hide_ignored
from codesearch.audit.options import AuditOptions
from codesearch.audit.revision import detection_revision
from codesearch.audit.since import changed_lines, restrict
from codesearch.audit.sources import CorpusSources
from codesearch.core.audit import AuditReport, AuditSummary, CloneClass, Hidden
from codesearch.core.errors import InputError
from codesearch.core.results import CloneType
from codesearch.core.store.audits import (
    AuditOutcome,
    AuditTarget,
    begin_audit,
    comparable_audits,
    fail_audit,
    finish_audit,
    last_classes,
)
from codesearch.core.store.database import Database
from codesearch.core.store.occurrences import NO_FILTERS
from codesearch.core.store.population import AnalysedFile, analysed_files
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import Role
from indexer.parsing.extract import ParseLimits
from indexer.segments.snapshot import Snapshot

FOLDER = "audit"
_CACHE = "evidence.bin"


@dataclass(frozen=True, slots=True)
class AuditContext:
    """What an audit works on.

    Attributes:
        snapshot: The index.
        database: Its store.
        folder: The index folder, for what the next audit can use again.
        corpora: Folder of every audited corpus by name.
        target: What is audited, as the user named it.
        judges: Rate and settle pairs.
        max_bytes: Longer source files are not read again.
        limits: What is not parsed again.
    """

    snapshot: Snapshot
    database: Database
    folder: Path
    corpora: Mapping[str, Path]
    target: str
    judges: Judges
    max_bytes: int
    limits: ParseLimits


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit says, and what reports may show beside it.

    Attributes:
        report: What it says.
        sources: Text, alignments and earlier runs.
        compared: Candidate pairs whose text was compared, by this audit or by the one whose classes it used
            again.
    """

    report: AuditReport
    sources: CorpusSources
    compared: int


def run_audit(context: AuditContext, options: AuditOptions, degraded: Collection[str] = ()) -> Audit:
    """Audit corpora of an index, and keep the run for the trend.

    Args:
        context: What is audited.
        options: What is wanted; its conditions have passed :func:`.gate.check_conditions`.
        degraded: What did not go as configured before.

    Raises:
        InputError: The baseline, the accepted classes or the revision cannot be used.
    """
    target = AuditTarget(context.target, tuple(context.corpora), options.what_is_found())
    baseline = _baseline(options)
    with context.database.write() as connection:
        earlier = last_classes(connection, target)
        number = begin_audit(connection, target)
    try:
        files, key, analysis = _analysis(context, options)
        analysis = _named(analysis, [known for known in (baseline and baseline.contents(), earlier) if known])
        save_analysis(context.folder / FOLDER / FILE, key, analysis)
        audit = _Judging(context, options, files).judge(analysis, baseline)
    except BaseException as problem:
        with context.database.write() as connection:
            fail_audit(connection, number, str(problem) or type(problem).__name__)
        raise
    report = replace(audit.report, degraded=tuple(sorted({*audit.report.degraded, *degraded})))
    with context.database.write() as connection:
        finish_audit(connection, number, _outcome(report, earlier, context.snapshot.manifest.snapshot))
        audit.sources.remember(comparable_audits(connection, target))
    return Audit(report, audit.sources, analysis.compared)


def last_audit(context: AuditContext) -> Audit:
    """The classes of the last audit of the index, hidden ones too, in the order in which they were found.

    Raises:
        InputError: Nothing was audited.
    """
    analysis = load_analysis(context.folder / FOLDER / FILE)
    if analysis is None:
        raise InputError(f"nothing was audited in {context.folder}", "run 'codesearch audit' first")
    with context.database.read() as connection:
        store = StoreSnapshot(connection, context.snapshot.manifest.snapshot)
        files = analysed_files(store, context.corpora, NO_FILTERS)
    options = AuditOptions(1, 1, frozenset(CloneType), frozenset(Role))
    return _Judging(context, options, files).as_found(analysis)


def _baseline(options: AuditOptions) -> Baseline | None:
    if options.baseline is None or (options.update_baseline and not options.baseline.exists()):
        return None
    return read_baseline(options.baseline)


def _analysis(context: AuditContext, options: AuditOptions) -> tuple[Sequence[AnalysedFile], str, Analysis]:
    """The files, the key, and what the code alone says: as it was stored, else computed now."""
    manifest = context.snapshot.manifest
    key = analysis_key(
        (
            detection_revision(),
            context.judges.rating.id,
            str(manifest.snapshot),
            *(entry.name for entry in manifest.segments),
            *sorted(context.corpora),
            repr(sorted(options.what_is_found().items())),
        )
    )
    stored = load_analysis(context.folder / FOLDER / FILE, key)
    with context.database.read() as connection:
        store = StoreSnapshot(connection, manifest.snapshot)
        if stored is not None:
            return analysed_files(store, context.corpora, options.filters), key, stored
        smallest = options.min_lines, options.min_tokens
        population = read_population(store, context.snapshot, context.corpora, options.filters, smallest)
        scope = Scope(options.types, options.roles, smallest, options.cross_language)
        cache = EvidenceCache(context.folder / FOLDER / _CACHE, context.snapshot)
        findings = find_classes(population, connection, scope, cache, context.judges)
    return population.files, key, analyse(population, findings)


def _named(analysis: Analysis, known: Sequence[Mapping[str, Mapping[str, int]]]) -> Analysis:
    """The same with an id for every class; ``known`` has the contents of earlier classes by id."""
    items = analysis.classes
    ids = name_classes(
        [item.mark for item in items], [contents_of(item.found.members) for item in items], known
    )
    named = [replace(item, found=replace(item.found, id=id_)) for item, id_ in zip(items, ids, strict=True)]
    return replace(analysis, classes=named)


class _Judging:
    """From the classes of the code to those that are reported."""

    def __init__(
        self,
        context: AuditContext,
        options: AuditOptions,
        files: Sequence[AnalysedFile],
    ) -> None:
        self._context = context
        self._options = options
        self._files = files
        hashes = {(file.corpus, file.path): file.hash for file in files}
        self._sources = CorpusSources(
            context.corpora, hashes, _salts(context), context.max_bytes, context.limits
        )

    def judge(self, analysis: Analysis, baseline: Baseline | None) -> Audit:
        options = self._options
        found = self._ordered(analysis)
        shown = hide_ignored(found, self._sources.text, without_members)
        screened = self._screened(shown.classes)
        classes = screened.classes
        if options.update_baseline and options.baseline is not None:
            write_baseline(options.baseline, classes)
            baseline = Baseline.of(classes)
        if options.since is not None:
            roots = self._context.corpora
            classes = restrict(
                classes, {name: changed_lines(root, options.since) for name, root in roots.items()}
            )
        marked = self._marked(classes, found, baseline)
        report = self._report(analysis, marked.classes)
        report = replace(
            report,
            gate=evaluate(options.conditions, report.summary, marked.classes),
            hidden=Hidden(shown.hidden, len(screened.hidden)),
            fixed=marked.fixed if baseline is not None else None,
            degraded=screened.degraded,
        )
        return Audit(report, self._sources, analysis.compared)

    def as_found(self, analysis: Analysis) -> Audit:
        """All classes, with nothing hidden and nothing judged."""
        classes = tuple(item.found for item in analysis.classes)
        return Audit(self._report(analysis, classes), self._sources, analysis.compared)

    def _report(self, analysis: Analysis, classes: tuple[CloneClass, ...]) -> AuditReport:
        corpora = self._context.corpora
        return AuditReport(
            summary=self._summary(analysis, classes),
            classes=classes,
            roots={name: str(root) for name, root in corpora.items()},
            base=str(_work_tree(corpora.values()) or Path.cwd()),
        )

    def _ordered(self, analysis: Analysis) -> list[CloneClass]:
        """The classes that are likely enough, most worth merging first."""
        commits = {
            (name, path): count
            for name, root in self._context.corpora.items()
            for path, count in recent_commits(root).items()
        }
        found = [item.found for item in analysis.classes]
        least = self._options.min_probability
        return by_merge_value([item for item in found if item.probability >= least], commits)

    def _screened(self, classes: Sequence[CloneClass]) -> Screened:
        accepted = {
            name: read_accepted(root / ACCEPTED_FILE)
            for name, root in self._context.corpora.items()
            if root.is_dir()
        }
        return screen(classes, accepted)

    def _marked(
        self, classes: Sequence[CloneClass], found: Sequence[CloneClass], baseline: Baseline | None
    ) -> Marked:
        if baseline is None:
            return Marked(tuple(classes), ())
        reported = {item.id for item in classes}
        return baseline.mark(classes, [item.id for item in found if item.id not in reported])

    def _summary(self, analysis: Analysis, classes: Sequence[CloneClass]) -> AuditSummary:
        roles = self._options.roles
        audited = {(file.corpus, file.path) for file in self._files if file.role in roles}
        places = (
            member.place
            for found in classes
            for member in found.members
            if (member.place.corpus, member.place.path) in audited
        )
        kinds = Counter(found.clone_type for found in classes)
        return AuditSummary(
            files=len(audited),
            lines=sum(file.lines for file in self._files if file.role in roles),
            fragments=sum(count for role, count in analysis.fragments.items() if role in roles),
            classes=len(classes),
            pairs=sum(found.pairs for found in classes),
            duplicated_lines=covered_lines(places),
            by_type={kind: kinds[kind] for kind in CloneType if kind in self._options.types},
            by_role={role: analysis.by_role[role] for role in Role if role in analysis.by_role},
        )


def _work_tree(roots: Iterable[Path]) -> Path | None:
    """Top of the git work tree around the first corpus."""
    first = next(iter(roots))
    return next((folder for folder in (first, *first.parents) if (folder / ".git").exists()), None)


def _salts(context: AuditContext) -> dict[str, bytes]:
    """Key of the content hashes of every corpus."""
    analysis = context.snapshot.manifest.analysis
    return {name: bytes.fromhex(analysis.get(str(root), "")) for name, root in context.corpora.items()}


def _outcome(report: AuditReport, earlier: Mapping[str, Counter[str]] | None, snapshot: int) -> AuditOutcome:
    ids = {found.id for found in report.classes}
    known = set(earlier) if earlier is not None else ids
    return AuditOutcome(report.summary, report.classes, snapshot, len(ids - known), len(known - ids))
