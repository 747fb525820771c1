"""The rules of the SARIF report, one per clone type and one more, with the help that code scanning shows."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch import __version__
from codesearch.core.results import CloneType
from codesearch.report.audit_manipulations import HELP, MEANING, RULE
from codesearch.report.audit_severity import Severity
from codesearch.report.audit_wording import TYPE_NAMES
from codesearch.report.json_documents import Document

LEVELS = {Severity.INFO: "note", Severity.MINOR: "warning", Severity.MAJOR: "error"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What GitHub shows beside every result of a clone type."""

    name: str
    meaning: str
    help: str
    precision: str


_RULES = {
    CloneType.T1: _Rule(
        "ExactCopy",
        "Code that is equal but for layout and comments.",
        "Keep one copy and call it from the other places.",
        "very-high",
    ),
    CloneType.T2: _Rule(
        "RenamedCopy",
        "Code that is equal but for identifiers, literals and types.",
        "Keep one copy; what differs becomes its parameters.",
        "very-high",
    ),
    CloneType.T3: _Rule(
        "NearMissClone",
        "Code that was copied, with statements added, removed or changed since.",
        "Extract the common part into a function, or see whether a fix of one place is missing in another.",
        "high",
    ),
    CloneType.T4: _Rule(
        "SemanticClone",
        "Code that does the same in other words, as far as a model can tell.",
        "Read both places; where they do the same, keep the better one.",
        "medium",
    ),
}
_KINDS = tuple(_RULES)
MANIPULATION_INDEX = len(_KINDS)
"""Position of :data:`~.audit_manipulations.RULE` among the driver's rules."""


def driver() -> Document:
    """The ``tool.driver`` of a run."""
    rules = [*map(_rule, _KINDS), _manipulation_rule()]
    return {"name": "codesearch", "semanticVersion": __version__, "rules": rules}


def rule_id(kind: CloneType) -> str:
    """Such as ``clone-t1``; never changes, for alerts are known by it."""
    return f"clone-{kind.lower()}"


def rule_index(kind: CloneType) -> int:
    """Position among the driver's rules, all of which are in every report."""
    return _KINDS.index(kind)


def _rule(kind: CloneType) -> Document:
    rule = _RULES[kind]
    return {
        "id": rule_id(kind),
        "name": rule.name,
        "shortDescription": {"text": f"Type-{kind.value[1]} clone: {TYPE_NAMES[kind]}"},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": f"{rule.meaning} {rule.help}", "markdown": f"{rule.meaning}\n\n{rule.help}"},
        "defaultConfiguration": {"level": LEVELS[Severity.MINOR]},
        "properties": {
            "tags": ["maintainability", "duplication"],
            "precision": rule.precision,
            "problem.severity": "warning",
        },
    }


def _manipulation_rule() -> Document:
    return {
        "id": RULE,
        "name": "JudgeManipulation",
        "shortDescription": {"text": "Code that talks to the judge"},
        "fullDescription": {"text": MEANING},
        "help": {"text": f"{MEANING} {HELP}", "markdown": f"{MEANING}\n\n{HELP}"},
        "defaultConfiguration": {"level": LEVELS[Severity.MINOR]},
        "properties": {"tags": ["prompt-injection"], "precision": "medium", "problem.severity": "warning"},
    }
