"""The last audit as a file in one of the report formats."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from threading import Event
from typing import TYPE_CHECKING

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from codesearch.core.audit import AuditRun, AuditSources, Member
from codesearch.core.errors import Interrupted, UsageError
from codesearch.core.protocols import Reporter
from codesearch.core.results import Evidence
from codesearch.report.audit_formats import reporter
from codesearch.report.audit_wording import short
from codesearch.server.failures import NotFound
from codesearch.server.state import ServerState
from codesearch.server.work.audits import last_audit
from codesearch.serving.live_index import LiveIndex

if TYPE_CHECKING:
    from codesearch.audit.run import Audit

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16

FILES: Mapping[str, tuple[str, str]] = {
    "text": ("clones.txt", "text/plain; charset=utf-8"),
    "json": ("clones.json", "application/json"),
    "sarif": ("clones.sarif", "application/sarif+json"),
    "html": ("clones.html", "text/html; charset=utf-8"),
    "markdown": ("clones.md", "text/markdown; charset=utf-8"),
    "csv": ("clones.csv", "text/csv; charset=utf-8"),
    "gitlab": ("gl-code-quality-report.json", "application/json"),
    "junit": ("clones.junit.xml", "application/xml"),
}
"""What a file of each format is called, and what it is sent as."""


async def audit_download(state: ServerState, name: str) -> Response:
    """The last audit as it was reported, as a file to keep, whatever is in it.

    The answer begins before the report is written, which takes a minute for the page of a large audit.

    Raises:
        NotFound: There is no such format, or nothing was audited.
        IndexFailure: There is no index.
    """
    written = await state.pool.run(lambda: _wanted(state.index, name))
    file_name, media_type = FILES[name]
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Content-Type": media_type,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_body(state, written), headers=headers)


@dataclass(frozen=True, slots=True)
class _Wanted:
    reporter: Reporter
    audit: Audit
    gone: Event = field(default_factory=Event)

    def write(self) -> Iterator[bytes]:
        """The report in pieces, all of it written before the first; its file is gone after the last.

        Raises:
            Interrupted: Whoever wanted it is gone.
        """
        file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it was read
        out = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
        self.reporter.write(self.audit.report, _WhileWanted(self.audit.sources, self.gone), out)
        out.flush()
        out.detach()
        file.seek(0)
        return _chunks(file)


@dataclass(frozen=True, slots=True)
class _WhileWanted:
    """Sources that raise Interrupted once nobody waits for the report: its thread cannot be stopped."""

    sources: AuditSources
    gone: Event

    def lines(self, member: Member) -> Sequence[str] | None:
        self._require_wanted()
        return self.sources.lines(member)

    def evidence(self, first: Member, other: Member) -> tuple[Evidence, ...]:
        self._require_wanted()
        return self.sources.evidence(first, other)

    def history(self) -> Sequence[AuditRun]:
        return self.sources.history()

    def _require_wanted(self) -> None:
        if self.gone.is_set():
            raise Interrupted("nobody waits for the report any more")


def _wanted(index: LiveIndex, name: str) -> _Wanted:
    try:
        return _Wanted(reporter(short(name, 40)), last_audit(index))
    except UsageError as problem:
        raise NotFound(problem.message, problem.hint) from None


async def _body(state: ServerState, wanted: _Wanted) -> AsyncIterator[bytes]:
    try:
        async for chunk in iterate_in_threadpool(await state.pool.run(wanted.write)):
            yield chunk
    finally:
        wanted.gone.set()


def _chunks(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
