"""All cases, in the order in which they are reported."""

from __future__ import annotations

from benchmarks.hostile_trees import (
    encodings,
    filesystem,
    names,
    nesting,
    openers,
    repositories,
    shapes,
    sizes,
    traps,
)

GROUPS = {
    "nesting": nesting.CASES,
    "shapes": shapes.CASES,
    "openers": openers.CASES,
    "encodings": encodings.CASES,
    "file system": filesystem.CASES,
    "names": names.CASES,
    "repositories": repositories.CASES,
    "traps": traps.CASES,
    "sizes": sizes.CASES,
}
"""The cases by what is hostile about them."""

CASES = tuple(case for group in GROUPS.values() for case in group)
