"""Access tokens: what one may do, how its text is made and read, and what is kept of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "csk_"
"""By this, people and secret scanners know a token when they see one."""

_ID_BYTES = 6
_SECRET_BYTES = 32
_TEXT = re.compile(rf"{PREFIX}([0-9a-f]{{{2 * _ID_BYTES}}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})", re.ASCII)


class Scope(StrEnum):
    """What a caller may do; each one includes those before it."""

    READ = "read"  # everything that only looks, searches too
    WRITE = "write"  # verdicts, and jobs that index or audit
    ADMIN = "admin"  # schedules, which run commands again and again

    def includes(self, needed: Scope) -> bool:
        """Whether who has this scope may do what needs another."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token; times are seconds since the epoch, UTC.

    Attributes:
        id: Public part of the token, by which it is listed and revoked.
        name: What its owner calls it; need not be unique.
        scope: What it allows.
        created_at: When it was made.
        expires_at: When it stops to work; None means never.
        revoked_at: When it was revoked; None while it was not.
        last_used_at: When it was used last, to a few minutes; None before the first time.
        corpora: Names of the corpora that it sees; None for all, those to come too.
    """

    id: str
    name: str
    scope: Scope
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None
    corpora: frozenset[str] | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it is neither revoked nor expired at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token as its owner has it: ``csk_<id>_<secret>``.

    Attributes:
        id: Twelve hexadecimal digits that name it.
        secret: 64 hexadecimal digits that prove it.
    """

    id: str
    secret: str

    @classmethod
    def fresh(cls) -> TokenText:
        """A new one, from the system's source of randomness."""
        return cls(secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> TokenText | None:
        """The token that a text spells; None when it spells none."""
        found = _TEXT.fullmatch(text.strip(" \t\r\n"))
        return None if found is None else cls(found[1], found[2])

    @property
    def digest(self) -> bytes:
        """What is kept of the secret: 32 bytes.

        A plain hash is enough: 256 random bits cannot be guessed from it however fast it is, and a slow one
        would let strangers keep the server busy.
        """
        return hashlib.blake2b(self.secret.encode("ascii"), digest_size=32).digest()

    def proves(self, digest: bytes) -> bool:
        """Whether this is the token of which ``digest`` was kept, in a time that does not depend on it."""
        return hmac.compare_digest(self.digest, digest)

    def __str__(self) -> str:
        return f"{PREFIX}{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"TokenText(id={self.id!r})"  # the secret is in no traceback
