"""``/verdicts``: what somebody says of a pair, with a button or a key of whatever page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.errors import UsageError
from codesearch.core.results import Verdict
from codesearch.server.pages.compare_form import SIDES, SideForm
from codesearch.server.pages.rendering import render
from codesearch.server.pages.search_form import sent_fields
from codesearch.server.security.bodies import LARGEST_CODE
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import writes
from codesearch.server.state import State
from codesearch.server.work.feedback import by_whom
from codesearch.server.work.verdicts import judge_pair

router = APIRouter(dependencies=[writes, csrf_checked])


@router.post("/verdicts")
async def say_verdict(request: Request, state: State) -> Response:
    """Keep what somebody says of a pair; saying the opposite replaces it.

    Both sides are named as the compare page names them, ``a_code`` or ``a_path`` and so on, in the form or in
    the address: a list of pairs sends the code that all of them share in one form, and the rest in the
    addresses of its buttons. ``next`` is the page that follows; without it a script is answered with the
    buttons of the pair as they are now, and with its headline where the form says that the page is ``headed``
    by its verdict, and others are led ``back``.
    """
    fields = await sent_fields(request, LARGEST_CODE)
    named = {**request.query_params, **{name: text for name, text in fields.items() if isinstance(text, str)}}

    def work() -> Response:
        verdict = _verdict(named)
        first, second = (SideForm.read(named, side).named for side in SIDES)
        judge_pair(
            state.index,
            (first, second),
            verdict,
            reason=named.get("reason", "").strip(),
            by=by_whom(request),
        )
        following = named.get("next", "")
        if "HX-Request" in request.headers and not following:
            title = f"{second.path}:{second.lines}" if second.path else ""
            pair = request.url.remove_query_params("verdict").query
            context = {"pair": pair, "kept": verdict, "title": title, "headed": "headed" in named}
            return render(request, "parts/verdict_kept.html", context)
        return RedirectResponse(_local(following or named.get("back", "/")), HTTPStatus.SEE_OTHER)

    return await state.pool.run(work)


def _verdict(named: Mapping[str, str]) -> Verdict:
    word = named.get("verdict", "")
    if word not in {Verdict.CLONE, Verdict.NOT_CLONE}:
        raise UsageError("a verdict is clone or not_clone", "use the buttons of the page")
    return Verdict(word)


def _local(address: str) -> str:
    """An address of ours: to others nobody is led by a form."""
    ours = address.startswith("/") and address[1:2] not in {"/", "\\"} and address.isprintable()
    return address if ours else "/"
