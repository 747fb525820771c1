"""Duplicated lines by folder: the tree of all files that hold members, cut into tiles worth drawing."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from codesearch.audit.analysis import covered_lines
from codesearch.core.audit import CloneClass
from codesearch.core.results import Place

MAX_TILES = 40
"""More are too small to read."""
MAX_CHILDREN = 16
"""Tiles that one folder is cut into; the smallest of its entries share the last one."""
MAX_SHARED = 0.75
"""Share of a folder's lines that the smallest entries may have together; a flat folder stays in one piece."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A file, a folder, or the smaller entries of a folder.

    Attributes:
        path: Ends with ``/`` for a folder; empty for the root.
        lines: Duplicated lines in it, each counted once.
        classes: Clone classes with a member in it; 0 where entries share the tile.
        entries: 1, or the number of entries of ``path`` that share the tile.
    """

    path: str
    lines: int
    classes: int
    entries: int = 1


@dataclass(slots=True)
class _Node:
    path: str
    children: dict[str, _Node] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    classes: int = 0
    last_class: int = -1
    lines: int = 0

    def touch(self, class_number: int) -> None:
        """Counts a class once, classes coming in order."""
        if self.last_class != class_number:
            self.last_class = class_number
            self.classes += 1

    def ranked(self) -> list[_Node]:
        """Children, most lines first."""
        return sorted(self.children.values(), key=lambda node: (-node.lines, node.path))


def duplication_tiles(classes: Sequence[CloneClass], label: Callable[[Place], str]) -> list[Tile]:
    """At most ``MAX_TILES`` tiles that together hold every duplicated line, most lines first.

    The largest folder is cut into its entries again and again while there is room.
    """
    root = _tree(classes, label)
    if not root.lines:
        return []
    order = count()  # no two nodes are compared
    open_nodes = [(-root.lines, next(order), root)]
    tiles: list[Tile] = []
    while open_nodes:
        _, _, node = heapq.heappop(open_nodes)
        entries = node.ranked()
        kept = entries if len(entries) <= MAX_CHILDREN else entries[: MAX_CHILDREN - 1]
        rest = entries[len(kept) :]
        room = MAX_TILES - len(tiles) - len(open_nodes)
        shared = sum(entry.lines for entry in rest)
        flat = shared > MAX_SHARED * node.lines and node is not root
        if not entries or flat or len(kept) + bool(rest) > room:
            tiles.append(Tile(node.path, node.lines, node.classes))
            continue
        for entry in kept:
            heapq.heappush(open_nodes, (-entry.lines, next(order), entry))
        if rest:
            tiles.append(Tile(node.path, shared, 0, len(rest)))
    return sorted(tiles, key=lambda tile: (-tile.lines, tile.path))


def _tree(classes: Sequence[CloneClass], label: Callable[[Place], str]) -> _Node:
    root = _Node("")
    for number, found in enumerate(classes):
        for member in found.members:
            node = root
            node.touch(number)
            for path in _ancestry(label(member.place)):
                node = node.children.setdefault(path, _Node(path))
                node.touch(number)
            node.places.append(member.place)
    _add_up(root)
    return root


def _ancestry(path: str) -> Iterator[str]:
    """Folders on the way to a file, then the file."""
    end = path.find("/") + 1
    while 0 < end < len(path):
        yield path[:end]
        end = path.find("/", end) + 1
    yield path


def _add_up(root: _Node) -> None:
    """Fills in the lines of every node; a loop, because hostile paths are deeper than the call stack."""
    nodes = [root]
    for node in nodes:
        nodes.extend(node.children.values())
    for node in reversed(nodes):
        node.lines = covered_lines(node.places) + sum(child.lines for child in node.children.values())
