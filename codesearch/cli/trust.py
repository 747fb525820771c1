"""``codesearch trust``: whose packs are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.packs.trust import TrustedSigner, TrustStore


@click.group("trust", short_help="Say whose packs are read: add, list and remove signers.")
def command() -> None:
    """Say whose packs are read: add, list and remove signers.

    Every pack is signed with its maker's key. It is read only if you named the fingerprint of that key here,
    or signed it yourself. Ask the maker for the fingerprint by another way than the one the pack came by.
    """


@command.command("add", short_help="Trust a signer.")
@click.argument("key", metavar="FINGERPRINT|KEY_FILE")
@click.option("--note", default="", metavar="TEXT", help="Who that is, for yourself.")
@json_option
@pass_invocation
def add(invocation: Invocation, key: str, note: str, as_json: bool) -> None:
    """Trust whoever has the key of this fingerprint, or the key in a file (pack-signing.pub)."""
    _show(invocation, [_store(invocation).add(key, note)], as_json=as_json)


@command.command("list", short_help="List the signers whose packs are read.")
@json_option
@pass_invocation
def list_signers(invocation: Invocation, as_json: bool) -> None:
    """List the signers whose packs are read, your own key first."""
    _show(invocation, _store(invocation).signers(), as_json=as_json)


@command.command("remove", short_help="Trust a signer no more.")
@click.argument("key", metavar="FINGERPRINT")
@json_option
@pass_invocation
def remove(invocation: Invocation, key: str, as_json: bool) -> None:
    """Trust the signer of this fingerprint, or of the one that begins so, no more."""
    _show(invocation, [_store(invocation).remove(key)], as_json=as_json)


def _store(invocation: Invocation) -> TrustStore:
    from codesearch.core.settings.load import user_config_file
    from codesearch.packs.trust import TrustStore

    invocation.settings()  # what is wrong with them is told by every command
    return TrustStore(user_config_file().parent)


def _show(invocation: Invocation, signers: Sequence[TrustedSigner], *, as_json: bool) -> None:
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.pack_document import signers_document

        emit_json(signers_document(signers))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.pack_text import render_signers

        results_console(invocation).print(render_signers(signers), crop=False)
