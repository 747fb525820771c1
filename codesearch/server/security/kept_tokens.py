"""The tokens of the store as requests meet them: looked up every time, so that revoking one works at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from codesearch.core.errors import CodesearchError
from codesearch.core.store.database import Database
from codesearch.core.store.tokens import USE_PRECISION, note_use, read_tokens, token_with_digest
from codesearch.core.tokens import AccessToken, TokenText

log = logging.getLogger(__name__)

PROOF_BYTES = 16


class KeptTokens:
    """Tokens of an index; threads share one.

    Args:
        open_database: Opens the store.
    """

    def __init__(self, open_database: Callable[[], Database]) -> None:
        self._open_database = open_database
        self._lock = Lock()
        self._opened: tuple[Database, int | None] | None = None
        self._noted: dict[str, float] = {}
        # One thread, out of the way of requests: while an index is written, its store cannot be.
        self._writer = ThreadPoolExecutor(1, "token-uses")

    def of_text(self, text: TokenText) -> AccessToken | None:
        """The valid token that somebody has; None when it is unknown, expired or revoked."""
        with self._reading() as connection:
            found = token_with_digest(connection, text.id)
        if found is None or not text.proves(found[1]):
            return None
        return self._valid(found[0])

    def of_session(self, token_id: str, proof: str) -> AccessToken | None:
        """The valid token that a session was signed in with; None when it is not valid any more."""
        with self._reading() as connection:
            found = token_with_digest(connection, token_id)
        # No secret: the session that brings it is signed.
        return None if found is None or _proof(found[1]) != proof else self._valid(found[0])

    def any_valid(self) -> bool:
        """Whether there is a token that works."""
        now = time.time()
        with self._reading() as connection:
            return any(token.is_valid(now) for token in read_tokens(connection))

    def close(self) -> None:
        """Close the store."""
        self._writer.shutdown(cancel_futures=True)
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened[0].close()

    def _valid(self, token: AccessToken) -> AccessToken | None:
        now = time.time()
        if not token.is_valid(now):
            return None
        last = max(token.last_used_at or 0.0, self._noted.get(token.id, 0.0))
        if now - last >= USE_PRECISION:
            self._noted[token.id] = now
            self._writer.submit(self._note, token.id, now)
        return token

    def _note(self, token_id: str, at: float) -> None:
        try:
            with self._database().write() as connection:
                note_use(connection, token_id, at)
        except CodesearchError as problem:
            # It is no reason to refuse anybody: the store is read-only, or written by an index run.
            log.debug("the use of token %s was not noted: %s", token_id, problem)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database().read() as connection:
            yield connection

    def _database(self) -> Database:
        """The store; opened anew when its file is another one, as after `codesearch doctor --repair`."""
        with self._lock:
            if self._opened is None or self._opened[1] != _inode(self._opened[0]):
                fresh = self._open_database()
                # Whoever still reads from the one before keeps its connection until done.
                before, self._opened = self._opened, (fresh, _inode(fresh))
                if before is not None:
                    before[0].close()
            return self._opened[0]


def session_proof(text: TokenText) -> str:
    """What a session keeps of the token that it is signed in with."""
    return _proof(text.digest)


def _proof(digest: bytes) -> str:
    return digest[:PROOF_BYTES].hex()


def _inode(database: Database) -> int | None:
    if database.url.get_backend_name() != "sqlite":
        return None
    try:
        return Path(database.url.database or "").stat().st_ino
    except OSError:
        return None
