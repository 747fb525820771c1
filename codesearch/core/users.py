"""Who works here."""

from __future__ import annotations


def user_name() -> str:
    """The user's name; empty where the system knows none, as in some containers."""
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, ImportError, OSError):
        return ""
