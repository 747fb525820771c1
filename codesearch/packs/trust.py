"""Whose packs are read: the fingerprints that the user named, and the user's own key."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure, InputError
from codesearch.packs.head import Head
from codesearch.packs.signing import fingerprint, is_signature, own_fingerprint, read_public_key

FILE_NAME = "trusted-signers.json"

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class TrustedSigner:
    """A signer whose packs are read.

    Attributes:
        fingerprint: Of the signer's public key, see :func:`.signing.fingerprint`.
        note: What the user wrote about the signer.
        added: ISO 8601 time in UTC; empty for the user's own key.
        own: The user's own key, which needs no trust.
    """

    fingerprint: str
    note: str = ""
    added: str = ""
    own: bool = False


class TrustStore:
    """The signers whom the user trusts, kept beside the user's own settings.

    Args:
        user_folder: Folder of these.
    """

    def __init__(self, user_folder: Path) -> None:
        self._user_folder = user_folder
        self.path = user_folder / FILE_NAME

    def signers(self) -> list[TrustedSigner]:
        """All, the user's own first, then by fingerprint.

        Raises:
            EnvironmentFailure: The file cannot be read.
        """
        own = own_fingerprint(self._user_folder)
        return ([] if own is None else [TrustedSigner(own, own=True)]) + self._read()

    def add(self, key: str, note: str = "") -> TrustedSigner:
        """Trust a signer named by a fingerprint or by the file of a public key.

        Raises:
            InputError: It is neither.
            EnvironmentFailure: The file cannot be read or written.
        """
        named = key if _FINGERPRINT.fullmatch(key) else fingerprint(read_public_key(Path(key)))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        signer = TrustedSigner(named, note, now)
        self._write([*(one for one in self._read() if one.fingerprint != named), signer])
        return signer

    def remove(self, key: str) -> TrustedSigner:
        """Trust a signer no more, named by the fingerprint or its beginning.

        Raises:
            InputError: None or several are called so.
            EnvironmentFailure: The file cannot be read or written.
        """
        known = self._read()
        named = [one for one in known if key and one.fingerprint.startswith(key)]
        if len(named) != 1:
            raise InputError(
                f"{len(named) or 'no'} trusted signers begin with '{key}'", "see 'codesearch trust list'"
            )
        self._write([one for one in known if one != named[0]])
        return named[0]

    def require(self, head: Head, shown: str) -> None:
        """Check that a pack was signed, and by somebody whom the user trusts.

        Raises:
            EnvironmentFailure: The signature is not that of the key, or the key is unknown.
            MissingExtra: The library for signatures is not installed.
        """
        if not is_signature(head.key, head.signature, head.signed):
            raise EnvironmentFailure(
                f"{shown} has a bad signature: it was changed after it was signed",
                "fetch it again from where it came from",
            )
        signer = fingerprint(head.key)
        if signer not in {one.fingerprint for one in self.signers()}:
            raise EnvironmentFailure(
                f"{shown} is signed by {signer}, whom you do not trust",
                f"if its maker confirms that fingerprint, run 'codesearch trust add {signer}'",
            )

    def _read(self) -> list[TrustedSigner]:
        try:
            raw = json.loads(self.path.read_bytes())
            signers = [TrustedSigner(**entry) for entry in raw["signers"]]
            if not all(_FINGERPRINT.fullmatch(signer.fingerprint) for signer in signers):
                raise ValueError("no fingerprint")
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EnvironmentFailure(
                f"cannot read {self.path}: {error}", "repair or delete it, then trust its signers again"
            ) from error
        return sorted(signers, key=lambda one: one.fingerprint)

    def _write(self, signers: list[TrustedSigner]) -> None:
        fresh = self.path.with_name(f"{FILE_NAME}.new")
        entries = [asdict(signer) for signer in sorted(signers, key=lambda one: one.fingerprint)]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"signers": entries}, indent=1), encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise EnvironmentFailure(
                f"cannot write {self.path}: {error.strerror}", "check its mode"
            ) from error
