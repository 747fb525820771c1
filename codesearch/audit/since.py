"""``--since REV``: the lines that a change touches, and the clone classes that they belong to.

The change is what a reviewer of a pull request sees: everything between the merge base of REV and HEAD and
the files as they are now, committed or not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.audit.git import Git
from codesearch.audit.patch import PATCH_OPTIONS, FileChanges, read_patch
from codesearch.core.audit import CloneClass, Member
from codesearch.core.errors import InputError
from indexer.corpus.gitfiles import in_work_tree
from indexer.corpus.names import display_path

_FETCH_ALL = "fetch the whole history, with fetch-depth: 0 in actions/checkout or git fetch --unshallow"


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """The changed lines of a corpus.

    Attributes:
        files: Changes by path relative to the corpus root, as reports show it; no entry, no change.
    """

    files: Mapping[str, FileChanges]

    def touch(self, member: Member) -> bool:
        """Whether a line of the member is changed, or one between its first and last is gone."""
        changes = self.files.get(member.place.path)
        return changes is not None and changes.touch(member.place.start_line, member.place.end_line)


def changed_lines(root: Path, revision: str) -> ChangedLines:
    """Lines that differ from the merge base of a revision and HEAD; untracked files differ entirely.

    Renames are followed. Submodules and files that git ignores have no changes. Before the first commit
    everything differs from HEAD.

    Args:
        root: Folder of the corpus: a work tree or a folder in one.
        revision: Branch, tag or commit.

    Raises:
        InputError: The folder is in no work tree, or git ignores it; the revision is unknown; the clone is
            shallow and ends before the merge base, or lacks objects; git takes too long.
        EnvironmentFailure: Git cannot be run.
    """
    folder = root.resolve()
    git = Git(folder)
    prefix = _prefix(git)
    base = _empty_tree(git) if revision == "HEAD" and _is_unborn(git) else _merge_base(git, revision)
    with git.unfiltered().reading("diff-index", *PATCH_OPTIONS, base, "--") as patch:
        if patch is None:
            raise InputError(f"git cannot compare {folder} with {revision!r}", "see what git diff says there")
        changes = {
            display_path(path.removeprefix(prefix)): found
            for path, found in read_patch(patch).items()
            if path.startswith(prefix)
        }
    return ChangedLines(changes | dict.fromkeys(_untracked(git), FileChanges.entire()))


def restrict(classes: Sequence[CloneClass], changed: Mapping[str, ChangedLines]) -> tuple[CloneClass, ...]:
    """The classes that have a changed member, flagged as new together with these members; order is kept.

    Args:
        classes: All classes, unchanged code included: a change is compared with everything.
        changed: Changed lines by corpus; a corpus without an entry is taken as unchanged.
    """
    nothing = ChangedLines({})
    restricted = []
    for found in classes:
        members = tuple(
            replace(member, new=changed.get(member.place.corpus, nothing).touch(member))
            for member in found.members
        )
        if any(member.new for member in members):
            restricted.append(replace(found, members=members, new=True))
    return tuple(restricted)


def _prefix(git: Git) -> str:
    """Path of the folder in its work tree, empty for the top, else ending with ``/``."""
    prefix = git.answer("rev-parse", "--show-prefix") if in_work_tree(str(git.folder)) else None
    if prefix is None:
        raise InputError(f"{git.folder} is in no git work tree", "--since needs one; --baseline does not")
    if prefix and git.answer("check-ignore", "--quiet", ".") is not None:
        raise InputError(f"git ignores {git.folder}, so it knows no changes there", "use --baseline instead")
    return os.fsdecode(prefix)


def _is_unborn(git: Git) -> bool:
    """Whether HEAD is a branch that has no commit yet."""
    return git.answer("rev-parse", "--verify", "--quiet", "HEAD") is None


def _empty_tree(git: Git) -> str:
    """Its id, which depends on the hash that the repository uses; git knows the object without having it."""
    answer = git.answer("hash-object", "-t", "tree", "--stdin")
    return (answer or b"").decode("ascii")


def _merge_base(git: Git, revision: str) -> str:
    commit = _commit(git, revision)
    shallow = git.answer("rev-parse", "--is-shallow-repository") == b"true"
    if commit is None:
        hint = _FETCH_ALL if shallow else "name a branch, tag or commit of this clone; git fetch gets more"
        raise InputError(f"unknown revision {revision!r} in {git.folder}", hint)
    base = git.answer("merge-base", commit, "HEAD")
    if not base:
        hint = _FETCH_ALL if shallow else "name a revision that HEAD has a common commit with"
        raise InputError(f"no merge base of {revision!r} and HEAD in {git.folder}", hint)
    return base.decode("ascii").partition("\n")[0]


def _commit(git: Git, revision: str) -> str | None:
    """The full id of a commit; None when there is no such revision, or it is none that git could be told."""
    if not revision or revision.startswith("-") or "\0" in revision:
        return None
    answer = git.answer("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return answer.decode("ascii") if answer else None


def _untracked(git: Git) -> list[str]:
    """Paths below the folder, for display; repositories inside are left out."""
    names = (git.answer("ls-files", "-z", "--others", "--exclude-standard") or b"").split(b"\0")
    return [display_path(os.fsdecode(name)) for name in names if name and not name.endswith(b"/")]
