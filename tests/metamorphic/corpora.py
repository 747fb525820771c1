"""Small corpora with clones of every textual type, and what a user is told about them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from commandline import call, unique
from metamorphic.library_code import example_functions, library_functions
from metamorphic.source_code import Code
from metamorphic.transformations import COMMENTS, LAYOUT, Transformation, rename_locals, transformed

from indexer.parsing.languages import registry

Document = dict[str, Any]
Files = dict[str, bytes]
"""Contents by path below the root of a corpus."""

_LEAST, _MOST = 12, 40  # lines of a function: above the minimum whatever its layout, and quick to compare
_FAMILIES = 3


@cache
def originals() -> tuple[Code, ...]:
    """Functions that differ, of a size that counts."""
    python = [
        Code(textwrap.dedent(code.text.decode()).encode(), "python")
        for code in library_functions()
        if _LEAST <= code.text.count(b"\n") <= _MOST and code.text.count(b"def ") == 1
    ]
    others = {
        code.language: code
        for code in example_functions()
        if code.language in {"java", "rust", "c"} and code.text.count(b"\n") >= _LEAST
    }
    return (*python[:: len(python) // _FAMILIES][:_FAMILIES], *others.values())


def family(code: Code, number: int) -> dict[str, Code]:
    """A function and copies of it, each named for how it differs: ``layout``, ``renamed``, ``edited``."""
    random = Random(number)  # noqa: S311
    return {
        "first": code,
        "layout": transformed(code, (*LAYOUT[:4], *COMMENTS[:1]), random),
        "renamed": rename_locals(code, random),
        "edited": edited(code, number),
    }


def edited(code: Code, number: int) -> Code:
    """The function with one statement more before its last line."""
    lines = code.text.rstrip(b"\n").split(b"\n")
    indent = re.match(rb"\s*", lines[-2])
    assert indent is not None
    mark = b"" if code.language == "python" else b";"
    lines.insert(-1, indent.group() + f"journal(step, {number})".encode() + mark)
    return Code(b"\n".join(lines) + b"\n", code.language)


def tree(kinds: Iterable[str] = ("first", "layout", "renamed", "edited")) -> Files:
    """A corpus of families, each member in a file of its own, and of functions that are no clones."""
    files = {f"only/{number}.py": unique(number).encode() for number in range(3)}
    for number, code in enumerate(originals()):
        members = family(code, number)
        files |= {f"{kind}/{number}_{kind}{suffix(code)}": members[kind].text for kind in kinds}
    return files


def suffix(code: Code) -> str:
    """What a file of a language is called."""
    return f".{registry().get(code.language).extensions[0]}"


def rewritten(files: Files, steps: Iterable[Transformation], seed: int) -> Files:
    """The corpus with every file transformed."""
    random = Random(seed)  # noqa: S311
    steps = list(steps)
    changed = {}
    for path, text in files.items():
        language = registry().detect(path, b"")
        assert language is not None
        changed[path] = transformed(Code(text, language.id), steps, random).text
    return changed


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write a corpus below a folder, which comes back."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return root


def audit(*words: str) -> Document:
    """What an audit of all that is indexed says."""
    return call("audit", *words, "--no-refresh", "--role", "all", "--json").document


def query(*words: str) -> Document:
    """What a query says, without its times."""
    document = call("query", *words, "--json").document
    return {key: value for key, value in document.items() if key != "timing_ms"}


def index(*words: str) -> None:
    done = call("index", *words)
    assert done.code == 0, done.err


def memberships(document: Document) -> set[tuple[str, str, frozenset[str]]]:
    """Of every class its id, its type, and the names of the files of its members without their folders."""
    return {
        (
            found["id"],
            found["clone_type"],
            frozenset(member["path"].rpartition("/")[2] for member in found["members"]),
        )
        for found in document["classes"]
    }


def without_ids(document: Document) -> Document:
    """The document as it would be if classes had no names."""
    return {**document, "classes": [{**found, "id": ""} for found in document["classes"]]}
