"""``/judge/verdicts``: the user's verdicts looked through, taken along, taken over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.errors import UsageError
from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.server.failures import status_of
from codesearch.server.pages.pager import pages
from codesearch.server.pages.rendering import render
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import writes
from codesearch.server.state import ServerState, State
from codesearch.server.work.feedback import JSON_LINES, exported, import_verdicts, read_upload, said

router = APIRouter(prefix="/verdicts")

PAGE = 20
"""Verdicts on one page."""
_SHOWN_LINES = 40
_LONGEST_HEAD = 200
_BEFORE_A_SIGNATURE = re.compile(
    r"@(?!interface\b)[\w.]+\s*(?:\(.*)?$"  # Python, Java, TypeScript; with more behind it, the signature
    r"|#!?\["  # attributes of Rust and PHP
    r"|\[[A-Z][^\]]*\]?$"  # of C#
    r"|template\s*<[^{]*>$"
    r"|//|/\*|\*|#(?!\w)|--"
)
"""How a line begins that belongs to a function and does not name it."""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A verdict as the list shows it; ``codes`` are the first lines of both sides."""

    precedent: Precedent
    languages: str
    heads: tuple[str, str]
    codes: tuple[str, str]
    cut: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the list is shown, and what is told above it."""

    q: str = ""
    verdict: str = ""
    offset: int = 0
    imported: str = ""
    problem: UsageError | None = None

    def at(self, offset: int) -> str:
        """Address of another part."""
        query = {"q": self.q, "verdict": self.verdict, "offset": offset}
        return f"/judge/verdicts?{urlencode(query, errors='replace')}"


@router.get("")
async def list_verdicts(
    request: Request,
    state: State,
    q: Annotated[str, Query(max_length=200)] = "",
    verdict: Annotated[Literal["", "clone", "not_clone"], Query()] = "",
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    imported: Annotated[str, Query(pattern=r"^(\d{1,9},\d{1,9},\d{1,9})?$")] = "",
) -> Response:
    """What the user said so far, newest first."""
    return await _page(request, state, Wanted(q, verdict, offset, imported))


@router.get("/export")
async def export_verdicts(state: State) -> Response:
    """All verdicts as JSON Lines."""

    def work() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="feedback.jsonl"'}
        return Response(exported(state.index), headers=headers, media_type=JSON_LINES)

    return await state.pool.run(work)


@router.post("/import", dependencies=[writes, csrf_checked])
async def import_file(request: Request, state: State, file: UploadFile) -> Response:
    """Add exported verdicts; what is wrong with the file is told beside the form."""
    try:
        text = await read_upload(file)
        kept = await state.pool.run(lambda: import_verdicts(state.index, text))
    except UsageError as problem:
        return await _page(request, state, Wanted(problem=problem))
    counts = f"{kept.new},{kept.replaced},{kept.unchanged}"
    return RedirectResponse(f"/judge/verdicts?imported={counts}", HTTPStatus.SEE_OTHER)


async def _page(request: Request, state: ServerState, wanted: Wanted) -> Response:
    def work() -> Response:
        found = said(state.index, wanted.q, Verdict(wanted.verdict) if wanted.verdict else None)
        part = pages(wanted.at, wanted.offset, PAGE, len(found))
        shown = found[part.offset : part.offset + PAGE]
        context = {
            "q": wanted.q,
            "verdict": wanted.verdict,
            "rows": [_verdict_row(precedent) for precedent in shown],
            "all": len(state.index.engine.feedback.precedents()),
            "before": part.before,
            "after": part.after,
            "range": part.at,
            "imported": wanted.imported.split(",") if wanted.imported else None,
            "problem": wanted.problem,
        }
        status = HTTPStatus.OK if wanted.problem is None else status_of(wanted.problem)
        return render(request, "judge_verdicts.html", context, status=status)

    return await state.pool.run(work)


def _verdict_row(precedent: Precedent) -> VerdictRow:
    first, second = precedent.sides
    codes = [side.code.split("\n") for side in (first, second)]
    languages = dict.fromkeys((first.language, second.language))
    return VerdictRow(
        precedent,
        ", ".join(languages),
        (head_of(codes[0]), head_of(codes[1])),
        ("\n".join(codes[0][:_SHOWN_LINES]), "\n".join(codes[1][:_SHOWN_LINES])),
        cut=any(len(code) > _SHOWN_LINES for code in codes),
    )


def head_of(lines: Sequence[str]) -> str:
    """The line that tells what code is: its first one behind decorators, annotations and comments.

    Where there is nothing else, its first line; at most :data:`_LONGEST_HEAD` characters.
    """
    told = [line.strip() for line in lines if line.strip()]
    depth = 0
    for line in told:
        if depth == 0 and not _BEFORE_A_SIGNATURE.match(line):
            return line[:_LONGEST_HEAD]
        depth = max(0, depth + sum(map(line.count, "([{")) - sum(map(line.count, ")]}")))
    return told[0][:_LONGEST_HEAD] if told else ""
