"""Clone types as users name them: ``T1,T3``, or ``all``."""

from __future__ import annotations

import click

from codesearch.core.results import CloneType


def parse_types(text: str | None) -> frozenset[CloneType]:
    """The types of a list; none when it names none.

    Raises:
        click.BadParameter: One does not exist.
    """
    names = (text or "").replace(" ", "").upper().split(",")
    if "ALL" in names:
        return frozenset(CloneType)
    unknown = [name for name in names if name and name not in set(CloneType)]
    if unknown:
        raise click.BadParameter(
            f"no clone type {unknown[0]!r}; use T1, T2, T3, T4 or all", param_hint="--types"
        )
    return frozenset(CloneType(name) for name in names if name)
