"""The one error hierarchy: what happened, where, and what to do, with the process exit code."""

from __future__ import annotations


class CodesearchError(Exception):
    """A failure that a user can act on.

    Args:
        message: What happened and where, one line, no trailing period.
        hint: What to do about it, one line; empty when the message says it already.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class UsageError(CodesearchError):
    """Wrong arguments or bad input (exit 2)."""


class InputError(UsageError):
    """A path, file or fragment that cannot be used as given (exit 2)."""


class ConfigError(UsageError):
    """A setting that does not fit; the message names the dotted key and its origin (exit 2)."""


class EnvironmentFailure(CodesearchError):
    """The surroundings are at fault: missing extra, broken index, full disk (exit 3)."""

    exit_code = 3


class MissingExtra(EnvironmentFailure):
    """A feature whose optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}'", f"pip install 'codesearch-clones[{extra}]'")


class IndexFailure(EnvironmentFailure):
    """The index cannot be used: missing, damaged, locked, or of another format version."""


class Interrupted(CodesearchError):
    """The user stopped the run; the previous index is untouched (exit 130, as shells expect)."""

    exit_code = 130
