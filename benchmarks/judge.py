"""What precedents are worth: the judge without a model, with the shipped ones and with a user's verdicts."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import numpy as np

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.plan import Plan
from codesearch.core.cores import available_cores
from codesearch.core.feedback import MAX_CODE, Precedent, Side
from codesearch.core.results import Verdict
from codesearch.core.settings.load import default_settings
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.engine import Engine
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    in_splits,
    pair_rows,
    read_fragments,
    read_pairs,
)
from codesearch.evaluation.metrics import Confusion, average_precision, expected_calibration_error
from codesearch.evaluation.pairs import PairVerdicts, settle_pairs
from codesearch.evaluation.parsing import parse_labelled

RESAMPLES = 1000
FEEDBACK = 1500
"""Pairs of a training split at most that are imported as if a user had judged them."""

VARIANTS = ("no precedents", "shipped", "shipped and feedback")


@dataclass(frozen=True, slots=True)
class _Set:
    """Labelled pairs, parsed.

    Attributes:
        pairs: The pairs.
        fragments: All sides.
        code: Text of each of these, in order.
        sides: int64 [n] twice, positions in ``fragments``.
    """

    pairs: Sequence[LabelledPair]
    fragments: Sequence[Fragment]
    code: Sequence[str]
    sides: tuple[I64, I64]

    @property
    def labels(self) -> Mask:
        return np.array([pair.label for pair in self.pairs], bool)


def run(plan: Plan) -> Json:
    """Figures by set, scope and variant; feedback is of the same set's training split."""
    rows = []
    for name, data in (("FEMP", "femp"), ("BigCloneBench", "bcb")):
        taught = _read(plan.data, data, "train")
        asked = _read(plan.data, data, "valid")
        precedents = _precedents(taught, plan.seed)
        for always in (False, True):
            print(f"judge: {name}{', all pairs' if always else ''} ...", file=sys.stderr)
            verdicts = [
                _settled(asked, said, judge=judge, always=always)
                for judge, said in (("off", ()), ("precedents", ()), ("precedents", precedents))
            ]
            rows += list(_rows(name, asked, verdicts, always=always, taught=len(precedents), seed=plan.seed))
    return {"rows": rows, "feedback_at_most": FEEDBACK, "resamples": RESAMPLES, "seed": plan.seed}


def table(figures: Json) -> list[str]:
    """One row per set, scope and variant."""
    rows = [
        [
            f"{row['set']}, {row['scope']}",
            row["variant"],
            str(row["pairs"]),
            str(row["clones"]),
            _with_interval(row["average_precision"]),
            _with_interval(row["gain"]),
            percent(row["ece"]),
            percent(row["precision"]),
            percent(row["recall"]),
        ]
        for row in figures["rows"]
    ]
    head = ["pairs of valid", "precedents", "pairs", "clones", "AP", "gain", "ECE", "precision", "recall"]
    text = (
        "In percent; precision and recall at the product's own threshold; in brackets 95 % intervals, "
        f"bootstrapped over pairs ({figures['resamples']} resamples; pairs of one family count as many, so "
        "those of BigCloneBench are somewhat narrow). *Uncertain* are the pairs that the "
        "cascade leaves open, which are asked about by default; *all* are those but exact and renamed "
        "copies, asked about with `--judge-always`. *Feedback* are pairs of the training split of the same "
        f"set, at most {figures['feedback_at_most']:,}, imported as a user's verdicts; no fragment is in "
        "both splits. *Gain* is over the same pairs without precedents. How precedents are weighed was "
        "chosen on BigCloneBench's training split, while FEMP was looked at too, so its figures may be "
        "somewhat too good. BigCloneBench's uncertain pairs of valid are all clones, so that every order "
        "of them is right."
    )
    return [*fill(text, 110).splitlines(), "", *markdown_table(head, rows, texts=2)]


def _read(folder: Path, data: str, split: str) -> _Set:
    pairs = in_splits(read_pairs(folder / f"{data}.pairs.jsonl.gz"), (split,))
    used = {side for pair in pairs for side in (pair.a, pair.b)}
    labelled: list[LabelledFragment] = [
        fragment for fragment in read_fragments(folder / f"{data}.jsonl.gz") if fragment.id in used
    ]
    fragments = parse_labelled(labelled, available_cores(), lambda done: None)
    return _Set(pairs, fragments, [fragment.code for fragment in labelled], pair_rows(pairs, labelled))


def _precedents(data: _Set, seed: int) -> list[Precedent]:
    """Pairs as a user would have judged them, drawn at random where there are too many."""
    count = len(data.pairs)
    draw = np.random.default_rng(seed).permutation(count)[:FEEDBACK]
    said = []
    for n in sorted(draw.tolist()):
        first, second = (
            Side(data.fragments[row].exact_key.hex(), data.fragments[row].language, data.code[row][:MAX_CODE])
            for row in (int(side[n]) for side in data.sides)
        )
        verdict = Verdict.CLONE if data.pairs[n].label else Verdict.NOT_CLONE
        said.append(Precedent.between(first, second, verdict, reason="", by="", at=0.0))
    return list({precedent.pair: precedent for precedent in said}.values())


def _settled(data: _Set, said: Sequence[Precedent], *, judge: str, always: bool) -> PairVerdicts:
    """The product's verdicts for a user who said this."""
    settings = default_settings()
    judges = settings.judge.model_copy(update={"kind": judge, "always": always})
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(settings.model_copy(update={"judge": judges}), Path(folder))
        if said:
            engine.feedback.keep(said)
        stage = engine.judges_of_pairs()
        return settle_pairs(data.fragments, data.sides, engine.embedder, engine.cascade, stage)


def _rows(
    name: str, data: _Set, verdicts: Sequence[PairVerdicts], *, always: bool, taught: int, seed: int
) -> list[Json]:
    before = verdicts[0]
    asked = before.open_to_judges if always else before.unsure
    labels = data.labels[asked]
    rows = []
    for variant, found in zip(VARIANTS, verdicts, strict=True):
        confusion = Confusion.of(found.reported[asked], labels)
        scores, base = found.probabilities[asked], before.probabilities[asked]
        rows.append(
            {
                "set": name,
                "scope": "all" if always else "uncertain",
                "variant": variant,
                "feedback": taught if variant == VARIANTS[2] else 0,
                "pairs": int(asked.sum()),
                "clones": int(labels.sum()),
                "average_precision": _resampled(labels, scores, None, seed),
                "gain": None if found is before else _resampled(labels, scores, base, seed),
                "ece": expected_calibration_error(scores, labels),
                "precision": confusion.precision,
                "recall": confusion.recall,
            }
        )
    return rows


def _resampled(labels: Mask, scores: F32, base: F32 | None, seed: int) -> list[float] | None:
    """Average precision, or its gain over ``base``, with the ends of its interval; None without
    look-alikes.
    """
    if labels.all():
        return None

    def figure(rows: I64) -> float:
        value = average_precision(scores[rows], labels[rows]) or 0.0
        return value - (average_precision(base[rows], labels[rows]) or 0.0) if base is not None else value

    draw = np.random.default_rng(seed)
    count = len(labels)
    drawn = [figure(draw.integers(0, count, count)) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, (2.5, 97.5)).tolist()
    return [figure(np.arange(count)), low, high]


def _with_interval(value: list[float] | None) -> str:
    if value is None:
        return "–"
    middle, low, high = (percent(part) for part in value)
    return f"{middle} ({low} to {high})"
