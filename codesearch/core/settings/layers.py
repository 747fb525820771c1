"""Layers of settings: flat dotted keys with the place that set each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError

from codesearch.core.errors import ConfigError
from codesearch.core.settings.keys import explain_unknown, setting_keys, shown_values
from codesearch.core.settings.sections import Settings
from codesearch.core.toml import parse_toml

PROJECT_FILE = "codesearch.toml"
_PREFIX = "CODESEARCH_"
_MAX_CHARACTERS = 1 << 20
_QUOTES_AND_SPACES = str.maketrans("", "", " \t\"'")


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one origin.

    Attributes:
        values: Value by dotted key, not yet validated.
        origins: For each of these keys, the place a person would look at: ``file:line``, a variable, a flag.
    """

    values: Mapping[str, object]
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IgnoredKey:
    """A key of the project's file that has no effect, and why."""

    key: str
    origin: str
    reason: str


def file_layer(path: Path) -> Layer:
    """The settings of a TOML file; relative paths in it are relative to its folder.

    Raises:
        ConfigError: The file cannot be read, is not TOML or holds a key that does not exist.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_CHARACTERS + 1)
        if len(text) > _MAX_CHARACTERS:
            raise ConfigError(f"the settings in {path} are longer than {_MAX_CHARACTERS:,} characters")
        flat = dict(_flatten(parse_toml(text)))
    except OSError as error:
        raise ConfigError(f"cannot read the settings in {path}", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the settings in {path} are not UTF-8 text", f"look at byte {error.start}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the settings in {path} are not valid TOML", str(error)) from error
    lines = _key_lines(text)
    origins = {key: f"{path}:{lines[key]}" if key in lines else str(path) for key in flat}
    return _layer(flat, origins, path.parent)


def project_layer(path: Path, yours: Settings) -> tuple[Layer, tuple[IgnoredKey, ...]]:
    """The settings of a project's file without those that only the user may set.

    The file belongs to the corpus, so it is not trusted: it can name no endpoint, key or store, and no path
    outside its own folder, and raise no limit.

    Args:
        path: The file.
        yours: The settings below it, whose limits hold.

    Raises:
        ConfigError: As for :func:`file_layer`.
    """
    layer = file_layer(path)
    limits = shown_values(yours)
    root = path.parent.resolve()
    ignored: list[IgnoredKey] = []
    for dotted, value in layer.values.items():
        key = setting_keys()[dotted]
        if key.user_only:
            reason = "only your own settings, the environment or a flag may set it"
        elif key.is_path and isinstance(value, Path) and not value.resolve().is_relative_to(root):
            reason = "it leads outside the project"
        elif key.is_limit and not _is_within(value, limits[dotted]):
            reason = f"it is no number up to your own {limits[dotted]}, which only you may raise"
        else:
            continue
        ignored.append(IgnoredKey(dotted, layer.origins[dotted], reason))
    dropped = {entry.key for entry in ignored}
    kept = {dotted: value for dotted, value in layer.values.items() if dotted not in dropped}
    return Layer(kept, {dotted: layer.origins[dotted] for dotted in kept}), tuple(ignored)


def _is_within(value: object, limit: object) -> bool:
    """Whether a number is at most another; quoted ones, which a setting may be elsewhere, are none."""
    return isinstance(value, int | float) and isinstance(limit, int | float) and value <= limit


def environment_layer() -> Layer:
    """The variables ``CODESEARCH_<SECTION>__<KEY>``; names without ``__`` are no settings.

    Raises:
        ConfigError: A variable names no setting, or a whole section.
    """
    for section in Settings.model_fields:
        if os.environ.get(whole := _PREFIX + section.upper()):
            raise ConfigError(f"{whole} names a section, not a setting", f"set {whole}__<KEY> instead")
    names = {
        name[len(_PREFIX) :].lower().replace("__", "."): name
        for name, value in os.environ.items()
        if name.upper().startswith(_PREFIX) and "__" in name and value
    }
    try:
        values = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise ConfigError("a CODESEARCH_ variable cannot be read", str(error)) from error
    origins = {dotted: f"environment {name}" for dotted, name in names.items()}
    # Names that are no setting are missing from the values; they are kept to be complained about.
    return _layer({**dict.fromkeys(names), **dict(_flatten(values))}, origins, Path.cwd())


def flags_layer(flags: Mapping[str, object]) -> Layer:
    """Settings given on the command line, by dotted key; None means that the flag was not given."""
    given = {dotted: value for dotted, value in flags.items() if value is not None}
    return _layer(given, dict.fromkeys(given, "command line"), Path.cwd())


def find_project_file(start: Path) -> Path | None:
    """The nearest ``codesearch.toml`` at or above ``start``, or None."""
    for folder in (start, *start.parents):
        candidate = folder / PROJECT_FILE
        if candidate.is_file():
            return candidate
    return None


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _layer(values: Mapping[str, object], origins: Mapping[str, str], base: Path) -> Layer:
    """Check that every key exists, and make relative paths absolute against ``base``."""
    placed: dict[str, object] = {}
    for dotted, value in values.items():
        key = setting_keys().get(dotted)
        if key is None:
            raise ConfigError(f"unknown setting {dotted!r} in {origins[dotted]}", explain_unknown(dotted))
        is_path = key.is_path and isinstance(value, str | Path)
        placed[dotted] = _absolute(str(value), base) if is_path else value
    return Layer(placed, origins)


def _absolute(path: str, base: Path) -> Path | None:
    # pathlib's expanduser raises for a user that does not exist, this one leaves the name alone.
    return base / os.path.expanduser(path) if path else None  # noqa: PTH111


def _key_lines(text: str) -> dict[str, int]:
    """First line of each dotted key; tomllib keeps no positions, and a scan is good enough to point."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, _ = line.partition("=")
        header, bracket, _ = line.strip().removeprefix("[").partition("]")
        if bracket and line.lstrip().startswith("["):
            section = _bare(header) + "."
        elif equals:
            lines.setdefault(section + _bare(name), number)
    return lines


def _bare(name: str) -> str:
    """A key without quotes and spaces."""
    return name.translate(_QUOTES_AND_SPACES)
