"""What was measured of precedents, kept so that a query does not parse hundreds of them first."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import Fragment
from indexer.embedding.registry import model_entry
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from indexer.parsing.revision import analysis_revision
from reranker.cascade import Cascade
from reranker.judge.memory import RememberedPair
from reranker.judge.pair_points import Measured, measure


def measured_precedents(
    pairs: Sequence[RememberedPair], embedder: Embedder, cascade: Cascade, kept: Path
) -> Measured:
    """What the models see of precedents, in order: read where these very ones were measured before.

    Args:
        pairs: The precedents, at least one.
        embedder: Embeds their sides.
        cascade: Rates them.
        kept: File for the next time; where it cannot be written, the next time measures again.
    """
    key = _key(pairs, embedder, cascade)
    known = _read(kept, key)
    if known is not None:
        return known
    measured = measure([_fragments(pair) for pair in pairs], embedder, cascade)
    with suppress(OSError):
        _write(kept, key, measured)
    return measured


def _fragments(pair: RememberedPair) -> tuple[Fragment, Fragment]:
    first, second = (
        whole_fragment(side.code.encode("utf-8", "replace"), registry().get(side.language))
        for side in pair.precedent.sides
    )
    return first, second


def _key(pairs: Sequence[RememberedPair], embedder: Embedder, cascade: Cascade) -> str:
    """Of everything that what is measured depends on."""
    calibration = cascade.calibration.id
    digest = blake2b(f"{analysis_revision()} {embedder.id} {calibration}".encode(), digest_size=16)
    digest.update(repr(sorted(model_entry(calibration, "calibration").files.items())).encode())
    for pair in pairs:
        for side in pair.precedent.sides:
            digest.update(f"\0{side.language}\0{side.code}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _read(kept: Path, key: str) -> Measured | None:
    """None where there is no such file, or one of other precedents, or a damaged one."""
    try:
        with np.load(kept, allow_pickle=False) as arrays:
            if str(arrays["key"]) != key:
                return None
            return Measured(arrays["features"], arrays["priors"], arrays["topics"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(kept: Path, key: str, measured: Measured) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=kept.parent, suffix=".npz", delete=False) as partial:
        np.savez(
            partial,
            key=np.array(key),
            features=measured.features,
            priors=measured.priors,
            topics=measured.topics,
        )
    os.replace(partial.name, kept)  # noqa: PTH105 - says what it does
