"""Documents as answers, with a tag that tells a client that nothing changed (RFC 9110, section 8.8.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus
from io import StringIO

from starlette.requests import Request
from starlette.responses import Response

from codesearch.report.json_documents import Document
from codesearch.report.json_text import write_json

JSON = "application/json"

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def json_answer(
    document: Document, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """A document as it is: call it in the thread that made the document, writing it takes time too."""
    return Response(_body(document), status, headers, JSON)


def document_answer(request: Request, document: Document) -> Response:
    """The answer to a GET: the document with its tag, or 304 where the client has just this document.

    The tag is strong: equal tags are equal bytes. Clients may keep the answer but ask each time.
    """
    body = _body(document)
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, HTTPStatus.OK, headers, JSON)


def _body(document: Document) -> bytes:
    text = StringIO()
    write_json(document, text)
    return text.getvalue().encode()


def _is_known(tag: str, known: str) -> bool:
    """Whether an If-None-Match names the tag; it compares weakly, as the RFC says."""
    return known.strip() == "*" or tag in _TAG.findall(known)
