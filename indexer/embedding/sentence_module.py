"""The static embedder as a module of sentence-transformers, for what is built on that library.

``SentenceTransformer(modules=[StaticModule.of("static-1")]).encode(texts)`` gives the vectors of
:class:`indexer.embedding.static.StaticEmbedder`. Needs the extra ``torch``.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Self

import torch
from sentence_transformers.base.modules import InputModule
from torch.nn.functional import embedding_bag, normalize

from indexer.embedding.registry import model_entry
from indexer.embedding.static import FILES, StaticEmbedder
from indexer.fragments import fragments_of
from indexer.parsing.languages import Language, registry

_ANY = "python"  # of an empty text, which has no features in any language


class StaticModule(InputModule):  # type: ignore[misc]  # the extra's types are not looked at
    """Texts enter, float32 [n, dim] L2-normalised sentence embeddings leave.

    Args:
        folder: Of the static embedder.
        language: Id of the language of every text; guessed from each text where it is empty.

    Raises:
        EnvironmentFailure: The folder holds no model for this version.
        UsageError: There is no such language.
    """

    config_keys = ["language"]  # noqa: RUF012  the base class reads a list

    def __init__(self, folder: Path, language: str = "") -> None:
        super().__init__()
        self.language = language
        self._folder = folder
        self._given: Language | None = registry().get(language) if language else None
        self._embedder = StaticEmbedder(folder.name, folder)
        self.register_buffer("rows", torch.from_numpy(self._embedder.weights.copy()))

    @classmethod
    def of(cls, model_id: str, language: str = "") -> Self:
        """The module of a shipped model."""
        return cls(model_entry(model_id, "embedder").folder, language)

    def preprocess(
        self, inputs: list[str], prompt: str | None = None, **_: object
    ) -> dict[str, torch.Tensor]:
        """Rows and offsets of the features of each text."""
        sources = [(prompt or "") + text for text in inputs]
        fragments = fragments_of([(text, self._language_of(text)) for text in sources])
        features = self._embedder.table.rows(fragments)
        return {
            "input_ids": torch.from_numpy(features.rows),
            "offsets": torch.from_numpy(features.starts[:-1].copy()),
        }

    def _language_of(self, text: str) -> Language:
        if self._given is not None:
            return self._given
        return registry().detect(None, text.encode("utf-8", "replace")) or registry().get(_ANY)

    def forward(self, features: dict[str, torch.Tensor], **_: object) -> dict[str, torch.Tensor]:
        """Adds ``sentence_embedding``."""
        used, places = torch.unique(features["input_ids"], return_inverse=True)
        sums = embedding_bag(places, self.rows[used].float(), features["offsets"], mode="sum")
        return {**features, "sentence_embedding": normalize(sums, dim=1)}

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dim

    def save(self, output_path: str, *_: object, **__: object) -> None:
        """Copy the model's files beside the module's configuration."""
        for name in FILES:
            copyfile(self._folder / name, Path(output_path) / name)
        self.save_config(output_path)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: object) -> Self:
        """From a folder that :meth:`save` wrote; nothing is fetched."""
        folder = Path(model_name_or_path) / subfolder
        return cls(folder, **cls.load_config(str(folder)))
