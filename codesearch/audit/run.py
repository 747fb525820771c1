"""One audit from the index to the report, kept for the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from codesearch.audit.analysis import FILE, Analysis, analyse, analysis_key, load_analysis, save_analysis
from codesearch.audit.baseline import Baseline, read_baseline, read_replaceable
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.finding import Scope, find_classes
from codesearch.audit.classes.identity import name_classes
from codesearch.audit.classes.population import read_population
from codesearch.audit.contents import contents_of
from codesearch.audit.context import AuditContext
from codesearch.audit.judging import Judging, Reference
from codesearch.audit.manipulations import scan_files
from codesearch.audit.options import AuditOptions
from codesearch.audit.revision import detection_revision
from codesearch.audit.since import changed_lines
from codesearch.audit.sources import CorpusSources
from codesearch.core.audit import AuditReport, CloneClass
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
from codesearch.core.store.occurrences import NO_FILTERS
from codesearch.core.store.population import AnalysedFile, analysed_files
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import Role
from reranker.judge.revision import judging_revision

FOLDER = "audit"
_CACHE = "evidence.bin"


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit says, and what reports may show beside it.

    Attributes:
        report: What it says.
        sources: Text, alignments and earlier runs.
        compared: Candidate pairs whose text was compared, by this audit or by the one whose classes it used
            again.
        standing: The classes that a baseline of now holds.
    """

    report: AuditReport
    sources: CorpusSources
    compared: int
    standing: tuple[CloneClass, ...] = ()


def run_audit(context: AuditContext, options: AuditOptions, degraded: Collection[str] = ()) -> Audit:
    """Audit corpora of an index, and keep the run for the trend. Writes no baseline.

    Args:
        context: What is audited.
        options: What is wanted; its conditions have passed :func:`.gate.check_conditions`.
        degraded: What did not go as configured before.

    Raises:
        InputError: The baseline, the accepted classes or the revision cannot be used, or no file is in the
            folder that is asked for.
    """
    target = AuditTarget(context.target, tuple(context.corpora), options.what_is_found())
    with context.database.write() as connection:
        earlier = last_classes(connection, target)
        number = begin_audit(connection, target)
    try:
        reference = _reference(context, options)
        files, key, analysis = _analysis(context, options)
        known = reference.baseline.contents() if reference.baseline else {}
        analysis = _named(analysis, [classes for classes in (known, earlier) if classes])
        save_analysis(context.folder / FOLDER / FILE, key, analysis)
        sources = _sources(context, files)
        if options.update_baseline:
            # Against the baseline that is about to be written nothing is new.
            reference = replace(reference, baseline=None)
        judging = Judging(context.corpora, files, options, context.rejected)
        judged = judging.judge(analysis, reference, sources.text)
        if options.update_baseline:
            known_now = replace(reference, baseline=Baseline.of(judged.standing.classes))
            judged = judging.judge(analysis, known_now, sources.text)
    except BaseException as problem:
        with context.database.write() as connection:
            fail_audit(connection, number, str(problem) or type(problem).__name__)
        raise
    notes = {*judged.report.degraded, *analysis.degraded, *degraded}
    report = replace(judged.report, degraded=tuple(sorted(notes)))
    outcome = _outcome(judged.standing, earlier, context.snapshot.manifest.snapshot)
    with context.database.write() as connection:
        finish_audit(connection, number, replace(outcome, conclusion=report.conclusion))
        sources.remember(comparable_audits(connection, target))
    return Audit(report, sources, analysis.compared, judged.standing.classes)


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
    classes = tuple(item.found for item in analysis.classes)
    report = Judging(context.corpora, files, options).report(analysis, classes)
    return Audit(report, _sources(context, files), analysis.compared)


def _reference(context: AuditContext, options: AuditOptions) -> Reference:
    """What is known, read before any work is done.

    Raises:
        InputError: The baseline or the revision cannot be used.
    """
    changed = None
    if options.since is not None:
        changed = {name: changed_lines(root, options.since) for name, root in context.corpora.items()}
    return Reference(_baseline(options), changed)


def _baseline(options: AuditOptions) -> Baseline | None:
    if options.baseline is None:
        return None
    read = read_replaceable if options.update_baseline else read_baseline
    return read(options.baseline)


def _analysis(context: AuditContext, options: AuditOptions) -> tuple[Sequence[AnalysedFile], str, Analysis]:
    """The files, the key, and what the code alone says: as it was stored, else computed now.

    Raises:
        InputError: No file is in the folder that is asked for.
    """
    manifest, revision = context.snapshot.manifest, detection_revision()
    key = analysis_key(
        (
            revision,
            judging_revision(),
            *context.judged_by,
            str(manifest.snapshot),
            *(entry.name for entry in manifest.segments),
            *sorted(context.corpora),
            repr(sorted(options.what_is_found().items())),
        )
    )
    with context.database.read() as connection:
        store = StoreSnapshot(connection, manifest.snapshot)
        files = analysed_files(store, context.corpora, options.filters)
        if options.filters.under and not files:
            raise InputError(
                f"no analysed file in {options.filters.under}", "see 'codesearch status' for why"
            )
        stored = load_analysis(context.folder / FOLDER / FILE, key)
        if stored is not None:
            return files, key, stored
        smallest = options.min_lines, options.min_tokens
        population = read_population(store, context.snapshot, context.corpora, options.filters, smallest)
        scope = Scope(options.types, options.roles, smallest, options.cross_language)
        cache = EvidenceCache(context.folder / FOLDER / _CACHE, context.snapshot, revision)
        judges = replace(context.judges, rejected=context.rejected)
        findings = find_classes(population, store, scope, cache, judges, context.means)
    scan = scan_files(population.files, options.roles, _sources(context, files).text)
    return population.files, key, analyse(population, findings, scan)


def _named(analysis: Analysis, known: Sequence[Mapping[str, Mapping[str, int]]]) -> Analysis:
    """The same with an id for every class; ``known`` has the contents of earlier classes by id."""
    items = analysis.classes
    ids = name_classes(
        [item.mark for item in items], [contents_of(item.found.members) for item in items], known
    )
    named = [replace(item, found=replace(item.found, id=id_)) for item, id_ in zip(items, ids, strict=True)]
    return replace(analysis, classes=named)


def _sources(context: AuditContext, files: Sequence[AnalysedFile]) -> CorpusSources:
    hashes = {(file.corpus, file.path): file.hash for file in files}
    analysis = context.snapshot.manifest.analysis
    salts = {name: bytes.fromhex(analysis.get(str(root), "")) for name, root in context.corpora.items()}
    return CorpusSources(context.corpora, hashes, salts, context.max_bytes, context.limits)


def _outcome(
    standing: AuditReport, earlier: Mapping[str, Counter[str]] | None, snapshot: int
) -> AuditOutcome:
    ids = {found.id for found in standing.classes}
    known = set(earlier) if earlier is not None else ids
    return AuditOutcome(standing.summary, standing.classes, snapshot, len(ids - known), len(known - ids))
