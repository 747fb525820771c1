"""Code cannot talk to the judge: the table of attacks over what a model is shown."""

from __future__ import annotations

import re
import unicodedata

import pytest
from red_team_attacks import ATTACKS, Attack
from snippets import fragment

from reranker.judge.manipulation.detector import find_manipulations
from reranker.judge.view.code import View, renamed_view, view_of

ROW = re.compile(r" *\d+\| .*")

attacks = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.category}:{attack.name}")


def letters(text: str) -> str:
    """A text as someone reads it who does not care for its spelling."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in folded if char.isalnum())


def assert_says_nothing_of(view: View, payload: str) -> None:
    if letters(payload):
        assert letters(payload) not in letters(view.text)
    else:
        assert payload not in view.text


def test_the_table_has_at_least_sixty_attacks_of_every_kind() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS} | {attack.category for attack in ATTACKS}) > 60
    assert len({attack.category for attack in ATTACKS}) >= 15


@attacks
def test_the_text_of_an_attack_is_not_shown(attack: Attack) -> None:
    assert_says_nothing_of(view_of(fragment(attack.code, attack.language)), attack.payload)


@attacks
def test_the_text_of_an_attack_is_not_in_the_renamed_view(attack: Attack) -> None:
    assert_says_nothing_of(renamed_view(fragment(attack.code, attack.language)), attack.payload)


@attacks
def test_the_numbered_rows_stay_whole(attack: Attack) -> None:
    target = fragment(attack.code, attack.language)
    for view in (view_of(target), renamed_view(target)):
        rows = view.text.split("\n")
        assert [int(row.partition("|")[0]) for row in rows] == [number for number, _ in view.lines]
        assert all(ROW.fullmatch(row) for row in rows)
        assert view.text.replace("\n", "").isprintable()
        assert view.text.isascii()
        assert view.height <= attack.code.count("\n") + 1


@attacks
def test_the_detector_finds_what_talks_to_a_judge(attack: Attack) -> None:
    found = find_manipulations(attack.code)
    assert bool(found) is not bool(attack.unseen), [(item.kind, item.excerpt) for item in found]
    assert all(item.excerpt.isprintable() and len(item.excerpt) <= 80 for item in found)
    assert all(1 <= item.line <= attack.code.count("\n") + 1 for item in found)
