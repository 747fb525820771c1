"""What a batch of files gave, on the shared disk: tokens as arrays, everything else as JSON.

Nodes write parts, the driver and other nodes read them. A part is also a checkpoint: its name says what it
was made from, so that the run after one whose driver died finds what was analysed. Nothing is pickled,
because whoever may write the index folder could put a part there.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import SkippedFile, SourceFile
from codesearch.core.types import (
    I32,
    I64,
    U8,
    U32,
    U64,
    ContentKey,
    FragmentKind,
    ParsedSource,
    Role,
    Span,
    Tokens,
    Vocabulary,
)
from indexer.changes import RACY_NS
from indexer.parsing.pool import Result
from indexer.parsing.worker import AnalysedFile, AnalyseOptions, UnchangedFile
from indexer.segments.files import StoredFile, read_array, verify_files, write_arrays
from indexer.segments.numbering import Numbering

_ABOUT = "part.json"


@dataclass(frozen=True, slots=True)
class PlacedTokens(Tokens):
    """Tokens that know where they lie on the shared disk, so that another node finds them.

    Attributes:
        source: Folder of the arrays.
        first: Position of the first of them there.
        origin: What names the file they are from, whatever folder they lie in.
        start: Position of the first of them in that file.
    """

    source: Path
    first: int
    origin: bytes
    start: int

    def cut(self, first: int, last: int) -> PlacedTokens:
        """Tokens ``first`` up to and excluding ``last``; views, nothing is copied."""
        return replace(
            self,
            ids=self.ids[first:last],
            lines=self.lines[first:last],
            first=self.first + first,
            start=self.start + first,
        )


class TokenFolder:
    """The tokens of a part or of a segment, mapped; both have the same arrays.

    Raises:
        IndexFailure: An array is missing or none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ids = cast("U32", read_array(path, "token_ids"))
        self.lines = cast("I32", read_array(path, "token_lines"))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The distinct tokens."""
        text = cast("U8", read_array(self.path, "vocabulary_text")).tobytes()
        bounds = cast("I64", read_array(self.path, "vocabulary_starts")).tolist()
        texts = tuple(text[first:last] for first, last in pairwise(bounds))
        kinds = cast("U8", read_array(self.path, "vocabulary_kinds"))
        return Vocabulary(texts, kinds, cast("U64", read_array(self.path, "vocabulary_hashes")))


def part_name(batch: Sequence[SourceFile], options: AnalyseOptions, key: bytes) -> str:
    """Names what a part is made from: the files as they were listed, and how they are analysed.

    The key is this installation's, so that nobody else can put a part where it would be found.
    """
    digest = blake2b(repr(options).encode(), digest_size=16, key=key)
    for file in batch:
        digest.update(repr(file).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def write_part(folder: Path, results: Sequence[Result], started_ns: int) -> None:
    """Write a part; nobody sees half of one.

    Args:
        folder: Where; one that is there already has the same in it and stays.
        results: In the order of the files.
        started_ns: When the run began.
    """
    numbering = Numbering()
    ids, lines = [np.empty(0, np.uint32)], [np.empty(0, np.int32)]
    for result in results:
        if isinstance(result, AnalysedFile):
            tokens = result.parsed.tokens
            ids.append(numbering.number(tokens.vocabulary)[tokens.ids])
            lines.append(tokens.lines)
    vocabulary = numbering.vocabulary()
    bounds = np.cumsum([0, *map(len, vocabulary.texts)], dtype=np.int64)
    arrays: dict[str, NDArray[np.generic]] = {
        "token_ids": np.concatenate(ids),
        "token_lines": np.concatenate(lines),
        "vocabulary_text": np.frombuffer(b"".join(vocabulary.texts), np.uint8),
        "vocabulary_starts": bounds,
        "vocabulary_kinds": vocabulary.kinds,
        "vocabulary_hashes": vocabulary.hashes,
    }
    temporary = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    temporary.mkdir(parents=True)
    files = write_arrays(temporary, arrays)
    about = {
        "started": started_ns,
        "files": {name: asdict(file) for name, file in files.items()},
        "results": [_as_json(result) for result in results],
    }
    (temporary / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
    move_into_place(temporary, folder)


def move_into_place(temporary: Path, folder: Path) -> None:
    """Give a finished folder its name; where a task that counted as dead was faster, its work is as good."""
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(temporary, ignore_errors=True)


def is_reusable(folder: Path, batch: Sequence[SourceFile]) -> bool:
    """Whether a part that an earlier run left stands for its files still.

    A file that was modified shortly before that run may have changed without a trace; what was skipped then
    is tried again.
    """
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        settled = about["started"] - RACY_NS
        verify_files(folder, {name: StoredFile(**file) for name, file in about["files"].items()})
        skipped = any(result[0] == "skipped" for result in about["results"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexFailure):
        return False
    return not skipped and all(file.modified_ns < settled for file in batch)


def read_part(folder: Path) -> Iterator[Result]:
    """The results of a part in order; analysed files have :class:`PlacedTokens`.

    Raises:
        IndexFailure: It is damaged.
    """
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        tokens = TokenFolder(folder)
        vocabulary = Vocabulary(
            (), cast("U8", np.empty(0, np.uint8)), cast("U64", np.empty(0, np.uint64))
        )  # nodes read texts, the driver none
        first = 0
        for entry in about["results"]:
            if entry[0] != "analysed":
                kind = SkippedFile if entry[0] == "skipped" else UnchangedFile
                yield kind(*entry[1:])
                continue
            last = first + entry[1]
            origin = bytes.fromhex(entry[3])
            placed = PlacedTokens(
                tokens.ids[first:last], tokens.lines[first:last], None, vocabulary, folder, first, origin, 0
            )
            yield _analysed(entry[2:], placed)
            first = last
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise IndexFailure(f"cannot read {folder}: {error}", "delete it and run again") from error


def _as_json(result: Result) -> list[Any]:
    match result:
        case SkippedFile():
            return ["skipped", result.path, result.size, result.modified_ns, result.reason]
        case UnchangedFile():
            return ["unchanged", result.path, result.size, result.modified_ns]
    parsed = result.parsed
    spans = [
        [*_span(span), exact.hex(), renamed.hex()]
        for span, (exact, renamed) in zip(parsed.spans, result.keys, strict=True)
    ]
    return [
        "analysed",
        len(parsed.tokens),
        result.path,
        result.content_hash.hex(),
        result.size,
        result.modified_ns,
        result.encoding,
        result.role,
        result.rule,
        result.language,
        result.lines,
        parsed.damaged,
        result.degraded,
        spans,
    ]


def _span(span: Span) -> list[str | int]:
    return [span.kind, span.name, span.container, span.start_line, span.end_line, span.first, span.last]


def _analysed(entry: list[Any], tokens: Tokens) -> AnalysedFile:
    path, content_hash, size, modified_ns, encoding, role, rule, language, lines, damaged, degraded, rows = (
        entry
    )
    spans = tuple(Span(FragmentKind(row[0]), *row[1:7]) for row in rows)
    return AnalysedFile(
        path=path,
        content_hash=bytes.fromhex(content_hash),
        size=size,
        modified_ns=modified_ns,
        encoding=encoding,
        role=Role(role),
        rule=rule,
        language=language,
        lines=lines,
        parsed=ParsedSource(language, tokens, spans, lines, damaged),
        keys=tuple((ContentKey(bytes.fromhex(row[7])), ContentKey(bytes.fromhex(row[8]))) for row in rows),
        degraded=tuple(degraded),
    )


def sweep(parent: Path, kept: set[str]) -> None:
    """Delete what an earlier run left in a folder of checkpoints and no longer fits."""
    with suppress(FileNotFoundError):
        for entry in parent.iterdir():
            if entry.name not in kept:
                shutil.rmtree(entry, ignore_errors=True)
