from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from audit_html_samples import audit, clone_class, member
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.audit import CloneClass, Member
from codesearch.report.audit_html.classes import path_labels
from codesearch.report.audit_html.folders import MAX_TILES, Tile, duplication_tiles
from codesearch.report.audit_html.treemap import treemap


def placed(path: str, start: int, end: int) -> Member:
    found = member(path)
    return replace(found, place=replace(found.place, start_line=start, end_line=end))


def tiles(*classes: CloneClass) -> list[Tile]:
    return duplication_tiles(classes, path_labels(audit(*classes)))


def test_lines_in_several_classes_count_once() -> None:
    first = clone_class("x", placed("a.py", 1, 10), placed("b.py", 1, 10))
    second = clone_class("y", placed("a.py", 5, 14), placed("b.py", 20, 29))
    assert tiles(first, second) == [Tile("b.py", 20, 2), Tile("a.py", 14, 2)]


def test_smaller_entries_of_a_wide_folder_share_a_tile() -> None:
    members = [placed(f"src/{number:02}.py", 1, 100 if number < 15 else 1) for number in range(30)]
    found = tiles(clone_class("x", *members))
    assert [tile for tile in found if tile.entries > 1] == [Tile("src/", 15, 0, 15)]


def test_flat_folder_stays_in_one_piece() -> None:
    members = [placed(f"src/{number:03}.py", 1, 4) for number in range(100)]
    assert tiles(clone_class("x", placed("a.py", 1, 4), *members)) == [
        Tile("src/", 400, 1),
        Tile("a.py", 4, 1),
    ]


def test_paths_of_any_depth_are_counted() -> None:
    deep = "d/" * 3000 + "a.py"
    assert tiles(clone_class("x", placed(deep, 1, 4), placed("b.py", 1, 2)))[0].lines == 4


@given(
    st.lists(
        st.tuples(st.from_regex(r"([ab]/){0,3}[a-z]\.c", fullmatch=True), st.integers(1, 500)), min_size=2
    )
)
def test_tiles_hold_every_duplicated_line(places: list[tuple[str, int]]) -> None:
    found = tiles(clone_class("x", *(placed(path, line, line + 3) for path, line in places)))
    expected = {(path, at) for path, line in places for at in range(line, line + 4)}
    assert sum(tile.lines for tile in found) == len(expected)
    assert len(found) <= MAX_TILES


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=MAX_TILES))
def test_treemap_fills_its_drawing_in_proportion(sizes: list[int]) -> None:
    boxes = treemap([Tile(f"{size}.py", size, 1) for size in sorted(sizes, reverse=True)])
    total = sum(sizes)
    for box in boxes:
        assert box.width * box.height == pytest.approx(10_000 * box.tile.lines / total, rel=0.02, abs=0.3)
        assert box.x + box.width <= 100.01
        assert box.y + box.height <= 100.01
    assert all(first.tile.lines >= second.tile.lines for first, second in pairwise(boxes))


def test_no_duplication_draws_nothing() -> None:
    assert treemap(tiles()) == []
