from __future__ import annotations

import re

import pytest

from codesearch.core.resources import resource_dir

AA = 4.5
GROUNDS = ("ground", "panel", "renamed", "changed", "added", "removed", "uncompared")
CODE = ("text", "quiet", "keyword", "comment", "string", "number", "declared", "builtin")
PAIRS = [
    *((ink, ground) for ink in CODE for ground in GROUNDS),
    *((ink, ground) for ink in ("text", "link") for ground in ("passed", "closed", "notice")),
    *(("badge-text", badge) for badge in ("t1", "t2", "t3", "t4", "fresh", "quiet")),
    ("link", "ground"),
    ("on-light", "shade1"),
    ("on-light", "shade2"),
    ("on-dark", "shade3"),
    ("on-dark", "shade4"),
]


def palettes() -> dict[str, dict[str, str]]:
    style = (resource_dir("web") / "static" / "audit" / "page.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for name, block in zip(("light", "dark"), blocks, strict=True)
    }


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(theme: str) -> None:
    palette = palettes()[theme]
    for ink, ground in PAIRS:
        dark, light = sorted((luminance(palette[ink]), luminance(palette[ground])))
        assert (light + 0.05) / (dark + 0.05) >= AA, f"{ink} on {ground}"
