"""The entry of a model in ``configs/models.toml`` after its files were made anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from codesearch.core.errors import ConfigError
from codesearch.core.resources import resource_dir


def checksums(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of each file by name."""
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}


def files_line(files: Mapping[str, str]) -> str:
    """The line that the registry holds for these checksums."""
    return "files = { " + ", ".join(f'"{name}" = "{digest}"' for name, digest in files.items()) + " }"


def register(model_id: str, files: Mapping[str, str], registry: Path | None = None) -> None:
    """Replace the checksums of a model's entry; every other line stays.

    Args:
        model_id: Table of the registry.
        files: SHA-256 by file name.
        registry: The file; None for this installation's own.

    Raises:
        ConfigError: The registry has no such model.
    """
    path = registry or resource_dir("configs") / "models.toml"
    text = path.read_text(encoding="utf-8")
    entry = re.compile(rf"(^\[{re.escape(model_id)}\]$(?:\n(?!\[|files\b).*)*\n)files *=.*$", re.MULTILINE)
    changed, count = entry.subn(lambda found: found[1] + files_line(files), text)
    if not count:
        raise ConfigError(f"{path} has no model '{model_id}' with a line of files", "add its entry first")
    path.write_text(changed, encoding="utf-8")
