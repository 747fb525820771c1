"""Squarified treemap (Bruls, Huizing and van Wijk, 2000): areas in proportion, tiles as square as may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

from codesearch.report.audit_html.folders import Tile

SHADES = 4
WIDTH, HEIGHT = 16.0, 6.0
"""Proportions of the drawing for which the tiles are square; on a phone it is narrower."""
_LABEL_HEIGHT = 10.0
"""Percent of the drawing's height below which a tile has no room for words."""
_PHONE_WIDTH = 22.0
"""Percent of its width below which there is none on a phone."""
_CHARACTER = 0.75
"""Percent of the drawing's width that a character takes at 960 pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A tile in its place: ``x``, ``y``, ``width`` and ``height`` in percent of the drawing.

    ``shade`` is 1 (few classes) to ``SHADES`` (most); ``label`` is empty where there is no room for it, and
    ``narrow`` where there is none on a phone.
    """

    tile: Tile
    x: float
    y: float
    width: float
    height: float
    shade: int
    label: str

    @property
    def narrow(self) -> bool:
        return self.width < _PHONE_WIDTH


def treemap(tiles: Sequence[Tile]) -> list[Box]:
    """The tiles, most lines first, laid out to fill the drawing."""
    total = sum(tile.lines for tile in tiles)
    most = max((tile.classes for tile in tiles), default=1)
    boxes: list[Box] = []
    x = y = 0.0
    width, height = WIDTH, HEIGHT
    rest = list(tiles)
    while rest:
        side = min(width, height)
        areas = [tile.lines / total * WIDTH * HEIGHT for tile in rest]
        taken = _row_length(areas, side)
        depth = sum(areas[:taken]) / side
        along = 0.0
        for tile, area in zip(rest[:taken], areas, strict=False):
            length = area / depth
            place = (x, y + along, depth, length) if width >= height else (x + along, y, length, depth)
            boxes.append(_box(tile, place, most))
            along += length
        if width >= height:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
        rest = rest[taken:]
    return boxes


def _row_length(areas: Sequence[float], side: float) -> int:
    """How many of the areas make the row whose worst tile is squarest."""
    best = _worst(areas[:1], side)
    for taken in range(2, len(areas) + 1):
        worst = _worst(areas[:taken], side)
        if worst > best:
            return taken - 1
        best = worst
    return len(areas)


def _worst(areas: Sequence[float], side: float) -> float:
    """The largest ratio of sides in a row along ``side``; areas fall."""
    total = sum(areas)
    return max(side * side * areas[0] / total**2, total**2 / (side * side * areas[-1]))


def _box(tile: Tile, place: tuple[float, float, float, float], most: int) -> Box:
    x, y, width, height = (
        round(100 * value / full, 3) for value, full in zip(place, (WIDTH, HEIGHT) * 2, strict=True)
    )
    # By the logarithm: one folder usually has most of the classes, and the others differ too.
    shade = 1 + int((SHADES - 0.01) * log1p(tile.classes) / log1p(max(most, 1)))
    return Box(tile, x, y, width, height, shade, _label(tile, width, height))


def _label(tile: Tile, width: float, height: float) -> str:
    """The last part of the path, with its folder where that fits; empty where nothing does."""
    parts = tile.path.rstrip("/").split("/")
    ending = "/" if tile.path.endswith("/") else ""
    if tile.entries > 1:
        ending += f" {tile.entries:,} more"
    labels = ("/".join(parts[-2:]) + ending, parts[-1] + ending) if height >= _LABEL_HEIGHT else ()
    return next((label for label in labels if (len(label) + 1) * _CHARACTER <= width), "")
