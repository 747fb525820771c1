"""What is searched for: 20 lines from files that the index does not hold."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

LINES = 20
HELD_OUT_SHARE = 0.1
_DEFINITION = re.compile(r"\s*(async def|def|class) ")


def hold_out(files: Iterable[Path], seed: int) -> list[Path]:
    """A random tenth of files that will not be indexed."""
    drawn = sorted(files)
    return random.Random(seed).sample(drawn, round(len(drawn) * HELD_OUT_SHARE))


def cut_snippets(files: Iterable[Path], seed: int) -> Sequence[str]:
    """All runs of :data:`LINES` lines that begin with a definition, as people paste them, in random order."""
    snippets = []
    for path in files:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        snippets += [
            "".join(lines[first : first + LINES])
            for first in range(len(lines) - LINES + 1)
            if _DEFINITION.match(lines[first])
        ]
    random.Random(seed).shuffle(snippets)
    return snippets
