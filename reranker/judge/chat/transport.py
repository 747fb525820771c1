"""The one way out for prompts: HTTP to the configured endpoint and nowhere else, within limits."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from codesearch.core.errors import ConfigError

if TYPE_CHECKING:
    import httpx2

LONGEST_PAUSE_SECONDS = (
    20  # so that three retries are a minute; a server that asks for more is not waited for
)
MOST_BYTES = 16 * 2**20  # of one answer; the longest that settings allow is a fortieth of it

_SENT = frozenset({"accept", "connection", "content-length", "content-type", "host"})
"""Headers of the client that leave. What it tells of this machine stays, and so does what the environment
adds (``OPENAI_CUSTOM_HEADERS``, ``OPENAI_ORG_ID``, ``OPENAI_PROJECT_ID``)."""


@dataclass(frozen=True, slots=True)
class Door:
    """An httpx transport that leads to one origin.

    Whatever a client library or the environment makes of a request, it leaves with these credentials, without
    other headers that tell something, and to this origin. An answer that takes longer than the timeout,
    however slowly it drips, becomes 408, and one that asks for a longer pause than we make is final.

    Attributes:
        origin: Scheme, host and port.
        credentials: The headers that carry the key.
        seconds: Longest wait for a whole answer.
        way: The transport behind it.
    """

    origin: tuple[str, str, int]
    credentials: Mapping[str, str]
    seconds: float
    way: httpx2.BaseTransport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end."""
        import httpx2

        if origin_of(str(request.url)) != self.origin:
            raise httpx2.UnsupportedProtocol("not the configured endpoint")
        kept = {name: value for name, value in request.headers.items() if name.lower() in _SENT}
        sent = httpx2.Request(  # another one: the client goes on reading its own
            request.method,
            request.url,
            headers={**kept, "accept-encoding": "identity", "user-agent": "codesearch", **self.credentials},
            stream=request.stream,
            extensions=request.extensions,
        )
        until = time.monotonic() + self.seconds
        try:
            answer = self.way.handle_request(sent)
            body = b"".join(_within(answer, until))
        except httpx2.TimeoutException:
            return httpx2.Response(408, headers={"x-should-retry": "false"})
        headers = httpx2.Headers(answer.headers)
        if _pause(headers) > LONGEST_PAUSE_SECONDS:
            headers["x-should-retry"] = "false"  # the client's own word for it
        return httpx2.Response(answer.status_code, headers=headers, content=body)

    def close(self) -> None:
        """Ends its connections."""
        self.way.close()

    def __enter__(self) -> Door:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def client(base_url: str, credentials: Mapping[str, str], seconds: float, connections: int) -> httpx2.Client:
    """An HTTP client that has no other way than to that address.

    A proxy of the environment is used for https alone: it sees the host's name and ciphers, whereas over
    plain HTTP it would read the code. Certificates are checked against those of the system, or of
    ``SSL_CERT_FILE``. Redirects are not followed.

    Raises:
        ConfigError: That proxy or those certificates cannot be used.
    """
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=connections)
    try:
        way = httpx2.HTTPTransport(limits=limits, proxy=_proxy(base_url))
    except (OSError, ValueError, ImportError) as error:  # which may quote the password of a proxy
        message = f"the environment's proxy or certificates cannot be used ({type(error).__name__})"
        raise ConfigError(message, "look at https_proxy, SSL_CERT_FILE and SSL_CERT_DIR") from None
    door = Door(origin_of(base_url), credentials, seconds, way)
    return httpx2.Client(
        transport=cast("httpx2.BaseTransport", door),
        timeout=seconds,
        follow_redirects=False,
        trust_env=False,
    )


def origin_of(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _proxy(base_url: str) -> str | None:
    scheme, host, _ = origin_of(base_url)
    if scheme != "https" or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get("https")


def _within(answer: httpx2.Response, until: float) -> Iterator[bytes]:
    """The body piece by piece, as long as time and memory last."""
    import httpx2

    size = 0
    try:
        # Not asked for; a few of its bytes may become any number, which the client would unpack.
        if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise httpx2.RemoteProtocolError("the answer is compressed")
        for piece in answer.iter_raw():
            size += len(piece)
            if time.monotonic() > until:
                raise httpx2.ReadTimeout("the answer takes too long")
            if size > MOST_BYTES:
                raise httpx2.RemoteProtocolError("the answer is too long")
            yield piece
    finally:
        answer.close()


def _pause(headers: httpx2.Headers) -> float:
    """Seconds that a server asks to wait, 0 when it names none; a date is dropped."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers.get(name, "")) * unit
        except ValueError:
            headers.pop(name, None)
    return 0
