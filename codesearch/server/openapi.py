"""The OpenAPI document: what the framework derives from the routes, with what all routes have in common."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from codesearch.server.answers import PROBLEM
from codesearch.server.models.problems import Problem

Node = dict[str, Any]
"""An object of the document, which is changed in place."""

TAGS = (
    ("search", "Find and compare clones."),
    ("index", "What is indexed, and what was left out."),
    ("jobs", "Index and audit runs that are done in the background."),
    ("audits", "Clone classes of whole corpora."),
    ("feedback", "Verdicts of people, kept as precedents."),
    ("schedules", "Audits that are run again and again."),
    ("server", "For whoever runs the server."),
)

_ANY = (400, 429, 500, 503, 504)
_OF_CALLERS = (401, 403)
_OF_ARGUMENTS = 422
_OF_BODIES = (413, 415)

_SAID = {
    400: "The request cannot be answered as it is.",
    401: "A token is needed, or the one that was sent is not known.",
    403: "The token does not allow it, or the request comes from another site.",
    404: "There is no such thing.",
    409: "It does not go with how things are now.",
    413: "The request, or the code in it, is too large.",
    415: "The media type of the body is none that is read here.",
    422: "Arguments do not fit what is documented.",
    429: "Too many requests at a time.",
    500: "Something went wrong in the server.",
    501: "An extra is not installed.",
    503: "The index cannot be used.",
    504: "It took too long.",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_ETAG = {"ETag": {"description": "Equal tags are equal answers.", "schema": {"type": "string"}}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Tags of answers that the client has; one of them is answered with 304.",
}


class DescribedApp(FastAPI):
    """An application whose OpenAPI document names the failures, tags and headers of every answer."""

    def openapi(self) -> Node:
        """The document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["tags"] = [{"name": name, "description": says} for name, says in TAGS]
            schemas = document["components"]["schemas"]
            schemas["Problem"] = Problem.model_json_schema()
            for replaced in ("HTTPValidationError", "ValidationError"):
                schemas.pop(replaced, None)
            _allow_repetition(document)
            for method, operation in operations(document):
                _describe_failures(operation)
                if method == "get":
                    _describe_tag(operation)
            self.openapi_schema = document
        return self.openapi_schema


def operations(document: Node) -> Iterator[tuple[str, Node]]:
    """Every operation with its method, lower-case, in the order of the paths."""
    for path in document["paths"].values():
        yield from path.items()


def _allow_repetition(node: object) -> None:
    """Sets are read from lists in which something may stand twice; where there is a most, it counts once."""
    if isinstance(node, dict) and node.pop("uniqueItems", False):
        node.pop("maxItems", None)
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _allow_repetition(inner)


def _describe_failures(operation: Node) -> None:
    responses = operation["responses"]
    statuses = {int(status) for status in responses if int(status) >= HTTPStatus.BAD_REQUEST} | set(_ANY)
    if "security" in operation:
        statuses.update(_OF_CALLERS)
        operation["security"].append({})  # callers on the same machine need no token, unless configured
    if operation.get("parameters") or "requestBody" in operation:
        statuses.add(_OF_ARGUMENTS)
    if "requestBody" in operation:
        statuses.update(_OF_BODIES)
    for status in sorted(statuses):
        responses.pop(str(status), None)
        responses[str(status)] = _failure(HTTPStatus(status))


def _failure(status: HTTPStatus) -> Node:
    example = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": _SAID[status]}
    described: Node = {
        "description": _SAID[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        described["headers"] = _RETRY_AFTER
    return described


def _describe_tag(operation: Node) -> None:
    """Documents that a client may keep: all but those about the server, which are true for a moment only."""
    done = operation["responses"]["200"]
    if "application/json" not in done.get("content", {}) or "server" in operation["tags"]:
        return
    done["headers"] = {**done.get("headers", {}), **_ETAG}
    operation["responses"] = {
        "200": done,
        "304": {"description": "Nothing changed.", "headers": _ETAG},
        **operation["responses"],
    }
    operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
