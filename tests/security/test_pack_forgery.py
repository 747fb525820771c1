"""Signatures of packs: nobody speaks for another signer, and nothing of an unsigned text is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest
from commandline import call
from pack_lab import PACK, become, forge, head_of, write_corpus

pytest.importorskip("cryptography", reason="packs need the extra 'pack'")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codesearch.packs.head import signature_line
from codesearch.packs.signing import PUBLIC_FILE, fingerprint, is_signature

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group that Ed25519 works in: signatures with a larger number are copies that must not count."""


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes]]:
    """A user who has signed a pack, and the pack."""
    with pytest.MonkeyPatch.context() as patch:
        home = become(patch, tmp_path_factory.mktemp("maker"))
        write_corpus(home)
        assert call("index", "corpus").code == 0
        assert call("pack", "-o", PACK).code == 0
        assert call("query", "query.py", "--with", PACK).code == 0
        yield home, (home / PACK).read_bytes()


@pytest.fixture
def pack(maker: tuple[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pack as it was signed, with a query beside it; its maker is the user."""
    home, content = maker
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.parent / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home.parent / "cache"))
    monkeypatch.chdir(home)
    (home / PACK).write_bytes(content)
    return home / PACK


def resigned(pack: Path, key: bytes, signature: bytes) -> None:
    """The same pack with another third line."""
    head, raw = head_of(pack), pack.read_bytes()
    pack.write_bytes(head.signed + signature_line(key, signature) + raw[head.size :])


def refusal(pack: Path) -> str:
    done = call("query", "query.py", "--with", pack)
    assert done.code == 3
    return done.error


def test_signature_of_another_key_under_the_name_of_a_trusted_one_is_bad(pack: Path) -> None:
    head = head_of(pack)
    resigned(pack, head.key, Ed25519PrivateKey.generate().sign(head.signed))
    assert "has a bad signature" in refusal(pack)


def test_own_signature_of_a_stranger_is_that_of_a_stranger(pack: Path) -> None:
    head, other = head_of(pack), Ed25519PrivateKey.generate()
    resigned(pack, other.public_key().public_bytes_raw(), other.sign(head.signed))
    assert "whom you do not trust" in refusal(pack)


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"\x01" + bytes(31),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        b"\xed" + b"\xff" * 30 + b"\x7f",
        b"\xff" * 32,
    ],
)
def test_key_that_signs_everything_is_nobody_who_is_trusted(pack: Path, key: bytes) -> None:
    """Points of small order, for which a signature of zeros may pass for any text."""
    for signature in (bytes(64), key + bytes(32), b"\x01" + bytes(63)):
        resigned(pack, key, signature)
        assert "bad signature" in refusal(pack) or "whom you do not trust" in refusal(pack)


def test_second_form_of_a_signature_does_not_count(pack: Path) -> None:
    head = head_of(pack)
    number = int.from_bytes(head.signature[32:], "little") + ORDER
    resigned(pack, head.key, head.signature[:32] + number.to_bytes(32, "little"))
    assert "has a bad signature" in refusal(pack)


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.replace(b"codesearch-pack 1", b"codesearch-pack 1 "),
        lambda signed: signed.replace(b'"name":"ref"', b'"name":"reg"'),
        lambda signed: signed.replace(b'"licence":""', b'"licence":"MIT"'),
        lambda signed: signed.replace(b'"source":false', b'"source":true'),
        lambda signed: signed.replace(b'{"', b'{ "', 1),
        lambda signed: signed.replace(b'"name":', b'"name":"x","name":', 1),
        lambda signed: signed.replace(b"\n", b"\r\n"),
    ],
)
def test_text_that_was_not_signed_is_not_believed(pack: Path, change: Callable[[bytes], bytes]) -> None:
    head, raw = head_of(pack), pack.read_bytes()
    assert change(head.signed) != head.signed
    pack.write_bytes(change(head.signed) + raw[len(head.signed) :])
    assert refusal(pack)


@pytest.mark.parametrize("version", [0, 2, 999_999_999])
def test_other_format_is_not_read_as_this_one(pack: Path, version: int) -> None:
    forge(pack, lambda manifest: manifest, first=b"codesearch-pack %d\n" % version)
    assert "format" in refusal(pack) or "is no pack" in refusal(pack)


@pytest.mark.parametrize("version", [0, 1, 2, 4, 10**9])
def test_older_format_of_the_arrays_cannot_be_claimed(pack: Path, version: int) -> None:
    """A signer who may be trusted still cannot have arrays read as what they are not."""
    forge(pack, lambda manifest: replace(manifest, index_format=version))
    assert "whose indexes differ" in refusal(pack)


def test_trust_is_in_a_whole_fingerprint_and_in_nothing_that_a_pack_says(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, key = (pack.parent / "query.py").read_bytes(), head_of(pack).key
    elsewhere = become(monkeypatch, tmp_path / "other")
    (elsewhere / "query.py").write_bytes(query)
    (elsewhere / PACK).write_bytes(pack.read_bytes())
    for wrong in (fingerprint(key)[:31], key.hex(), fingerprint(key).upper(), "*", ""):
        assert call("trust", "add", wrong).code == 2
    assert "whom you do not trust" in refusal(elsewhere / PACK)
    # The store of trust is a file; what is no fingerprint in it trusts nobody.
    store = tmp_path / "other" / "config" / "codesearch" / "trusted-signers.json"
    store.parent.mkdir(parents=True, exist_ok=True)
    for entry in (
        {"fingerprint": ""},
        {"fingerprint": "*"},
        {"fingerprint": fingerprint(key), "own": []},
        "x",
    ):
        store.write_text(json.dumps({"signers": [entry]}))
        if entry != {"fingerprint": fingerprint(key), "own": []}:
            assert "cannot read" in refusal(elsewhere / PACK)
    store.unlink()
    assert call("trust", "add", fingerprint(key)).code == 0
    assert call("query", "query.py", "--with", PACK, "--index", elsewhere / "none").code in {0, 3}


def test_public_key_of_the_user_alone_signs_nothing(pack: Path) -> None:
    """It lies beside the private one, in a file that people pass on."""
    public = (pack.parents[1] / "config" / "codesearch" / PUBLIC_FILE).read_text("ascii")
    key = bytes.fromhex(public.split()[-1])
    assert key == head_of(pack).key
    assert not is_signature(key, Ed25519PrivateKey.from_private_bytes(key).sign(b"text"), b"text")


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_key_of_another_length_is_no_key(size: int) -> None:
    assert not is_signature(bytes(size), bytes(64), b"text")


def test_manifest_of_an_index_is_signed_by_this_installation_alone(pack: Path) -> None:
    """Another use of a signature: a forged one makes an index that of a stranger, no more."""
    manifest = pack.parent / ".codesearch" / "manifest.json"
    raw = json.loads(manifest.read_bytes())
    for forged in (
        "",
        "0" * 64,
        blake2b(b"guess", key=b"k" * 32, digest_size=32).hexdigest(),
        raw["signature"][:-1],
    ):
        manifest.write_text(json.dumps({**raw, "signature": forged}))
        assert call("query", "query.py").code == 0
    manifest.write_text(json.dumps(raw))
