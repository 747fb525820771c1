"""Code that people wrote, cut into functions: of Python's standard library and of ``examples``."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from commandline import EXAMPLES
from metamorphic.source_code import Code

from codesearch.core.types import FragmentKind
from indexer.corpus.decode import decode
from indexer.parsing.extract import parse_source
from indexer.parsing.languages import registry

MODULES = ("bisect", "calendar", "csv", "difflib", "fractions", "heapq", "shlex", "statistics", "textwrap")
"""Modules of the standard library that the short form of the suite looks at."""

_FUNCTIONS = frozenset({FragmentKind.FUNCTION, FragmentKind.METHOD})
_LANGUAGES = frozenset({"python", "java", "c", "go", "rust", "typescript"})
"""Those whose variables :mod:`.local_names` knows."""

MORE = {
    "javascript": (
        "function groupItems(items, options) {\n"
        "  const groups = new Map();\n"
        "  for (const item of items) {\n"
        "    const key = options.by ? item[options.by] : item.id; // by id otherwise\n"
        "    if (!groups.has(key)) groups.set(key, []);\n"
        "    groups.get(key).push(item);\n"
        "  }\n"
        "  const sizes = [...groups.values()].map((group) => group.length);\n"
        "  return { groups, largest: Math.max(0, ...sizes) };\n"
        "}\n"
    ),
}
"""A function in a language of which ``examples`` has none."""


@cache
def functions_of(path: Path, language: str) -> tuple[Code, ...]:
    """The functions of a file, with the indentation that they have there; nested ones are part of theirs."""
    text = decode(path.read_bytes()).text
    lines = text.split(b"\n")
    found, last = [], 0
    for span in parse_source(text, registry().get(language)).spans:
        if span.kind in _FUNCTIONS and span.start_line > last:
            last = span.end_line
            found.append(Code(b"\n".join(lines[span.start_line - 1 : last]) + b"\n", language))
    return tuple(found)


@cache
def example_functions() -> tuple[Code, ...]:
    """Functions in several languages."""
    found = [Code(text.encode(), language) for language, text in MORE.items()]
    for path in sorted((EXAMPLES / "corpus").iterdir()):
        language = registry().detect(path.name, b"")
        if language is not None and language.id in _LANGUAGES:
            found += functions_of(path, language.id)
    return tuple(found)


@cache
def library_functions(modules: Sequence[str] = MODULES) -> tuple[Code, ...]:
    """Functions of modules of the standard library."""
    folder = Path(sysconfig.get_path("stdlib"))
    return tuple(code for name in modules for code in functions_of(folder / f"{name}.py", "python"))


@cache
def every_module() -> tuple[str, ...]:
    """All modules of the standard library that are one file."""
    folder = Path(sysconfig.get_path("stdlib"))
    return tuple(sorted(path.stem for path in folder.glob("*.py")))
