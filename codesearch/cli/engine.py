"""The engine for one call of the command line."""

from __future__ import annotations

from collections.abc import Mapping

from codesearch.cli.options import Invocation
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine


def open_engine(invocation: Invocation, flags: Mapping[str, object] | None = None) -> Engine:
    """The engine of all settings layers, with a command's own flags on top."""
    return Engine(invocation.settings(flags).settings, user_config_file().parent)
