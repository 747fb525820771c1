"""The file of a side: what it defines and what it imports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from codesearch.core.errors import CodesearchError
from codesearch.core.types import Tokens
from indexer.parsing.declarations import Declared, Imported, declarations_of
from indexer.parsing.languages import registry

_MOST_BYTES = 1 << 20  # a megabyte takes 0.4 s to parse, and is generated or data
_FILES = 32  # parsed files kept: the cases of one file come one after the other
_WORD = re.compile(rb"\w+")


@dataclass(frozen=True, slots=True)
class Import:
    """An import.

    Attributes:
        line: Its first line, 1-based.
        tokens: Its tokens.
        words: The words in them, those of strings as well: names, aliases, parts of module paths.
    """

    line: int
    tokens: Tokens
    words: frozenset[bytes]

    @classmethod
    def of(cls, declared: Imported) -> Import:
        """The import with its words."""
        vocabulary = declared.tokens.vocabulary
        texts = {vocabulary.texts[number] for number in declared.tokens.ids.tolist()}
        words = frozenset(word for text in texts for word in _WORD.findall(text))
        return cls(declared.line, declared.tokens, words)


@dataclass(frozen=True, slots=True)
class File:
    """What a file declares, in file order.

    Attributes:
        definitions: What it defines, of any size; nothing for a language without a grammar.
        imports: What it imports.
        imported: The words of all imports.
    """

    definitions: tuple[Declared, ...] = ()
    imports: tuple[Import, ...] = ()
    imported: frozenset[bytes] = frozenset()


NO_FILE = File()
"""Stands for a file that cannot be read."""


def file_of(source: bytes | None, language: str) -> File:
    """What a source declares; nothing when there is none, or none that can be parsed.

    Args:
        source: UTF-8 with line feeds.
        language: Registry id.
    """
    if source is None or len(source) > _MOST_BYTES:
        return NO_FILE
    return _parsed(source, language)


@lru_cache(maxsize=_FILES)
def _parsed(source: bytes, language: str) -> File:
    try:
        found = declarations_of(source, registry().get(language))
    except (CodesearchError, ImportError):
        # No such language, a grammar that does not load or come to an end, brackets that nest too deep: the
        # case is judged without this file, as it is when the file is gone.
        return NO_FILE
    imports = tuple(map(Import.of, found.imports))
    return File(found.definitions, imports, frozenset().union(*(one.words for one in imports)))
