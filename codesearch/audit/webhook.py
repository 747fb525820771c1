"""Posts a JSON document to the address that the user's own configuration names, and nowhere else.

The address is a secret (many services put a key into its path): no message repeats any part of it.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from codesearch import __version__
from codesearch.core.errors import ConfigError, EnvironmentFailure

_TIMEOUT = 10  # seconds for each step of the exchange
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Webhook:
    """An address that takes JSON documents.

    Args:
        address: ``https``, or ``http`` on this machine.

    Raises:
        ConfigError: It is another one.
    """

    def __init__(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            local = parts.hostname in _LOCAL
            allowed = parts.scheme == "https" or (parts.scheme == "http" and local)
            usable = bool(parts.hostname) and parts.port != 0 and parts.username is None
        except ValueError:
            allowed = local = usable = False
        if not (allowed and usable and address.isascii() and address.isprintable() and " " not in address):
            raise ConfigError(
                "audit.webhook is not an address to post to",
                "write https://..., or http://localhost:PORT/...",
            )
        self._address = address
        # A proxy of the environment would get the address in clear, and reach another machine's localhost.
        self._proxies: dict[str, str] | None = {} if local else None

    def post(self, document: Mapping[str, object]) -> None:
        """Post a document; whatever is answered is not read.

        Raises:
            EnvironmentFailure: Nobody took it.
        """
        request = Request(  # noqa: S310 - the scheme was checked
            self._address,
            data=json.dumps(document, allow_nan=False).encode(),
            headers={"Content-Type": "application/json", "User-Agent": f"codesearch/{__version__}"},
            method="POST",
        )
        try:
            with build_opener(_NoRedirects, ProxyHandler(self._proxies)).open(request, timeout=_TIMEOUT):
                pass
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EnvironmentFailure(_explanation(error), "check audit.webhook") from None


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would hand the document to somebody whom the user did not name."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none: the answer itself becomes the error."""


def _explanation(error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()
        return f"the webhook answered {error.code}"
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error
    if isinstance(cause, TimeoutError):
        return f"the webhook did not answer within {_TIMEOUT} seconds"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "the webhook has no certificate that this machine trusts"
    reason = cause.strerror if isinstance(cause, OSError) else None
    return f"the webhook cannot be reached ({reason or type(cause).__name__})"
