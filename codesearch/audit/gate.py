"""The gate: conditions of ``--fail-on`` that let an audit pass or fail."""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from codesearch.core.audit import AuditSummary, CloneClass, Gate
from codesearch.core.errors import UsageError

_EXAMPLES = "use new, any, 'duplication>3%' or 'classes>10', in quotes because of the >"
_CONDITION = re.compile(r"(\w+)\s*(?:(>=?)\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(%?))?", re.ASCII)
_ABOVE: dict[str, Callable[[float, float], bool]] = {">": operator.gt, ">=": operator.ge}


class Subject(StrEnum):
    """What a condition looks at."""

    NEW = "new"
    ANY = "any"
    DUPLICATION = "duplication"
    CLASSES = "classes"


_WITH_LIMIT = frozenset({Subject.DUPLICATION, Subject.CLASSES})


@dataclass(frozen=True, slots=True)
class Condition:
    """One reason for which the gate closes.

    Attributes:
        subject: What is looked at.
        comparison: ``>`` or ``>=``; empty for ``new`` and ``any``.
        limit: Percent of lines, or number of classes; 0 for ``new`` and ``any``.
    """

    subject: Subject
    comparison: str = ""
    limit: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Condition:
        """A condition as people write it: ``new``, ``any``, ``duplication>3%`` or ``classes>=10``.

        The percent sign and spaces do not matter; ``duplication>0.5`` is half a percent.

        Raises:
            UsageError: It is none of these.
        """
        found = _CONDITION.fullmatch(text.strip().lower())
        name, comparison, limit, percent = found.groups("") if found else ("", "", "", "")
        if name not in set(Subject):
            raise UsageError(f"not a condition of --fail-on: {text!r}", _EXAMPLES)
        subject = Subject(name)
        if subject not in _WITH_LIMIT:
            if comparison:
                raise UsageError(f"--fail-on {subject} takes no limit: {text!r}", _EXAMPLES)
            return cls(subject)
        if not comparison:
            raise UsageError(f"--fail-on {subject} needs a limit", _EXAMPLES)
        if subject is Subject.CLASSES and (percent or "." in limit):
            raise UsageError(f"--fail-on counts whole classes: {text!r}", _EXAMPLES)
        if subject is Subject.DUPLICATION and float(limit) > 100:
            raise UsageError(f"more than 100 % can never be duplicated: {text!r}", _EXAMPLES)
        return cls(subject, comparison, float(limit))

    def __str__(self) -> str:
        """The condition as :meth:`parse` reads it."""
        if self.subject not in _WITH_LIMIT:
            return self.subject
        return f"{self.subject}{self.comparison}{self.limit:.10g}{self._unit}"

    @property
    def _unit(self) -> str:
        return "%" if self.subject is Subject.DUPLICATION else ""

    def reason(self, summary: AuditSummary, classes: Sequence[CloneClass]) -> str | None:
        """One sentence that says why this condition closes the gate; None when it does not."""
        told = self._finding(summary, classes)
        return told and f"{told} (--fail-on {shlex.quote(str(self))})"

    def _finding(self, summary: AuditSummary, classes: Sequence[CloneClass]) -> str | None:
        if self.subject is Subject.NEW:
            return _new_classes(classes)
        if self.subject is Subject.ANY:
            return _count(len(classes)) if classes else None
        if self.subject is Subject.DUPLICATION:
            # The figure that the report shows, so that both cannot contradict each other.
            figure = summary.duplication_percent
            told, limit = f"{figure:.10g} % duplicated lines are", f"{self.limit:.10g} %"
        else:
            figure = len(classes)
            told, limit = f"{_count(len(classes))} {'is' if figure == 1 else 'are'}", f"{self.limit:.10g}"
        if not _ABOVE[self.comparison](figure, self.limit):
            return None
        return f"{told} {'more' if self.comparison == '>' else 'not less'} than {limit}"


def check_conditions(conditions: Sequence[Condition], *, compared: bool) -> None:
    """Refuse, before any work is done, what could not be evaluated.

    Args:
        conditions: All of ``--fail-on``.
        compared: Whether a baseline or a revision tells what is new.

    Raises:
        UsageError: ``new`` without either.
    """
    if not compared and any(condition.subject is Subject.NEW for condition in conditions):
        raise UsageError(
            "--fail-on new needs to know what is old",
            "add --baseline FILE, or --since REV such as origin/main",
        )


def evaluate(conditions: Sequence[Condition], summary: AuditSummary, classes: Sequence[CloneClass]) -> Gate:
    """Whether an audit passes all conditions; reasons in their order, each once.

    Args:
        conditions: As :func:`check_conditions` let them pass.
        summary: The audit's counts.
        classes: What is reported, with its flags.
    """
    reasons = [condition.reason(summary, classes) for condition in dict.fromkeys(conditions)]
    closed = tuple(reason for reason in reasons if reason is not None)
    return Gate(passed=not closed, reasons=closed)


def _new_classes(classes: Sequence[CloneClass]) -> str | None:
    """How many classes are new altogether, and how many have new members beside old ones."""
    new = [found for found in classes if found.new]
    whole = sum(all(member.new for member in found.members) for found in new)
    parts = [_count(whole, "new ")] if whole else []
    if grown := len(new) - whole:
        parts.append(f"{_count(grown)} with new members")
    return " and ".join(parts) or None


def _count(number: int, kind: str = "") -> str:
    return f"{number:,} {kind}clone class{'' if number == 1 else 'es'}"
