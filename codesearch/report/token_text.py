"""Access tokens, for a person."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.tokens import AccessToken, TokenText
from codesearch.report.lines import unwrapped
from codesearch.report.moments import shown_time
from codesearch.report.printable import printable


def render_tokens(tokens: Sequence[AccessToken], made: TokenText | None = None) -> RenderableType:
    """Two lines per token: what it allows until when, when it was made and used.

    Args:
        tokens: What is known of them.
        made: The text of the one that was just made, which comes first, on a line of its own.
    """
    if not tokens:
        return Text("no tokens: make one with `codesearch token create`")
    lines = (line for token in tokens for line in _token_lines(token))
    if made is None:
        return Group(*lines)
    told = unwrapped("keep it like a password: only a digest of it stays here, and it is not shown again")
    return Group(unwrapped(str(made)), told, *lines)


def _token_lines(token: AccessToken) -> tuple[Text, Text]:
    head = unwrapped(f"{token.id}  ").append(printable(token.name), "bold")
    seen = "" if token.corpora is None else f" of {', '.join(map(printable, sorted(token.corpora)))}"
    head.append(f"  {token.scope}{seen}, {_state(token)}")
    used = "never used" if token.last_used_at is None else f"last used {shown_time(token.last_used_at)}"
    return head, unwrapped(f"   made {shown_time(token.created_at)}, {used}")


def _state(token: AccessToken) -> str:
    if token.revoked_at is not None:
        return f"revoked {shown_time(token.revoked_at)}"
    if token.expires_at is None:
        return "works until it is revoked"
    return f"{'works until' if token.is_valid(time.time()) else 'expired'} {shown_time(token.expires_at)}"
