"""The detection measurement of ``eval``: labelled fragments as files of a corpus, audited like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from codesearch.audit.options import AuditOptions
from codesearch.core.audit import AuditReport
from codesearch.core.errors import InputError
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.engine import Engine
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    in_splits,
    pair_rows,
    read_fragments,
    read_pairs,
)
from codesearch.evaluation.detection_scores import WrittenFragment, score_detection
from codesearch.evaluation.documents import Document, Setting, detection_document
from codesearch.evaluation.run import Progress
from codesearch.evaluation.stopwatch import Stopwatch
from indexer.parsing.languages import registry


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """What to measure of an audit.

    Attributes:
        fragments: File of labelled fragments.
        pairs: File of labelled pairs.
        splits: Splits to keep; empty keeps all. Of another split, only fragments that a kept pair names.
        types: Clone types that the audit looks for.
    """

    fragments: Path
    pairs: Path
    splits: tuple[str, ...]
    types: frozenset[CloneType]


def run_detection(engine: Engine, options: DetectionOptions, progress: Progress) -> Document:
    """``codesearch.eval-detection/1``.

    Raises:
        InputError: The data cannot be read or used.
    """
    watch = Stopwatch()
    labelled, pairs = _read(options)
    with TemporaryDirectory(prefix="codesearch-eval-") as name:
        corpus = Path(name) / "labelled"
        with watch.stage("write"):
            written = list(write_fragments(labelled, corpus))
        with watch.stage("audit"):
            report = _audit(engine.at(Path(name) / ".codesearch"), corpus, options, progress)
    with watch.stage("score"):
        classes = ((member.place for member in found.members) for found in report.classes)
        scores = score_detection(pairs, written, classes)
    smallest = engine.settings.fragments
    setting = Setting(
        models=_models(engine, options),
        degraded=report.degraded,
        seconds=watch.seconds(),
        counts={
            "fragments": len(labelled),
            "lines": report.summary.lines,
            "compared_fragments": report.summary.fragments,
            "classes": report.summary.classes,
            "reported_pairs": report.summary.pairs,
        },
        options={
            "types": ",".join(sorted(options.types)),
            "splits": ",".join(options.splits) or None,
            "min_lines": smallest.min_lines,
            "min_tokens": smallest.min_tokens,
        },
    )
    return detection_document(scores, setting)


def write_fragments(fragments: Sequence[LabelledFragment], folder: Path) -> Iterator[WrittenFragment]:
    """Write one file per fragment, in order, with the ending of its language and a name that tells no more.

    Blank lines at the ends are left out, so that the first and the last line are the fragment's own.

    Raises:
        UsageError: A language is not in the registry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for position, fragment in enumerate(fragments):
        path = f"F{position:06}.{registry().get(fragment.language).extensions[0]}"
        # A lone surrogate, which JSON can hold, has no UTF-8 form.
        text = fragment.code.strip("\r\n").encode("utf-8", "replace")
        (folder / path).write_bytes(text + b"\n")
        yield WrittenFragment(fragment, path, len(text.rstrip().splitlines()))


def _read(options: DetectionOptions) -> tuple[list[LabelledFragment], list[LabelledPair]]:
    pairs = in_splits(read_pairs(options.pairs), options.splits)
    every = read_fragments(options.fragments)
    if not every:
        raise InputError(f"{options.fragments} holds no fragments", "give a file with labelled fragments")
    pair_rows(pairs, every)  # refuses pairs of other fragments before the audit
    used = {side for pair in pairs for side in (pair.a, pair.b)}
    return [
        item for item in every if not options.splits or item.split in options.splits or item.id in used
    ], pairs


def _audit(engine: Engine, corpus: Path, options: DetectionOptions, progress: Progress) -> AuditReport:
    """The audit as the command makes it, of all roles: a label counts whatever its text looks like."""
    smallest = engine.settings.fragments
    wanted = AuditOptions(smallest.min_lines, smallest.min_tokens, options.types, frozenset(Role))
    return engine.audit([corpus], wanted, progress, target="labelled fragments").report


def _models(engine: Engine, options: DetectionOptions) -> dict[str, str]:
    """The models that the audit asks; none for textual clone types."""
    if CloneType.T4 not in options.types:
        return {}
    return {"embedder": engine.embedder.id, "calibration": engine.cascade.calibration.id}
