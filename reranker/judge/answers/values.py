"""The parts of an answer, read from whatever a model wrote for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codesearch.core.judge import Answer, Lines
from codesearch.core.results import CloneType, Verdict
from reranker.judge.answers.sentence import first_sentence

UNSTATED = 0.5  # the confidence of who states none: low enough to be asked again with the sides swapped
MOST_EVIDENCE = 50  # ranges of one answer; small models repeat themselves without end
_LONGEST_LABEL = 60  # characters, with decoration

# In lower case, words joined by underscores.
_SPELLINGS = {
    Verdict.CLONE: re.compile(r"yes|true|(?:is_|are_)?(?:a_)?(?:code_)?clones?"),
    Verdict.NOT_CLONE: re.compile(r"no|false|(?:is_|are_)?(?:not?|non)_?(?:a_)?(?:code_)?clones?"),
    Verdict.UNSURE: re.compile(r"unsure|uncertain|undecided|unknown|not_sure|cannot_tell"),
}
_DECORATION = " \t\r\n\"'`*_.,;:!()[]{}<>"
_TYPE = re.compile(r"(?:clone[ _-]?)?(?:type|[vmws]?s?t)?[ _-]{0,2}([1-4]|iii|iv|ii|i)", re.IGNORECASE)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_RANGE = re.compile(r"[^\d]{0,8}(\d{1,7})(?:[^\d]{1,8}(\d{1,7}))?[^\d]{0,4}")
_NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d{1,20})?|\.\d{1,20})\s*(%?)\s*")


class Contradiction(Exception):
    """An answer says two things; no parser may choose one of them. Never leaves this package."""


def read_verdict(value: object) -> Verdict | None:
    """A verdict from one of its spellings, or from true and false; None for anything else."""
    if isinstance(value, bool):
        return Verdict.CLONE if value else Verdict.NOT_CLONE
    if not isinstance(value, str) or len(value) > _LONGEST_LABEL:
        return None
    words = re.sub(r"[\s_-]+", "_", value.strip(_DECORATION).casefold())
    return next((verdict for verdict, spelling in _SPELLINGS.items() if spelling.fullmatch(words)), None)


def read_clone_type(value: object) -> CloneType | None:
    """A clone type from ``T3``, ``Type-3``, ``type III``, ``MT3`` or 3; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = _TYPE.fullmatch(str(value).strip(_DECORATION)) if len(str(value)) <= _LONGEST_LABEL else None
    if found is None:
        return None
    digit = found[1].lower()
    return CloneType("T" + _ROMAN.get(digit, digit))


def read_confidence(value: object) -> float | None:
    """A confidence from 0 to 1; what is above 1 is taken as percent. None for what is neither."""
    if isinstance(value, bool):
        return None
    percent = False
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value[:_LONGEST_LABEL])
        if found is None:
            return None
        value, percent = float(found[1]), bool(found[2])
    if not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return value / 100 if percent or value > 1 else float(value)


def read_evidence(value: object) -> tuple[tuple[Lines, Lines], ...]:
    """Pairs of ranges, each once; what is no such pair is left out."""
    items = value if isinstance(value, list) else [value]
    pairs: dict[tuple[Lines, Lines], None] = {}
    for item in items:
        if isinstance(item, dict):
            first, second = read_lines(item.get("a_lines")), read_lines(item.get("b_lines"))
            if first and second:
                pairs[first, second] = None
        if len(pairs) == MOST_EVIDENCE:
            break
    return tuple(pairs)


def read_lines(value: object) -> Lines | None:
    """A range from ``[3, 5]``, from one number or from text such as ``3-5``; not checked against any code."""
    if isinstance(value, str):
        found = _RANGE.fullmatch(value[:_LONGEST_LABEL])
        return (int(found[1]), int(found[2] or found[1])) if found else None
    ends = value if isinstance(value, list) else [value]
    first, last = (_line(ends[0]), _line(ends[-1])) if ends else (None, None)
    return None if first is None or last is None else (first, last)


def _line(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10_000_000:
        return None
    return int(value) if value == int(value) else None


def read_answer(values: Mapping[str, object], labels: Mapping[Verdict, float] | None) -> Answer | None:
    """An answer from its parts by name; None without a verdict that is understood.

    Args:
        values: Parts by their name in lower case: ``verdict``, ``clone_type``, ``confidence``, ``evidence``,
            ``reason``; only the verdict is needed.
        labels: Probabilities of the verdicts, which stand in for a confidence that is missing.
    """
    verdict = read_verdict(values.get("verdict"))
    if verdict is None:
        return None
    confidence = read_confidence(values.get("confidence"))
    if confidence is None:
        confidence = labels.get(verdict, UNSTATED) if labels else UNSTATED
    reason = values.get("reason")
    return Answer(
        verdict=verdict,
        clone_type=read_clone_type(values.get("clone_type")) if verdict is Verdict.CLONE else None,
        confidence=confidence,
        evidence=read_evidence(values.get("evidence")),
        reason=first_sentence(reason) if isinstance(reason, str) else "",
    )
