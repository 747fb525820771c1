"""The search page: code in, clones out, each to be looked at."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.errors import CodesearchError, IndexFailure, InputError, UsageError
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.failures import TooLarge, status_of
from codesearch.server.pages.compare_form import SideForm
from codesearch.server.pages.rendering import render
from codesearch.server.pages.search_form import MOST_MATCHES, SearchForm, language_choices, sent_fields
from codesearch.server.pages.search_pair import aligned_pair, read_pair
from codesearch.server.pages.search_results import Results, results_of
from codesearch.server.security.bodies import LARGEST_CODE
from codesearch.server.security.scopes import reads
from codesearch.server.state import ServerState, State
from codesearch.server.work.search import search
from codesearch.serving.sources import MOST_CODE, read_source
from indexer.corpus.decode import decode
from indexer.corpus.opening import CannotRead
from indexer.parsing.languages import registry

router = APIRouter(dependencies=[reads])

_HTMX = "HX-Request"


@router.get("/")
async def show_search(request: Request, state: State) -> Response:
    """The form, and what was found where the address says what to look for."""
    return await state.pool.run(lambda: _asked_page(request, state))


@router.post("/")
async def send_search(request: Request, state: State) -> Response:
    """Lead to the address of a search, or answer at once where that would be too long."""
    async with request.form(max_part_size=LARGEST_CODE) as fields:
        upload = fields.get("file")
        raw, name = None, ""
        if isinstance(upload, UploadFile) and upload.filename:
            raw, name = await upload.read(MOST_CODE + 1), upload.filename
    return await state.pool.run(lambda: _sent_page(request, state, fields, raw, name))


@router.post("/search/pair")
async def show_pair(request: Request, state: State) -> Response:
    """Both sides of one match; the form has what was searched for as its side ``a``."""
    fields = await sent_fields(request, LARGEST_CODE)

    def work() -> Response:
        side, pair = SideForm.read(fields, "a"), read_pair(request.query_params)
        ours, _ = pair.named(side.code, side.path)
        sides = aligned_pair(state.index, read_source(state.index, ours), pair)
        part = "parts/search_sides.html" if _HTMX in request.headers else "search_pair.html"
        return render(request, part, {"sides": sides})

    return await state.pool.run(work)


def _asked_page(request: Request, state: ServerState) -> Response:
    try:
        form = SearchForm.read(request.query_params)
    except InputError as problem:
        return _page(request, SearchForm(), failure=problem)
    return _page(request, form) if form.empty else _answer(request, state, form)


def _sent_page(
    request: Request, state: ServerState, fields: FormData, raw: bytes | None, name: str
) -> Response:
    form = SearchForm.read(fields)
    try:
        if raw is not None:
            form = _with_file(form, raw, name)
        if form.empty:
            raise UsageError("there is nothing to search for", "paste code, or choose a file")
    except UsageError as problem:
        return _page(request, form, failure=problem)
    if form.shareable:
        return RedirectResponse(form.address, 303)
    return _answer(request, state, form)


def _with_file(form: SearchForm, raw: bytes, name: str) -> SearchForm:
    """The form with the text of a file; its name tells the language unless one is chosen."""
    if len(raw) > MOST_CODE:
        raise TooLarge(f"the file has more than {MOST_CODE:,} bytes", "paste the function that matters")
    try:
        text = decode(raw).text
    except CannotRead:
        raise InputError("the file is binary", "choose a source file") from None
    language = registry().for_path(name.replace("\\", "/"))
    known = form.language or (language.id if language else "")
    return replace(form, code=text.decode("utf-8", "replace"), language=known, path="", lines="")


def _answer(request: Request, state: ServerState, form: SearchForm) -> Response:
    try:
        searched = search(state.index, form.wanted)
        return _page(request, form, found=results_of(state.index, searched))
    except (UsageError, IndexFailure) as problem:
        return _page(request, form, failure=problem)


def _page(
    request: Request,
    form: SearchForm,
    *,
    found: Results | None = None,
    failure: CodesearchError | None = None,
) -> Response:
    context = {
        "form": form,
        "languages": language_choices(),
        "roles": tuple(Role),
        "types": tuple(CloneType),
        "most_matches": MOST_MATCHES,
        "found": found,
        "failure": failure,
        "no_index": isinstance(failure, IndexFailure),
    }
    status = 200 if failure is None else int(status_of(failure))
    return render(request, "search.html", context, status=status)
