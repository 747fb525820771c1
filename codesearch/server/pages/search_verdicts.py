"""Verdicts on pairs, said with a button or a key of any page."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.errors import UsageError
from codesearch.core.results import Verdict
from codesearch.server.pages.rendering import render
from codesearch.server.pages.search_form import SearchForm, sent_fields
from codesearch.server.pages.search_pair import place_title, read_pair
from codesearch.server.security.bodies import LARGEST_CODE
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import writes
from codesearch.server.state import State
from codesearch.server.work.feedback import by_whom
from codesearch.server.work.verdicts import judge_pair
from codesearch.serving.sources import Named

router = APIRouter(dependencies=[writes, csrf_checked])

_OF_SEARCH = "at"
"""Parameter that the address of a match of a search has, and no other pair."""


@router.post("/verdicts")
async def say_verdict(request: Request, state: State) -> Response:
    """Keep what somebody says of a pair; saying the opposite replaces it.

    A match of a search is named by the address, as :attr:`Pair.query` writes it, with the code that was
    searched for in the form. Other pages name both sides in the form: ``a_code`` or ``a_path``, ``a_lines``,
    ``a_language``, and likewise ``b_``.
    """
    fields = await sent_fields(request, LARGEST_CODE)
    form = {name: value for name, value in fields.items() if isinstance(value, str)}
    address = request.query_params

    def work() -> Response:
        verdict = _verdict(address.get("verdict") or form.get("verdict", ""))
        if _OF_SEARCH in address:
            pair, searched = read_pair(address), SearchForm.read(fields)
            sides = pair.named(searched.code, searched.path)
            part = "parts/search_verdict.html"
            context = {"pair": pair.query, "title": place_title(pair.place), "kept": verdict}
        else:
            sides = _side(form, "a_"), _side(form, "b_")
            part, context = "parts/verdict_kept.html", {"kept": verdict}
        judge_pair(state.index, sides, verdict, reason=form.get("reason", ""), by=by_whom(request))
        if "HX-Request" in request.headers:
            return render(request, part, context)
        return RedirectResponse(_local(form.get("back", "/")), 303)

    return await state.pool.run(work)


def _verdict(word: str) -> Verdict:
    if word not in {Verdict.CLONE, Verdict.NOT_CLONE}:
        raise UsageError("a verdict is clone or not_clone", "use the buttons of a match")
    return Verdict(word)


def _side(form: Mapping[str, str], prefix: str) -> Named:
    code, path, lines, language = (
        form.get(prefix + name, "") for name in ("code", "path", "lines", "language")
    )
    return Named(code.replace("\r\n", "\n"), path, lines, language)


def _local(address: str) -> str:
    """An address of ours: to others nobody is led by a form."""
    ours = address.startswith("/") and address[1:2] not in {"/", "\\"} and address.isprintable()
    return address if ours else "/"
