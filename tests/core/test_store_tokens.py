from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.core.errors import InputError
from codesearch.core.store.carry_over import carry_over
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.models import AccessToken as TokenRow
from codesearch.core.store.tokens import (
    USE_PRECISION,
    add_token,
    find_token,
    note_use,
    read_tokens,
    revoke_token,
    token_with_digest,
)
from codesearch.core.tokens import Scope, TokenText


def test_token_reads_back_as_it_was_added(database: Database) -> None:
    text = TokenText.fresh()
    with database.write() as connection:
        added = add_token(connection, text, "ci", Scope.WRITE, 60.0)
    with database.read() as connection:
        assert read_tokens(connection) == (added,)
        assert token_with_digest(connection, text.id) == (added, text.digest)
        assert token_with_digest(connection, "0" * 12) is None
    assert (added.id, added.name, added.scope) == (text.id, "ci", Scope.WRITE)
    assert added.expires_at == pytest.approx(added.created_at + 60)
    assert (added.revoked_at, added.last_used_at) == (None, None)
    assert added.is_valid(added.created_at + 59)
    assert not added.is_valid(added.created_at + 61)


def test_secret_is_not_in_the_store(database: Database) -> None:
    text = TokenText.fresh()
    with database.write() as connection:
        add_token(connection, text, "ci", Scope.READ, None)
        row = connection.execute(TokenRow.__table__.select()).one()
    assert all(text.secret not in str(value) for value in row)
    assert bytes.fromhex(text.secret) not in row.digest


def test_token_is_found_by_id_and_by_a_name_that_only_one_has(database: Database) -> None:
    with database.write() as connection:
        first = add_token(connection, TokenText.fresh(), "ci", Scope.READ, None)
        assert find_token(connection, first.id) == find_token(connection, "ci") == first
        second = add_token(connection, TokenText.fresh(), "ci", Scope.READ, None)
        with pytest.raises(InputError, match="2 tokens are called 'ci'"):
            find_token(connection, "ci")
        revoke_token(connection, first.id)
        assert find_token(connection, "ci") == second
        with pytest.raises(InputError, match=r"no token 'none'.*token list"):
            find_token(connection, "none")


def test_revoked_token_stays_in_the_list_with_the_time_of_the_first_time(database: Database) -> None:
    with database.write() as connection:
        kept = add_token(connection, TokenText.fresh(), "kept", Scope.ADMIN, None)
        gone = add_token(connection, TokenText.fresh(), "gone", Scope.READ, None)
        revoke_token(connection, gone.id)
        [_, revoked] = read_tokens(connection)
        revoke_token(connection, gone.id)
        assert read_tokens(connection) == (kept, revoked)
    assert revoked == replace(gone, revoked_at=revoked.revoked_at)
    assert revoked.revoked_at is not None
    assert not revoked.is_valid(gone.created_at)


def test_use_is_noted_once_in_a_while(database: Database) -> None:
    with database.write() as connection:
        token = add_token(connection, TokenText.fresh(), "ci", Scope.READ, None)
        noted = []
        for at in (1000.0, 1000.0 + USE_PRECISION / 2, 1001.0 + USE_PRECISION):
            note_use(connection, token.id, at)
            noted.append(find_token(connection, token.id).last_used_at)
    assert noted == [1000.0, 1000.0, 1001.0 + USE_PRECISION]


def test_rebuilt_store_takes_over_what_was_revoked(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        for name in ("kept", "gone"):
            add_token(connection, TokenText.fresh(), name, Scope.READ, None)
        revoke_token(connection, find_token(connection, "gone").id)
    with (
        Database.create(sqlite_url(tmp_path / "fresh.db")) as fresh,
        fresh.write() as new,
        database.read() as old,
    ):
        carry_over(old, new)
        assert read_tokens(new) == read_tokens(old)


def test_text_of_a_token_is_read_as_it_was_written() -> None:
    text = TokenText.fresh()
    assert TokenText.parse(str(text)) == text
    assert TokenText.parse(f" {text}\n") == text
    assert text.proves(text.digest)
    assert not TokenText.fresh().proves(text.digest)
    assert text.secret not in repr(text)


@pytest.mark.parametrize("text", ["", "csk_", "csk_1_2", "csk_" + "a" * 12 + "_" + "A" * 64, "x" * 10_000])
def test_other_texts_are_no_tokens(text: str) -> None:
    assert TokenText.parse(text) is None


def test_scopes_include_those_before_them() -> None:
    assert [[have.includes(needed) for needed in Scope] for have in Scope] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
