"""An index run whose files are analysed and whose segments are built on a cluster.

The driver lists files, keeps the store and publishes, as :mod:`indexer.build` does anyway. Nodes leave parts
and shards in the checkpoints of the index, on the disk that all share; the driver moves names and small
records only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.core.protocols import SourceFile
from codesearch.core.settings.sections import Cluster as ClusterSettings
from codesearch.core.types import I32, ContentKey, Fragment
from codesearch.distributed.analysing import Analysis, analyse_on
from codesearch.distributed.cluster import Cluster, connected
from codesearch.distributed.embedding import Chunk, ModelChoice, chunks_of, embed_chunks
from codesearch.distributed.parts import PlacedTokens, sweep
from codesearch.distributed.shards import (
    Shard,
    Workshop,
    assemble_shard,
    digest_of,
    finish_shard,
    is_finished,
    publish_shard,
)
from indexer.folder import IndexFolder
from indexer.parsing.pool import Result
from indexer.parsing.worker import AnalyseOptions
from indexer.segments.assembly import Assembly
from indexer.segments.builder import Identity
from indexer.segments.layout import relative_lines
from indexer.segments.manifest import SegmentEntry, signing_key
from indexer.segments.ranges import key_ranges, segment_names
from indexer.segments.segment import Segment
from indexer.vectors.memory import UNBOUNDED, VectorMemory

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexJob:
    """What is built, and how.

    Attributes:
        folder: The index.
        options: What is kept of a file and what it may cost.
        model: Of the vectors; None leaves them out.
        model_id: Its id, empty without one.
        segment_rows: Contents of one segment at most.
    """

    folder: IndexFolder
    options: AnalyseOptions
    model: ModelChoice | None
    model_id: str
    segment_rows: int

    def checkpoint_key(self) -> bytes:
        """What names of checkpoints are keyed by; nodes get it, and the signing key cannot be told from it.

        Raises:
            EnvironmentFailure: The signing key cannot be used.
        """
        return blake2b(b"checkpoints", key=signing_key(self.folder.key_file), digest_size=32).digest()

    @property
    def parts(self) -> Path:
        """Where nodes leave what they read."""
        return self.folder.checkpoints / "parts"


@contextmanager
def index_stages(
    settings: ClusterSettings, job: IndexJob, corpora: Sequence[Path]
) -> Iterator[ClusterStages]:
    """The stages of an index run on the cluster of the settings, for the block.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: The address is not one.
        EnvironmentFailure: The cluster cannot be reached, or a node does not fit.
    """
    with connected(settings.address, settings.workers, job.folder.path, corpora) as cluster:
        yield ClusterStages(cluster, job)


class ClusterStages:
    """Implements :class:`indexer.stages.Stages`."""

    def __init__(self, cluster: Cluster, job: IndexJob) -> None:
        self._cluster = cluster
        self._job = job
        self._analysis = Analysis(job.options, job.parts, time.time_ns(), job.checkpoint_key())

    def analyse(self, tasks: Iterable[SourceFile]) -> Generator[Result]:
        """One result per file, in order."""
        return analyse_on(self._cluster, self._analysis, tasks)

    def assembly(self) -> Assembly:
        """Keeps where contents lie; nodes read them there."""
        return ClusterAssembly(self._cluster, self._job)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A content and where its tokens lie; ``vector`` is the row of its vector there, -1 without one."""

    source: Path
    first: int
    last: int
    renamed: ContentKey
    vector: int
    origin: bytes
    lines: I32


class ClusterAssembly:
    """Implements :class:`indexer.segments.assembly.Assembly`."""

    def __init__(self, cluster: Cluster, job: IndexJob) -> None:
        self._cluster = cluster
        self._job = job
        self._contents: dict[Identity, _Placed] = {}
        self._workshop = Workshop(job.folder.checkpoints / "shards", job.model_id, UNBOUNDED)
        self._key = job.checkpoint_key()
        self._with_vectors = 0
        self.embedded = 0

    def __len__(self) -> int:
        return len(self._contents)

    @property
    def model(self) -> str:
        """Id of the model of the vectors, empty without one."""
        return self._job.model_id

    @property
    def pending(self) -> int:
        """Number of contents whose vectors :meth:`write` has to find; 0 without a model."""
        return len(self._contents) - self._with_vectors if self.model else 0

    def add(self, fragment: Fragment) -> bool:
        """Keep where a content lies; False if it is known already."""
        identity = (fragment.exact_key, fragment.language)
        if identity in self._contents:
            return False
        tokens = fragment.tokens
        assert isinstance(tokens, PlacedTokens)  # noqa: S101 - what this engine's analysis gives
        origin = tokens.origin + tokens.start.to_bytes(8)
        last = tokens.first + len(tokens)
        self._contents[identity] = _Placed(
            tokens.source, tokens.first, last, fragment.renamed_key, -1, origin, tokens.lines
        )
        return True

    def take_over(self, segment: Segment, row: int) -> None:
        """Keep where a content of a segment that goes lies."""
        fragment = segment.fragment(row)
        first, last = segment.arrays.token_starts[row : row + 2].tolist()
        reusable = bool(self.model) and segment.entry.model == self.model
        self._with_vectors += reusable
        # Shards are told apart by their contents' lines, and a segment's files never change.
        origin = f"{segment.entry.files['token_lines.npy'].checksum} {row}".encode()
        self._contents[fragment.exact_key, fragment.language] = _Placed(
            segment.folder,
            first,
            last,
            fragment.renamed_key,
            row if reusable else -1,
            origin,
            fragment.tokens.lines,
        )

    def lines(self, identity: Identity) -> I32:
        """int32 [n]: the relative lines of the tokens of a content that was added."""
        return relative_lines(self._contents[identity].lines)

    def write(
        self, run: int, memory: VectorMemory, advance: Callable[[int], None]
    ) -> tuple[SegmentEntry, ...]:
        """Have the segments built; they come into the index folder when all of them are finished."""
        self._workshop = replace(self._workshop, memory=memory)
        shards = [
            self._shard(contents) for contents in key_ranges(sorted(self._contents), self._job.segment_rows)
        ]
        digests = [shard.digest for shard in shards]
        sweep(self._workshop.folder, set(digests))
        sweep(self._job.parts, {one.source.name for one in self._contents.values()})
        missing = [shard for shard in shards if not is_finished(self._workshop, shard.digest)]
        log.info("%d of %d shards are there from an earlier run", len(shards) - len(missing), len(shards))
        advance(sum(_fresh(shard) for shard in shards) - sum(_fresh(shard) for shard in missing))
        self._assemble(missing)
        self._embed(missing, advance)
        entries = list(self._cluster.map(finish_shard, self._workshop, digests))
        names = segment_names(run, len(entries))
        return tuple(
            publish_shard(self._workshop.folder / digest, entry, self._job.folder.segments / name)
            for name, digest, entry in zip(names, digests, entries, strict=True)
        )

    def _assemble(self, shards: Sequence[Shard]) -> None:
        for _ in self._cluster.map(assemble_shard, self._workshop, shards):
            pass

    def _embed(self, shards: Sequence[Shard], advance: Callable[[int], None]) -> None:
        if self._job.model is None:
            return
        chunks = [
            chunk
            for shard in shards
            for chunk in chunks_of(self._workshop.folder / shard.digest, len(shard.exact))
        ]

        def done(chunk: Chunk, computed: int) -> None:
            self.embedded += computed
            advance(computed)

        if chunks:
            embed_chunks(self._cluster, self._job.model, chunks, done)

    def _shard(self, contents: Sequence[Identity]) -> Shard:
        placed = [self._contents[identity] for identity in contents]
        sources = {path: number for number, path in enumerate(dict.fromkeys(one.source for one in placed))}
        languages = {name: code for code, name in enumerate(sorted({language for _, language in contents}))}
        named = [
            b"\0".join((key, language.encode(), one.renamed, one.origin, b"v" if one.vector >= 0 else b""))
            for (key, language), one in zip(contents, placed, strict=True)
        ]
        return Shard(
            sources=tuple(sources),
            source=np.array([sources[one.source] for one in placed], np.int32),
            first=np.array([one.first for one in placed], np.int64),
            last=np.array([one.last for one in placed], np.int64),
            exact=np.frombuffer(b"".join(key for key, _ in contents), np.uint8).reshape(-1, 16),
            renamed=np.frombuffer(b"".join(one.renamed for one in placed), np.uint8).reshape(-1, 16),
            languages=tuple(languages),
            language=np.array([languages[language] for _, language in contents], np.uint8),
            vector=np.array([one.vector for one in placed], np.int64),
            digest=digest_of(named, self.model, self._workshop.memory, self._key),
        )


def _fresh(shard: Shard) -> int:
    """Contents of a shard whose vectors have to be computed."""
    return int(np.count_nonzero(shard.vector < 0))
