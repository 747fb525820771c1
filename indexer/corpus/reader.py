"""The corpus reader for a folder or a single file of this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from codesearch.core.errors import InputError, UsageError
from codesearch.core.protocols import SkippedFile, SourceFile
from indexer.corpus.ledger import SkipReason
from indexer.corpus.names import display_path
from indexer.corpus.opening import CannotRead, read_head
from indexer.corpus.patterns import MOST_PATTERNS, LinearPattern, may_take_long
from indexer.corpus.roles import role_rules
from indexer.corpus.walk import Entry, Walker
from indexer.parsing.languages import Language, registry

MAX_BYTES = (
    8 << 20
)  # generated code aside, no source file of the Linux kernel, CPython or LLVM is half as large
_SHEBANG_BYTES = 256  # Linux itself reads no more of the line


class FileCorpus:
    """Lists a folder, or a single file, of this machine.

    Inside git work trees the files are those that git would list, without its submodules (each counts as one
    skipped entry; name their folders to read them); elsewhere those that nested ``.gitignore`` and
    ``.ignore`` files leave; ``.codesearchignore`` counts everywhere. Ignored files are not seen. Links are
    never followed. No file is opened, except for the ``#!`` line of executable files whose name tells no
    language.

    Args:
        name: How results call the corpus.
        root: Existing folder or file; links on the way to it are resolved, because the user named it.
        include: Globs (``.gitignore`` syntax, relative to the root); empty means everything. Files that none
            matches are skipped as ``excluded``.
        exclude: Globs of files to skip as ``excluded``; these win over ``include``.
        max_bytes: Larger files are skipped as ``too-large``.
        use_git: Ask git inside work trees; otherwise walk and read the ignore files there, too.

    Raises:
        InputError: There is no folder or regular file at ``root``.
        UsageError: A glob that is none.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        *,
        max_bytes: int = MAX_BYTES,
        use_git: bool = True,
    ) -> None:
        target = _existing(root)
        self.name = name
        self.root = target if target.is_dir() else target.parent
        self._only = None if target.is_dir() else target.name
        self._include = _globs(include, "include")
        self._exclude = _globs(exclude, "exclude")
        self._max_bytes = max_bytes
        self._walker = Walker(str(self.root), use_git=use_git)

    @property
    def notes(self) -> tuple[str, ...]:
        """What did not go as usual in :meth:`files` so far, such as ``git-unavailable:./``."""
        return self._walker.notes

    def covers(self, path: str) -> bool:
        """True for every path below a folder, and for a single file's own."""
        return self._only is None or path == display_path(self._only)

    def files(self) -> Iterator[SourceFile | SkippedFile]:
        """Every file exactly once, in path order."""
        for entry in self._entries():
            path = display_path(entry.path)
            candidate = self._language_or_reason(entry)
            if isinstance(candidate, SkipReason):
                yield SkippedFile(path, entry.size, entry.modified_ns, candidate.value)
            else:
                role = role_rules().by_path(path).role
                absolute = self.root / entry.path
                yield SourceFile(path, absolute, entry.size, entry.modified_ns, candidate.id, role)

    def _entries(self) -> Iterator[Entry]:
        if self._only is None:
            yield from self._walker.entries()
        elif (entry := self._walker.entry(self._only)) is not None:
            yield entry

    def _language_or_reason(self, entry: Entry) -> Language | SkipReason:
        if (self._include and not self._include.match_file(entry.path)) or self._exclude.match_file(
            entry.path
        ):
            return SkipReason.EXCLUDED
        if entry.skip is not None:
            return entry.skip
        if role_rules().is_no_code(entry.path):
            return SkipReason.NOT_CODE
        language = registry().for_path(entry.path) or self._interpreted(entry)
        if language is None:
            return SkipReason.UNKNOWN_LANGUAGE
        return language if entry.size <= self._max_bytes else SkipReason.TOO_LARGE

    def _interpreted(self, entry: Entry) -> Language | None:
        """The language of an executable file without extension, by its ``#!`` line."""
        if not entry.executable or "." in entry.path.rpartition("/")[2]:
            return None
        try:
            head = read_head(self.root / entry.path, _SHEBANG_BYTES)
        except CannotRead:  # its language stays unknown, which is what the ledger then says
            return None
        return registry().for_shebang(head.partition(b"\n")[0])


def _existing(root: Path) -> Path:
    """The resolved root.

    Raises:
        InputError: Nothing that can be read as a corpus is there.
    """
    shown = display_path(str(root))
    try:
        target = root.resolve(strict=True)
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(target).close()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"no such file or folder: {shown}", "check the path") from None
    except PermissionError:
        raise InputError(f"no permission to read {shown}", "check its mode and owner") from None
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # a loop of links, a NUL in the name, a dead network disk
        raise InputError(f"cannot read {shown} ({error})", "check the path") from None
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise InputError(f"{shown} is neither a folder nor a regular file", "name a folder or a source file")
    return target


def _globs(patterns: Sequence[str], option: str) -> GitIgnoreSpec:
    # A corpus may name them too, in its codesearch.toml.
    named = f"--{option} or corpus.{option}"
    if len(patterns) > MOST_PATTERNS:
        raise UsageError(
            f"{named} names {len(patterns):,} globs, more than {MOST_PATTERNS:,}", "name folders instead"
        )
    if slow := [pattern for pattern in patterns if may_take_long(pattern)]:
        raise UsageError(
            f"a glob of {named} may take for ever to match: {slow[0][:80]}",
            "use '**' at most twice, two stars beside brackets, and 8,192 characters",
        )
    try:
        # Not another backend, where one is installed: it could not read the expressions.
        return GitIgnoreSpec.from_lines(patterns, LinearPattern, backend="simple")
    except GitIgnorePatternError:
        raise UsageError(
            f"not a glob in --{option}: {', '.join(patterns)}", "use .gitignore syntax"
        ) from None
