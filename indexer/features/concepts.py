"""What a token means in any language, as ``concepts.toml`` says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from indexer.features.hashing import marker


@dataclass(frozen=True, slots=True)
class Concepts:
    """The table of meanings.

    Attributes:
        hashes: Hash of the concept of each word that has one.
        silent: Words that the streams of meaning leave out.
        control: Hashes of the concepts that steer control flow.
    """

    hashes: Mapping[bytes, int]
    silent: frozenset[bytes]
    control: frozenset[int]


_CONTROL = ("loop", "if", "else", "elif", "switch", "return", "function", "try")


@cache
def concepts() -> Concepts:
    """The table, read once."""
    raw = tomllib.loads((files(__package__) / "concepts.toml").read_text(encoding="utf-8"))
    hashes = {
        word.encode(): marker(f"concept:{name}") for name, words in raw["concepts"].items() for word in words
    }
    silent = frozenset(word.encode() for word in raw["silent"]["words"])
    return Concepts(hashes, silent, frozenset(marker(f"concept:{name}") for name in _CONTROL))
