"""The compare page: two pieces of code, whether they are clones, and which lines belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.errors import CodesearchError, InputError, UsageError
from codesearch.core.feedback import MAX_REASON
from codesearch.report.printable import printable
from codesearch.server.failures import status_of
from codesearch.server.pages.compare_answer import Answer, answer_of, chosen_pair
from codesearch.server.pages.compare_form import SIDES, CompareForm, SideForm
from codesearch.server.pages.rendering import render
from codesearch.server.pages.search_form import language_choices
from codesearch.server.security.scopes import reads
from codesearch.server.state import ServerState, State
from codesearch.server.work.compare import compare, verdict_kept
from codesearch.server.work.feedback import by_whom
from codesearch.serving.sources import MOST_CODE
from indexer.corpus.decode import decode
from indexer.corpus.opening import CannotRead

router = APIRouter(prefix="/compare", dependencies=[reads])

_MOST_FIELD = 4 * MOST_CODE
"""Bytes of one field of a form, before it is said what is too much: characters have up to four."""
_CALLED = ("left side", "right side")


@router.get("")
async def show_comparison(request: Request, state: State) -> Response:
    """The form, and the answer where the address names both sides."""

    def work() -> Response:
        try:
            form = CompareForm.read(request.query_params)
        except UsageError as problem:
            return _page(request, CompareForm(), failure=problem)
        named = not any(side.empty for side in form.sides)
        return _compared(request, state, form) if named else _page(request, form)

    return await state.pool.run(work)


@router.post("")
async def send_comparison(request: Request, state: State) -> Response:
    """Lead to the address of a comparison, or answer at once where that would be too long."""
    async with request.form(max_part_size=_MOST_FIELD) as fields:
        uploads = {side: await _upload(fields, side) for side in SIDES}

    def work() -> Response:
        form = CompareForm()
        try:
            form = CompareForm.read(fields)
            form = _with_uploads(form, uploads)
            form.require_both()
        except UsageError as problem:
            return _page(request, form, failure=problem)
        if form.shareable:
            return RedirectResponse(form.address, 303)
        return _compared(request, state, form)

    return await state.pool.run(work)


async def _upload(fields: FormData, side: str) -> tuple[bytes, str] | None:
    """Content and name of the file of a side; one byte over the most there may be at most."""
    upload = fields.get(f"{side}_file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    return await upload.read(MOST_CODE + 1), upload.filename


def _with_uploads(form: CompareForm, uploads: Mapping[str, tuple[bytes, str] | None]) -> CompareForm:
    a, b = (
        side if (upload := uploads[name]) is None else _uploaded(side, *upload)
        for name, side in zip(SIDES, form.sides, strict=True)
    )
    return replace(form, a=a, b=b, pair=form.pair if uploads == dict.fromkeys(SIDES) else 1)


def _uploaded(side: SideForm, raw: bytes, name: str) -> SideForm:
    if len(raw) > MOST_CODE:
        raise InputError(f"{name} has more than {MOST_CODE:,} bytes", "compare the function that matters")
    try:
        text = decode(raw).text.decode("utf-8", "replace")
    except CannotRead:
        raise InputError(f"{name} is binary", "choose a source file") from None
    return SideForm(code=text, language=side.language, name=name)


def _compared(request: Request, state: ServerState, form: CompareForm) -> Response:
    try:
        form.require_both()
        compared = compare(state.index, form.a.named, form.b.named, _CALLED)
        # Pasted code is compared where there is no index, too.
        roots = state.index.roots() if form.a.path or form.b.path else {}
        said = verdict_kept(state.index, compared, chosen_pair(compared, form))
        answer = answer_of(compared, form, roots, "" if said is None else _named(said.by, by_whom(request)))
    except CodesearchError as problem:
        return _page(request, form, failure=problem)
    return _page(request, form, answer=answer)


def _named(by: str, caller: str) -> str:
    """Who gave a verdict, as the end of "decided by"; empty where that is not known."""
    return "you" if by == caller else printable(by)


def _page(
    request: Request,
    form: CompareForm,
    *,
    answer: Answer | None = None,
    failure: CodesearchError | None = None,
) -> Response:
    context = {
        "form": form,
        "answer": answer,
        "failure": failure,
        "languages": language_choices(),
        "max_reason": MAX_REASON,
    }
    return render(
        request, "compare.html", context, status=200 if failure is None else int(status_of(failure))
    )
