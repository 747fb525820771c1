"""Access tokens: adding, reading and revoking them; of the secret only a digest is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from codesearch.core.errors import InputError
from codesearch.core.store import models
from codesearch.core.store.corpora import read_corpora
from codesearch.core.tokens import AccessToken, Scope, TokenText

USE_PRECISION = 300.0
"""Seconds by which the time of the last use may be late: a busy token would write with every request."""

_TABLE = models.AccessToken
_COLUMNS = tuple(column for column in _TABLE.__table__.columns if column.name != "digest")


def add_token(
    connection: Connection,
    text: TokenText,
    name: str,
    scope: Scope,
    lifetime: float | None,
    corpora: Iterable[str] | None = None,
) -> AccessToken:
    """Keep a new token.

    Args:
        connection: To the store.
        text: The token.
        name: What its owner calls it.
        scope: What it allows.
        lifetime: Seconds for which it works; None means until it is revoked.
        corpora: Names of those that it sees; None means all.

    Raises:
        InputError: There is no corpus of such a name.
    """
    if corpora is not None:
        _require_known(connection, corpora)
    now = time.time()
    row = {
        "id": text.id,
        "name": name,
        "scope": str(scope),
        "digest": text.digest,
        "created_at": now,
        "expires_at": None if lifetime is None else now + lifetime,
        "corpora": None if corpora is None else json.dumps(sorted(set(corpora))),
    }
    return _token(connection.execute(insert(_TABLE).values(row).returning(*_COLUMNS)).one())


def read_tokens(connection: Connection) -> tuple[AccessToken, ...]:
    """All tokens, revoked and expired ones too, oldest first."""
    rows = connection.execute(select(*_COLUMNS).order_by(_TABLE.created_at, _TABLE.id))
    return tuple(map(_token, rows))


def find_token(connection: Connection, key: str) -> AccessToken:
    """The token of this id, else the only one of this name that is not revoked.

    Raises:
        InputError: There is none, or several have the name.
    """
    tokens = read_tokens(connection)
    found = [token for token in tokens if token.id == key] or [
        token for token in tokens if token.name == key and token.revoked_at is None
    ]
    if not found:
        raise InputError(f"no token {key!r}", "see `codesearch token list`")
    if len(found) > 1:
        raise InputError(f"{len(found)} tokens are called {key!r}", "give the id of one of them")
    return found[0]


def token_with_digest(connection: Connection, token_id: str) -> tuple[AccessToken, bytes] | None:
    """A token with what is kept of its secret, valid or not; None when there is none of this id."""
    columns = _TABLE.__table__.columns
    row = connection.execute(select(*columns).where(_TABLE.id == token_id)).one_or_none()
    return None if row is None else (_token(row), row.digest)


def revoke_token(connection: Connection, token_id: str) -> None:
    """Let a token work no more; the first time counts."""
    unrevoked = (_TABLE.id == token_id) & _TABLE.revoked_at.is_(None)
    connection.execute(update(_TABLE).where(unrevoked).values(revoked_at=time.time()))


def note_use(connection: Connection, token_id: str, at: float) -> None:
    """Remember that a token was used, unless that was a moment ago."""
    stale = or_(_TABLE.last_used_at.is_(None), _TABLE.last_used_at < at - USE_PRECISION)
    connection.execute(update(_TABLE).where((_TABLE.id == token_id) & stale).values(last_used_at=at))


def _token(row: Row[Any]) -> AccessToken:
    return AccessToken(
        id=row.id,
        name=row.name,
        scope=Scope(row.scope),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        corpora=None if row.corpora is None else frozenset(json.loads(row.corpora)),
    )


def _require_known(connection: Connection, corpora: Iterable[str]) -> None:
    unknown = sorted(set(corpora) - {corpus.name for corpus in read_corpora(connection)})
    if unknown:
        raise InputError(f"no corpus {unknown[0]!r} in the index", "see `codesearch status`")
