"""Who a caller is: a token in the header, a session in the cookie, or somebody on this machine."""

from __future__ import annotations

import hashlib
import logging
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from codesearch.core.errors import EnvironmentFailure, UsageError
from codesearch.core.tokens import AccessToken, TokenText
from codesearch.engine import Engine
from codesearch.server.failures import Unauthorized
from codesearch.server.security.addresses import is_loopback
from codesearch.server.security.kept_tokens import KeptTokens, session_proof
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.scopes import LOCAL, Caller, How
from codesearch.server.security.sessions import Session, SessionCookies
from indexer.segments.manifest import signing_key

log = logging.getLogger(__name__)

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Access:
    """Knows callers.

    Args:
        tokens: Those of the index.
        cookies: Sessions of browsers.
        options: Where the server listens decides whether a token is needed.
    """

    def __init__(self, tokens: KeptTokens, cookies: SessionCookies, options: SecurityOptions) -> None:
        self.cookies = cookies
        self._tokens = tokens
        self._required = needs_token(options)

    async def caller(self, connection: HTTPConnection, session: Session | None) -> Caller | None:
        """Who makes a request; None for a stranger.

        Tokens count in the header alone: an address ends up in histories and logs.

        Raises:
            Unauthorized: It brings a token that does not work: saying so beats answering as to a stranger.
        """
        authorization = connection.headers.get("authorization")
        if authorization is not None:
            return _known(await self._bearer(authorization), How.TOKEN)
        if session is not None and session.token_id:
            token = await run_in_threadpool(self._tokens.of_session, session.token_id, session.proof)
            if token is not None:
                return _known(token, How.SESSION)
        return LOCAL if self._is_local(connection) else None

    async def sign_in(self, text: str) -> Session:
        """A session for whoever pasted this token.

        Raises:
            Unauthorized: It does not work.
        """
        parsed = TokenText.parse(text)
        token = None if parsed is None else await run_in_threadpool(self._tokens.of_text, parsed)
        if parsed is None or token is None:
            raise Unauthorized("this token does not work", "it may be mistyped, expired or revoked")
        return Session.fresh(token.id, session_proof(parsed))

    def close(self) -> None:
        """Close the store."""
        self._tokens.close()

    async def _bearer(self, authorization: str) -> AccessToken:
        scheme, _, credentials = authorization.partition(" ")
        parsed = TokenText.parse(credentials) if scheme.lower() == "bearer" else None
        token = None if parsed is None else await run_in_threadpool(self._tokens.of_text, parsed)
        if token is None:
            raise Unauthorized(
                "the token in the Authorization header does not work",
                "send 'Bearer csk_...' with one that `codesearch token list` shows as working",
            )
        return token

    def _is_local(self, connection: HTTPConnection) -> bool:
        # Whom a proxy on this machine speaks for may be anywhere.
        return not self._required and not any(name in connection.headers for name in _FORWARDED)


def needs_token(options: SecurityOptions) -> bool:
    """Whether callers have to bring a token: always where others than this machine may reach us."""
    return options.require_token or bool(options.allowed_hosts) or not is_loopback(options.host)


def open_access(engine: Engine, options: SecurityOptions) -> Access:
    """Access by the tokens of an engine's index.

    Raises:
        UsageError: Callers need a token and there is none.
        IndexFailure: There is no index.
    """
    try:
        secret = signing_key(engine.folder.key_file)
    except EnvironmentFailure as problem:
        log.warning("%s: browsers have to sign in again whenever the server starts", problem)
        secret = secrets.token_bytes(32)
    key = hashlib.blake2b(key=secret, person=b"cs-sessions").digest()
    tokens = KeptTokens(engine.open_database)
    try:
        if needs_token(options) and not tokens.any_valid():
            raise UsageError(
                "callers of this server need a token and there is none",
                "make one with `codesearch token create`",
            )
    except BaseException:
        tokens.close()
        raise
    return Access(tokens, SessionCookies(key, options), options)


def _known(token: AccessToken, how: How) -> Caller:
    return Caller(token.name, token.scope, how, token.id, token.corpora)
