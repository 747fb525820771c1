"""Code, fragments and small indexes that the tests of several packages share."""

from __future__ import annotations

import bisect
import csv
import fnmatch
import fractions
import heapq
import inspect
import shlex
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import Fragment, TokenKind, Tokens, Vocabulary
from indexer.embedding.registry import load_embedder
from indexer.embedding.stored import embed_stored
from indexer.fragments import cut_fragments, whole_fragment
from indexer.normal.keys import make_fragment
from indexer.parsing.extract import parse_source
from indexer.parsing.languages import registry
from indexer.segments.builder import SegmentBuilder
from indexer.segments.manifest import Manifest, SegmentEntry
from indexer.segments.segment import write_segment
from indexer.segments.snapshot import SEGMENTS, Snapshot
from indexer.vectors.choice import build_structure

JAVA_COPY = """\
void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[4096];
    int count = in.read(buffer);
    while (count != -1) {
        out.write(buffer, 0, count);
        count = in.read(buffer);
    }
    out.flush();
}
"""

PYTHON_MEDIAN = """\
def median(values):
    # The middle one, or the mean of the two in the middle.
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        raise ValueError("no values")
    if len(ordered) % 2:
        return ordered[middle]
    total = ordered[middle - 1] + ordered[middle]
    return total / 2
"""


@cache
def embedder() -> Embedder:
    """The shipped embedder."""
    return load_embedder("static-1")


def fragment(code: str, language: str = "python") -> Fragment:
    """A text as one fragment."""
    return whole_fragment(code.encode(), registry().get(language))


@cache
def real_fragments() -> tuple[Fragment, ...]:
    """Some hundred functions and classes that people wrote, in no order of their keys."""
    found: dict[bytes, Fragment] = {}
    for module in (bisect, csv, fnmatch, fractions, heapq, shlex, textwrap):
        parsed = parse_source(inspect.getsource(module).encode(), registry().get("python"))
        found.update((part.exact_key, part) for _, part in cut_fragments(parsed))
    return tuple(found.values())


def numbered_tokens(numbers: Sequence[int], kind: TokenKind = TokenKind.OPERATOR) -> Tokens:
    """One token per line, each number being a token of its own."""
    texts, ids = np.unique(np.array(numbers, np.int64), return_inverse=True)
    names = tuple(f"t{number}".encode() for number in texts.tolist())
    hashes = [int.from_bytes(blake2b(name, digest_size=8).digest(), "little") for name in names]
    vocabulary = Vocabulary(names, np.full(len(names), kind, np.uint8), np.array(hashes, np.uint64))
    return Tokens(ids.astype(np.uint32), np.arange(1, len(ids) + 1, dtype=np.int32), None, vocabulary)


def numbered_fragment(numbers: Sequence[int], kind: TokenKind = TokenKind.OPERATOR) -> Fragment:
    """A fragment of :func:`numbered_tokens`."""
    return make_fragment("python", numbered_tokens(numbers, kind))


def write_part(
    folder: Path, name: str, contents: Iterable[Fragment], embedder: Embedder | None
) -> SegmentEntry:
    """Write contents as one segment of an index folder."""
    builder = SegmentBuilder()
    for content in contents:
        builder.add(content)
    arrays, fragments, languages = builder.build()
    model = embedder.id if embedder else ""
    vectors = embed_stored(fragments, embedder) if embedder else None
    entry = write_segment(folder / SEGMENTS / name, arrays, languages, vectors, model)
    assert vectors is None or build_structure(folder / SEGMENTS / name, vectors) == ({}, 1.0)
    return entry


def make_snapshot(
    folder: Path,
    parts: Sequence[Iterable[Fragment]],
    embedder: Embedder | None = None,
    dead: Callable[[Fragment], bool] = lambda _: False,
) -> Snapshot:
    """A snapshot of one segment per part, with tombstones for the contents that ``dead`` names."""
    entries = tuple(write_part(folder, f"{n}", part, embedder) for n, part in enumerate(parts))
    whole = Snapshot(folder, Manifest(1, entries, (), {}, ""))
    gone = tuple(row for row in range(len(whole)) if dead(whole.fragment(row)))
    return Snapshot(folder, Manifest(1, entries, gone, {}, ""))
