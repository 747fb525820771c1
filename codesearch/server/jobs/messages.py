"""What a server and the process of a job tell each other: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from time import monotonic

from pydantic import SecretStr

from codesearch.core.jobs import Figures, JobKind, JobProgress, JobRequest
from codesearch.core.settings import Settings
from codesearch.core.store.job_values import figures_text, read_figures, read_request, request_text

PAUSE = 0.2  # seconds between two messages of one stage: as often as somebody who watches can tell


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What a process is to do, and with which settings; secrets among them travel through the pipe alone."""

    request: JobRequest
    settings: Settings

    def line(self) -> bytes:
        """As :meth:`parse` reads it."""
        settings = json.dumps(self.settings.model_dump(), default=_plain)
        return f'{{"request": {request_text(self.request)}, "settings": {settings}}}\n'.encode()

    @classmethod
    def parse(cls, line: bytes) -> JobOrder:
        """What :meth:`line` wrote."""
        fields = json.loads(line)
        request = read_request(json.dumps(fields["request"]))
        return cls(request, Settings.model_validate(fields["settings"]))


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


Message = JobProgress | Figures


def message_line(message: Message) -> bytes:
    """A message as :func:`parse_message` reads it."""
    if isinstance(message, JobProgress):
        return json.dumps({"progress": asdict(message)}).encode() + b"\n"
    return f'{{"figures": {figures_text(message)}}}\n'.encode()


def parse_message(kind: JobKind, line: bytes) -> Message:
    """What :func:`message_line` wrote in a job of this kind."""
    fields = json.loads(line)
    if "progress" in fields:
        return JobProgress(**fields["progress"])
    return read_figures(kind, json.dumps(fields["figures"]))


class ToldProgress:
    """Tells how far a run is: every stage, and in between at most every :data:`PAUSE` seconds."""

    def __init__(self, tell: Callable[[Message], None], clock: Callable[[], float] = monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._now = JobProgress()
        self._told = 0.0

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """A stage begins and the one before it has ended."""
        self._now = JobProgress(label, unit, 0, total)
        self._send()

    def advance(self, done: int) -> None:
        """So many more units are done."""
        self._now = replace(self._now, done=self._now.done + done)
        if self._clock() - self._told >= PAUSE:
            self._send()

    def _send(self) -> None:
        self._told = self._clock()
        self._tell(self._now)
