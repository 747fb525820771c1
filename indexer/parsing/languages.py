"""The language registry: names, file patterns, lexical rules and grammars of ``languages.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

from codesearch.core.errors import EnvironmentFailure, UsageError
from codesearch.core.resources import resource_dir

_SHEBANG = re.compile(
    rb"#![ \t]*(?:\S*/)?env(?:[ \t]+-\S+|[ \t]+\w+=\S*)*[ \t]+(?:\S*/)?(\S+)|#![ \t]*(?:\S*/)?(\S+)"
)

# A `.h` file is C unless it uses what only C++ or Objective-C has, at the start of a line where comments
# rarely hit.
_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class\s+\w|namespace\b|template\s*<|using\s+\w|(?:public|private|protected)\s*:|constexpr\b"
    rb"|virtual\b|#[ \t]*include[ \t]*<[a-z_]+>)"
    rb"|\bstd::|\boperator\s*[=+<(\[]|\b(?:noexcept|nullptr|static_cast)\b",
    re.MULTILINE,
)
_OBJECTIVE_C_HEADER = re.compile(
    rb"^[ \t]*(?:@(?:interface|protocol|class|end|property)\b|#[ \t]*import\b)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How a language's text splits into tokens. All but ``strings`` and ``keywords`` are regular expressions.

    Attributes:
        line_comments: What opens a comment that runs to the end of the line.
        block_comments: What opens and what closes a comment.
        nested_comments: Whether block comments nest.
        strings: Names of string forms, see ``patterns.STRING_FORMS``; earlier ones win.
        islands: Names of forms with a delimiter of their own choice, such as heredocs, see
            ``islands.ISLAND_FORMS``.
        identifier: A name; bytes from 0x80 up count as letters.
        operators: Operators of more than one character beyond the usual ones, space separated.
        keywords: Reserved words, with the literals ``true``, ``null`` and so on, without primitive types.
        ignore_case: Whether keywords match in any case.
        layout: Whether indentation is syntax.
        docstrings: Whether a string that stands alone at the start of a body is documentation.
    """

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    nested_comments: bool = False
    strings: tuple[str, ...] = ()
    islands: tuple[str, ...] = ()
    identifier: str = r"[A-Za-z_\x80-\xff][\w\x80-\xff]*+"
    operators: str = ""
    keywords: frozenset[bytes] = frozenset()
    ignore_case: bool = False
    layout: bool = False
    docstrings: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """One entry of the registry.

    Attributes:
        id: Key in the registry and in every document, such as ``java``.
        name: As people write it.
        aliases: Other ids that users type.
        extensions: File name endings in lower case, without the dot.
        filenames: Whole file names.
        interpreters: Program names after ``#!``, without version digits.
        grammar: Module and function of the tree-sitter grammar, None when there is none.
        tag: What opens code inside a page, empty for most languages.
        untagged_grammar: Grammar of a source without the tag, such as a pasted function.
        query: Name of the ``queries/*.scm`` file, without ending.
        constructors: Method names that make a constructor.
        import_line: Regular expression of an import or package line, for languages without a grammar.
        signs: Regular expression of what is common in it and rare in its kin, to recognise pasted code.
        lexicon: How its text splits into tokens.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    interpreters: tuple[str, ...]
    grammar: tuple[str, str] | None
    tag: bytes
    untagged_grammar: tuple[str, str] | None
    query: str
    constructors: frozenset[str]
    import_line: str
    signs: str
    lexicon: Lexicon


class LanguageRegistry:
    """All known languages, in the order of the configuration file."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._by_id = dict(languages)
        self._by_name: dict[str, Language] = {}
        self._by_extension: dict[str, Language] = {}
        self._by_filename: dict[str, Language] = {}
        self._by_interpreter: dict[str, Language] = {}
        for language in languages.values():
            for index, keys in (
                (self._by_name, (language.id, language.name.lower(), *language.aliases)),
                (self._by_extension, language.extensions),
                (self._by_filename, language.filenames),
                (self._by_interpreter, language.interpreters),
            ):
                for key in keys:
                    index.setdefault(key, language)

    def __iter__(self) -> Iterator[Language]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, name: str) -> Language:
        """The language with this id, name or alias, in any case.

        Raises:
            UsageError: There is none; the hint names close matches.
        """
        language = self._by_name.get(name.strip().lower())
        if language is None:
            close = get_close_matches(name.lower(), self._by_name, n=3, cutoff=0.6)
            known = sorted({self._by_name[match].id for match in close})
            hint = (
                f"did you mean {' or '.join(known)}?"
                if known
                else f"use one of: {', '.join(sorted(self._by_id))}"
            )
            raise UsageError(f"unknown language '{name}'", hint)
        return language

    def for_path(self, path: PurePath | str) -> Language | None:
        """By file name or extension alone; ``.h`` counts as C until :meth:`detect` has seen the content."""
        name = PurePath(path).name
        if (language := self._by_filename.get(name)) is not None:
            return language
        # `a.blade.php` tries "blade.php" before "php".
        endings = name.lower().split(".")[1:]
        for first in range(len(endings)):
            if (language := self._by_extension.get(".".join(endings[first:]))) is not None:
                return language
        return None

    def for_shebang(self, first_line: bytes) -> Language | None:
        """By the interpreter that a ``#!`` line names, also behind ``env``; None for any other line."""
        if (match := _SHEBANG.match(first_line)) is None:
            return None
        program = (match[1] or match[2]).decode("utf-8", "replace")
        return self._by_interpreter.get(program) or self._by_interpreter.get(program.rstrip("0123456789."))

    def detect(self, path: PurePath | str | None, head: bytes) -> Language | None:
        """By name, then ``#!`` line, and by content where these do not tell.

        Args:
            path: None for pasted code or standard input, which is then recognised by its content.
            head: The first bytes of the content; a few kilobytes are enough.
        """
        language = None if path is None else self.for_path(path)
        if language is not None:
            return self._header_language(head) if str(path).lower().endswith(".h") else language
        if (language := self.for_shebang(head.partition(b"\n")[0])) is not None or path is not None:
            return language
        # Imported here: it needs tree-sitter, which most callers of the registry do not.
        from indexer.parsing.guess import guess_language

        return guess_language(self, head)

    def grammar_available(self, language: Language) -> bool:
        """Whether the language has a grammar and its wheel is installed; imports nothing."""
        return language.grammar is not None and find_spec(language.grammar[0]) is not None

    def degradation(self, language: Language) -> str | None:
        """``grammar-missing:<id>`` when its files are cut into windows, None otherwise."""
        return None if self.grammar_available(language) else f"grammar-missing:{language.id}"

    def _header_language(self, head: bytes) -> Language:
        if _OBJECTIVE_C_HEADER.search(head):
            return self._by_id["objective-c"]
        return self._by_id["cpp" if _CPP_HEADER.search(head) else "c"]


@cache
def registry() -> LanguageRegistry:
    """The registry of this installation; nothing is compiled or imported before a language is used.

    Raises:
        EnvironmentFailure: The configuration file is missing or damaged.
    """
    path = resource_dir("configs") / "languages.toml"
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        languages = {
            id_: _language(id_, {**document["families"].get(entry.get("family", ""), {}), **entry})
            for id_, entry in document["languages"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentFailure(f"cannot read {path} ({error!r})", "reinstall codesearch-clones") from error
    return LanguageRegistry(languages)


_LEXICON_FIELDS = frozenset(field.name for field in fields(Lexicon))


def _language(id_: str, entry: dict[str, Any]) -> Language:
    """One table of the file, merged with its family, as a value."""
    lexical = {key: _frozen(value) for key, value in entry.items() if key in _LEXICON_FIELDS}
    lexical["keywords"] = frozenset(entry.get("keywords", "").encode().split())
    return Language(
        id=id_,
        name=entry["name"],
        aliases=tuple(entry.get("aliases", ())),
        extensions=tuple(entry.get("extensions", ())),
        filenames=tuple(entry.get("filenames", ())),
        interpreters=tuple(entry.get("interpreters", ())),
        grammar=_wheel(entry.get("grammar")),
        tag=entry.get("tag", "").encode(),
        untagged_grammar=_wheel(entry.get("untagged_grammar")),
        query=entry.get("query", id_),
        constructors=frozenset(entry.get("constructors", ())),
        signs=entry.get("signs", ""),
        import_line=entry.get("import_line", ""),
        lexicon=Lexicon(**lexical),
    )


def _wheel(entry: str | None) -> tuple[str, str] | None:
    """Module and function of ``module:function``."""
    if entry is None:
        return None
    module, function = entry.split(":")
    return module, function


def _frozen(value: Any) -> Any:
    """Lists as tuples, at every depth."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
