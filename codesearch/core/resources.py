"""Where the files that ship beside the code are: in a checkout next to the packages, in a wheel inside
them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def resource_dir(name: str) -> Path:
    """Folder ``name`` (``configs``, ``models`` or ``web``) of this installation.

    Raises:
        EnvironmentFailure: Neither layout has it, so the installation is broken.
    """
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise EnvironmentFailure(f"the installation lacks its '{name}' folder", "reinstall codesearch-clones")
