"""The judge page: who judges, how that goes with the user's verdicts, and the pairs that wait for one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.feedback import MAX_REASON
from codesearch.core.results import Verdict
from codesearch.core.tokens import Scope
from codesearch.server.pages import verdicts
from codesearch.server.pages.judge_cards import figure_context, next_card
from codesearch.server.pages.rendering import render
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import caller_of, reads, writes
from codesearch.server.state import ServerState, State
from codesearch.server.work.feedback import by_whom
from codesearch.server.work.judges import configured_judge, judge_usage
from codesearch.server.work.verdicts import judge_pair
from codesearch.serving.sources import Named

router = APIRouter(prefix="/judge", dependencies=[reads])
router.include_router(verdicts.router)

MOST_SKIPPED = 1000
_SAID = {"clone": "Kept as a clone. ", "not_clone": "Kept as no clone. "}

At = Annotated[int, Query(ge=0, le=MOST_SKIPPED)]


class VerdictForm(BaseModel):
    """A verdict on the pair that is shown."""

    verdict: Literal["clone", "not_clone"]
    a_path: str = Field(max_length=4096)
    a_lines: str = Field(max_length=30)
    b_path: str = Field(max_length=4096)
    b_lines: str = Field(max_length=30)
    reason: str = Field("", max_length=MAX_REASON)
    at: int = Field(0, ge=0, le=MOST_SKIPPED)

    @property
    def pair(self) -> tuple[Named, Named]:
        """Both sides."""
        return Named("", self.a_path, self.a_lines, ""), Named("", self.b_path, self.b_lines, "")


@router.get("")
async def show_judge(
    request: Request, state: State, at: At = 0, look: Annotated[bool, Query()] = False
) -> Response:
    """Who judges, and the pair that is asked next; with ``look`` whatever takes seconds is waited for."""
    may_judge = _may_judge(request)

    def work() -> Response:
        index = state.index
        if look:
            state.review.waiting(index)
        context = {
            "judge": configured_judge(index.engine.settings.judge),
            "thresholds": (index.engine.cascade.reject_threshold, index.engine.cascade.clone_threshold),
            "usage": judge_usage(index),
            "verdicts": len(index.engine.feedback.precedents()),
            "may_judge": may_judge,
            "looking": state.review.found(index) is None,
            "card": next_card(index, state.review.found(index) or (), at),
            "at": at,
            "figures_wait": not look,
            "said": "",
            "max_reason": MAX_REASON,
            **(figure_context(state.review.figures(index)) if look else {}),
        }
        return render(request, "judge.html", context)

    return await state.pool.run(work)


@router.get("/pair")
async def show_pair(request: Request, state: State, at: At = 0) -> Response:
    """The pair at a position among those that wait, as a part of the page."""
    may_judge = _may_judge(request)
    return await state.pool.run(lambda: _pair_part(request, state, at, may_judge=may_judge))


@router.get("/agreement")
async def show_agreement(request: Request, state: State) -> Response:
    """How those who rate pairs go with the user's verdicts, as a part of the page."""
    if "HX-Request" not in request.headers:
        return RedirectResponse("/judge?look=true#agreement", HTTPStatus.SEE_OTHER)

    def work() -> Response:
        return render(
            request, "parts/judge_agreement.html", figure_context(state.review.figures(state.index))
        )

    return await state.pool.run(work)


@router.post("/verdict", dependencies=[writes, csrf_checked])
async def give_verdict(request: Request, state: State, form: Annotated[VerdictForm, Form()]) -> Response:
    """Keep a verdict on a pair; the next one comes."""
    by = by_whom(request)
    inline = "HX-Request" in request.headers

    def work() -> Response:
        judge_pair(state.index, form.pair, Verdict(form.verdict), reason=form.reason.strip(), by=by)
        if inline:
            return _pair_part(request, state, form.at, may_judge=True, said=_SAID[form.verdict])
        return RedirectResponse(f"/judge?at={form.at}", HTTPStatus.SEE_OTHER)

    return await state.pool.run(work)


def _pair_part(request: Request, state: ServerState, at: int, *, may_judge: bool, said: str = "") -> Response:
    context = {
        "card": next_card(state.index, state.review.waiting(state.index, stale=bool(said or at)), at),
        "at": at,
        "may_judge": may_judge,
        "said": said,
        "max_reason": MAX_REASON,
    }
    return render(request, "parts/judge_pair.html", context)


def _may_judge(request: Request) -> bool:
    caller = caller_of(request)
    return caller is not None and caller.scope.includes(Scope.WRITE)
