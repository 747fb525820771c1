"""Failures as answers: problem documents for programs (RFC 9457), a page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from codesearch.core.errors import CodesearchError
from codesearch.report.audit_wording import short
from codesearch.server.failures import retry_after, status_of

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
MOST_PROBLEMS = 5
MAX_MESSAGE = 1000
"""Characters of a message: one that repeats a word of the request may have any length."""


def for_programs(request: Request) -> bool:
    """Whether an answer is read by a program: that of an interface for them, or whoever wants JSON alone."""
    accepted = request.headers.get("accept", "")
    wants_json = "application/json" in accepted and "text/html" not in accepted
    return request.scope["path"].startswith(("/api/", "/metrics", "/mcp")) or wants_json


def failure_answer(request: Request, error: Exception) -> Response:
    """The answer to a request that failed as somebody foresaw."""
    if not isinstance(error, CodesearchError):
        raise error
    after = retry_after(error)
    headers = {} if after is None else {"Retry-After": str(after)}
    return problem(
        request, status_of(error), short(error.message, MAX_MESSAGE), short(error.hint, MAX_MESSAGE), headers
    )


def http_answer(request: Request, error: Exception) -> Response:
    """The answer to what the framework itself refuses: no such page, method not allowed."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    hint = "the pages are named at the top" if status is HTTPStatus.NOT_FOUND else ""
    return problem(request, status, _SAID.get(status, status.phrase.lower()), hint, dict(error.headers or {}))


def invalid_answer(request: Request, error: Exception) -> Response:
    """The answer to arguments that do not fit; their values, which may be source text, are not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [
        f"{'.'.join(str(part) for part in problem['loc'] if part != 'body') or 'body'}: {problem['msg']}"
        for problem in error.errors()
    ]
    told = short("; ".join(problems[:MOST_PROBLEMS]), MAX_MESSAGE)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, told, "see /docs for what is expected")


def unexpected_answer(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw: its type alone goes to the log, its message may hold source text."""
    name = type(error).__name__
    log.error("unexpected %s in %s %s; --debug prints where", name, request.method, request.url.path)
    log.debug("it came from", exc_info=error)
    return problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here", "see the server's log"
    )


def problem(
    request: Request, status: HTTPStatus, detail: str, hint: str = "", headers: dict[str, str] | None = None
) -> Response:
    """A failure told in the form that its reader understands."""
    if for_programs(request):
        document = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
        if hint:
            document["hint"] = hint
        return JSONResponse(document, int(status), headers, PROBLEM)
    from codesearch.server.pages.rendering import render

    context = {"status": int(status), "title": status.phrase, "detail": detail, "hint": hint}
    answer = render(request, "failure.html", context, status=int(status))
    answer.headers.update(headers or {})
    return answer


_SAID = {
    HTTPStatus.NOT_FOUND: "there is nothing at this address",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
}
