from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commandline import call

from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.tokens import TokenText


@pytest.fixture
def home(user: Path) -> Path:
    """A user with the store of an index, which is all that tokens need."""
    (user / ".codesearch").mkdir()
    Database.create(sqlite_url(user / ".codesearch/index.db")).close()
    return user


def create(*words: str) -> dict[str, Any]:
    document: dict[str, Any] = call("token", "create", "--json", *words).document
    assert (document["schema"], document["degraded"]) == ("codesearch.tokens/1", [])
    return document


def listed() -> list[dict[str, Any]]:
    tokens = call("token", "list", "--json").document["tokens"]
    assert isinstance(tokens, list)
    return tokens


def test_token_is_told_once_and_never_again(home: Path) -> None:
    document = create("--name", "ci", "--scope", "write")
    text = TokenText.parse(document["token"])
    assert text is not None
    [token] = document["tokens"]
    assert (token["id"], token["name"], token["scope"]) == (text.id, "ci", "write")
    assert token["last_used_at"] is token["revoked_at"] is None
    assert listed() == [token]
    for done in (call("token", "list"), call("token", "list", "--json"), call("token", "revoke", "ci")):
        assert text.secret not in done.out + done.err
    stored = b"".join(path.read_bytes() for path in (home / ".codesearch").rglob("index.db*"))
    assert text.id.encode() in stored
    assert text.secret.encode() not in stored


def test_token_alone_is_on_the_first_line(home: Path) -> None:
    first, *others = call("token", "create", "--name", "ci").out.splitlines()
    assert TokenText.parse(first)
    assert "not shown again" in others[0]
    assert "ci  read, works until " in others[1]


def test_default_is_to_read_for_ninety_days(home: Path) -> None:
    document = create()
    [token] = document["tokens"]
    assert (token["scope"], token["name"]) == ("read", token["id"])
    assert token["created_at"] < token["expires_at"]


def test_token_may_work_for_ever(home: Path) -> None:
    assert create("--expires", "never")["tokens"][0]["expires_at"] is None
    assert "works until it is revoked" in call("token", "list").out


@pytest.mark.parametrize(
    "words",
    [
        ["--expires", "soon"],
        ["--expires", "0d"],
        ["--expires", "-1d"],
        ["--expires", "9999999w"],
        ["--expires", "30"],
        ["--expires", ""],
        ["--scope", "root"],
        ["--name", " "],
        ["--name", "x" * 101],
    ],
)
def test_what_makes_no_sense_makes_no_token(home: Path, words: list[str]) -> None:
    done = call("token", "create", *words)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert listed() == []


def test_revoked_token_is_shown_as_such(home: Path) -> None:
    create("--name", "ci")
    kept = create("--name", "kept")["tokens"][0]
    [revoked] = call("token", "revoke", "ci", "--json").document["tokens"]
    assert revoked["revoked_at"] is not None
    assert listed() == [revoked, kept]
    assert "ci  read, revoked " in call("token", "list").out
    assert call("token", "revoke", revoked["id"]).code == 0


def test_unknown_token_is_no_success(home: Path) -> None:
    done = call("token", "revoke", "nobody")
    assert (done.code, done.error) == (2, "no token 'nobody': see `codesearch token list`")


def test_name_with_terminal_escapes_is_shown_harmless(home: Path) -> None:
    done = call("token", "create", "--name", "evil\x1b[2J")
    assert "\x1b" not in done.out
    assert "evil\\x1b[2J" in done.out


def test_tokens_need_an_index(user: Path) -> None:
    for words in (["list"], ["create"], ["revoke", "x"]):
        done = call("token", *words)
        assert done.code == 3
        assert "`codesearch index`" in done.error
        assert len(done.err.splitlines()) == 1
    assert not (user / ".codesearch").exists()


def test_without_tokens_the_list_says_how_to_make_one(home: Path) -> None:
    assert "codesearch token create" in call("token", "list").out
