"""A pack is read only from whom the user trusts."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from commandline import call, write_tree
from pack_lab import PACK, QUERY, become, head_of

from codesearch.packs.signing import fingerprint


@pytest.fixture
def stranger(sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another user, who was given the pack; its file comes back."""
    write_tree(become(monkeypatch, tmp_path / "other"), {"query.py": QUERY})
    return sealed


def query(pack: Path) -> int:
    return call("query", "query.py", "--with", pack).code


def test_pack_of_an_unknown_signer_is_refused_with_the_command_that_trusts_it(stranger: Path) -> None:
    signer = fingerprint(head_of(stranger).key)
    done = call("query", "query.py", "--with", stranger)
    assert done.code == 3
    assert f"is signed by {signer}, whom you do not trust" in done.error
    assert f"'codesearch trust add {signer}'" in done.error


def test_trust_can_be_given_and_taken_back(stranger: Path) -> None:
    signer = fingerprint(head_of(stranger).key)
    [added] = call("trust", "add", signer, "--note", "team two", "--json").document["signers"]
    assert (added["fingerprint"], added["note"], added["own"]) == (signer, "team two", False)
    assert query(stranger) == 0
    assert "team two" in call("trust", "list").out
    assert call("trust", "remove", signer[:8]).code == 0
    assert query(stranger) == 3
    assert "no signer is trusted" in call("trust", "list").out


def test_signer_is_named_by_the_file_of_the_public_key(stranger: Path, tmp_path: Path) -> None:
    keys = tmp_path / "config" / "codesearch"
    assert call("trust", "add", keys / "pack-signing.pub").code == 0
    assert query(stranger) == 0


def test_own_packs_need_no_trust(sealed: Path) -> None:
    assert query(sealed) == 0
    [own] = call("trust", "list", "--json").document["signers"]
    assert (own["fingerprint"], own["own"]) == (fingerprint(head_of(sealed).key), True)


def test_private_key_is_the_users_alone_and_stays(sealed: Path, tmp_path: Path) -> None:
    key = tmp_path / "config" / "codesearch" / "pack-signing.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = head_of(sealed).key
    assert call("pack", "-o", PACK).code == 0
    assert head_of(sealed).key == before


def test_private_key_that_a_dead_process_was_writing_is_not_left_about(maker: Path, tmp_path: Path) -> None:
    keys = tmp_path / "config" / "codesearch"
    write_tree(keys, {"pack-signing.key.0123456789abcdef.new": "x" * 32})
    assert call("pack", "-o", PACK).code == 0
    assert {path.name for path in keys.glob("pack-signing.*")} == {"pack-signing.key", "pack-signing.pub"}


@pytest.mark.parametrize("key", ["", "no-such-file", "query.py", "abc123", "0" * 31])
def test_what_names_no_key_is_refused(stranger: Path, key: str) -> None:
    done = call("trust", "add", key)
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert call("trust", "list", "--json").document["signers"] == []


@pytest.mark.parametrize("key", ["", "ffff"])
def test_signer_to_remove_has_to_be_one(stranger: Path, key: str) -> None:
    assert call("trust", "remove", key).code == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"signers": [{"fingerprint": "x"}]}', '{"signers": [1]}']
)
def test_damaged_list_of_signers_trusts_nobody(stranger: Path, tmp_path: Path, content: str) -> None:
    write_tree(tmp_path / "other/config/codesearch", {"trusted-signers.json": content})
    done = call("query", "query.py", "--with", stranger)
    assert done.code == 3
    assert "trusted-signers.json" in done.error


def test_damaged_own_key_is_one_line(maker: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "config/codesearch", {"pack-signing.key": "short"})
    done = call("pack", "-o", PACK)
    assert (done.code, "pack-signing.key is damaged" in done.error) == (3, True)
