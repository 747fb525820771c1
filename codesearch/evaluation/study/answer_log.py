"""Every answer of a study, one line of JSON each, so that nothing is asked for twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from codesearch.core.errors import EnvironmentFailure, InputError
from codesearch.core.results import Verdict
from codesearch.report.json_text import write_json
from codesearch.report.new_folder import require_writable
from reranker.judge.completer import Completion, FailureKind

FILE = "answers.jsonl"
_FORMAT = "codesearch.study-answer/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking once.

    Attributes:
        completion: The answer as the model gave it; None where it gave none.
        failure: Why there is none.
        seconds: Until it came.
    """

    completion: Completion | None
    failure: FailureKind | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the file; fields that only people read are not among these."""

    schema: str
    key: str
    text: str | None
    failure: FailureKind | None
    read: int
    written: int
    labels: dict[Verdict, float] | None
    seconds: float

    @property
    def outcome(self) -> Outcome:
        if self.text is None:
            return Outcome(None, self.failure, self.seconds)
        return Outcome(Completion(self.text, self.read, self.written, self.labels), None, self.seconds)


@cache
def _format() -> TypeAdapter[_Row]:
    return TypeAdapter(_Row)


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of a log, none where there is no log yet; what a crash cut off is removed from it."""
    folder = path.parent
    try:
        if path.exists():
            with path.open("r+b") as file:
                content = file.read()
                whole = content[: content.rfind(b"\n") + 1]
                file.truncate(len(whole))
            return whole.split(b"\n")
        require_writable(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot keep answers in {folder} ({reason})", "name another folder") from error
    return []


class AnswerLog:
    """The answers in a folder; safe to be added to from several threads.

    A line that a crash cut off is removed. Lines that are damaged otherwise are left alone and counted: what
    they said is asked again.

    Attributes:
        damaged: Number of such lines.

    Raises:
        InputError: The folder cannot be made, or the file not read and written. Nothing is made before the
            first answer is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.damaged = 0
        self._path = folder / FILE
        self._lock = Lock()
        self._known: dict[str, Outcome] = {}
        for line in _whole_lines(self._path):
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            row = _format().validate_json(line)
        except ValidationError:
            self.damaged += 1
            return
        if row.schema == _FORMAT:
            self._known[row.key] = row.outcome

    def get(self, key: str) -> Outcome | None:
        """What is known; None when it was not asked, or not answered."""
        return self._known.get(key)

    def add(self, key: str, outcome: Outcome, about: Mapping[str, object]) -> None:
        """Keep an outcome at once.

        Args:
            key: What it is about.
            outcome: What came.
            about: The same for people; holds no secret.

        Raises:
            EnvironmentFailure: The file takes no more.
        """
        given = outcome.completion
        row = {
            "schema": _FORMAT,
            "key": key,
            **about,
            "text": given.text if given else None,
            "failure": outcome.failure,
            "read": given.read if given else 0,
            "written": given.written if given else 0,
            "labels": dict(given.labels) if given and given.labels is not None else None,
            "seconds": round(outcome.seconds, 3),
        }
        text = StringIO()
        write_json(row, text)  # half a surrogate pair, which a model may write, becomes U+FFFD
        line = text.getvalue().encode()
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    file.write(line)
            except OSError as error:
                reason = error.strerror or str(error)
                raise EnvironmentFailure(
                    f"cannot write {self._path} ({reason})", "free some space and run again to go on"
                ) from error
            self._take(line)  # as the next run will read it
