"""The index folder: what lies where, and who may write."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from indexer.segments.files import create_whole, remove_remains, sync_file
from indexer.segments.manifest import MANIFEST, Manifest, read_manifest, signing_key, write_manifest
from indexer.segments.seen import verify_unseen
from indexer.segments.snapshot import SEGMENTS, Snapshot

log = logging.getLogger(__name__)

DATABASE = "index.db"
IDENTITY = "identity"
CHECKPOINTS = "checkpoints"
FOLDER_NAME = ".codesearch"
_IDENTITY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """An index on disk.

    Attributes:
        path: The folder.
        key_file: This installation's signing key; created on first use.
    """

    path: Path
    key_file: Path

    @property
    def database(self) -> Path:
        """The SQLite store, where no other one is configured."""
        return self.path / DATABASE

    @property
    def segments(self) -> Path:
        """Folder of the segment folders."""
        return self.path / SEGMENTS

    @property
    def checkpoints(self) -> Path:
        """Folder of what an interrupted run had embedded."""
        return self.path / CHECKPOINTS

    def create(self) -> None:
        """Make the folder, with a ``.gitignore`` of its own and the index's identity.

        Raises:
            EnvironmentFailure: It cannot be written.
        """
        try:
            self.segments.mkdir(parents=True, exist_ok=True)
            (self.path / ".gitignore").write_text("*\n", encoding="utf-8")
            if not self.identity:  # or only a part of it, which a full disk left
                (self.path / IDENTITY).unlink(missing_ok=True)
                create_whole(self.path / IDENTITY, secrets.token_hex(16).encode())
        except OSError as error:
            raise EnvironmentFailure(
                f"cannot write the index folder {self.path}: {error.strerror}",
                "choose another one with --index",
            ) from error

    @property
    def identity(self) -> str:
        """What tells this index from all others, in copies of its folder too; empty before it is created,
        and where the file is damaged.
        """
        try:
            text = (self.path / IDENTITY).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""
        return text if _IDENTITY.fullmatch(text) else ""

    def manifest(self) -> Manifest:
        """The current manifest.

        Raises:
            IndexFailure: There is none that this version can read.
        """
        return read_manifest(self.path)

    def exists(self) -> bool:
        """True when an index was published here."""
        return (self.path / MANIFEST).is_file()

    def size(self) -> int:
        """Bytes of all files; writers may make and delete some meanwhile."""
        total = 0
        for folder, _, names in os.walk(self.path):  # passes over folders that vanish, which rglob does not
            for name in names:
                with suppress(FileNotFoundError):
                    total += Path(folder, name).lstat().st_size
        return total

    def open(self) -> Snapshot:
        """The current snapshot; files that this installation has not seen before are verified first.

        Raises:
            IndexFailure: There is no index, or it is damaged.
        """
        manifest = self.manifest()
        try:
            key = signing_key(self.key_file)
        except EnvironmentFailure as problem:
            # Reading needs no key; without one the index is that of a stranger.
            log.warning("%s: the index is verified before every use", problem)
            key = secrets.token_bytes(32)
        verify_unseen(self.path, manifest, key)
        return Snapshot(self.path, manifest, manifest.signed_by(key))

    def require_own(self) -> None:
        """Check that this installation wrote the index: what a stranger's one says shall be run, is not.

        Raises:
            IndexFailure: Somebody else did, or there is none.
            EnvironmentFailure: The key cannot be used.
        """
        if not self.manifest().signed_by(signing_key(self.key_file)):
            raise IndexFailure(
                f"the index {self.path} was written by somebody else, so its schedules are not run",
                "look at 'codesearch schedule list', then make it yours with 'codesearch index'",
            )

    def publish(self, manifest: Manifest) -> Manifest:
        """Sign a manifest and make it the current one; returns it signed.

        What it names is on the disk before: the entries of the folders too, as writers force files only.
        """
        for entry in manifest.segments:
            sync_file(self.segments / entry.name)
        sync_file(self.segments)
        signed = manifest.signed(signing_key(self.key_file))
        write_manifest(self.path, signed)
        return signed

    def sweep(self, *kept: Manifest) -> None:
        """Delete segment folders that none of the manifests names, all checkpoints, what dead runs left.

        The manifest before the current one is kept by writers, so that a query that has just opened it can
        finish.
        """
        names = {entry.name for manifest in kept for entry in manifest.segments}
        for folder in self.segments.iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)  # in use elsewhere: the next run deletes it
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        for made in (self.path / IDENTITY, self.key_file):
            remove_remains(made)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; it goes with the process, however that ends.

        Raises:
            IndexFailure: Another process is writing; the message says which and for how long.
            EnvironmentFailure: The disk became full in the block.
        """
        from filelock import FileLock, Timeout  # writers only

        owner = self.path / "writer.json"
        lock = FileLock(self.path / "writer.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise IndexFailure(
                f"{self.path} is being written {_describe(owner)}", "wait for it to finish"
            ) from None
        try:
            mark = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
            owner.write_text(json.dumps(mark), encoding="utf-8")
            yield
        except OSError as error:
            if not _is_disk_full(error):
                raise
            raise EnvironmentFailure(
                f"no space left for the index {self.path}",
                "free some space and run again; the previous index is untouched",
            ) from error
        finally:
            owner.unlink(missing_ok=True)
            lock.release()


def _is_disk_full(error: OSError) -> bool:
    # numpy tells a short write by its text alone.
    short_write = error.errno is None and re.fullmatch(r"\d+ requested and \d+ written", str(error))
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or short_write is not None


def _describe(owner: Path) -> str:
    """Who holds the lock, as far as the mark beside it tells."""
    try:
        mark = json.loads(owner.read_text(encoding="utf-8"))
        minutes = max(0.0, time.time() - float(mark["since"])) / 60
        return f"by process {int(mark['pid'])} on {mark['host']} since {minutes:.0f} min"
    except (OSError, ValueError, KeyError, TypeError):
        return "by another process"
