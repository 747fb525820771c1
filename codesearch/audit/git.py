"""Questions to git that read the work tree, asked so that a hostile repository cannot use them.

Comparing files with what is committed would run the clean filters that a repository's configuration names.
They are switched off by name, as are external diffs, text conversions, monitors, hooks, signature checks,
transports and the look into submodules, each of which has a configuration of its own. See
:mod:`indexer.corpus.gitfiles` for why the check who owns the repository is off as well.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from codesearch.core.errors import EnvironmentFailure, InputError
from indexer.corpus.gitfiles import HARDENED, TIMEOUT, hardened_environment

_NO_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder.

    Attributes:
        folder: Where it runs.
        settings: Configuration that overrides the repository's own.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def answer(self, *arguments: str) -> bytes | None:
        """What git prints, without its last line feed; None when it exits with an error.

        Raises:
            EnvironmentFailure: Git is missing or cannot be run here.
            InputError: It takes longer than :data:`~indexer.corpus.gitfiles.TIMEOUT` seconds.
        """
        with self.reading(*arguments) as output:
            return None if output is None else output.read().removesuffix(b"\n")

    @contextmanager
    def reading(self, *arguments: str) -> Iterator[IO[bytes] | None]:
        """Likewise as a file, for what may not fit into memory."""
        with TemporaryFile() as output:
            code = self._run(arguments, output)
            output.seek(0)
            yield None if code else output

    def unfiltered(self) -> Git:
        """The same with every configured filter off; reading the configuration runs none."""
        listed = self.answer("config", "-z", "--name-only", "--get-regexp", r"^filter\.") or b""
        drivers = {os.fsdecode(key).rpartition(".")[0] for key in listed.split(b"\0") if key}
        settings = {f"{driver}.{key}": value for driver in drivers for key, value in _NO_FILTER.items()}
        return Git(self.folder, settings)

    def _run(self, arguments: tuple[str, ...], output: IO[bytes]) -> int:
        try:
            return subprocess.run(  # noqa: S603  (fixed arguments, and a revision that is no option)
                (*HARDENED, *arguments),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise InputError(
                f"git took over {TIMEOUT:.0f} s in {self.folder}", "run git status there to see why"
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise EnvironmentFailure(f"cannot run git in {self.folder} ({reason})", "install git") from None

    def _environment(self) -> dict[str, str]:
        """That of every hardened call, with the settings."""
        chosen = {"GIT_CONFIG_COUNT": str(len(self.settings))}
        # Through the environment, because a driver's name may hold the "=" that would end a key after -c.
        for number, (key, value) in enumerate(self.settings.items()):
            chosen |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return hardened_environment() | chosen
