"""A digest of the code that decides which classes there are: what an older one found is not used again."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import codesearch.audit.classes
import indexer.normal
import reranker
import retriever
import retriever.joins
from codesearch import __version__

_PACKAGES = (codesearch.audit.classes, indexer.normal, retriever, retriever.joins, reranker)


def detection_revision() -> str:
    """Hexadecimal; changes with the version and with the source of what proposes, verifies and groups."""
    digest = blake2b(__version__.encode(), digest_size=16)
    for package in _PACKAGES:
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
