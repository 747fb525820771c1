"""Source text and alignments of members, as reports show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.core.audit import AuditRun, Member
from codesearch.core.errors import InputError
from codesearch.core.results import Evidence, Place
from codesearch.core.types import Fragment, Tokens
from indexer.corpus.decode import decode
from indexer.corpus.names import system_path
from indexer.corpus.opening import CannotRead, read_regular
from indexer.normal.keys import make_fragment
from indexer.parsing.extract import select_lines
from indexer.parsing.languages import registry
from indexer.parsing.limits import ParseLimits
from reranker.evidence import line_evidence
from retriever.alignment import align

_FILES = 256  # texts that are kept; classes that stand near each other share theirs
_PARSED = 512  # files whose tokens are kept, 20 bytes for each; parsing is most of the time of a report


class CorpusSources:
    """Reads files of audited corpora; one that changed since the audit shows nothing.

    Args:
        roots: Folder of every corpus by name.
        hashes: Content hash of every audited file by corpus and path.
        salts: The key of these hashes by corpus.
        max_bytes: Longer files are not read.
        limits: What is not parsed.
    """

    def __init__(
        self,
        roots: Mapping[str, Path],
        hashes: Mapping[tuple[str, str], bytes],
        salts: Mapping[str, bytes],
        max_bytes: int,
        limits: ParseLimits,
    ) -> None:
        self._roots = roots
        self._hashes = hashes
        self._salts = salts
        self._max_bytes = max_bytes
        self._limits = limits
        self._runs: Sequence[AuditRun] = ()
        self._text = lru_cache(maxsize=_FILES)(self._read)
        self._tokens = lru_cache(maxsize=_PARSED)(self._parse)

    def text(self, corpus: str, path: str) -> bytes | None:
        """A file's text as the index read it: UTF-8 with line feeds."""
        return self._text(corpus, path)

    def lines(self, member: Member) -> Sequence[str] | None:
        """The member's lines without line ends; None when its file is gone or has changed since."""
        text = self._text(member.place.corpus, member.place.path)
        if text is None:
            return None
        lines = text.decode("utf-8", "replace").split("\n")
        return lines[member.place.start_line - 1 : member.place.end_line]

    def evidence(self, first: Member, other: Member) -> tuple[Evidence, ...]:
        """Aligned line ranges, ``query_lines`` being those of ``first``; empty when a file has changed."""
        ours, theirs = (self._fragment(member.place, member.language) for member in (first, other))
        return line_evidence(align(ours, theirs)) if ours and theirs else ()

    def history(self) -> Sequence[AuditRun]:
        """Finished runs of the same target, oldest first."""
        return self._runs

    def remember(self, runs: Sequence[AuditRun]) -> None:
        """Show these finished runs as the history, oldest first."""
        self._runs = runs

    def _fragment(self, place: Place, language: str) -> Fragment | None:
        tokens = self._tokens(place.corpus, place.path, language)
        if tokens is None:
            return None
        first, last = np.searchsorted(tokens.lines, (place.start_line, place.end_line + 1)).tolist()
        return make_fragment(language, tokens.cut(first, last))

    def _parse(self, corpus: str, path: str, language: str) -> Tokens | None:
        text = self._text(corpus, path)
        if text is None:
            return None
        try:
            return select_lines(text, registry().get(language), limits=self._limits).tokens
        except InputError:
            return None

    def _read(self, corpus: str, path: str) -> bytes | None:
        known = self._hashes.get((corpus, path))
        try:
            raw = read_regular(self._roots[corpus] / system_path(path), self._max_bytes).content
        except (CannotRead, KeyError):
            return None
        if blake2b(raw, digest_size=16, key=self._salts[corpus]).digest() != known:
            return None
        try:
            return decode(raw).text
        except CannotRead:
            return None
