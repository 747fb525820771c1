"""Ed25519 keys: the user's own pair, which signs packs, and the verification of others' signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import EnvironmentFailure, InputError, MissingExtra
from indexer.segments.files import create_whole, remove_remains

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "pack-signing.key"
PUBLIC_FILE = "pack-signing.pub"

_SEED_BYTES = 32
_PUBLIC = re.compile(r"codesearch-pack-key ed25519 ([0-9a-f]{64})\s*")


def fingerprint(key: bytes) -> str:
    """32 hexadecimal digits, BLAKE2b-128 of a public key: short enough to be read over the telephone."""
    return blake2b(key, digest_size=16).hexdigest()


def is_signature(key: bytes, signature: bytes, signed: bytes) -> bool:
    """Whether the holder of the key signed these bytes.

    Raises:
        MissingExtra: The library for signatures is not installed.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise MissingExtra("reading a pack", "pack") from error
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The user's own key pair."""

    private: Ed25519PrivateKey

    @property
    def key(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> tuple[bytes, bytes]:
        """The public key, and the signature of some bytes."""
        return self.key, self.private.sign(data)


def own_signer(user_folder: Path) -> Signer:
    """The user's key pair, made on first use: the private key with mode 0600, the public one beside it.

    Raises:
        MissingExtra: The library for signatures is not installed.
        EnvironmentFailure: The key cannot be read or made.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise MissingExtra("signing a pack", "pack") from error
    path = user_folder / KEY_FILE
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            create_whole(path, Ed25519PrivateKey.generate().private_bytes_raw(), 0o600)
        remove_remains(path)  # a key that nobody ever signed with is still a secret
        seed = path.read_bytes()
        if len(seed) != _SEED_BYTES:
            raise EnvironmentFailure(
                f"the key {path} is damaged", "put it back from a backup, or delete it for a new one"
            )
        signer = Signer(Ed25519PrivateKey.from_private_bytes(seed))
        public = user_folder / PUBLIC_FILE
        if not public.exists():
            public.write_text(f"codesearch-pack-key ed25519 {signer.key.hex()}\n", encoding="ascii")
    except OSError as error:
        raise EnvironmentFailure(
            f"cannot use the key {path}: {error.strerror}", "check the mode and owner of that folder"
        ) from error
    return signer


def own_fingerprint(user_folder: Path) -> str | None:
    """The fingerprint of the user's own key; None where no key was made yet."""
    path = user_folder / PUBLIC_FILE
    return fingerprint(read_public_key(path)) if path.is_file() else None


def read_public_key(path: Path) -> bytes:
    """The public key in a file such as ``pack-signing.pub``, 32 bytes.

    Raises:
        InputError: It cannot be read, or holds no key.
    """
    try:
        with path.open("rb") as file:
            text = file.read(1024).decode("ascii", "replace")
    except OSError as error:
        raise InputError(f"cannot read the key {path}", error.strerror or "check the path") from None
    found = _PUBLIC.fullmatch(text)
    if found is None:
        raise InputError(f"{path} is no public key", f"name the file {PUBLIC_FILE} of the pack's maker")
    return bytes.fromhex(found[1])
