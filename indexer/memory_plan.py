"""What a bound for the memory of a build and of searches leaves to each of their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from codesearch.core.errors import ConfigError
from codesearch.core.sizes import shown_size
from indexer.vectors.memory import UNBOUNDED, VectorMemory

_MIB = 1 << 20
_PROCESS = 256 * _MIB  # interpreter, libraries, the shipped models and their tables
_PARSER = 128 * _MIB  # a parser process at rest takes 60
_FOR_ROW = 1 << 14  # of the whole bound: arrays of a content and its vector while its segment is written
_FEWEST_ROWS = 1 << 14  # smaller segments would be searched one by one for nothing


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Shares of the parts.

    Attributes:
        jobs: Parser processes.
        parser_bytes: Most memory of one.
        segment_rows: Contents of one segment at most.
        vectors: What searching the vectors may take.
    """

    jobs: int
    parser_bytes: int
    segment_rows: int
    vectors: VectorMemory = UNBOUNDED

    def within(self, total: int) -> Self:
        """The same with so many bytes for all: fewer processes, smaller segments, smaller structures.

        Raises:
            ConfigError: That is less than one process and one parser take.
        """
        least = _PROCESS + _PARSER
        if total < least:
            raise ConfigError(
                f"index.memory is {shown_size(total)}, and nothing can be indexed in less than "
                f"{shown_size(least)}",
                f"set it to {shown_size(least)} or more",
            )
        jobs = min(self.jobs, (total - _PROCESS) // _PARSER)
        return type(self)(
            jobs=jobs,
            parser_bytes=min(self.parser_bytes, (total - _PROCESS) // jobs),
            segment_rows=min(self.segment_rows, max(total // _FOR_ROW, _FEWEST_ROWS)),
            vectors=VectorMemory((total - _PROCESS) // 2),
        )
