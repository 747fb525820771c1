"""Settings: what a user may choose, where each value came from, and who may set it.

In: TOML files, environment variables and flags. Out: :class:`LoadedSettings`, an immutable :class:`Settings`
with the origin of every dotted key. Layers, lowest to highest: packaged ``defaults.toml``, the user's file,
the project's ``codesearch.toml``, the environment, flags. To add a setting, add a described field to a
section in :mod:`.sections` and its default to ``configs/defaults.toml``; ``docs/settings.md`` is generated
from both (:mod:`.page`). Importing this package costs pydantic-settings (0.2 s), so the command line imports
it only when a command runs.
"""

from codesearch.core.settings.load import LoadedSettings, default_settings, load_settings
from codesearch.core.settings.sections import Settings

__all__ = ["LoadedSettings", "Settings", "default_settings", "load_settings"]
