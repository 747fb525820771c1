"""``codesearch token``: who may use the server from elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation
from codesearch.cli.store import store_changed, store_read

if TYPE_CHECKING:
    from codesearch.core.tokens import AccessToken, TokenText

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST = 3650 * _SECONDS["d"]
_LONGEST_NAME = 100


def _lifetime(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """``30d`` in seconds, ``never`` as infinitely many."""
    if value == "never":
        return math.inf
    found = re.fullmatch(r"([1-9][0-9]{0,6})([mhdw])", value, re.ASCII)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        message = f"{value!r} is no time such as 12h, 30d or 8w, up to ten years, nor 'never'"
        raise click.BadParameter(message, context, parameter)
    return float(seconds)


@click.group("token", short_help="Let others use the server: make, list and revoke access tokens.")
def command() -> None:
    """Let others use the server: make, list and revoke access tokens.

    Who reaches 'codesearch serve' from another machine needs a token: programs send it as 'Authorization:
    Bearer TOKEN', people paste it into the sign-in page. Tokens are kept in the index, as digests.
    """


@command.command("create", short_help="Make a token and print it, this once.")
@click.option("--name", metavar="NAME", help="What to call it; default: its id.")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "admin"]),
    default="read",
    show_default=True,
    help="read: search and look; write: verdicts and jobs too; admin: schedules too.",
)
@click.option(
    "--expires",
    callback=_lifetime,
    default="90d",
    show_default=True,
    metavar="TIME",
    help="How long it works: 12h, 30d, 8w or never.",
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    metavar="NAME",
    help="Let it see this corpus alone, or several; searches, files and lists are all it gets then.",
)
@json_option
@pass_invocation
def create(
    invocation: Invocation,
    /,
    name: str | None,
    scope: str,
    expires: float,
    corpora: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a token and print it. It is not shown again: only a digest of it is kept."""
    from codesearch.core.errors import UsageError
    from codesearch.core.store.tokens import add_token
    from codesearch.core.tokens import Scope, TokenText

    if name is not None and not 0 < len(name := name.strip()) <= _LONGEST_NAME:
        raise UsageError(f"a token's name has 1 to {_LONGEST_NAME} characters", "choose another --name")
    if corpora and scope != "read":
        raise UsageError(f"a token for some corpora reads, it has no scope {scope}", "leave --scope out")
    made = TokenText.fresh()
    lifetime = None if math.isinf(expires) else expires
    with store_changed(invocation) as connection:
        token = add_token(connection, made, name or made.id, Scope(scope), lifetime, corpora or None)
    _show(invocation, [token], made, as_json=as_json)


@command.command("list", short_help="List the tokens, revoked ones too.")
@json_option
@pass_invocation
def list_tokens(invocation: Invocation, as_json: bool) -> None:
    """List the tokens: what each allows, until when, and when it was used last."""
    from codesearch.core.store.tokens import read_tokens

    with store_read(invocation) as connection:
        tokens = read_tokens(connection)
    _show(invocation, tokens, as_json=as_json)


@command.command("revoke", short_help="Let a token work no more.")
@click.argument("key", metavar="ID")
@json_option
@pass_invocation
def revoke(invocation: Invocation, key: str, as_json: bool) -> None:
    """Let the token of this id or name work no more, and end whatever was signed in with it."""
    from codesearch.core.store.tokens import find_token, revoke_token

    with store_changed(invocation) as connection:
        token = find_token(connection, key)
        revoke_token(connection, token.id)
        token = find_token(connection, token.id)
    _show(invocation, [token], as_json=as_json)


def _show(
    invocation: Invocation, tokens: Sequence[AccessToken], made: TokenText | None = None, *, as_json: bool
) -> None:
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.token_document import tokens_document

        emit_json(tokens_document(tokens, made))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.token_text import render_tokens

        results_console(invocation).print(render_tokens(tokens, made), crop=False)
