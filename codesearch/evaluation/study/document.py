"""``study.json``: the contract with programs."""

from __future__ import annotations

from dataclasses import asdict

from codesearch.evaluation.documents import Document
from codesearch.evaluation.study.comparisons import Comparison
from codesearch.evaluation.study.figures import Estimate, Quality
from codesearch.evaluation.study.plan import Cell, Plan
from codesearch.evaluation.study.results import CellResult, Study

_DIGITS = 6
_ESTIMATES = ("accuracy", "precision", "recall", "f1", "coverage")


def study_document(study: Study) -> Document:
    """``codesearch.study/1``; a figure that is not defined, or that the model gives no means for, is null."""
    return {
        "schema": "codesearch.study/1",
        "degraded": list(study.degraded),
        "complete": study.complete,
        "model": study.model,
        "settings": dict(study.settings),
        "options": {"data": list(study.data), **_plan(study.plan)},
        "counts": dict(study.counts),
        "cells": [_cell(found) for found in study.cells],
        "left_out": [
            {"prompt": one.prompt.name, "context": str(one.variant), "reason": one.reason}
            for one in study.left_out
        ],
        "baselines": {name: _quality(found) for name, found in study.baselines.items()},
        "comparisons": [
            {"parser": parser, **_comparison(one)}
            for parser, found in study.comparisons.items()
            for one in found
        ],
        "seconds": {stage: round(value, 3) for stage, value in study.seconds.items()},
    }


def _plan(plan: Plan) -> Document:
    return {
        "prompts": [prompt.name for prompt in plan.prompts],
        "contexts": [str(variant) for variant in plan.variants],
        "temperatures": list(plan.temperatures),
        "repeats": plan.repeats,
        "parsers": list(plan.parsers),
        "budget": plan.budget,
        "splits": list(plan.splits),
        "sample": plan.sample,
        "seed": plan.seed,
        "prices": None if plan.prices is None else asdict(plan.prices),
    }


def _way(cell: Cell) -> Document:
    return {
        "prompt": cell.prompt.name,
        "revision": cell.prompt.revision,
        "context": str(cell.variant),
        "temperature": cell.temperature,
    }


def _cell(found: CellResult) -> Document:
    effort = found.effort
    return {
        **_way(found.cell),
        "pairs_with_context": found.with_context,
        "answers": effort.answers,
        "without_answer": effort.left_out,
        "failures": dict(found.failures),
        "tokens_read": effort.read,
        "tokens_written": effort.written,
        "seconds": round(effort.seconds, 3),
        "cost": _rounded(effort.cost),
        "label_probabilities": {"n": effort.weighed, "ece": _rounded(effort.weighed_ece)},
        "by_parser": {parser: _quality(quality) for parser, quality in found.by_parser.items()},
    }


def _quality(found: Quality) -> Document:
    values = asdict(found)
    estimates = {name: getattr(found, name) for name in _ESTIMATES}
    return {
        **{name: _rounded(value) for name, value in values.items() if name not in _ESTIMATES},
        **{name: _rounded(estimate.value) for name, estimate in estimates.items()},
        "intervals": {name: _ends(estimate) for name, estimate in estimates.items()},
    }


def _comparison(one: Comparison) -> Document:
    return {
        "family": str(one.family),
        "tried": _way(one.cell),
        "base": _way(one.base),
        "pairs": one.pairs,
        "gained": one.gained,
        "lost": one.lost,
        "p": one.p,
        "p_holm": one.adjusted,
    }


def _rounded(value: float | None) -> float | None:
    return round(value, _DIGITS) if isinstance(value, float) else value


def _ends(estimate: Estimate) -> list[float] | None:
    return None if estimate.interval is None else [round(end, _DIGITS) for end in estimate.interval]
