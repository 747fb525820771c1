"""Ignore files with git's rules: nested, the deepest file that says anything about an entry decides.

The patterns themselves are the business of the library ``pathspec``. What is added here is nesting, and git's
rule that nothing below an ignored folder can come back.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from pathspec.patterns.gitignore import GitIgnorePatternError

from indexer.corpus.ledger import SkipReason
from indexer.corpus.names import display_path, folder_of, folders_of
from indexer.corpus.opening import CannotRead, read_regular
from indexer.corpus.patterns import MOST_PATTERNS, LinearPattern, may_take_long

MAX_IGNORE_BYTES = 1 << 20  # a bound, as for every file of a corpus; real ones hold a few KB

_LITERAL = re.compile(r"!?(?P<path>[^\s*?\[\\!#](?:[^*?\[\\]*[^\s*?\[\\])?)")


@dataclass(frozen=True, slots=True)
class _Rules:
    """One ignore file.

    Attributes:
        folder: Where it stands, ``""`` or ``a/b/``; it applies to paths that start so.
        globs: Numbers of lines with whether a match is ignored and the expression, last line first, because
            the last match decides.
        literals: Numbers of lines and the lines, last line first, of those without wildcards, by what they
            name: ``a.py`` for entries of that name wherever they are, ``/b/a.py`` for one.
    """

    folder: str
    globs: tuple[tuple[int, tuple[bool, re.Pattern[str]]], ...]
    literals: Mapping[str, Sequence[tuple[int, str]]]

    def verdict(self, path: str) -> bool | None:
        """Whether the last pattern that speaks of ``path`` itself ignores it; None when none does.

        Folders end with ``/``.
        """
        inner = path[len(self.folder) :]
        entry = inner.removesuffix("/")
        named = (*self.literals.get(entry.rpartition("/")[2], ()), *self.literals.get(f"/{entry}", ()))
        rules = self.globs
        if named:
            known = [(number, rule) for number, line in named if (rule := _compiled(line)) is not None]
            rules = tuple(sorted((*known, *rules), key=itemgetter(0), reverse=True))
        for _, (ignored, pattern) in rules:
            if _speaks_of(pattern, inner):
                return ignored
        return None


def _speaks_of(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a pattern means this entry, and not only the folder that holds it.

    The library's expressions also match everything below a folder that they name. Their one group is the
    slash after that folder, so a match that goes on behind it is the folder's affair. ``a/**``, the other way
    round, means all that is below ``a`` and not ``a/`` itself; it has no group.
    """
    found = pattern.match(path)
    if found is None and path.endswith("/"):
        found = pattern.match(path, len(path) - 1)  # for ``*/``: the bare slash, the one that is not anchored
    if found is None:
        return False
    complete = found.end() == len(path)
    return complete if found.lastindex else not (complete and path.endswith("/"))


@dataclass(frozen=True, slots=True)
class _Folder:
    """What holds in a folder: ``rules`` deepest first; whether it is itself ignored, with all it holds."""

    rules: tuple[_Rules, ...]
    ignored: bool

    def ignores(self, path: str) -> bool:
        if self.ignored:
            return True
        for rules in self.rules:
            verdict = rules.verdict(path)
            if verdict is not None:
                return verdict
        return False


class IgnoreFiles:
    """The ignore files of a tree, read as they are needed.

    Args:
        root: Folder whose ignore files count, with those of the folders below it.
        names: File names, in rising precedence within one folder.
    """

    def __init__(self, root: str, names: tuple[str, ...]) -> None:
        self._root = root
        self._names = names
        self.notes: list[str] = []
        self._folders = {"": _Folder(self._rules_in(""), ignored=False)}

    def ignores(self, path: str) -> bool:
        """Whether an entry is ignored, by itself or because a folder above it is.

        Args:
            path: Relative to the root, ``/`` separated; a folder ends with ``/``.
        """
        parent = folder_of(path)
        if parent not in self._folders:
            # From the top down and not by recursion: a path can have 2,000 folders.
            above = self._folders[""]
            for folder in (*folders_of(parent), parent):
                if folder not in self._folders:
                    rules = self._rules_in(folder, above.rules)
                    self._folders[folder] = _Folder(rules, above.ignores(folder))
                above = self._folders[folder]
        return self._folders[parent].ignores(path)

    def _rules_in(self, folder: str, above: tuple[_Rules, ...] = ()) -> tuple[_Rules, ...]:
        """The rules of the folder's own ignore files, the most important first, and of the folders above."""
        own: list[_Rules] = []
        for name in reversed(self._names):  # so that the most important has room first
            room = MOST_PATTERNS - sum(len(one.globs) for one in (*own, *above))
            if rules := self._read(folder, name, room):
                own.append(rules)
        return (*own, *above)

    def _read(self, folder: str, name: str, most_globs: int) -> _Rules | None:
        """The rules of a file; None where there are none."""
        try:
            content = read_regular(f"{self._root}/{folder}{name}", MAX_IGNORE_BYTES).content
        except CannotRead as problem:  # git does not follow links to ignore files either
            if problem.reason is SkipReason.TOO_LARGE:
                self.notes.append(f"ignore-file-refused:{display_path(folder + name)}")
            return None
        globs: list[tuple[int, tuple[bool, re.Pattern[str]]]] = []
        literals: dict[str, list[tuple[int, str]]] = {}
        refused = False
        # Of lines that stand there again the last counts.
        lines = dict.fromkeys(reversed(content.decode("utf-8", "surrogateescape").splitlines()))
        for number, line in zip(range(len(lines), 0, -1), lines, strict=True):
            if not line.strip() or line.startswith("#"):
                continue
            if may_take_long(line):
                refused = True
            elif (literal := _LITERAL.fullmatch(line)) is not None:
                named = literal["path"].rstrip("/")
                anchored = "/" in named
                literals.setdefault(f"/{named.lstrip('/')}" if anchored else named, []).append((number, line))
            elif len(globs) >= most_globs:
                refused = True
            elif (pattern := _compiled(line)) is not None:
                globs.append((number, pattern))
        if refused:
            self.notes.append(f"ignore-pattern-refused:{display_path(folder + name)}")
        return _Rules(folder, tuple(globs), literals) if globs or literals else None


@lru_cache(maxsize=4096)
def _compiled(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Whether what a line means is ignored, and its expression; None for a comment, an empty line, and a
    pattern that cannot be read, which git passes over, too.
    """
    with warnings.catch_warnings():
        # The library copies brackets into an expression as they stand: of `[[a]` Python says what may change
        # in it, and refuses `[a-\\]]`, a range that ends before it begins.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            pattern = LinearPattern(line)
        except (GitIgnorePatternError, re.error):
            return None
    return None if pattern.include is None or pattern.regex is None else (pattern.include, pattern.regex)
