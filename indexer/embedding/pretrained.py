"""Transformer models from elsewhere: a folder, or a commit of the Hugging Face hub.

A model is its configuration, vocabulary and safetensors weights, and nothing else: code that comes with a
model is neither fetched nor run, and weights in a pickle, which can run code, are neither fetched nor read.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from importlib.util import find_spec
from pathlib import Path

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from indexer.embedding.hub import fetch_model

HUB = "hf:"
"""Begins the name of a model of the hub: ``hf:ORG/NAME``."""

BATCH = 16_384
"""Tokens of one forward pass, padding included, where nothing else is set; 64 rows of MiniLM's 256."""

_HUB_NAME = re.compile(r"hf:([\w.-]+/[\w.-]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PARTS = ("*.json", "*.txt", "*.model", "*.safetensors", "*.npy")
_STATIC = "features.npy"  # only a static embedder has it
_PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".ckpt"})
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model whose files are here and may be loaded.

    Attributes:
        id: Name, ``@`` and 12 hexadecimal digits of the hub's commit or of the folder's content.
        folder: Where its files are.
    """

    id: str
    folder: Path


def is_pretrained(name: str) -> bool:
    """Whether a name means a model of the hub or a folder; ids of shipped models hold no ``/``."""
    return name.startswith(HUB) or "/" in name


def pretrained_id(name: str, revision: str) -> str:
    """The id of a model, without fetching or loading it.

    Raises:
        ConfigError: The name or revision is malformed, or the folder is not there or holds no model.
    """
    if name.startswith(HUB):
        return f"{_repository(name, revision)}@{revision[:_VERSION_DIGITS]}"
    folder = _folder(name)
    return f"{folder.name}@{_digest(folder)}"


def static_folder(name: str) -> Path | None:
    """The folder of a static embedder that a name means, as ``codesearch train embedder`` writes it; None for
    any other model.

    Raises:
        ConfigError: The folder is not there or holds no model.
    """
    if name.startswith(HUB):
        return None
    folder = _folder(name)
    return folder if (folder / _STATIC).is_file() else None


def find_pretrained(name: str, revision: str) -> Pretrained:
    """A model's files, fetched from the hub when they are not here yet.

    Args:
        name: ``hf:ORG/NAME``, or a folder, relative to the current one.
        revision: Commit of a hub model, 40 hexadecimal digits; empty for a folder.

    Raises:
        ConfigError: The name or revision is malformed, or the folder is not there or holds no model.
        MissingExtra: The libraries for such models are not installed.
        EnvironmentFailure: The hub cannot be reached, or the files are not those of a model without code of
            its own and with safetensors weights.
    """
    identity = pretrained_id(name, revision)
    require_torch(name)
    if name.startswith(HUB):
        repository = _repository(name, revision)
        shown = f"{repository} at {revision[:_VERSION_DIGITS]}"
        folder = fetch_model(repository, revision, _PARTS, shown)
    else:
        folder = _folder(name)
    _require_harmless(identity, folder)
    return Pretrained(identity, folder)


def require_torch(model: str) -> None:
    """Raise :class:`MissingExtra` for a model where its libraries are not installed."""
    if not all(find_spec(library) for library in ("torch", "transformers", "sentence_transformers")):
        raise MissingExtra(f"the model '{model}'", "torch")


def _repository(name: str, revision: str) -> str:
    """``ORG/NAME`` of a hub name whose revision is a commit."""
    match = _HUB_NAME.fullmatch(name)
    if match is None:
        raise ConfigError(f"'{name}' names no model of the hub", "write hf:ORG/NAME")
    if _COMMIT.fullmatch(revision) is None:
        found = f"revision '{revision}'" if revision else "no revision"
        raise ConfigError(
            f"the model '{name}' has {found}",
            "pin its commit, 40 hexadecimal digits, as the revision beside it (embedding.revision)",
        )
    return match[1]


def _folder(name: str) -> Path:
    """The folder of a model; the files below it are read only where it holds one."""
    path = Path(os.path.expanduser(name))  # noqa: PTH111 - pathlib's raises for a user that does not exist
    if not path.is_dir():
        raise ConfigError(
            f"the model folder '{name}' is not there", "name a folder, hf:ORG/NAME or a shipped model"
        )
    if not any((path / file).is_file() for file in ("config.json", "modules.json", _STATIC)):
        raise ConfigError(
            f"the folder '{name}' holds no model",
            "it needs what save_pretrained or 'codesearch train embedder' writes",
        )
    return path.resolve()


def _parts(folder: Path) -> list[Path]:
    """The files that a model is made of, by path."""
    return sorted(path for pattern in _PARTS for path in folder.rglob(pattern) if path.is_file())


def _digest(folder: Path) -> str:
    """12 hexadecimal digits that change with the name or content of any part of the model."""
    digest = blake2b(digest_size=_VERSION_DIGITS // 2)
    for path in _parts(folder):
        with path.open("rb") as file:
            content = file_digest(file, "blake2b").digest()
        digest.update(
            path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape") + b"\0" + content
        )
    return digest.hexdigest()


def _require_harmless(model: str, folder: Path) -> None:
    """Refuse what brings code, needs another model, or has its weights in a pickle."""
    if (folder / "adapter_config.json").is_file():
        raise EnvironmentFailure(
            f"the model {model} is an adapter of another one",
            "merge it (merge_and_unload) and save the whole",
        )
    if code := [kind for kind in _module_types(folder) if not kind.startswith("sentence_transformers.")]:
        raise EnvironmentFailure(
            f"the model {model} needs code of its own ({code[0]})", "choose one that the libraries know"
        )
    weights = {path.parent for path in folder.rglob("*.safetensors")}
    pickled = {path.parent for path in folder.rglob("*") if path.suffix in _PICKLES}
    if not weights or pickled - weights:
        raise EnvironmentFailure(
            f"the model {model} has weights that are not in safetensors",
            "save it again with save_pretrained, which writes them",
        )


def _module_types(folder: Path) -> list[str]:
    """Class names of the modules that a sentence-transformers model is composed of."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        return [str(module["type"]) for module in json.loads(path.read_bytes())]
    except (ValueError, TypeError, KeyError) as error:
        raise EnvironmentFailure(f"{path} lists no modules ({error})", "save the model again") from error
