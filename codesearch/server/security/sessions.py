"""Sessions of browsers: a signed cookie, so that nothing is kept of them here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadData, Signer, URLSafeTimedSerializer
from starlette.requests import HTTPConnection

from codesearch.server.security.options import SecurityOptions

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that was here before.

    Attributes:
        id: Random, another one after every sign-in: who knew the one before knows nothing.
        token_id: The token it was signed in with; empty for somebody who is not.
        proof: Says which token that was, in hexadecimal: another index may have one of the same id.
    """

    id: str
    token_id: str = ""
    proof: str = ""

    @classmethod
    def fresh(cls, token_id: str = "", proof: str = "") -> Session:
        """A new one."""
        return cls(secrets.token_hex(_ID_BYTES), token_id, proof)


class SessionCookies:
    """Reads and writes the cookie.

    Args:
        key: Secret of this installation; cookies that it did not sign are no cookies.
        options: How long a session lasts, and where it is.
    """

    def __init__(self, key: bytes, options: SecurityOptions) -> None:
        self._seconds = round(options.session_hours * 3600)
        self._https = options.https
        self._port = options.port
        # What is signed for one purpose says nothing for the other, by their salts.
        signing = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeTimedSerializer(key, salt="codesearch.session", signer_kwargs=signing)
        self._forms = Signer(key, salt="codesearch.csrf", digest_method=hashlib.sha256, key_derivation="hmac")

    def read(self, connection: HTTPConnection) -> Session | None:
        """The session of a request; None without one, and when it is over or not of our making."""
        text = connection.cookies.get(self._name(connection))
        try:
            fields = self._serializer.loads(text or "", max_age=self._seconds)
        except BadData:
            return None
        # Signed by us, yet perhaps by another version of us.
        if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
            return None
        return Session(*fields) if len(fields) == 3 else None

    def header(self, connection: HTTPConnection, session: Session) -> str:
        """The Set-Cookie header that keeps a session."""
        text = self._serializer.dumps([session.id, session.token_id, session.proof])
        assert isinstance(text, str)  # noqa: S101 - what this serializer gives
        attributes = ["Path=/", f"Max-Age={self._seconds}", "HttpOnly", "SameSite=Strict"]
        if self._is_secure(connection):
            attributes.append("Secure")
        return "; ".join([f"{self._name(connection)}={text}", *attributes])

    def form_token(self, session: Session) -> str:
        """What forms of a session carry. Pages are not compressed with it: see BREACH."""
        return self._forms.get_signature(session.id).decode("ascii")

    def _name(self, connection: HTTPConnection) -> str:
        # Cookies know hosts, not ports: two servers of one machine would end each other's sessions.
        name = f"codesearch-{self._port}"
        return f"__Host-{name}" if self._is_secure(connection) else name

    def _is_secure(self, connection: HTTPConnection) -> bool:
        """Whether the browser speaks TLS; saying so about oneself only makes the cookie stricter."""
        proxied = connection.headers.get("x-forwarded-proto", "") == "https"
        return self._https or connection.scope["scheme"] == "https" or proxied
