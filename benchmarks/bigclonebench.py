"""Recall by clone type and estimated precision on BigCloneBench, codesearch and its peers on the same files.

Every fragment is written out as a file and every detector gets that folder. The labels of train and valid are
used together: valid alone has too few cluster pairs of T1 and T2 for macro recall to mean anything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.crossfit import cross_fit
from benchmarks.documents import Json, markdown_table, percent
from benchmarks.peers import Detector, Pair
from benchmarks.peers.codesearch import Codesearch
from benchmarks.peers.codesearch_audit import CodesearchAudit, covered_pairs
from benchmarks.peers.copydetect import Copydetect
from benchmarks.peers.jscpd import Jscpd
from benchmarks.pest import CLASS_SAMPLE, Estimate, estimate_precision, share_unlike
from benchmarks.plan import Plan
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.results import Place
from codesearch.evaluation.bands import recall_by_type
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    cap_exact_copies,
    in_splits,
    read_fragments,
    read_pairs,
)
from reranker.cascade import ALIGNED_STRENGTH

SPLITS = ("train", "valid")
TYPES = ("T1", "T2", "VST3", "ST3", "MT3")
RENAMED = ("--min-tokens=30", "--ignore-identifiers", "--ignore-literals")

AUDITS = (
    CodesearchAudit("codesearch audit, classes of 5 lines and 30 tokens (default)"),
    CodesearchAudit(
        "codesearch audit, classes of 3 lines and 20 tokens", "[fragments]\nmin_lines = 3\nmin_tokens = 20\n"
    ),
)
"""Pairs of the members of their classes; the second setting leaves no labelled function out for its size."""

PEERS: tuple[Detector, ...] = (
    Jscpd("jscpd, default"),
    Jscpd("jscpd, 30 tokens, identifiers and literals ignored", RENAMED),
    Jscpd("jscpd, the same, similarity .8", (*RENAMED, "--similarity=0.8")),
    Jscpd("jscpd, the same, gap 3, similarity .5", (*RENAMED, "--max-gap-lines=3", "--similarity=0.5")),
    Copydetect("copydetect, both sides ≥ .5", 0.5, both_sides=True),
    Copydetect("copydetect, either side ≥ .33 (default)", 0.33, both_sides=False),
)


def run(plan: Plan) -> Json:
    """Figures per detector; one that cannot run is listed with its reason."""
    fragments = in_splits(read_fragments(plan.data / "bcb.jsonl.gz"), SPLITS)
    labelled = in_splits(read_pairs(plan.data / "bcb.pairs.jsonl.gz"), SPLITS)
    pairs = cap_exact_copies(labelled, fragments, seed=plan.seed)
    judge = _Judge(fragments, pairs, plan.seed)
    rows: list[Json] = []
    with tempfile.TemporaryDirectory() as root:
        judge.id_of = write_out(fragments, Path(root))
        if not plan.only or Codesearch().name.startswith(plan.only):
            rows += _codesearch(Path(root), judge)
        rows += [
            _audit(audit, Path(root), judge)
            for audit in AUDITS
            if not plan.only or audit.name.startswith(plan.only)
        ]
        rows += [
            _peer(peer, Path(root), judge)
            for peer in PEERS
            if not plan.only or peer.name.startswith(plan.only)
        ]
    return {
        "splits": list(SPLITS),
        "fragments": len(fragments),
        "pairs": len(pairs),
        "seed": plan.seed,
        "detectors": rows,
    }


def table(figures: Json) -> list[str]:
    """Macro recall by type and Pest, one row per detector."""
    splits = " and ".join(figures["splits"])
    lines = [
        f"{figures['fragments']:,} functions, {figures['pairs']:,} labelled pairs ({splits}). Recall is",
        "in percent and macro: the mean over pairs of clusters, with micro recall in brackets. Pest is the",
        "precision estimated from the labels and, for at most 400 of the pairs without one, a textual rule.",
        "",
    ]
    rows = []
    for row in figures["detectors"]:
        if "unavailable" in row:
            rows.append([row["name"], *["–"] * (len(TYPES) + 3)])
            continue
        cells = [
            f"{percent(row['recall'][kind]['macro_recall'])} ({percent(row['recall'][kind]['recall'], 0)})"
            for kind in TYPES
        ]
        pest = row["pest"]["pest"]
        reported, seconds = f"{row['pest']['reported']:,}", f"{row['seconds']:.0f}"
        rows.append([row["name"], *cells, "–" if pest is None else f"{pest:.3f}", reported, seconds])
    lines += markdown_table(["detector", *TYPES, "Pest", "pairs", "seconds"], rows)
    classes = [
        [row["name"], f"{row['classes']:,}", f"{row['unlike']['pairs']:,}", percent(row["unlike"]["share"])]
        for row in figures["detectors"]
        if "unlike" in row
    ]
    return lines + _class_lines(classes) if classes else lines


def _class_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        "",
        "Whether the classes of an audit chain: pairs of members of one class, parts of functions among",
        f"them, and the share of at most {CLASS_SAMPLE:,} of these that the rule calls unlike, in percent.",
        "",
        *markdown_table(["audit", "classes", "pairs of members", "unlike"], rows),
    ]


def write_out(fragments: Sequence[LabelledFragment], folder: Path) -> dict[str, str]:
    """One Java file per fragment, named by its position; gives the fragment id of each file name."""
    id_of: dict[str, str] = {}
    for position, fragment in enumerate(fragments):
        name = f"F{position:06}.java"
        (folder / name).write_text(fragment.code + "\n", encoding="utf-8")
        id_of[name] = fragment.id
    return id_of


class _Judge:
    """What the labels say about pairs of files."""

    def __init__(
        self, fragments: Sequence[LabelledFragment], pairs: Sequence[LabelledPair], seed: int
    ) -> None:
        self.id_of: dict[str, str] = {}
        self.group_of = {fragment.id: fragment.group for fragment in fragments}
        self._pairs = pairs
        self._labels = {frozenset((pair.a, pair.b)): pair.label for pair in pairs}
        self._code = {fragment.id: fragment.code for fragment in fragments}
        self._seed = seed

    def precision(self, files: Iterable[Pair]) -> Estimate:
        """Estimated precision of reported pairs of files."""
        named = ((self.id_of[a], self.id_of[b]) for a, b in files)
        return estimate_precision(named, self._labels, self._code, self._seed)

    def figures(self, files: Collection[Pair]) -> Json:
        """Recall by type and estimated precision."""
        reported = {frozenset((self.id_of[a], self.id_of[b])) for a, b in files}
        found = [frozenset((pair.a, pair.b)) in reported for pair in self._pairs]
        bands = recall_by_type(self._pairs, found, self.group_of)
        return {
            "recall": {kind: asdict(band) for kind, band in bands.items()},
            "pest": asdict(self.precision(files)),
        }

    def unlike(self, classes: Iterable[Sequence[Place]], folder: Path) -> Json:
        """How many of the pairs inside classes are unlike; see :func:`.pest.share_unlike`."""
        members = [[_text(folder, place) for place in places] for places in classes]
        return asdict(share_unlike(members, self._seed))


def _text(folder: Path, place: Place) -> str:
    lines = (folder / place.path).read_bytes().splitlines()
    return b"\n".join(lines[place.start_line - 1 : place.end_line]).decode("utf-8", "replace")


def _codesearch(folder: Path, judge: _Judge) -> list[Json]:
    """codesearch as it ships, and by text alone with a threshold that is chosen on other folds.

    The second row is free of everything that saw these labels: the shipped threshold was chosen with a
    look at them, and the reranker's training read the training split.
    """
    detector = Codesearch()
    print(f"bigclonebench: {detector.name} ...", file=sys.stderr)
    started = time.perf_counter()
    scored = detector.scored_pairs(folder)
    head = {"version": detector.version(), "seconds": round(time.perf_counter() - started, 1)}
    shipped = {pair.files for pair in scored if pair.textual(ALIGNED_STRENGTH) or pair.reranked}
    groups = {name: judge.group_of[fragment] for name, fragment in judge.id_of.items()}
    fitted = cross_fit(scored, groups, lambda files: judge.precision(files).pest)
    return [
        {"name": f"codesearch, threshold {ALIGNED_STRENGTH:g} as shipped", **head, **judge.figures(shipped)},
        {
            "name": f"codesearch, text alone, threshold from other folds ({_shown(fitted.thresholds)})",
            **head,
            "thresholds": list(fitted.thresholds),
            **judge.figures(set(fitted.reported)),
        },
    ]


def _audit(detector: CodesearchAudit, folder: Path, judge: _Judge) -> Json:
    """A whole audit: pairs of files that a class covers, and whether the members of a class are alike."""
    print(f"bigclonebench: {detector.name} ...", file=sys.stderr)
    started = time.perf_counter()
    classes = detector.classes(folder)
    seconds = round(time.perf_counter() - started, 1)
    return {
        "name": detector.name,
        "version": detector.version(),
        "seconds": seconds,
        **judge.figures(covered_pairs(classes, folder)),
        "classes": len(classes),
        "unlike": judge.unlike(classes, folder),
    }


def _shown(thresholds: Sequence[float]) -> str:
    return ", ".join(f"{threshold:.2f}" for threshold in sorted(set(thresholds)))


def _peer(detector: Detector, folder: Path, judge: _Judge) -> Json:
    print(f"bigclonebench: {detector.name} ...", file=sys.stderr)
    head: Json = {"name": detector.name, "version": detector.version()}
    started = time.perf_counter()
    try:
        files = detector.reported_pairs(folder)
    except EnvironmentFailure as error:
        return head | {"unavailable": str(error)}
    seconds = time.perf_counter() - started
    return head | {"seconds": round(seconds, 1), **judge.figures(files)}
