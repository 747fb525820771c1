"""Accepted classes are hidden as far as they were reviewed, and the file stays the team's own."""

from __future__ import annotations

import os
import tomllib
from datetime import date
from pathlib import Path

import pytest
from audit_contents import class_of, content
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.accepted import Acceptance, screen
from codesearch.audit.accepted_file import ACCEPTED_FILE, accept, read_accepted
from codesearch.core.audit import CloneClass
from codesearch.core.errors import InputError, UsageError


def entry(number: int, letters: str) -> Acceptance:
    counts = {content(letter): letters.count(letter) for letter in letters}
    return Acceptance(class_of(number, "").id, "generated", counts, len(letters))


def shown(classes: list[CloneClass], *entries: Acceptance) -> list[str]:
    """Ids of the classes that are left, shortened to their last digit."""
    return [found.id[-1] for found in screen(classes, {"corpus": entries}).classes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ACCEPTED_FILE


def error_of(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_accepted(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def test_an_accepted_class_is_hidden_until_a_member_is_added_or_changed() -> None:
    accepted = entry(1, "aab")
    assert shown([class_of(1, "aba")], accepted) == []
    assert shown([class_of(1, "ab")], accepted) == []
    assert shown([class_of(1, "aaab")], accepted) == ["1"]
    assert shown([class_of(1, "aac")], accepted) == ["1"]


def test_members_that_were_accepted_together_stay_hidden_under_another_id() -> None:
    accepted = entry(1, "abcd")
    assert shown([class_of(2, "abcd"), class_of(3, "cd")], accepted) == []
    assert shown([class_of(2, "abce")], accepted) == ["2"]


def test_a_number_accepts_up_to_so_many_members_of_this_id() -> None:
    accepted = Acceptance(class_of(1, "").id, "why", None, 3)
    assert shown([class_of(1, "abc"), class_of(2, "ab")], accepted) == ["2"]
    assert shown([class_of(1, "abcd")], accepted) == ["1"]


def test_hidden_classes_are_told() -> None:
    screened = screen([class_of(1, "ab"), class_of(2, "cd")], {"corpus": [entry(1, "ab")]})
    assert screened.hidden == (class_of(1, "ab"),)
    assert screened.degraded == ()


def test_entries_that_match_nothing_are_counted_as_stale() -> None:
    entries = [entry(1, "ab"), entry(2, "cd"), entry(3, "ef"), Acceptance("gone", "why", None, 9)]
    screened = screen([class_of(1, "abc"), class_of(9, "cd")], {"corpus": entries, "other": [entry(1, "ab")]})
    assert screened.stale == 3
    assert screened.degraded == ("accepted-stale:3",)


def test_an_older_entry_of_a_class_that_grew_is_not_stale() -> None:
    screened = screen([class_of(1, "abc")], {"corpus": [entry(1, "ab"), entry(1, "abc")]})
    assert screened.classes == ()
    assert screened.stale == 0


def test_a_corpus_can_accept_only_classes_that_it_has_a_member_in() -> None:
    classes = [class_of(1, "ab", corpus="mine")]
    assert screen(classes, {"theirs": [entry(1, "ab")]}).classes == tuple(classes)
    assert screen(classes, {"mine": [entry(1, "ab")]}).classes == ()


def test_no_file_accepts_nothing(path: Path) -> None:
    assert read_accepted(path) == ()


def test_entries_are_read_in_their_order(path: Path) -> None:
    a, b = content("a"), content("b")
    path.write_text(
        '\ufeff[[accepted]]\nid = "1"\nreason = "x"\nby = "me"\ndate = 2026-01-31\n'
        f'contents = ["{a}*2", "{b}"]\n'
        '[[accepted]]\nid = "2"\nreason = "y"\ncontents = 4\n',
        encoding="utf-8",
    )
    assert read_accepted(path) == (Acceptance("1", "x", {a: 2, b: 1}, 3), Acceptance("2", "y", None, 4))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[accepted]]\nid = \n", "line 2"),
        ("x" * 10 + "[" * 5000, "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = " + "9" * 5000, "not valid TOML"),
        (b"\xff", "not UTF-8"),
        ('[[acepted]]\nid = "1"\n', "'acepted'"),
        ("accepted = 3\n", "'accepted'"),
        ("accepted = [3]\n", "entry 1"),
        (
            '[[accepted]]\nid = "1"\nreason = "x"\ncontents = 2\n[[accepted]]\nreasons = 1\n',
            "'reasons' in entry 2",
        ),
        ("a." * 40_000 + "b = 1\n", "more than 500 dots"),
        ('[[accepted]]\nreason = "x"\ncontents = 2\n', "'id' in entry 1"),
        ('[[accepted]]\nid = "1"\ncontents = 2\n', "'reason' in entry 1"),
        ('[[accepted]]\nid = "1"\nreason = "  "\ncontents = 2\n', "'reason' in entry 1"),
        ('[[accepted]]\nid = "1"\nreason = 3\ncontents = 2\n', "'reason' in entry 1"),
        ('[[accepted]]\nid = "1"\nreason = "x"\nby = ""\ncontents = 2\n', "'by' in entry 1"),
        ('[[accepted]]\nid = "1"\nreason = "x"\ndate = "today"\ncontents = 2\n', "'date' in entry 1"),
        *(
            (f'[[accepted]]\nid = "1"\nreason = "x"\ncontents = {value}\n', "'contents' in entry 1")
            for value in ("[]", "true", "1", "-3", '"x"', '["x"]', "[3]", "{}", f'["{"a" * 32}*0"]')
        ),
        ('[[accepted]]\nid = "1"\nreason = "x"\n', "'contents' in entry 1"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_place(path: Path, text: str | bytes, told: str) -> None:
    assert told in error_of(path, text)


def test_links_pipes_and_huge_files_are_refused(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password = [")
    path.symlink_to(secret)
    with pytest.raises(InputError, match="symbolic link") as caught:
        read_accepted(path)
    assert "password" not in str(caught.value)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="not a regular file"):
        read_accepted(path)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="too large"):
        read_accepted(path)


def test_an_accepted_class_is_hidden_from_then_on(path: Path) -> None:
    accept(path, class_of(1, "aab"), "generated by protoc", by="Ada", on=date(2026, 1, 31))
    accept(path, class_of(2, "cd"), "a test of both")
    entries = read_accepted(path)
    assert [one.reason for one in entries] == ["generated by protoc", "a test of both"]
    assert shown([class_of(1, "aab"), class_of(2, "cd"), class_of(3, "ef")], *entries) == ["3"]
    assert tomllib.loads(path.read_text())["accepted"][0] == {
        "id": class_of(1, "").id,
        "reason": "generated by protoc",
        "by": "Ada",
        "date": date(2026, 1, 31),
        "contents": [f"{content('a')}*2", content("b")],
    }


@pytest.mark.parametrize(
    "before",
    [
        "# ours\n",
        "# ours, without a line end",
        "\ufeff# mark\r\n[[accepted]]\r\nid = '1'  # why\r\nreason = '''x\ny'''\r\ncontents = 2\r\n",
        "\n\n",
    ],
)
def test_what_the_file_holds_stays_byte_for_byte(path: Path, before: str) -> None:
    path.write_bytes(before.encode())
    count = len(read_accepted(path))
    accept(path, class_of(7, "ab"), "why")
    assert path.read_bytes().startswith(before.encode())
    assert len(read_accepted(path)) == count + 1


@given(reason=st.text().filter(str.strip), by=st.text())
def test_any_reason_is_kept(tmp_path_factory: pytest.TempPathFactory, reason: str, by: str) -> None:
    path = tmp_path_factory.mktemp("reasons") / ACCEPTED_FILE
    accept(path, class_of(1, "ab"), reason, by)
    [made] = read_accepted(path)
    assert made.reason == reason.strip()
    assert "\u202e" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", ["", " \n", "because \ud800"])
def test_a_reason_in_words_is_required(path: Path, reason: str) -> None:
    with pytest.raises(UsageError, match="reason"):
        accept(path, class_of(1, "ab"), reason)
    assert not path.exists()


def test_a_class_is_not_accepted_twice(path: Path) -> None:
    accept(path, class_of(1, "abc"), "why")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="accepted already"):
        accept(path, class_of(1, "ab"), "why")
    assert path.read_bytes() == before
    accept(path, class_of(1, "abcd"), "one more")


@pytest.mark.parametrize("text", ["[[accepted]]\nid = 3\n", "x = [\n", "accepted = []\n"])
def test_a_file_that_cannot_be_extended_is_left_as_it_is(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError):
        accept(path, class_of(1, "ab"), "why")
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]
