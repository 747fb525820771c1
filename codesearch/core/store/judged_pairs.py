"""Answers of model-backed judges, kept so that an audit repeated asks nothing and one interrupted resumes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, delete, func, insert, select

from codesearch.core.results import CloneType, Verdict
from codesearch.core.store.bulk import batches
from codesearch.core.store.models import JudgedPair

Positions = tuple[int, int]
"""First and last token of a part of a fragment, 0-based: equal contents may have other lines."""


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """What was said about a pair whose sides are ordered by content and language.

    Attributes:
        verdict: ``unsure`` where the judge abstained.
        clone_type: None unless the verdict is ``clone``.
        confidence: The judge's own, 0 to 1.
        reason: One sentence.
        evidence: Parts that belong together, those of the first side first.
        precedents: Ids of the precedents that were shown.
        tokens: Tokens read and written for it.
        cut: How many pieces of context did not fit, by kind.
        without_context: No piece was shown, because none fitted the model's window.
    """

    verdict: Verdict
    clone_type: CloneType | None
    confidence: float
    reason: str
    evidence: tuple[tuple[Positions, Positions], ...] = ()
    precedents: tuple[str, ...] = ()
    tokens: int = 0
    cut: Mapping[str, int] = field(default_factory=dict)
    without_context: bool = False


@cache
def _format() -> TypeAdapter[JudgedAnswer]:
    return TypeAdapter(JudgedAnswer)


def read_answers(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, JudgedAnswer]:
    """The answers that are known, by key; one that another version wrote differently counts as unknown."""
    found: dict[bytes, JudgedAnswer] = {}
    for batch in batches(sorted(set(keys))):
        statement = select(JudgedPair.key, JudgedPair.answer).where(JudgedPair.key.in_(batch))
        for row in connection.execute(statement):
            with suppress(ValidationError):
                found[bytes(row.key)] = _format().validate_json(row.answer)
    return found


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """What model-backed judges said on one day.

    Attributes:
        day: ISO 8601 date in UTC.
        pairs: Answers kept; one that was asked again counts on the last of its days.
        tokens: Tokens read and written for them.
        verdicts: Answers by verdict.
    """

    day: str
    pairs: int
    tokens: int
    verdicts: Mapping[Verdict, int]


def answers_by_day(connection: Connection, since: float) -> tuple[AnswerCounts, ...]:
    """What was said since a moment (seconds since the epoch), newest day first, days without answers left
    out; answers that another version wrote differently are not counted.
    """
    by_day: dict[str, list[JudgedAnswer]] = {}
    statement = select(JudgedPair.answer, JudgedPair.at).where(JudgedPair.at >= since)
    for row in connection.execute(statement):
        with suppress(ValidationError):
            answer = _format().validate_json(row.answer)
            day = datetime.fromtimestamp(row.at, UTC).date().isoformat()
            by_day.setdefault(day, []).append(answer)
    return tuple(
        AnswerCounts(
            day,
            len(answers),
            sum(answer.tokens for answer in answers),
            Counter(answer.verdict for answer in answers),
        )
        for day, answers in sorted(by_day.items(), reverse=True)
    )


def count_answers(connection: Connection) -> int:
    """Pairs that model-backed judges ever answered about and that are kept."""
    return connection.execute(select(func.count()).select_from(JudgedPair)).scalar_one()


def keep_answers(connection: Connection, answers: Mapping[bytes, JudgedAnswer]) -> None:
    """Keep answers; one about the same key is replaced."""
    now = time.time()
    for batch in batches(sorted(answers)):
        connection.execute(delete(JudgedPair).where(JudgedPair.key.in_(batch)))
        rows = [
            {"key": key, "answer": _format().dump_json(answers[key]).decode(), "at": now} for key in batch
        ]
        connection.execute(insert(JudgedPair), rows)
