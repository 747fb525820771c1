"""Small labelled programs that the tests of training learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

WORDS = ("sum", "max", "sort", "find", "copy", "trim")


def written(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def programs(groups: int, splits: bool = False) -> list[dict[str, str]]:
    """Four short programs for each of some tasks, in two languages."""
    rows = []
    for number in range(groups):
        word = WORDS[number % len(WORDS)] + "x" * (number // len(WORDS))
        texts = {
            "python-a": f"def {word}(v):\n    out = {number}\n    for x in v:\n"
            f"        out = {word}1(out, x)\n    return out",
            "python-b": f"def go(items):\n    return {word}1({word}2(items), {number}, {number})",
            "java-a": f"int {word}(int[] v) {{ int out = {number}; while ({word}2(v)) out += {word}1(v); "
            "return out; }",
            "java-b": f"int run(List<Integer> v) {{ return v.stream().{word}1().{word}2({number}); }}",
        }
        rows += [
            {
                "id": f"{word}-{name}",
                "lang": name.partition("-")[0],
                "group": word,
                "code": code,
                "split": ("valid" if number % 3 == 0 else "test" if number % 3 == 1 else "train")
                if splits
                else "",
            }
            for name, code in texts.items()
        ]
    return rows


class Quiet:
    """Progress that nobody watches; may stop the run after some steps."""

    def __init__(self, steps: int | None = None) -> None:
        self._left = steps
        self._learning = False

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        self._learning = label == "learning"

    def advance(self, done: int) -> None:
        if self._learning and self._left is not None:
            self._left -= done
            if self._left <= 0:
                raise KeyboardInterrupt
