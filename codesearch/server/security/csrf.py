"""Tokens of forms (synchroniser pattern): what other sites cannot know of a browser's session here."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from fastapi import Depends, Request

from codesearch.server.failures import Forbidden
from codesearch.server.security.callers import visit_of
from codesearch.server.security.scopes import How, caller_of

FIELD = "csrf"
HEADER = "X-CSRF-Token"


def csrf_token(request: Request) -> str:
    """What the forms of a page carry; the answer brings a browser that is here for the first time a session.

    Empty for a request that was refused before anything was known of it.
    """
    visit = visit_of(request)
    if visit is None:
        return ""
    visit.keep()
    return visit.cookies.form_token(visit.session)


async def _check(request: Request) -> AsyncIterator[None]:
    visit = visit_of(request)
    caller = caller_of(request)
    if caller is not None and caller.how is How.TOKEN:
        yield  # no browser adds that header by itself
        return
    async with AsyncExitStack() as stack:
        given = request.headers.get(HEADER)
        if given is None:
            # The route reads the same form, so that its files are open until that is done.
            field = (await stack.enter_async_context(request.form())).get(FIELD)
            given = field if isinstance(field, str) else ""
        expected = "" if visit is None else visit.cookies.form_token(visit.session)
        if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
            hint = "reload the page and send it again"
            raise Forbidden("this form is not of your session, or an old one", hint)
        yield


csrf_checked = Depends(_check)
"""For routes of pages that change something."""
