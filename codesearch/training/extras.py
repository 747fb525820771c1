"""Libraries of the extra ``train``."""

from __future__ import annotations

from importlib.util import find_spec

from codesearch.core.errors import MissingExtra


def require(*modules: str) -> None:
    """Check that libraries are installed, before work is done that would be lost without them.

    Raises:
        MissingExtra: One is not.
    """
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtra(f"training ({module})", "train")
