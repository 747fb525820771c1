"""Digests of the code that decides what there is to report: what an older one found is not used again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path

import codesearch.audit.classes
import indexer.normal
import reranker
import retriever
import retriever.joins
from codesearch import __version__

_PACKAGES = (codesearch.audit.classes, indexer.normal, retriever, retriever.joins, reranker)


@cache
def detection_revision() -> str:
    """Hexadecimal; changes with the version and with the source of what proposes, verifies and groups."""
    return _digest(
        path for package in _PACKAGES for path in sorted(Path(str(package.__file__)).parent.glob("*.py"))
    )


def _digest(paths: Iterable[Path]) -> str:
    digest = blake2b(__version__.encode(), digest_size=16)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
