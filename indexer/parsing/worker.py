"""What happens to one file in a worker process: read, decode, parse, and say what the file is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from codesearch.core.protocols import SkippedFile, SourceFile
from codesearch.core.types import ContentKey, ParsedSource, Role, Span
from indexer.corpus.decode import decode
from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead, read_regular
from indexer.corpus.reader import MAX_BYTES
from indexer.corpus.roles import role_rules
from indexer.normal.keys import exact_key, renamed_key
from indexer.parsing.extract import MinimumSize, parse_source
from indexer.parsing.languages import registry
from indexer.parsing.limits import ParseLimits, TooDeep, TooSlow

_DETECT_BYTES = 4096  # what the registry looks at to tell C, C++ and Objective-C headers apart


@dataclass(frozen=True, slots=True)
class AnalyseOptions:
    """What is kept of a file and what it may cost.

    Attributes:
        minimum: Smaller fragments are left out.
        limits: What the parser accepts.
        max_bytes: Larger files are skipped.
        time_limit: Seconds of wall-clock time for one file.
        memory_limit: Bytes of data of a worker process.
        salt: At most 64 bytes that go into every content hash: settings that fragments depend on, so that a
            content analysed with other settings counts as another content.
    """

    minimum: MinimumSize = field(default_factory=MinimumSize)
    limits: ParseLimits = field(default_factory=ParseLimits)
    max_bytes: int = MAX_BYTES
    time_limit: float = 10.0
    memory_limit: int = 2 << 30
    salt: bytes = b""


@dataclass(frozen=True, slots=True)
class AnalysedFile:
    """A file that was read and parsed.

    Attributes:
        path: As in its :class:`~codesearch.core.protocols.SourceFile`.
        content_hash: 16 bytes, BLAKE2b-128 of the raw bytes, keyed by the options' salt.
        size: Bytes, as when it was opened.
        modified_ns: Modification time in ns, as when it was opened: a later change shows at the next run.
        encoding: What the decode ladder did, see :class:`~indexer.corpus.decode.Decoded`.
        role: What the file is for, by path and content.
        rule: Name of the rule that says so; ``default`` when none does.
        language: Registry id; content may refine what the name told (``.h``).
        lines: Number of lines.
        parsed: Tokens and fragments.
        keys: T1 and T2 key of each fragment.
        degraded: What did not go as it should, such as ``grammar-missing:zig``.
    """

    path: str
    content_hash: bytes
    size: int
    modified_ns: int
    encoding: str
    role: Role
    rule: str
    language: str
    lines: int
    parsed: ParsedSource
    keys: tuple[tuple[ContentKey, ContentKey], ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnchangedFile:
    """A file that was read and holds what it held at the last run; the fields are those of its task."""

    path: str
    size: int
    modified_ns: int


def analyse_file(task: SourceFile, options: AnalyseOptions) -> AnalysedFile | UnchangedFile | SkippedFile:
    """Analyse one file of a corpus; whatever its bytes are, the answer is a value.

    Time and memory are limited by the process this runs in, not here.
    """
    try:
        raw = read_regular(task.absolute, options.max_bytes)
        content_hash = blake2b(raw.content, digest_size=16, key=options.salt).digest()
        if content_hash == task.known_hash:
            return UnchangedFile(task.path, raw.size, raw.modified_ns)
        decoded = decode(raw.content)
        language = registry().detect(task.path, decoded.text[:_DETECT_BYTES]) or registry().get(task.language)
        parsed = parse_source(decoded.text, language, options.minimum, options.limits)
    except CannotRead as problem:
        return skipped(task, problem.reason)
    except TooDeep:
        return skipped(task, SkipReason.TOO_DEEP)
    except TooSlow:
        return skipped(task, SkipReason.TIMEOUT)
    rules = role_rules()
    role = rules.by_content(rules.by_path(task.path), decoded.text, parsed)
    missing = registry().degradation(language)
    return AnalysedFile(
        path=task.path,
        content_hash=content_hash,
        size=raw.size,
        modified_ns=raw.modified_ns,
        encoding=decoded.encoding,
        role=role.role,
        rule=role.rule,
        language=language.id,
        lines=parsed.lines,
        parsed=parsed,
        keys=tuple(_keys(parsed, span) for span in parsed.spans),
        degraded=() if missing is None else (missing,),
    )


def _keys(parsed: ParsedSource, span: Span) -> tuple[ContentKey, ContentKey]:
    tokens = parsed.tokens.cut(span.first, span.last)
    return exact_key(tokens), renamed_key(tokens)


def skipped(task: SourceFile, reason: SkipReason) -> SkippedFile:
    """The ledger's entry for a file that could not be analysed."""
    return SkippedFile(task.path, task.size, task.modified_ns, reason.value)
