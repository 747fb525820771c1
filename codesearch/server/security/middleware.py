"""The order in which a request meets the checks."""

from __future__ import annotations

from starlette.middleware import Middleware

from codesearch.server.security.access import Access
from codesearch.server.security.access_log import AccessLogMiddleware, Listener
from codesearch.server.security.bodies import BodyMiddleware
from codesearch.server.security.callers import CallerMiddleware, RefusedTokenMiddleware
from codesearch.server.security.deadlines import DeadlineMiddleware
from codesearch.server.security.headers import HeadersMiddleware
from codesearch.server.security.hosts import HostMiddleware
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.origins import OriginMiddleware
from codesearch.server.security.rates import RateMiddleware
from codesearch.server.security.signing_in import SignInMiddleware
from codesearch.server.security.unexpected import UnexpectedMiddleware
from codesearch.server.security.unread import UnreadBodyMiddleware
from codesearch.server.security.upgrades import UpgradeMiddleware


def middleware(
    options: SecurityOptions, access: Access, listener: Listener | None = None
) -> list[Middleware]:
    """All checks, outermost first.

    Args:
        options: Limits and addresses.
        access: Knows callers.
        listener: Hears of every exchange.
    """
    return [
        Middleware(AccessLogMiddleware, listener=listener),
        Middleware(HeadersMiddleware),  # on refusals too
        Middleware(UnexpectedMiddleware),
        Middleware(UnreadBodyMiddleware),
        Middleware(HostMiddleware, options=options),  # what is meant for others is not looked at further
        Middleware(UpgradeMiddleware),
        Middleware(OriginMiddleware),
        Middleware(DeadlineMiddleware, options=options),
        Middleware(SignInMiddleware),
        Middleware(CallerMiddleware, access=access),
        Middleware(RateMiddleware, options=options),  # counts by caller
        Middleware(RefusedTokenMiddleware),
        Middleware(BodyMiddleware, options=options),  # bodies of those who may ask
    ]
