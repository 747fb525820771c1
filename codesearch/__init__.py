"""A clone search engine over code corpora: finds copied, adapted and rewritten code, and says how sure it is.

The names in ``__all__`` are the public interface. They load when first used, so that importing ``codesearch``
costs nothing and the packages below may import ``codesearch.core`` freely.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codesearch.core.errors import CodesearchError
    from codesearch.core.results import CloneType, Decision, Evidence, Match, Place, QueryResult, Verdict
    from codesearch.core.settings import Settings, load_settings

__version__ = "0.1.0"

__all__ = [
    "CloneType",
    "CodesearchError",
    "Decision",
    "Evidence",
    "Match",
    "Place",
    "QueryResult",
    "Settings",
    "Verdict",
    "__version__",
    "load_settings",
]

_HOMES = {
    "CodesearchError": "codesearch.core.errors",
    "Settings": "codesearch.core.settings",
    "load_settings": "codesearch.core.settings",
} | dict.fromkeys(
    ("CloneType", "Decision", "Evidence", "Match", "Place", "QueryResult", "Verdict"),
    "codesearch.core.results",
)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
