"""The judge page: who judges, how that goes with the user's verdicts, and the pairs that wait for one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.feedback import MAX_REASON
from codesearch.server.pages import verdict_list
from codesearch.server.pages.judge_cards import figure_context, next_card
from codesearch.server.pages.rendering import render
from codesearch.server.security.scopes import reads
from codesearch.server.state import State
from codesearch.server.work.judges import configured_judge, judge_usage

router = APIRouter(prefix="/judge", dependencies=[reads])
router.include_router(verdict_list.router)

MOST_SKIPPED = 1000

At = Annotated[int, Query(ge=0, le=MOST_SKIPPED)]


@router.get("")
async def show_judge(
    request: Request, state: State, at: At = 0, look: Annotated[bool, Query()] = False
) -> Response:
    """Who judges, and the pair that is asked next; with ``look`` whatever takes seconds is waited for."""

    def work() -> Response:
        index = state.index
        if look:
            state.review.waiting(index)
        context = {
            "judge": configured_judge(index.engine.settings.judge),
            "thresholds": (index.engine.cascade.reject_threshold, index.engine.cascade.clone_threshold),
            "usage": judge_usage(index),
            "verdicts": len(index.engine.feedback.precedents()),
            "looking": state.review.found(index) is None,
            "card": next_card(index, state.review.found(index) or (), at),
            "at": at,
            "figures_wait": not look,
            "kept": False,
            "max_reason": MAX_REASON,
            **(figure_context(state.review.figures(index)) if look else {}),
        }
        return render(request, "judge.html", context)

    return await state.pool.run(work)


@router.get("/pair")
async def show_pair(
    request: Request, state: State, at: At = 0, kept: Annotated[bool, Query()] = False
) -> Response:
    """The pair at a position among those that wait, as a part of the page; ``kept`` when one was judged."""
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/judge?at={at}", HTTPStatus.SEE_OTHER)

    def work() -> Response:
        context = {
            "card": next_card(state.index, state.review.waiting(state.index, stale=kept or at > 0), at),
            "at": at,
            "kept": kept,
            "max_reason": MAX_REASON,
        }
        return render(request, "parts/judge_pair.html", context)

    return await state.pool.run(work)


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
