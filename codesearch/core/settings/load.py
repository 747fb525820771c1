"""From layers to settings: merge, validate, remember origins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from codesearch.core.errors import ConfigError
from codesearch.core.resources import resource_dir
from codesearch.core.settings.keys import setting_keys
from codesearch.core.settings.layers import (
    IgnoredKey,
    Layer,
    environment_layer,
    file_layer,
    find_project_file,
    flags_layer,
    project_layer,
)
from codesearch.core.settings.sections import Settings

UNSET = "unset"
"""Origin of a key that no layer sets."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with their history.

    Attributes:
        settings: The merged, validated values.
        origins: For every dotted key the place that set it, or ``unset``.
        ignored: Keys of the project's file that had no effect.
    """

    settings: Settings
    origins: Mapping[str, str]
    ignored: tuple[IgnoredKey, ...] = ()


def load_settings(
    flags: Mapping[str, object] | None = None, *, config_file: Path | None = None, start: Path | None = None
) -> LoadedSettings:
    """All layers, merged.

    Args:
        flags: Values given on the command line by dotted key; None means not given.
        config_file: Replaces the user's file and has to exist.
        start: Folder from which the project's file is looked for upwards; None means the current directory.

    Raises:
        ConfigError: A file cannot be read, a key does not exist or a value does not fit; names key and
        origin.
    """
    layers = [_defaults_layer()]
    user = _user_file(config_file)
    if user is not None:
        layers.append(file_layer(user))
    ignored: tuple[IgnoredKey, ...] = ()
    project = find_project_file((start or Path.cwd()).absolute())
    if project is not None and project != user:
        layer, ignored = project_layer(project, _merge(layers, ()).settings)
        layers.append(layer)
    layers += [environment_layer(), flags_layer(flags or {})]
    return _merge(layers, ignored)


@cache
def default_settings() -> Settings:
    """The packaged defaults alone: no user file, no project, no environment."""
    return _merge([_defaults_layer()], ()).settings


def user_config_file() -> Path:
    """Where the user's own settings are by default; it need not exist."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    return Path(base) / "codesearch" / "config.toml"


def _user_file(explicit: Path | None) -> Path | None:
    named = explicit or os.environ.get("CODESEARCH_CONFIG")
    if named:
        path = Path(os.path.expanduser(named)).absolute()  # noqa: PTH111 - pathlib's raises without a home
        if not path.is_file():
            raise ConfigError(f"no settings file {path}", "check --config or CODESEARCH_CONFIG")
        return path
    default = user_config_file()
    return default if default.is_file() else None


def _defaults_layer() -> Layer:
    layer = file_layer(resource_dir("configs") / "defaults.toml")
    return Layer(layer.values, dict.fromkeys(layer.values, "default"))


def _merge(layers: list[Layer], ignored: tuple[IgnoredKey, ...]) -> LoadedSettings:
    values: dict[str, object] = {}
    origins = dict.fromkeys(setting_keys(), UNSET)
    for layer in layers:
        values |= layer.values
        origins |= layer.origins
    try:
        settings = Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise _config_error(error, origins) from error
    return LoadedSettings(settings, origins, ignored)


def _nested(values: Mapping[str, object]) -> dict[str, object]:
    # A section without a value is there all the same, so that its optional keys get their defaults.
    tree: dict[str, object] = {section: {} for section in Settings.model_fields}
    for dotted, value in values.items():
        *sections, name = dotted.split(".")
        node = tree
        for section in sections:
            child = node.setdefault(section, {})
            assert isinstance(child, dict)  # noqa: S101 - keys were checked against the table of settings
            node = child
        node[name] = value
    return tree


def _config_error(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """The first complaint as one line: key, origin, what was expected; never the value, it may be secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    dotted = ".".join(path)
    while path and dotted not in origins:  # positions inside a list follow the key
        path.pop()
        dotted = ".".join(path)
    reason = str(first["msg"]).removeprefix("Value error, ")
    if not path:
        return ConfigError(f"the settings of section {first['loc'][0]!s} do not fit", reason)
    return ConfigError(f"{dotted} does not fit (set by {origins[dotted]})", reason[:1].lower() + reason[1:])
