"""Functions of a source package whose names say enough to look for their like in other packages."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.core.types import U64, ContentKey, FragmentKind, ParsedSource, Role, Span, TokenKind, Tokens
from codesearch.training.packages import ArchivedFile, ArchiveLimits, Package, read_package
from indexer.corpus.decode import decode
from indexer.corpus.opening import CannotRead
from indexer.corpus.roles import role_rules
from indexer.normal.keys import blind_tokens, renamed_key
from indexer.normal.subtokens import split_identifier
from indexer.normal.winnow import winnow
from indexer.parsing.extract import MinimumSize, parse_source
from indexer.parsing.languages import registry
from indexer.parsing.limits import BeyondLimits

MINIMUM = MinimumSize(lines=6, tokens=40)
LONGEST = 1500  # tokens: beyond it a function does many things, of which its name says one

_KINDS = frozenset({FragmentKind.FUNCTION, FragmentKind.METHOD})
_DETECT_BYTES = 4096
_HEADER = 200  # tokens in which a list of parameters is looked for

# Words that say nothing about what a function does: they do not count.
_EMPTY_WORDS = frozenset(
    b"get set is has do to the my run make create new init impl internal inner helper wrapper py js".split()
)
# First words of names that a framework calls by: what such a function does is up to who wrote it.
_CALLED_BY_NAME = frozenset(
    b"on visit handle test setup teardown before after enter exit bench example cmd command pytest".split()
)
# Folders that mostly hold code of others; some projects keep their own there: it is no role of a file.
_OTHERS_FOLDERS = frozenset(
    {"contrib", "deps", "extern", "external", "externals", "subprojects", "_vendored"}
)
_DECLARATIONS = (".pyi", ".d.ts", ".d.mts", ".d.cts")  # functions without a body
_RECEIVERS = frozenset({b"self", b"cls", b"this"})
_OPENING = frozenset({b"(", b"[", b"{", b"<"})
_CLOSING = frozenset({b")", b"]", b"}", b">"})


@dataclass(frozen=True, slots=True)
class RealFunction:
    """A function and what is compared of it.

    Attributes:
        path: Its file, relative to the package's top folder.
        line: Its first line, 1-based.
        container: Name of the enclosing class or function, empty at the top level.
        name: As declared.
        words: Sub-tokens of the name, lower-cased; at least two.
        language: Registry id.
        licence: Licence family of its file.
        parameters: How many it takes, without the receiver.
        length: Tokens.
        packed: Its dedented text, UTF-8, deflated: there are hundreds of thousands.
        terms: Sorted uint64, hashes of the distinct sub-tokens and telling literals of its body, the words
            of its name left out.
        fingerprints: uint32, winnowed n-grams.
        renamed_key: Key of the T2 form.
    """

    path: str
    line: int
    container: str
    name: str
    words: tuple[bytes, ...]
    language: str
    licence: str
    parameters: int
    length: int
    packed: bytes
    terms: bytes
    fingerprints: bytes
    renamed_key: ContentKey

    @property
    def code(self) -> str:
        """Its text, dedented."""
        return zlib.decompress(self.packed).decode()


@dataclass(frozen=True, slots=True)
class PackageFunctions:
    """What was found in a release: no functions where its licence is not permissive."""

    package: Package
    functions: tuple[RealFunction, ...]


def package_functions(path: Path, limits: ArchiveLimits) -> PackageFunctions:
    """The functions of one archive, each content once, in archive order.

    Tests, generated, vendored and minified files are left out, as are functions that are too small, too
    long, or named so that the name tells nothing.

    Raises:
        InputError: The archive cannot be read.
    """
    package, files = read_package(path, _is_source, limits)
    found: dict[ContentKey, RealFunction] = {}
    for file in files:
        licence = package.licence_of(file.path)
        if licence is not None:
            for function in _functions(file, licence):
                found.setdefault(function.renamed_key, function)
    return PackageFunctions(package, tuple(found.values()))


def telling_words(name: str) -> tuple[bytes, ...]:
    """Sub-tokens of a name that tells what a function does; empty for one that does not."""
    words = tuple(split_identifier(name.encode()))
    if not words or words[0] in _CALLED_BY_NAME or (name.startswith("__") and name.endswith("__")):
        return ()
    telling = [word for word in words if word not in _EMPTY_WORDS and len(word) > 1 and not word.isdigit()]
    return words if len(telling) >= 2 else ()


def _is_source(path: str) -> bool:
    if path.endswith(_DECLARATIONS) or registry().for_path(path) is None:
        return False
    if role_rules().by_path(path).role is not Role.SOURCE:
        return False
    return _OTHERS_FOLDERS.isdisjoint(path.lower().split("/")[:-1])


def _functions(file: ArchivedFile, licence: str) -> Iterator[RealFunction]:
    """Functions of one file; none of one that cannot be parsed or is not written by people."""
    try:
        text = decode(file.content).text
        language = registry().detect(file.path, text[:_DETECT_BYTES])
        if language is None or not registry().grammar_available(language):
            return
        parsed = parse_source(text, language, MINIMUM)
    except (CannotRead, BeyondLimits):
        return
    rules = role_rules()
    if rules.by_content(rules.by_path(file.path), text, parsed).role is not Role.SOURCE:
        return
    lines = text.split(b"\n")
    for span in parsed.spans:
        if span.kind in _KINDS and span.last - span.first <= LONGEST and (words := telling_words(span.name)):
            code = b"\n".join(lines[span.start_line - 1 : span.end_line]).decode()
            yield _function(file.path, licence, parsed, span, words, textwrap.dedent(code))


def _function(
    path: str, licence: str, parsed: ParsedSource, span: Span, words: tuple[bytes, ...], code: str
) -> RealFunction:
    tokens = parsed.tokens.cut(span.first, span.last)
    return RealFunction(
        path=path,
        line=span.start_line,
        container=span.container,
        name=span.name,
        words=words,
        language=parsed.language,
        licence=licence,
        parameters=count_parameters(tokens, span.name.encode()),
        length=len(tokens),
        packed=zlib.compress(code.encode()),
        terms=_terms(tokens, words).tobytes(),
        fingerprints=winnow(blind_tokens(tokens)).tobytes(),
        renamed_key=renamed_key(tokens),
    )


def count_parameters(tokens: Tokens, name: bytes) -> int:
    """How many parameters a definition lists, a receiver such as ``self`` left out; -1 without a list."""
    texts = [tokens.vocabulary.texts[token] for token in tokens.ids[:_HEADER].tolist()]
    after = texts.index(name) + 1 if name in texts else 0
    # `x => ...`: an arrow before any parenthesis
    opening = next((place for place in range(after, len(texts)) if texts[place] in (b"(", b"=>")), None)
    if opening is None:
        return -1
    if texts[opening] == b"=>":
        return 1
    depth = commas = 0
    for place in range(opening, len(texts)):
        depth += (texts[place] in _OPENING) - (texts[place] in _CLOSING)
        if depth == 0:
            break
        commas += depth == 1 and texts[place] == b"," and texts[place + 1 : place + 2] != [b")"]
    first = texts[opening + 1 : opening + 4]
    receives = any(text in _RECEIVERS for text in first[: first.index(b",") if b"," in first else None])
    empty = first[:1] == [b")"]
    return 0 if empty else commas + 1 - receives


def _terms(tokens: Tokens, words: tuple[bytes, ...]) -> U64:
    """Sorted uint64: hashes of the words that a function's body uses, and of its strings and numbers."""
    found: set[bytes] = set()
    distinct = np.unique(tokens.ids)
    kinds, texts = tokens.vocabulary.kinds[distinct], tokens.vocabulary.texts
    for token in distinct[kinds == TokenKind.IDENTIFIER].tolist():
        found.update(part for part in split_identifier(texts[token]) if len(part) > 1)
    for token in distinct[kinds == TokenKind.NUMBER].tolist():
        if len(texts[token]) > 1:
            found.add(texts[token])
    for token in distinct[kinds == TokenKind.STRING].tolist():
        if len(literal := texts[token].strip(b"\"'`")) > 2:
            found.add(b'"' + literal)
    hashes = map(_hash, found.difference(words))
    return np.sort(np.fromiter(hashes, np.uint64))


@lru_cache(maxsize=1 << 16)
def _hash(part: bytes) -> int:
    return int.from_bytes(blake2b(part, digest_size=8).digest(), "little")
