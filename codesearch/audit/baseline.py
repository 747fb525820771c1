"""The baseline: the clone classes that a team lives with, so that an audit can say what is new.

A text file with a line per class and content, sorted, so that git shows an added member as an added line and
merges the lines of two branches; a line of both sides' versions that a merge leaves behind counts as the
larger of the two. Paths, names and lines are not in it: moves change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.audit.contents import content_word, contents_of, parse_content
from codesearch.audit.textfiles import follow, read_text, replace_text
from codesearch.core.audit import CloneClass
from codesearch.core.errors import InputError

VERSION = 1
"""Of the format; others are refused."""

_NAME = "codesearch-baseline"
_HEADER = f"{_NAME} {VERSION}"
_CONFLICT_MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_MAX_BYTES = 1 << 27  # 2.9 million members at 46 bytes a line
_REWRITE = "write it anew with --update-baseline"


@dataclass(frozen=True, slots=True)
class Marked:
    """What a baseline says about the classes of an audit.

    Attributes:
        classes: The classes, in their order, they and their members flagged where they are new.
        fixed: Ids of baseline classes that are gone, sorted.
    """

    classes: tuple[CloneClass, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted classes: by id, how often each member content may stand in them."""

    classes: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, classes: Sequence[CloneClass]) -> Baseline:
        """The baseline in which nothing of these classes is new."""
        return cls({found.id: contents_of(found.members) for found in classes})

    def contents(self) -> Mapping[str, Counter[str]]:
        """Member contents by class id, for recognising a class whose members have changed."""
        return {id_: Counter(contents) for id_, contents in self.classes.items()}

    def mark(self, classes: Sequence[CloneClass], hidden: Collection[str] = ()) -> Marked:
        """Flag what is new: an unknown class with all its members, and members beyond the multiset.

        Of more copies than the baseline knows the ones already flagged (those that ``--since`` found to
        touch changed lines) are taken to be new, then the last ones.

        Args:
            classes: What the audit reports.
            hidden: Ids of classes that it found and does not report; these are not fixed.
        """
        gone = self.classes.keys() - {found.id for found in classes} - set(hidden)
        return Marked(tuple(map(self._marked, classes)), tuple(sorted(gone)))

    def _marked(self, found: CloneClass) -> CloneClass:
        left = Counter(self.classes.get(found.id, {}))
        new = set()
        for position in sorted(range(len(found.members)), key=lambda at: found.members[at].new):
            content = found.members[position].content
            if left[content] == 0:
                new.add(position)
            else:
                left[content] -= 1
        members = tuple(replace(member, new=at in new) for at, member in enumerate(found.members))
        return replace(found, members=members, new=bool(new))


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file; a link to one is followed.

    Raises:
        InputError: There is none, it is damaged, of another version, or has marks of a merge conflict.
    """
    target = follow(path, "baseline")
    if target is None:
        raise InputError(f"no baseline {path}", "make one from today's classes with --update-baseline")
    lines = _read_lines(target)
    _refuse_other(lines[:1], path)
    classes: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line == _HEADER:  # a union merge of two new files has the header twice
            continue
        id_, content, count = _parse(line, number, path)
        contents = classes.setdefault(id_, {})
        contents[content] = max(count, contents.get(content, 0))
    return Baseline(classes)


def read_replaceable(path: Path) -> Baseline | None:
    """Read the baseline that :func:`write_baseline` is about to replace, before the work for it is done.

    Returns:
        None where nothing is known: no file, or a baseline that is empty, damaged, of another version, or
        has marks of a merge conflict.

    Raises:
        InputError: The path holds something else, which is not replaced.
    """
    if _replaceable(path) is None:
        return None
    try:
        return read_baseline(path)
    except InputError:
        return None  # it is what --update-baseline is advised for


def write_baseline(path: Path, classes: Sequence[CloneClass]) -> None:
    """Write the baseline in which nothing of these classes is new; equal classes give equal bytes.

    The file is replaced as a whole: a reader sees the old one or the new one. What is there already has to
    be a baseline, of whatever version and merged or not, so that neither a slip of the user nor a link in a
    checkout destroys another file.

    Raises:
        InputError: The path holds something else, or cannot be written.
        EnvironmentFailure: The disk is full.
    """
    target = _replaceable(path) or path
    text = "".join(f"{line}\n" for line in (_HEADER, *_lines(Baseline.of(classes))))
    replace_text(target, text, "baseline")


def _replaceable(path: Path) -> Path | None:
    """Where the file is that a new baseline replaces; None when there is none.

    Raises:
        InputError: The path holds something else.
    """
    target = follow(path, "baseline")
    if target is None:
        if path.is_symlink():
            raise InputError(
                f"the baseline {path} is a link that leads nowhere", "delete it, or name another file"
            )
        return None
    sides = (line for line in _read_lines(target) if not line.startswith(_CONFLICT_MARKS))
    if not _is_header(next(sides, _HEADER)):
        raise InputError(f"{path} is not a baseline, so it is left as it is", "name another file")
    return target


def _is_header(line: str) -> bool:
    """Whether a baseline of any version begins so; ``codesearch-baseline.txt merge=union`` is no header."""
    return line.startswith(f"{_NAME} ")


def _read_lines(path: Path) -> list[str]:
    return read_text(path, "baseline", _MAX_BYTES).removeprefix("\ufeff").splitlines()


def _lines(baseline: Baseline) -> Iterator[str]:
    for id_, contents in sorted(baseline.classes.items()):
        for content, count in sorted(contents.items()):
            yield f"{id_} {content_word(content, count)}"


def _refuse_other(head: Sequence[str], path: Path) -> None:
    header = head[0] if head else ""
    if header == _HEADER:
        return
    if _is_header(header):
        raise InputError(f"the baseline {path} is of another version ({header[:40]})", _REWRITE)
    if header.startswith(_CONFLICT_MARKS):
        raise _conflict(path, 1)
    raise InputError(f"{path} is not a baseline", f"its first line has to be '{_HEADER}'")


def _parse(line: str, number: int, path: Path) -> tuple[str, str, int]:
    """Class id, content and count of a line."""
    if line.startswith(_CONFLICT_MARKS):
        raise _conflict(path, number)
    id_, _, word = line.partition(" ")
    content = parse_content(word)
    if not id_ or content is None:
        raise InputError(f"the baseline {path} is damaged in line {number}", _REWRITE)
    return id_, *content


def _conflict(path: Path, number: int) -> InputError:
    return InputError(
        f"the baseline {path} has an unresolved merge conflict in line {number}",
        "delete the marks and keep the lines of both sides, or " + _REWRITE,
    )
