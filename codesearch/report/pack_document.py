"""The JSON documents of packs: the contract with programs."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.packs.signing import fingerprint
from codesearch.packs.trust import TrustedSigner
from codesearch.packs.writing import PackReport
from codesearch.report.json_documents import Document
from indexer.merge import MergeReport


def pack_document(report: PackReport) -> Document:
    """``codesearch.pack/1``: what was packed, and by whom."""
    manifest = report.manifest
    return {
        "schema": "codesearch.pack/1",
        "degraded": [],
        "pack": str(report.path),
        "bytes": report.size,
        "signer": fingerprint(report.key),
        "name": manifest.name,
        "created": manifest.created,
        "licence": manifest.licence,
        "source": manifest.source,
        "model": manifest.model,
        "contents": manifest.contents,
        "corpora": [
            {
                "name": corpus.name,
                "files": corpus.files,
                "lines": corpus.lines,
                "fragments": corpus.fragments,
            }
            for corpus in manifest.corpora
        ],
    }


def merge_document(report: MergeReport, index: str) -> Document:
    """``codesearch.merge/1``: what was taken over; ``here`` is what a corpus is called in this index."""
    return {
        "schema": "codesearch.merge/1",
        "degraded": [],
        "index": index,
        "snapshot": report.snapshot,
        "files": report.counts.seen,
        "fragments": report.counts.fragments,
        "unique_fragments": report.counts.unique_fragments,
        "new_contents": report.contents,
        "corpora": [
            {"name": corpus.name, "here": corpus.here, "changed_files": corpus.files}
            for corpus in report.corpora
        ],
    }


def signers_document(signers: Sequence[TrustedSigner]) -> Document:
    """``codesearch.trust/1``: the signers that a command is about."""
    return {
        "schema": "codesearch.trust/1",
        "degraded": [],
        "signers": [
            {
                "fingerprint": signer.fingerprint,
                "note": signer.note,
                "added": signer.added or None,
                "own": signer.own,
            }
            for signer in signers
        ],
    }
