"""What goes wrong with a request, with the status that says so."""

from __future__ import annotations

from http import HTTPStatus

from codesearch.core.errors import CodesearchError, EnvironmentFailure, MissingExtra, UsageError
from codesearch.serving.pool import Busy
from codesearch.serving.sources import CodeTooLarge


class RequestFailure(UsageError):
    """A request that cannot be answered as it is."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(RequestFailure):
    """Nobody, or a token that is not known any more."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(RequestFailure):
    """Somebody who may not."""

    status = HTTPStatus.FORBIDDEN


class NotFound(RequestFailure):
    """There is no such thing, or it is none of the caller's business."""

    status = HTTPStatus.NOT_FOUND


class Conflict(RequestFailure):
    """It does not go with how things are now."""

    status = HTTPStatus.CONFLICT


class TooLarge(RequestFailure):
    """More than is read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooMany(RequestFailure):
    """More requests than one caller may make.

    Args:
        message: What there is too much of.
        retry_after: Seconds after which to try again.
    """

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, f"try again in {retry_after} s")
        self.retry_after = retry_after


class TimedOut(EnvironmentFailure):
    """It took too long; the work may still be going on."""

    status = HTTPStatus.GATEWAY_TIMEOUT


def status_of(error: CodesearchError) -> HTTPStatus:
    """The HTTP status that tells a client what kind of failure it is."""
    if isinstance(error, (RequestFailure, TimedOut)):
        return error.status
    if isinstance(error, CodeTooLarge):
        return TooLarge.status
    if isinstance(error, Busy):
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, UsageError):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, MissingExtra):
        return HTTPStatus.NOT_IMPLEMENTED
    return HTTPStatus.SERVICE_UNAVAILABLE


def retry_after(error: CodesearchError) -> int | None:
    """Seconds after which trying again makes sense; None where it does not depend on time."""
    return error.retry_after if isinstance(error, (Busy, TooMany)) else None
