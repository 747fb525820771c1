"""Which files a folder holds: inside git work trees what git lists, elsewhere what the ignore files leave."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.corpus import gitfiles
from indexer.corpus.ignore import IgnoreFiles
from indexer.corpus.ledger import SkipReason
from indexer.corpus.names import display_path, folder_of, folders_of

OWN_IGNORE_FILE = ".codesearchignore"
_IGNORE_FILES = (".gitignore", ".ignore", OWN_IGNORE_FILE)
_NEVER_ENTERED = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "CVS", ".codesearch"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as the file system tells it.

    Attributes:
        path: Relative to the root, ``/`` separated, as the operating system interface gives it; an unreadable
            folder stands for what it holds and ends with ``/``.
        size: Bytes.
        modified_ns: Modification time in ns.
        executable: Whether its owner may execute it.
        skip: Why it can only be skipped; None for a regular file.
    """

    path: str
    size: int
    modified_ns: int
    executable: bool
    skip: SkipReason | None


class Walker:
    """Lists the files below a folder in path order, as :func:`~indexer.corpus.names.display_path` sorts them.

    Args:
        root: Absolute folder.
        use_git: Ask git inside work trees.
    """

    def __init__(self, root: str, *, use_git: bool) -> None:
        self._root = root
        self._use_git = use_git
        self._ignore = IgnoreFiles(root, _IGNORE_FILES)
        self._own_ignore = IgnoreFiles(root, (OWN_IGNORE_FILE,))
        self._real_folders: dict[str, bool] = {"": True}
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What did not go as usual so far: ``git-unavailable:<folder>``, ``ignored-by-git:<folder>`` (asked
        for by name, so walked), ``ignore-pattern-refused:<file>`` (too long, too many or made to backtrack),
        ``ignore-file-refused:<file>`` (too large).
        """
        return tuple(dict.fromkeys((*self._notes, *self._ignore.notes, *self._own_ignore.notes)))

    def entries(self) -> Iterator[Entry]:
        """Every file once; entries that vanish meanwhile are left out."""
        pending = [""]
        while pending:
            path = pending.pop()
            if path and not path.endswith("/"):
                entry = self.entry(path)
                if entry is not None:
                    yield entry
                continue
            try:
                pending.extend(reversed(self._folder(path)))
            except FileNotFoundError:  # it vanished, as a file can
                continue
            except OSError:
                yield Entry(path or "./", 0, 0, executable=False, skip=SkipReason.UNREADABLE)

    def entry(self, path: str) -> Entry | None:
        """What stands at a path relative to the root; None when nothing does."""
        try:
            status = os.lstat(f"{self._root}/{path}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:  # its folder may be listed and not entered, or the whole path is too long for a call
            return Entry(path, 0, 0, executable=False, skip=SkipReason.UNREADABLE)
        return Entry(
            path,
            status.st_size,
            status.st_mtime_ns,
            bool(status.st_mode & stat.S_IXUSR),
            _skip_reason(status.st_mode),
        )

    def _folder(self, folder: str) -> list[str]:
        """The entries of a folder in path order; folders end with ``/``; all files below it when git lists
        it.
        """
        with os.scandir(f"{self._root}/{folder}") as scan:
            children = {entry.name: entry.is_dir(follow_symlinks=False) for entry in scan}
        if self._use_git and (".git" in children if folder else gitfiles.in_work_tree(self._root)):
            listed = self._git_files(folder)
            if listed is not None:
                return sorted(listed, key=display_path)
        paths = [
            f"{folder}{name}/" if is_folder else f"{folder}{name}"
            for name, is_folder in children.items()
            if name not in _NEVER_ENTERED
        ]
        return sorted((path for path in paths if not self._ignore.ignores(path)), key=display_path)

    def _git_files(self, folder: str) -> list[str] | None:
        """What git lists below a folder, without what ``.codesearchignore`` hides; None when git is of no
        use.
        """
        absolute = f"{self._root}/{folder}"
        name = display_path(folder) or "./"
        try:
            if not folder and gitfiles.ignores_folder(absolute):
                self._notes.append(f"ignored-by-git:{name}")
                return None
            listed = gitfiles.list_files(absolute)
        except gitfiles.GitUnavailable:
            self._notes.append(f"git-unavailable:{name}")
            return None
        paths = (folder + path for path in listed if _NEVER_ENTERED.isdisjoint(path.split("/")))
        return [path for path in paths if self._is_real(path) and not self._own_ignore.ignores(path)]

    def _is_real(self, path: str) -> bool:
        """Whether no folder on the way to a listed path is a link: the index tells what was there once."""
        parent = folder_of(path)
        if parent not in self._real_folders:
            above = True
            for folder in (*folders_of(parent), parent):
                if folder not in self._real_folders:
                    self._real_folders[folder] = above and _is_folder(f"{self._root}/{folder}")
                above = self._real_folders[folder]
        return self._real_folders[parent]


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path.rstrip("/")).st_mode)
    except OSError:
        return False


def _skip_reason(mode: int) -> SkipReason | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode):
        return SkipReason.SYMLINK
    return SkipReason.SUBMODULE if stat.S_ISDIR(mode) else SkipReason.NOT_REGULAR
