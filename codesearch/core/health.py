"""What ``doctor`` finds, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What, such as ``model static-1``.
        healthy: False when it does not work.
        detail: What was found.
        hint: What to do about it; empty when healthy.
    """

    name: str
    healthy: bool
    detail: str
    hint: str = ""
