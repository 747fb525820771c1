"""What is most worth merging first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from codesearch.core.audit import Action, CloneClass, Member

_SPREAD = 0.1  # per step between two folders: copies far apart drift apart unseen
_CHURN = 0.25  # per doubling of commits: what changes often has to be changed in every copy
_UNLIKELY = {Action.BOILERPLATE: 0.1, Action.REVIEW: 0.5}  # share of the lines that merging really saves


def merge_value(found: CloneClass, commits: Mapping[tuple[str, str], int]) -> float:
    """Lines that merging saves, weighed by how far apart and how lively the copies are.

    Args:
        found: The class.
        commits: Recent commits by corpus and path; files without any may be left out.
    """
    busiest = max(commits.get((member.place.corpus, member.place.path), 0) for member in found.members)
    weight = (1 + _SPREAD * _distance(found.members)) * (1 + _CHURN * math.log2(1 + busiest))
    return found.saved_lines * weight * _UNLIKELY.get(found.action, 1.0)


def by_merge_value(classes: Sequence[CloneClass], commits: Mapping[tuple[str, str], int]) -> list[CloneClass]:
    """Classes, the most valuable first, ties by their first place."""
    return sorted(classes, key=lambda found: (-merge_value(found, commits), _first_place(found.members[0])))


def _distance(members: Sequence[Member]) -> int:
    """Steps in the tree of folders from the first member to the furthest one."""
    first = members[0].place.path.split("/")[:-1]
    return max(_steps(first, member.place.path.split("/")[:-1]) for member in members)


def _steps(ours: Sequence[str], theirs: Sequence[str]) -> int:
    common = 0
    for left, right in zip(ours, theirs, strict=False):
        if left != right:
            break
        common += 1
    return len(ours) + len(theirs) - 2 * common


def _first_place(member: Member) -> tuple[str, str, int, int]:
    place = member.place
    return place.corpus, place.path, place.start_line, place.end_line
