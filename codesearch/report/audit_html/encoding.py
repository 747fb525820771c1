"""Values as JSON that may stand inside an HTML ``script`` element."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | dict[str, Json] | None"


def encode(value: Json) -> str:
    r"""Compact JSON without ``<``, which is ``\u003c``: neither an end tag nor a comment can begin in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def encoded_list(items: Iterable[str]) -> str:
    """Values that are encoded already, as one list."""
    return f"[{','.join(items)}]"


class Interned:
    """Distinct values in the order of their first use, so that the data names each by a number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._growth = 0

    def number(self, value: str) -> int:
        """Position of ``value``."""
        known = self._numbers.get(value)
        if known is None:
            known = self._numbers[value] = len(self._numbers)
            self._growth += len(encode(value).encode("utf-8")) + 1
        return known

    def values(self) -> list[str]:
        """All values by number."""
        return list(self._numbers)

    def growth(self) -> int:
        """UTF-8 bytes of JSON added since the last call."""
        growth, self._growth = self._growth, 0
        return growth
