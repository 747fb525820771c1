"""The table of dotted keys (``retrieval.weights.dense``) that the sections spell out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from codesearch.core.settings.sections import LIMIT, USER_ONLY, Settings


@dataclass(frozen=True, slots=True)
class SettingKey:
    """One setting.

    Attributes:
        dotted: Its key, such as ``parsing.jobs``.
        description: One line.
        user_only: True when a project's file may not set it.
        is_limit: True when a project's file may lower it, but not raise it.
        secret: True when its value is never printed.
        is_path: True when its value is a path, relative to the file that sets it.
    """

    dotted: str
    description: str
    user_only: bool
    is_limit: bool
    secret: bool
    is_path: bool


@cache
def setting_keys() -> Mapping[str, SettingKey]:
    """Every setting by dotted key, in the order of the sections."""
    return MappingProxyType({key.dotted: key for key in _walk(Settings, "")})


@cache
def section_names() -> frozenset[str]:
    """Dotted names of the sections and sub-sections."""
    return frozenset(dotted.rpartition(".")[0] for dotted in setting_keys())


def explain_unknown(dotted: str) -> str:
    """What to do about a key that does not exist: the closest real ones, or where to look."""
    if dotted in section_names():
        return f"it is a section: write [{dotted}] and set its keys"
    close = get_close_matches(dotted, setting_keys(), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else "`codesearch config show` lists all keys"


def shown_values(settings: Settings) -> dict[str, object]:
    """Every value by dotted key, as JSON has it; a secret is a row of stars when set and empty when not."""
    written = settings.model_dump()
    return {dotted: _shown(written, dotted) for dotted in setting_keys()}


def _shown(written: Mapping[str, Any], dotted: str) -> object:
    value: Any = written
    for part in dotted.split("."):
        value = value[part]
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, SecretStr | Path) else value


def _walk(model: type[BaseModel], prefix: str) -> Iterator[SettingKey]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, f"{prefix}{name}.")
        else:
            yield SettingKey(
                dotted=prefix + name,
                description=field.description or "",
                user_only=USER_ONLY in field.metadata,
                is_limit=LIMIT in field.metadata,
                secret=annotation is SecretStr,
                is_path=annotation is Path or Path in get_args(annotation),
            )
