"""What a user is told about a pair of texts, without an index."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from metamorphic.source_code import Code

from codesearch.core.results import Decision
from codesearch.core.settings.load import default_settings
from codesearch.engine import Engine
from codesearch.query.source import STANDARD_INPUT, ReadOptions, Source, read_text


@cache
def engine() -> Engine:
    """An engine with the settings that it ships with, of a user who gave no verdicts."""
    return Engine(default_settings(), Path(__file__).parent / "nobody")


def source_of(raw: bytes, language: str, *, whole: bool = False) -> Source:
    """Code as standard input brings it: its fragments, or all of it as one."""
    lines = (1, raw.count(b"\n")) if whole else None
    return read_text(raw, ReadOptions.of(engine().settings, language), STANDARD_INPUT, lines)


def verdict(first: Code, second: Code) -> Decision:
    """The decision about the outermost fragment of the first side, against its best counterpart."""
    return decided(source_of(first.text, first.language), source_of(second.text, second.language))


def verdict_of_wholes(first: Code, second: Code) -> Decision:
    """The decision about the two as they are, one fragment each."""
    sides = [source_of(code.text, code.language, whole=True) for code in (first, second)]
    return decided(sides[0], sides[1])


def decided(first: Source, second: Source) -> Decision:
    """The first decision of a comparison."""
    return engine().compare(first, second).results[0].matches[0].decision


def without_places(decision: Decision) -> Decision:
    """A decision without what tells of lines: that is what another layout changes."""
    told = decision.explanation.partition("; ")[0]
    return replace(decision, evidence=(), explanation=told)
