"""``/login``: a browser signs in with a token, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from codesearch.server.failures import Unauthorized
from codesearch.server.pages.rendering import render
from codesearch.server.security.callers import visit_of
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import caller_of
from codesearch.server.security.sessions import Session
from codesearch.server.security.signing_in import HOME, PAGE, place_here
from codesearch.server.state import State

router = APIRouter()


@router.get(PAGE)
async def show(request: Request, next: str = HOME) -> Response:
    """The form; whoever is known already goes on at once."""
    place = place_here(next)
    if caller_of(request) is not None:
        return RedirectResponse(place, 303)
    return render(request, "login.html", {"next": place, "problem": ""})


@router.post(PAGE, dependencies=[csrf_checked])
async def sign_in(
    request: Request,
    state: State,
    token: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=10_000)] = HOME,
) -> Response:
    """Start a session with a token, and go on to where the caller wanted to be."""
    place = place_here(next)
    try:
        session = await state.access.sign_in(token)
    except Unauthorized as failure:
        context = {"next": place, "problem": str(failure)}
        return render(request, "login.html", context, status=Unauthorized.status)
    if visit := visit_of(request):
        visit.replace(session)
    return RedirectResponse(place, 303)


@router.post("/logout", dependencies=[csrf_checked])
async def sign_out(request: Request) -> Response:
    """End the session."""
    if visit := visit_of(request):
        visit.replace(Session.fresh())
    return RedirectResponse(HOME, 303)
