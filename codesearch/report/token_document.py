"""The JSON document of ``token``: the contract with programs."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.tokens import AccessToken, TokenText
from codesearch.report.json_documents import Document
from codesearch.report.moments import iso_time


def tokens_document(tokens: Sequence[AccessToken], made: TokenText | None = None) -> Document:
    """``codesearch.tokens/1``: the tokens that a command is about, oldest first.

    Args:
        tokens: What is known of them.
        made: The text of the one that was just made, under ``token``: it is told this once.
    """
    document: Document = {"schema": "codesearch.tokens/1", "degraded": []}
    if made is not None:
        document["token"] = str(made)
    return {**document, "tokens": [_fields(token) for token in tokens]}


def _fields(token: AccessToken) -> Document:
    return {
        "id": token.id,
        "name": token.name,
        "scope": str(token.scope),
        "corpora": None if token.corpora is None else sorted(token.corpora),
        "created_at": iso_time(token.created_at),
        "expires_at": _moment(token.expires_at),
        "revoked_at": _moment(token.revoked_at),
        "last_used_at": _moment(token.last_used_at),
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else iso_time(seconds)
