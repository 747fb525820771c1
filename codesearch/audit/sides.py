"""The members of a clone class as sides of a verdict that somebody gives."""

from __future__ import annotations

from codesearch.audit.run import Audit
from codesearch.core.audit import CloneClass, Member
from codesearch.core.errors import InputError
from codesearch.core.feedback import MAX_CODE, Side


def class_sides(audit: Audit, found: CloneClass) -> list[Side]:
    """The members, the first one first.

    Raises:
        InputError: A file has changed since.
    """
    return [_side(audit, member) for member in found.members]


def find_class(audit: Audit, class_id: str) -> CloneClass:
    """The class that has this id, or whose id begins so.

    Raises:
        InputError: There is none, or more than one.
    """
    matching = [found for found in audit.report.classes if found.id.startswith(class_id)]
    if len(matching) != 1:
        problem = f"{len(matching)} clone classes begin with" if matching else "no clone class"
        raise InputError(f"{problem} {class_id!r}", "`codesearch audit` lists them with their ids")
    return matching[0]


def _side(audit: Audit, member: Member) -> Side:
    lines = audit.sources.lines(member)
    if lines is None:
        raise InputError(
            f"{member.place.path} has changed since the last audit", "run `codesearch audit` again"
        )
    return Side(member.content, member.language, "\n".join(lines)[:MAX_CODE])
