"""Fetches one commit of a git URL and writes its files, without ever making a work tree.

A bare repository of our own takes the newest commit alone; ``git archive`` hands over its files as a tar
stream. So there is no checkout that could run hooks or filters, and trees of strangers pass the same writer
as their archives. The settings of :mod:`indexer.corpus.gitfiles` are on; the user's own configuration still
counts, because credential helpers and proxies are named there.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from codesearch.core.errors import CodesearchError, EnvironmentFailure, InputError
from codesearch.sources.archive import require_files
from codesearch.sources.spec import CorpusSource
from codesearch.sources.tars import unpack_tar
from codesearch.sources.tree import TreeWriter, UnpackLimits
from indexer.corpus.gitfiles import HARDENED, hardened_environment

_FETCHED = "refs/codesearch/fetched"
_FETCHING = (
    *("-c", "core.askPass="),
    *("-c", "core.autocrlf=false"),
    *("-c", "fetch.recurseSubmodules=false"),
    *("-c", "fetch.unpackLimit=1"),  # packs stay packs: one file, not one per object
    *("-c", "gc.autoDetach=false"),
    *("-c", "gc.pruneExpire=now"),
    *("-c", "http.lowSpeedLimit=1"),
    *("-c", "http.lowSpeedTime=60"),
)
_RAW = "* -export-ignore -export-subst -filter -text -crlf -eol -ident -working-tree-encoding\n"
"""Attributes that win over all of a repository's own: every file comes as it was committed."""

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
"""All that the repository's own configuration says."""

_OF_THE_USER = frozenset(
    {
        *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
        *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    }
)
"""Variables of git that say how to reach a server, and nothing about which repository one is in."""

_NO_REF = re.compile(r"couldn't find remote ref|not our ref|no such ref|invalid refspec", re.IGNORECASE)
_DENIED = re.compile(
    r"authentication failed|could not read (username|password)|permission denied|terminal prompts disabled",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class GitFetch:
    """A bare repository of our own that follows one URL.

    Attributes:
        repository: Its folder; made when it is first used.
        source: What it follows.
        limits: What the source may hold.
        timeout: Seconds for one call of git.
    """

    repository: Path
    source: CorpusSource
    limits: UnpackLimits
    timeout: float

    def fetch(self) -> str:
        """Fetch the commit that the ref, else the default branch, names now; returns the id of its tree.

        Raises:
            InputError: There is no such ref.
            EnvironmentFailure: Git is missing, or the URL cannot be reached or be read.
        """
        self._prepare()
        wanted = f"+{self.source.ref or 'HEAD'}:{_FETCHED}"
        options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--force")
        try:
            self._require("fetch", *options, "--", self.source.location, wanted)
        except EnvironmentFailure:
            if self._drop_unfinished() >= self.limits.max_bytes:
                raise InputError(
                    f"{self.source.origin} holds over {self.limits.max_bytes:,} bytes",
                    "see sources.max_bytes",
                ) from None
            raise
        tree = self._require("rev-parse", "--verify", "--quiet", f"{_FETCHED}^{{tree}}")
        return tree.decode("ascii").strip()

    def write(self, tree: str, target: Path) -> Counter[str]:
        """Write the files of a fetched tree into an empty folder.

        Returns:
            How many entries were left out, by reason.

        Raises:
            InputError: It holds no files, or more than it may.
            EnvironmentFailure: The disk is full, or git cannot read its own repository.
        """
        shown = self.source.origin
        writer = TreeWriter(target, self.limits, shown)
        with self._started(("archive", "--format=tar", tree)) as (process, errors):
            if process.stdout is None:
                raise AssertionError("the output is a pipe")
            try:
                unpack_tar(process.stdout, writer, shown)
                while process.stdout.read(1 << 16):  # the padding; a closed pipe would be an error of git's
                    pass
            except InputError:
                if process.poll():
                    raise self._failure(process.returncode, errors) from None
                raise
            if process.wait():
                raise self._failure(process.returncode, errors)
        require_files(writer, shown)
        return writer.left_out

    def _prepare(self) -> None:
        """Make the repository, or make an old one ours again, whoever wrote into the folder meanwhile."""
        if self.repository.is_symlink():
            self.repository.unlink()
        for lock in list(self.repository.rglob("*.lock")):  # of a git that was killed; nobody else runs one
            lock.unlink(missing_ok=True)
        self._drop_unfinished()
        (self.repository / "commondir").unlink(missing_ok=True)  # it would lead to another configuration
        self.repository.mkdir(exist_ok=True)
        _write_fresh(self.repository / "config", _CONFIG)  # it could name programs
        self._require("init", "--bare", "--quiet", "--template=")
        (self.repository / "info").mkdir(exist_ok=True)
        _write_fresh(self.repository / "info" / "attributes", _RAW)

    def _drop_unfinished(self) -> int:
        """Delete what a fetch that failed had received; returns the bytes of its largest file."""
        size = 0
        for part in list((self.repository / "objects" / "pack").glob("tmp_*")):
            size = max(size, part.lstat().st_size)
            part.unlink()
        return size

    def _require(self, *arguments: str) -> bytes:
        """What git prints.

        Raises:
            CodesearchError: It failed.
        """
        with self._started(arguments) as (process, errors):
            output = process.communicate()[0]
            if process.returncode:
                raise self._failure(process.returncode, errors)
            return output

    @contextmanager
    def _started(self, arguments: tuple[str, ...]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """A running git with a pipe for its output and a file of its errors; killed with all that it started
        when its time is over, or when the block is left before it ended.
        """
        with TemporaryFile() as errors:
            try:
                process = subprocess.Popen(  # noqa: S603  (a URL behind "--" and a ref that is no option)
                    (*HARDENED, *_FETCHING, *arguments),
                    cwd=self.repository,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,  # without a terminal, where ssh would ask for a password
                )
            except OSError as error:
                reason = error.strerror or str(error)
                raise EnvironmentFailure(f"cannot run git ({reason})", "install git") from None
            _limit_files(process, self.limits.max_bytes)
            timer = Timer(self.timeout, _kill, [process])
            timer.daemon = True
            timer.start()
            try:
                with process:
                    try:
                        yield process, errors
                    finally:
                        if process.poll() is None:
                            _kill(process)
            finally:
                timer.cancel()

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name in _OF_THE_USER}
        scheme = self.source.location.partition("://")[0] if "://" in self.source.location else "ssh"
        return (
            hardened_environment()
            | own
            | {"GIT_ALLOW_PROTOCOL": scheme, "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
            # Otherwise git looks for a repository, and could find that of the user around the index.
            | {"GIT_DIR": str(self.repository), "GIT_COMMON_DIR": str(self.repository)}
        )

    def _failure(self, code: int, errors: IO[bytes]) -> CodesearchError:
        """What git complained about, as an error of ours."""
        origin = self.source.origin
        if code == -signal.SIGKILL:
            return EnvironmentFailure(
                f"git took over {self.timeout:.0f} s for {origin}", "see sources.timeout_seconds"
            )
        errors.seek(0)
        text = errors.read(1 << 16).decode("utf-8", "replace")
        if _NO_REF.search(text):
            what = f"no branch, tag or commit {self.source.ref!r}" if self.source.ref else "no commits"
            return InputError(f"{self.source.location} has {what}", "see `git ls-remote`")
        if "No space left" in text:
            return EnvironmentFailure(f"no space left to fetch {origin}", "free some space and run again")
        reason = _reason(text) or f"git exited with {code}"
        hint = "use git's credential helper or an ssh key" if _DENIED.search(text) else "try `git ls-remote`"
        return EnvironmentFailure(f"cannot fetch {origin} ({reason})", hint)


def _reason(text: str) -> str:
    """The line of git's own that says most: the first that is an error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: ", "ssh: "))]
    return (fatal or lines or [""])[0].removeprefix("fatal: ").removeprefix("error: ")[:300]


def _write_fresh(path: Path, text: str) -> None:
    """Write a file anew, whatever is at its path."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)


def _limit_files(process: subprocess.Popen[bytes], size: int) -> None:
    """Bound the files that a process and those it starts write: a server may send without end."""
    if sys.platform == "linux":
        with suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
