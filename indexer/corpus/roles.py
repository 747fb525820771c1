"""What a file is for, by the named rules of ``configs/roles.toml`` (which also states their precedence)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.resources import resource_dir
from codesearch.core.types import ParsedSource, Role, TokenKind

HEAD_BYTES = 4096  # in which a generator's marker is looked for; a licence may stand before it


@dataclass(frozen=True, slots=True)
class Assignment:
    """A file's role and the name of the rule that gave it; ``default`` when none did."""

    role: Role
    rule: str


_DEFAULT = Assignment(Role.SOURCE, "default")
_OPEN_TO_CONTENT = frozenset({Role.SOURCE, Role.TEST})


@dataclass(frozen=True, slots=True)
class PathRule:
    """Fits when a folder on the way to a file, or the file's name, does; None where the rule names none."""

    assignment: Assignment
    folders: re.Pattern[str] | None
    files: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class ContentRule:
    """Fits when all its conditions hold; those of the configuration file, at their neutral value when absent.

    Attributes:
        assignment: What the rule says.
        head: Searched in the first :data:`HEAD_BYTES`.
        line_bytes: Least mean length of a line in bytes.
        min_bytes: Least size of the text in bytes.
        literals: Least share of numbers and strings among the tokens that are no operators.
        min_tokens: Least number of such tokens.
        languages: Registry ids it applies to; empty means all.
    """

    assignment: Assignment
    head: re.Pattern[bytes] | None
    line_bytes: int
    min_bytes: int
    literals: float
    min_tokens: int
    languages: frozenset[str]

    def fits(self, text: bytes, parsed: ParsedSource) -> bool:
        """Whether a file's UTF-8 text and its tokens meet every condition."""
        if self.languages and parsed.language not in self.languages:
            return False
        if len(text) < max(self.min_bytes, self.line_bytes * parsed.lines):
            return False
        if self.head is not None and not self.head.search(text[:HEAD_BYTES]):
            return False
        return self.literals == 0 or _is_literal(parsed, self.literals, self.min_tokens)


class RoleRules:
    """The rules of one configuration file."""

    def __init__(
        self, paths: Sequence[PathRule], contents: Sequence[ContentRule], no_code: re.Pattern[str] | None
    ) -> None:
        self._paths = tuple(paths)
        self._contents = tuple(contents)
        self._no_code = no_code
        # Files of a folder come one after the other, so few folders need to be remembered.
        self._folder_fits = lru_cache(maxsize=256)(self._fitting_folders)

    def by_path(self, path: str) -> Assignment:
        """The role as far as the path tells.

        Args:
            path: Relative to the corpus root, ``/`` separated; what is above the root plays no part.
        """
        folder, _, name = path.lower().rpartition("/")
        for rule, folder_fits in zip(self._paths, self._folder_fits(folder), strict=True):
            if folder_fits or (rule.files is not None and rule.files.match(name)):
                return rule.assignment
        return _DEFAULT

    def by_content(self, known: Assignment, text: bytes, parsed: ParsedSource) -> Assignment:
        """The final role of a file that was read.

        Args:
            known: What :meth:`by_path` said.
            text: The file as UTF-8.
            parsed: Its tokens.
        """
        if known.role in _OPEN_TO_CONTENT:
            for rule in self._contents:
                if rule.fits(text, parsed):
                    return rule.assignment
        return known

    def is_no_code(self, path: str) -> bool:
        """Whether the file's name says that it holds data, documents or media."""
        return self._no_code is not None and self._no_code.match(path.lower().rpartition("/")[2]) is not None

    def _fitting_folders(self, folder: str) -> tuple[bool, ...]:
        return tuple(
            rule.folders is not None and rule.folders.search(f"/{folder}/") is not None
            for rule in self._paths
        )


@cache
def role_rules() -> RoleRules:
    """The rules of this installation.

    Raises:
        EnvironmentFailure: The configuration file is missing or damaged.
    """
    return load_rules(resource_dir("configs") / "roles.toml")


def load_rules(path: Path) -> RoleRules:
    """The rules of a file.

    Raises:
        EnvironmentFailure: The file is missing or damaged.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        return RoleRules(
            [_path_rule(table) for table in document["path"]],
            [_content_rule(table) for table in document["content"]],
            _any_of(document["no_code"]["files"]),
        )
    except (OSError, ValueError, KeyError, TypeError, re.error) as error:
        raise EnvironmentFailure(f"cannot read {path} ({error!r})", "reinstall codesearch-clones") from error


def _path_rule(table: dict[str, Any]) -> PathRule:
    folders = [re.escape(folder.lower()) for folder in table.get("folders", ())]
    return PathRule(
        Assignment(Role(table["role"]), table["name"]),
        re.compile(f"/(?:{'|'.join(folders)})/") if folders else None,
        _any_of(table.get("files", ())),
    )


def _content_rule(table: dict[str, Any]) -> ContentRule:
    return ContentRule(
        Assignment(Role(table["role"]), table["name"]),
        re.compile(table["head"].encode()) if "head" in table else None,
        table.get("line_bytes", 0),
        table.get("min_bytes", 0),
        table.get("literals", 0.0),
        table.get("min_tokens", 0),
        frozenset(table.get("languages", ())),
    )


def _any_of(globs: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for many file name globs; None for no globs, which fit nothing."""
    return re.compile("|".join(translate(glob.lower()) for glob in globs)) if globs else None


def _is_literal(parsed: ParsedSource, share: float, min_tokens: int) -> bool:
    counts = np.bincount(parsed.tokens.kinds, minlength=len(TokenKind))
    total = int(counts.sum() - counts[TokenKind.OPERATOR])
    return total >= min_tokens and bool(counts[TokenKind.NUMBER] + counts[TokenKind.STRING] >= share * total)
