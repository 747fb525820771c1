"""Precedents for programs: the documents of ``feedback``, and the JSON Lines of its exports and imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codesearch.core.errors import InputError, UsageError
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import Verdict
from codesearch.core.store.feedback import Kept
from codesearch.report.json_documents import Document
from codesearch.report.json_text import write_json
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry

_SCHEMA = "codesearch.feedback/1"
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _SideRow(BaseModel):
    model_config = _STRICT

    content: str
    language: str
    code: str


class _PrecedentRow(BaseModel):
    model_config = _STRICT

    version: Literal["codesearch.feedback/1"] = Field(alias="schema")
    verdict: Literal["clone", "not_clone"]
    reason: str
    by: str
    at: float
    sides: tuple[_SideRow, _SideRow]


def precedents_document(precedents: Sequence[Precedent]) -> Document:
    """``codesearch.feedback-list/1``: precedents in the order given; ``at`` in seconds since the epoch."""
    return {
        "schema": "codesearch.feedback-list/1",
        "degraded": [],
        "precedents": [precedent_fields(precedent) for precedent in precedents],
    }


def kept_document(kept: Kept) -> Document:
    """``codesearch.feedback-import/1``: what became of the rows of an import."""
    return {
        "schema": "codesearch.feedback-import/1",
        "degraded": [],
        "new": kept.new,
        "replaced": kept.replaced,
        "unchanged": kept.unchanged,
    }


def write_precedents(precedents: Iterable[Precedent], out: TextIO) -> None:
    """A line of JSON (``codesearch.feedback/1``) for each, by their sides: equal stores give equal bytes."""
    for precedent in sorted(precedents, key=lambda precedent: precedent.sides):
        write_json({"schema": _SCHEMA, **precedent_fields(precedent)}, out)


def read_precedents(text: str, where: str) -> tuple[Precedent, ...]:
    """The precedents of such lines, in their order; blank lines are left out.

    Args:
        text: The lines.
        where: What holds them, for messages.

    Raises:
        InputError: A line is not one; says which and what is wrong with it.
    """
    # Not splitlines(): JSON strings may hold line separators other than the line feed.
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
    return tuple(_parse(line, f"line {number} of {where}") for number, line in lines if line.strip())


def precedent_fields(precedent: Precedent) -> Document:
    """One precedent; ``at`` in seconds since the epoch."""
    return {
        "verdict": str(precedent.verdict),
        "reason": precedent.reason,
        "by": precedent.by,
        "at": precedent.at,
        "sides": [
            {"content": side.content, "language": side.language, "code": side.code}
            for side in precedent.sides
        ],
    }


def _side(row: _SideRow) -> Side:
    """The side, named by its code: whoever wrote the row cannot give one code the verdict of another.

    Raises:
        UsageError: A value does not fit.
    """
    side = Side(row.content, row.language, row.code)
    found = whole_fragment(side.code.encode(), registry().get(side.language))
    return replace(side, content=found.exact_key.hex())


def _parse(line: str, where: str) -> Precedent:
    try:
        row = _PrecedentRow.model_validate_json(line)
        first, second = map(_side, row.sides)
        return Precedent.between(first, second, Verdict(row.verdict), reason=row.reason, by=row.by, at=row.at)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, problem["loc"]))
        reason = f"{key}: {problem['msg']}" if key else problem["msg"]
    except UsageError as error:
        reason = error.message
    raise InputError(f"{where} is no verdict, nothing was imported", reason)
