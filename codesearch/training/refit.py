"""Fits thresholds to verdicts of people and tells what that changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.engine import Engine
from codesearch.evaluation.run import Progress
from codesearch.training.cross_fit import cross_fit
from codesearch.training.thresholds import OpenPairs, ThresholdFigures, Thresholds

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class PairCount:
    """Judged pairs, and the clones among them."""

    pairs: int
    clones: int


@dataclass(frozen=True, slots=True)
class Refit:
    """What :func:`refit_thresholds` found.

    Attributes:
        precision: What ``clone`` is to promise.
        verdicts: People's.
        unparsed: Verdicts about code that cannot be parsed here; they are left out.
        by_text: Pairs that are called clones by their text, whatever the thresholds.
        open: Pairs that thresholds decide; all figures are of these.
        before: At the thresholds in effect.
        after: At those that were found.
    """

    precision: float
    verdicts: int
    unparsed: int
    by_text: PairCount
    open: PairCount
    before: ThresholdFigures
    after: ThresholdFigures

    @property
    def settings(self) -> str:
        """The section of the settings that puts the thresholds into effect, TOML."""
        found = self.after.thresholds
        return f"[verdict]\nclone_threshold = {found.clone:.4f}\nreject_threshold = {found.reject:.4f}"


def refit_thresholds(
    engine: Engine, precedents: Sequence[Precedent], precision: float, progress: Progress
) -> Refit:
    """Find the thresholds for one user's code.

    Pairs are rated as with the judge ``precedents``, which stands in for a model where the settings name one;
    where they switch judges off, as by the cascade alone.

    Args:
        engine: Rates the pairs; its thresholds are those in effect.
        precedents: One per pair.
        precision: What ``clone`` is to promise, over 0 and under 1.
        progress: Hears how far it is.

    Raises:
        InputError: There are too few verdicts or all say the same, or no threshold reaches the precision.
        EnvironmentFailure: The shipped precedents are missing or damaged.
    """
    _require_both(precedents)
    progress.stage("rating", "pairs", len(precedents))
    rated = cross_fit(precedents, engine.embedder, engine.cascade, progress.advance)
    pairs = OpenPairs(rated, asked=engine.settings.judge.kind != "off")
    cascade = engine.cascade
    return Refit(
        precision,
        len(precedents),
        len(precedents) - len(rated),
        PairCount(int(rated.by_text.sum()), int(rated.clones[rated.by_text].sum())),
        PairCount(len(pairs), int(pairs.clones.sum())),
        before=pairs.figures(Thresholds(cascade.clone_threshold, cascade.reject_threshold)),
        after=pairs.figures(pairs.fit(precision)),
    )


def refit_document(refit: Refit) -> Document:
    """``codesearch.train-thresholds/1``: shares from 0 to 1, None where their denominator is 0."""
    return {
        "schema": "codesearch.train-thresholds/1",
        "degraded": [f"unparsed:{refit.unparsed}"] if refit.unparsed else [],
        "wanted_precision": refit.precision,
        "verdicts": refit.verdicts,
        "by_text": {"pairs": refit.by_text.pairs, "clones": refit.by_text.clones},
        "open": {"pairs": refit.open.pairs, "clones": refit.open.clones},
        "before": _row(refit.before),
        "after": _row(refit.after),
        "settings": refit.settings,
    }


def refit_text(refit: Refit) -> str:
    """The same for a person, without a line feed at the end."""
    return "\n".join(_lines(refit))


def _require_both(precedents: Sequence[Precedent]) -> None:
    if not precedents:
        raise InputError(
            "there are no verdicts to fit to",
            "give some with 'codesearch feedback', or name a file with --precedents",
        )
    found = {precedent.verdict for precedent in precedents}
    if len(found) < 2:
        lacking = Verdict.NOT_CLONE if Verdict.CLONE in found else Verdict.CLONE
        raise InputError(
            f"none of the {len(precedents):,} verdicts says {lacking}",
            "judge some pairs that are: a threshold tells the two apart",
        )


def _row(figures: ThresholdFigures) -> Document:
    low, high = figures.interval
    return {
        "clone_threshold": figures.thresholds.clone,
        "reject_threshold": figures.thresholds.reject,
        "precision": figures.confusion.precision,
        "precision_low": low,
        "precision_high": high,
        "recall": figures.confusion.recall,
        "coverage": figures.coverage,
        "missed_clones": figures.missed,
        "calibration_error": figures.calibration_error,
    }


def _lines(refit: Refit) -> Iterator[str]:
    text, open_ = refit.by_text, refit.open
    before, after = refit.before, refit.after
    yield f"{refit.verdicts:,} verdicts"
    if refit.unparsed:
        yield f"  {refit.unparsed:,} about code that cannot be parsed, left out"
    yield f"  {text.pairs:,} about pairs that their text makes clones; you agree on {text.clones:,}"
    yield (
        f"  {open_.pairs:,} about pairs that thresholds decide: {open_.clones:,} clones, "
        f"{open_.pairs - open_.clones:,} not; rated without the verdicts about their own code:"
    )
    yield ""
    yield f"{'':24}{'before':>16}{'after':>16}"
    for name, one, other in (
        ("clone from", f"{before.thresholds.clone:.4f}", f"{after.thresholds.clone:.4f}"),
        ("not a clone below", f"{before.thresholds.reject:.4f}", f"{after.thresholds.reject:.4f}"),
        ("precision", _share(before.confusion.precision), _share(after.confusion.precision)),
        ("  95 % interval", _interval(before), _interval(after)),
        ("recall", _share(before.confusion.recall), _share(after.confusion.recall)),
        ("clones called none", f"{before.missed:,}", f"{after.missed:,}"),
        ("settled, not unsure", _share(before.coverage), _share(after.coverage)),
        ("calibration error", _share(before.calibration_error), _share(after.calibration_error)),
    ):
        yield f"{name:24}{one:>16}{other:>16}"
    yield ""
    yield "Nothing was changed. For these thresholds put into your settings:"
    yield ""
    yield refit.settings


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _interval(figures: ThresholdFigures) -> str:
    low, high = figures.interval
    return f"{low:.1%} to {high:.1%}" if figures.confusion.precision is not None else "-"
