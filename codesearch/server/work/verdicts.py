"""Verdicts of people about pairs and classes, kept as precedents."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from codesearch.audit.sides import class_sides, find_class
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import Verdict
from codesearch.query.sides import side_of
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named, read_source


def judge_pair(
    index: LiveIndex, pair: tuple[Named, Named], verdict: Verdict, *, reason: str, by: str
) -> tuple[Precedent, ...]:
    """Keep what somebody says of two fragments.

    Raises:
        UsageError: A side cannot be read or is not one fragment; the reason or the name does not fit.
        EnvironmentFailure: The feedback cannot be written.
    """
    first, second = (side_of(read_source(index, named, whole=True)) for named in pair)
    return _kept(index, first, [second], verdict, reason=reason, by=by)


def judge_class(
    index: LiveIndex, class_id: str, verdict: Verdict, *, reason: str, by: str
) -> tuple[Precedent, ...]:
    """Keep what somebody says of every member of a class and its first one.

    Raises:
        UsageError: There is no such class, or a file of it has changed; the reason or the name does not fit.
        EnvironmentFailure: The feedback cannot be written.
    """
    audit = index.audit()
    # Hidden classes too: who rejected one may have erred.
    standing = replace(audit, report=replace(audit.report, classes=audit.standing))
    first, *others = class_sides(audit, find_class(standing, class_id))
    return _kept(index, first, others, verdict, reason=reason, by=by)


def _kept(
    index: LiveIndex, first: Side, others: Sequence[Side], verdict: Verdict, *, reason: str, by: str
) -> tuple[Precedent, ...]:
    now = time.time()
    said = [Precedent.between(first, other, verdict, reason=reason, by=by, at=now) for other in others]
    # A class may hold the same content many times.
    precedents = tuple({precedent.pair: precedent for precedent in said}.values())
    index.engine.feedback.keep(precedents)
    return precedents
