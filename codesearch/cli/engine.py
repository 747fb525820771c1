"""The engine for one call of the command line."""

from __future__ import annotations

from collections.abc import Mapping

from codesearch.cli.logs import log
from codesearch.cli.options import Invocation
from codesearch.core.device_probe import require
from codesearch.core.settings.load import user_config_file
from codesearch.core.store.globs import NO_GLOBS, Globs
from codesearch.engine import Engine


def warn_of_differences(engine: Engine) -> None:
    """Say which settings are not those that the index was built with.

    Raises:
        IndexFailure: There is no index.
    """
    for difference in engine.differences():
        log.warning(
            "%s is %s, the index was built with %s: run 'codesearch index' again to use it",
            difference.key,
            difference.now,
            difference.built_with,
        )


def open_engine(
    invocation: Invocation, flags: Mapping[str, object] | None = None, globs: Globs = NO_GLOBS
) -> Engine:
    """The engine of all settings layers, with a command's own flags on top, and the globs that it names.

    Raises:
        EnvironmentFailure: ``--device`` names a GPU that is not there, whether or not it would be used.
    """
    if device := (flags or {}).get("embedding.device"):
        require(str(device))
    return Engine(invocation.settings(flags).settings, user_config_file().parent, globs)


def global_words(invocation: Invocation, engine: Engine) -> list[str]:
    """What tells another process of the command line to use this index and these settings."""
    words = ["--index", str(engine.folder.path)]
    if invocation.config is not None:
        words += ["--config", str(invocation.config.absolute())]
    return words
