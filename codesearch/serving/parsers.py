"""Code that is read by a process of its own: somebody may write it to be slow to parse, or to crash a parser.

Grammars keep the interpreter to themselves while they work. Chained assignments in JavaScript, 256 KiB of
``a=``, are 50 s for which no other request was answered, and nothing in the process can end that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock

from codesearch.core.errors import CodesearchError, InputError
from codesearch.query.source import ReadOptions, Selection, Source, read_source, read_text
from indexer.corpus.ledger import SkipReason
from indexer.parsing.languages import registry
from indexer.parsing.process import WorkerDied, WorkerLimits, WorkerProcess

LARGE = 4 << 10
"""Bytes above which code is read elsewhere: nearly all functions are smaller and are parsed in a millisecond,
where passing them on costs two."""

SECONDS = 2.0
"""For parsing the code of a request; other requests are answered meanwhile."""

MOST_TOKENS = 30_000
"""Tokens of all fragments of a request: 4,000 lines, some of them in a class and in its methods. Aligning
takes time that grows with them: 32 functions in one another with 200,000 tokens each took 42 s."""

_LIMITS = WorkerLimits(seconds=SECONDS, memory=1 << 30)
_HINT = "send the function that matters alone"
_REASONS = {
    SkipReason.TIMEOUT: f"takes longer than {_LIMITS.seconds:g} s to parse",
    SkipReason.OUT_OF_MEMORY: "needs more memory to parse than one request may have",
    SkipReason.PARSER_CRASH: "cannot be parsed: it crashes the parser",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read and cut.

    Attributes:
        selection: The file, or the name of the text, with the lines that matter.
        options: How.
        text: The text where it is at hand; None to read the file.
    """

    selection: Selection
    options: ReadOptions
    text: bytes | None = None

    def source(self) -> Source:
        """Read and cut it, here and now.

        Raises:
            UsageError: It cannot be read, or holds nothing to compare, or too much.
        """
        selection, options = self.selection, self.options
        if self.text is None:
            source = read_source(selection, options)
        else:
            source = read_text(self.text, options, selection.path, selection.lines)
        tokens = sum(len(fragment.tokens) for _, fragment in source.fragments)
        if tokens > MOST_TOKENS:
            raise InputError(f"{tokens:,} tokens are more than {MOST_TOKENS:,} at a time", _HINT)
        return source


class Parsers:
    """Processes that read code, as many as threads ask at a time; safe to use from several threads."""

    def __init__(self, limits: WorkerLimits = _LIMITS) -> None:
        self._limits = limits
        self._lock = Lock()
        self._idle: list[WorkerProcess[Reading, Source]] = []
        self._open = True

    def read(self, reading: Reading, size: int) -> Source:
        """The source of a reading, whose text has ``size`` bytes.

        Raises:
            InputError: It takes too much time or memory, or crashes the parser.
            UsageError: It cannot be read, or holds nothing to compare, or too much.
            EnvironmentFailure: No process can be started.
        """
        if size <= LARGE:
            return reading.source()
        parser = self._take()
        try:
            [source] = parser.ask([reading])
        except WorkerDied as death:  # and is buried
            raise InputError(f"the code {_REASONS[death.reason]}", _HINT) from None
        except CodesearchError:
            self._give_back(parser)
            raise
        except BaseException:  # its answer, if there is one, would be taken for that to the next reading
            _end(parser)
            raise
        self._give_back(parser)
        # One object of each language: what is kept by language is found by it.
        return replace(source, language=registry().get(source.language.id))

    def close(self) -> None:
        """End the processes that are idle now and, as soon as they are, the others.

        A later reading starts one for itself alone.
        """
        with self._lock:
            self._open = False
            idle, self._idle = self._idle, []
        for parser in idle:
            _end(parser)

    def _take(self) -> WorkerProcess[Reading, Source]:
        while (parser := self._take_idle()) is not None:
            if _answers(parser):
                return parser
        parser = WorkerProcess(Reading.source, self._limits)
        try:
            parser.greet()
        except BaseException:  # an interrupt too: nobody else knows of the process
            _end(parser)
            raise
        return parser

    def _take_idle(self) -> WorkerProcess[Reading, Source] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, parser: WorkerProcess[Reading, Source]) -> None:
        with self._lock:
            if self._open:
                self._idle.append(parser)
                return
        _end(parser)


def _answers(parser: WorkerProcess[Reading, Source]) -> bool:
    """Whether an idle process is still there: one that the system ended meanwhile died of no code of ours."""
    try:
        return not [*parser.ask([])]
    except WorkerDied:
        return False


def _end(parser: WorkerProcess[Reading, Source]) -> None:
    parser.kill()
    parser.bury()
