"""Packs, merges and signers, for a person."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.packs.signing import fingerprint
from codesearch.packs.trust import TrustedSigner
from codesearch.packs.writing import PackReport
from codesearch.report.lines import unwrapped
from codesearch.report.printable import printable
from indexer.merge import MergeReport


def render_pack(report: PackReport) -> RenderableType:
    """What was packed, and how others come to trust it."""
    manifest = report.manifest
    what = "with source" if manifest.source else "without source"
    size = f"{report.size / 1e6:.1f} MB"
    corpora = [
        unwrapped(
            f"   {printable(corpus.name)}: {corpus.files:,} files, {corpus.lines:,} lines, "
            f"{corpus.fragments:,} fragments"
        )
        for corpus in manifest.corpora
    ]
    return Group(
        unwrapped(printable(str(report.path)), "bold").append(f"  {size}, {what}", "not bold"),
        *corpora,
        unwrapped(f"signed by {fingerprint(report.key)}: tell it to those who are to trust the pack"),
    )


def render_merge(report: MergeReport, index: str) -> RenderableType:
    """What was taken over, a line per corpus."""
    lines = []
    for corpus in report.corpora:
        line = unwrapped(f"{printable(corpus.name)}: ")
        line.append(f"{corpus.files:,} files taken over" if corpus.files else "nothing new")
        if corpus.here != corpus.name:
            line.append(f"; it is called {printable(corpus.here)} here", "yellow")
        lines.append(line)
    total = f"{report.counts.seen:,} files, {report.counts.fragments:,} fragments in {printable(index)}"
    return Group(*lines, unwrapped(total))


def render_signers(signers: Sequence[TrustedSigner]) -> RenderableType:
    """A line per signer."""
    if not signers:
        return Text("no signer is trusted: name one with `codesearch trust add`")
    return Group(*(_signer(signer) for signer in signers))


def _signer(signer: TrustedSigner) -> Text:
    line = unwrapped(signer.fingerprint, "bold")
    told = "your own key" if signer.own else f"trusted since {signer.added[:10]}"
    note = f"  {printable(signer.note)}" if signer.note else ""
    return line.append(f"  {told}{note}", "not bold")
