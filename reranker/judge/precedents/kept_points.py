"""What was measured of precedents, kept so that a query does not parse hundreds of them first."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from codesearch.core.errors import CodesearchError
from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, Fragment
from indexer.embedding.registry import model_entry
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from indexer.parsing.revision import analysis_revision
from reranker.cascade import Cascade
from reranker.judge.precedents.memory import RememberedPair
from reranker.judge.precedents.pair_points import REVISION, Measured, measure

log = logging.getLogger(__name__)

# What numpy and zipfile raise about files that are none of theirs, or that a bit was flipped in.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile)


def measured_precedents(
    pairs: Sequence[RememberedPair], embedder: Embedder, cascade: Cascade, kept: Path
) -> Measured:
    """What the models see of precedents, in order: read where these very ones were measured before.

    A precedent about code that cannot be parsed here is a row of NaN.

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
    measured = _measure(pairs, embedder, cascade)
    with suppress(OSError):
        _write(kept, key, measured)
    return measured


def _measure(pairs: Sequence[RememberedPair], embedder: Embedder, cascade: Cascade) -> Measured:
    fragments = [_fragments(pair) for pair in pairs]
    rows = [n for n, found in enumerate(fragments) if found is not None]
    if len(rows) < len(pairs):
        log.warning(
            "%d of your verdicts are about code that cannot be parsed; they count for that very pair only",
            len(pairs) - len(rows),
        )
    readable = measure([found for found in fragments if found is not None], embedder, cascade)
    features, priors, topics = (
        _spread(array, rows, len(pairs)) for array in (readable.features, readable.priors, readable.topics)
    )
    return Measured(features, priors, topics)


def _spread(array: F32, rows: Sequence[int], count: int) -> F32:
    """float32 [count, ...]: the given rows where they belong, NaN elsewhere."""
    whole = np.full((count, *array.shape[1:]), np.nan, np.float32)
    whole[rows] = array
    return whole


def _fragments(pair: RememberedPair) -> tuple[Fragment, Fragment] | None:
    """None where a side, which may come from somebody else's file, cannot be parsed here."""
    try:
        first, second = (
            whole_fragment(side.code.encode("utf-8", "replace"), registry().get(side.language))
            for side in pair.precedent.sides
        )
    except CodesearchError:
        return None
    return first, second


def _key(pairs: Sequence[RememberedPair], embedder: Embedder, cascade: Cascade) -> str:
    """Of everything that what is measured depends on."""
    calibration = cascade.calibration.id
    digest = blake2b(f"{REVISION} {analysis_revision()} {embedder.id} {calibration}".encode(), digest_size=16)
    digest.update(repr(sorted(model_entry(calibration, "calibration").files.items())).encode())
    for pair in pairs:
        for side in pair.precedent.sides:
            digest.update(f"\0{side.language}\0{side.code}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _read(kept: Path, key: str) -> Measured | None:
    """None where there is no such file, or one of other precedents, or a damaged one."""
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["key"]) != key:
                return None
            return Measured(arrays["features"], arrays["priors"], arrays["topics"])
    except _UNREADABLE:
        return None


def _write(kept: Path, key: str, measured: Measured) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = NamedTemporaryFile(dir=kept.parent, suffix=".npz", delete=False)  # noqa: SIM115 - it is, below
    try:
        with partial:
            np.savez(
                partial,
                key=np.array(key),
                features=measured.features,
                priors=measured.priors,
                topics=measured.topics,
            )
        os.replace(partial.name, kept)  # noqa: PTH105 - says what it does
    except BaseException:
        Path(partial.name).unlink(missing_ok=True)
        raise
