"""Models by id, as ``configs/models.toml`` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from pathlib import Path

from codesearch.core.device_probe import faiss_runtime
from codesearch.core.errors import ConfigError, EnvironmentFailure
from codesearch.core.protocols import Embedder
from codesearch.core.resources import resource_dir
from indexer.embedding.pretrained import BATCH, find_pretrained, is_pretrained, pretrained_id, static_folder
from indexer.embedding.truncated import declared_dimensions, truncated, truncated_id


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One entry of the registry.

    Attributes:
        id: Model id with version.
        kind: ``embedder`` or ``calibration``.
        loader: Which class reads it.
        dim: Length of its vectors; 0 where it makes none.
        licence: SPDX id of the weights.
        description: One line.
        folder: Where its files are.
        files: SHA-256 by file name.
        dimensions: To which its vectors may be cut; empty where it was not trained for that.
    """

    id: str
    kind: str
    loader: str
    dim: int
    licence: str
    description: str
    folder: Path
    files: Mapping[str, str]
    dimensions: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum((self.folder / name).stat().st_size for name in self.files)

    def verify(self) -> None:
        """Compare its files with their checksums.

        Raises:
            EnvironmentFailure: One is missing or differs.
        """
        for name, wanted in self.files.items():
            path = self.folder / name
            try:
                found = sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise EnvironmentFailure(
                    f"model {self.id} lacks its file {name}: {error.strerror}", "reinstall codesearch-clones"
                ) from error
            if found != wanted:
                raise EnvironmentFailure(
                    f"model {self.id} has a wrong checksum for {name}", "reinstall codesearch-clones"
                )


@cache
def model_entries() -> Mapping[str, ModelEntry]:
    """Every known model by id."""
    raw = tomllib.loads((resource_dir("configs") / "models.toml").read_text(encoding="utf-8"))
    models = resource_dir("models")
    return {
        name: ModelEntry(
            id=name,
            kind=entry["kind"],
            loader=entry["loader"],
            dim=entry.get("dim", 0),
            licence=entry["licence"],
            description=entry["description"],
            folder=models / entry["folder"],
            files=entry["files"],
            dimensions=tuple(entry.get("dimensions", ())),
        )
        for name, entry in raw.items()
    }


def model_entry(name: str, kind: str) -> ModelEntry:
    """A model of a kind by id.

    Raises:
        ConfigError: There is none; names the closest.
    """
    known = [entry.id for entry in model_entries().values() if entry.kind == kind]
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "see 'codesearch models list'"
        raise ConfigError(f"no {kind} '{name}'", hint)
    return model_entries()[name]


def load_embedder(
    name: str, device: str = "auto", *, revision: str = "", batch: int = BATCH, dimensions: int = 0
) -> Embedder:
    """The embedder of an id, its files verified, or another one by the name of its folder or hub model.

    Args:
        name: Id of a shipped model, ``hf:ORG/NAME``, or a folder.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; shipped models run on the CPU (docs/gpu.md says
            why), and a GPU that is asked for is then for searching.
        revision: Commit of a hub model.
        batch: Tokens of one forward pass of a transformer.
        dimensions: To which the vectors are cut; 0 keeps all.

    Raises:
        ConfigError: No such model, a hub model without a commit, or one that was not trained to be cut.
        MissingExtra: The model needs libraries that are not installed.
        EnvironmentFailure: Its files are missing or damaged, or there is no such device, or no use for it.
    """
    if runs_on_torch(name):
        from indexer.embedding.transformer import TransformerEmbedder  # torch

        found = find_pretrained(name, revision)
        embedder = TransformerEmbedder(found, device, batch)
        return truncated(embedder, dimensions, declared_dimensions(found.folder))
    _require_use(name, device)
    if is_pretrained(name) and (folder := static_folder(name)) is not None:
        return truncated(_static(pretrained_id(name, revision), folder), dimensions, ())
    entry = model_entry(name, "embedder")
    entry.verify()
    return truncated(_shipped(entry), dimensions, entry.dimensions)


def _shipped(entry: ModelEntry) -> Embedder:
    if entry.loader == "static":
        return _static(entry.id, entry.folder)
    from indexer.embedding.hashed_ngrams import HashedNgramEmbedder

    return HashedNgramEmbedder(entry.id, entry.folder)


def runs_on_torch(name: str) -> bool:
    """Whether an embedder is a transformer.

    Raises:
        ConfigError: The folder that the name means is not there or holds no model.
    """
    return is_pretrained(name) and static_folder(name) is None


def _require_use(name: str, device: str) -> None:
    """Refuse a GPU that is asked for where this embedder leaves it nothing to do."""
    runtime = faiss_runtime() if device.startswith("cuda") else None
    if runtime is not None and not runtime.gpus:
        raise EnvironmentFailure(
            f"nothing would run on '{device}': the embedder '{name}' runs on the CPU, and {runtime.name} "
            f"cannot search on a GPU ({runtime.obstacle})",
            runtime.remedy or "leave the device at 'auto'",
        )


def _static(model_id: str, folder: Path) -> Embedder:
    from indexer.embedding.static import StaticEmbedder

    return StaticEmbedder(model_id, folder)


def embedder_id(name: str, revision: str, dimensions: int = 0) -> str:
    """The id that :func:`load_embedder`'s embedder has, without loading it; the name where there is none."""
    try:
        return truncated_id(pretrained_id(name, revision) if is_pretrained(name) else name, dimensions)
    except ConfigError:
        return name
