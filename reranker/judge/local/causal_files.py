"""The files of a causal language model: where they are, whether they may be loaded, what tells them apart.

A model is its configuration, vocabulary, chat template and safetensors weights. Code that comes with a model
is neither fetched nor run, and weights in a pickle, which can run code, are neither fetched nor read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from indexer.embedding.hub import fetch_model
from indexer.embedding.pretrained import HUB
from reranker.judge.local.model_digest import files_digest

_HUB_NAME = re.compile(r"hf:([\w.-]+/[\w.-]+)(?:@([0-9a-f]{40}))?")
_PARTS = ("*.json", "*.txt", "*.model", "*.jinja", "*.safetensors")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
_ADAPTER_CONFIG, _ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class CausalFiles:
    """A model whose files are here and may be loaded.

    Attributes:
        name: Name of its folder, or ``ORG/NAME`` of the hub.
        folder: Where its files are.
        adapter: Folder of a LoRA adapter that goes on top; None for none.
    """

    name: str
    folder: Path
    adapter: Path | None = None

    @classmethod
    def find(cls, model: str, adapter: Path | None = None) -> CausalFiles:
        """The files of a model, fetched from the hub when they are not here yet.

        Args:
            model: A folder, relative to the current one, or ``hf:ORG/NAME`` or ``hf:ORG/NAME@COMMIT``; of a
                hub model without a commit the one that is here, else the newest.
            adapter: Folder of a LoRA adapter.

        Raises:
            ConfigError: The name is empty or malformed.
            MissingExtra: The libraries for such models are not installed.
            EnvironmentFailure: The files are not there, or not those of a causal model, without code of its
                own and with safetensors weights.
        """
        if not model:
            raise ConfigError(
                "no local model is named", "set judge.model to a folder, hf:ORG/NAME or a .gguf file"
            )
        repository, commit = _hub_name(model) if model.startswith(HUB) else ("", None)
        _require_libraries(adapter)
        folder = fetch_model(repository, commit, _PARTS, repository) if repository else _folder(model)
        _require_model(model, folder)
        if adapter is not None:
            adapter = expanded(adapter)
            _require_adapter(adapter)
        return cls(repository or folder.name, folder, adapter)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the model's files."""
        return _digest(self.folder)

    @property
    def adapter_digest(self) -> str:
        """Likewise of the adapter's; empty without one."""
        return _digest(self.adapter) if self.adapter else ""


def expanded(path: str | Path) -> Path:
    """The path with a leading ``~`` replaced, where there is such a user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib's raises for one that does not exist


def read_config(path: Path) -> Mapping[str, object]:
    """A JSON object from a model's folder.

    Raises:
        EnvironmentFailure: It is none.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EnvironmentFailure(f"cannot read {path} ({type(error).__name__})", "save it again") from error
    if not isinstance(found, dict):
        raise EnvironmentFailure(f"{path} holds no settings of a model", "save it again")
    return found


def _digest(folder: Path) -> str:
    return files_digest({path for pattern in _PARTS for path in folder.glob(pattern) if path.is_file()})


def _hub_name(model: str) -> tuple[str, str | None]:
    """``ORG/NAME`` and the commit, if one is named."""
    match = _HUB_NAME.fullmatch(model)
    if match is None:
        raise ConfigError(f"'{model}' names no model of the hub", "write hf:ORG/NAME or hf:ORG/NAME@COMMIT")
    return match[1], match[2]


def _require_libraries(adapter: Path | None) -> None:
    libraries = ("torch", "transformers", *(("peft",) if adapter else ()))
    if not all(map(find_spec, libraries)):
        raise MissingExtra("a local judge", "torch")


def _folder(model: str) -> Path:
    path = expanded(model)
    if not path.is_dir():
        raise EnvironmentFailure(
            f"the model folder '{model}' is not there", "set judge.model to a folder, hf:ORG/NAME or a .gguf"
        )
    return path.resolve()


def _require_model(model: str, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        if (folder / _ADAPTER_CONFIG).is_file():
            raise EnvironmentFailure(
                f"the folder '{model}' holds an adapter",
                "set judge.adapter to it and judge.model to its base",
            )
        raise EnvironmentFailure(
            f"the folder '{model}' holds no model", "it needs what save_pretrained writes"
        )
    if not any(folder.glob("*.safetensors")):
        raise EnvironmentFailure(
            f"the model '{model}' has no weights in safetensors", "save it again with save_pretrained"
        )
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise EnvironmentFailure(
            f"the model '{model}' has no tokenizer", "save its tokenizer into the same folder"
        )
    _require_causal(model, read_config(folder / "config.json").get("architectures"))


def _require_causal(model: str, architectures: object) -> None:
    """Refuse what the library would load all the same with weights made up, such as an encoder."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    names = architectures if isinstance(architectures, list) else []
    if not set(map(str, names)) & set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()):
        found = str(names[0]) if names else "an unknown architecture"
        raise EnvironmentFailure(
            f"the model '{model}' is no causal language model ({found})",
            "choose one that continues text and needs no code of its own",
        )


def _require_adapter(adapter: Path) -> None:
    if not (adapter / _ADAPTER_CONFIG).is_file():
        raise EnvironmentFailure(
            f"there is no adapter in '{adapter}'", "set judge.adapter to what `codesearch train judge` wrote"
        )
    if not (adapter / _ADAPTER_WEIGHTS).is_file():
        raise EnvironmentFailure(
            f"the adapter '{adapter}' has no weights in safetensors", "save it again with save_pretrained"
        )
    kind = read_config(adapter / _ADAPTER_CONFIG).get("peft_type")
    if kind != "LORA":
        raise EnvironmentFailure(f"the adapter '{adapter}' is no LoRA adapter ({kind})", "choose one that is")
