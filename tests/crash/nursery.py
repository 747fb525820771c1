"""A process that has loaded everything and forks a child for each command: a round costs no start-up.

It runs as ``python -m crash.nursery`` with the injector preloaded, reads one :class:`Request` after the
other from its standard input and answers each with a :class:`Reply`, both as JSON lines. It has no threads:
children of such a process may do anything.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from commandline import Outcome, call
from crash.injector import FROZEN, Fault, Injector, Kind
from crash.observing import health, pack_state

from codesearch.core.protocols import SourceFile
from indexer.parsing.pool import Result

PATIENCE = 120  # seconds until a process that ought to end counts as one that never does
ARRAYS_IN_LISTS = (
    8  # contents from which on a segment gets a FAISS file, else 200,000: rounds have a few dozen
)


@dataclass(frozen=True, slots=True)
class Request:
    """Commands for one child.

    Attributes:
        commands: Words after the program's name; ``@health`` and ``@pack FILE`` observe.
        home: Current folder of the child.
        watched: Folder whose changes count.
        fault: What goes wrong.
        traced: Whether the calls are wanted.
        clock: Second of the epoch at which it all happens.
        kill_after: Seconds after which the child is killed; None lets it end.
        with_workers: Kill its worker processes too, at the same moment.
    """

    commands: tuple[tuple[str, ...], ...]
    home: Path
    watched: Path
    fault: Fault | None = None
    traced: bool = False
    clock: int = FROZEN
    kill_after: float | None = None
    with_workers: bool = False

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def parse(cls, line: str) -> Request:
        """What :meth:`line` wrote."""
        raw = json.loads(line)
        fault = raw["fault"] and Fault(Kind(raw["fault"]["kind"]), raw["fault"]["call"])
        commands = tuple(map(tuple, raw["commands"]))
        paths = {name: Path(raw[name]) for name in ("home", "watched")}
        return cls(**raw | {"fault": fault, "commands": commands} | paths)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a child.

    Attributes:
        status: Exit code of its last command, or minus the signal that ended it.
        outcomes: Of the commands that ended.
        calls: By which it changed files, as ``operation, path``; empty unless they were traced.
        orphans: Worker processes that did not end with it.
    """

    status: int
    outcomes: tuple[Outcome, ...]
    calls: tuple[tuple[str, str], ...]
    orphans: int

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, line: str) -> Reply:
        """What :meth:`line` wrote."""
        raw = json.loads(line)
        outcomes = tuple(Outcome(**outcome) for outcome in raw["outcomes"])
        calls = tuple((operation, path) for operation, path in raw["calls"])
        return cls(raw["status"], outcomes, calls, raw["orphans"])


def serve() -> None:
    """Answer requests until the other end closes."""
    injector = Injector()
    injector.adopt_orphans()
    warm_up()
    gc.collect()
    gc.freeze()  # so that children do not copy every page by counting references
    print("ready", flush=True)
    for line in sys.stdin:
        print(_answer(Request.parse(line), injector).line(), flush=True)


def warm_up() -> None:
    """Run commands once, in a folder that goes, so that their modules and models are loaded."""
    from commandline import unique, write_tree

    from indexer.vectors import choice

    choice.FLAT_LIMIT = ARRAYS_IN_LISTS
    before = os.environ["XDG_CONFIG_HOME"], Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CONFIG_HOME"] = name
        os.chdir(write_tree(Path(name), {f"corpus/m{number}.py": unique(number) for number in range(12)}))
        for words in ("index corpus", "query corpus/m1.py --json", "status --json", "audit corpus --json"):
            done = call(*words.split())
            assert done.code == 0, done.err
        health()
        os.chdir(before[1])
    os.environ["XDG_CONFIG_HOME"] = before[0]


def _answer(request: Request, injector: Injector) -> Reply:
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as trace:
        child = os.fork()
        if not child:
            os.close(reading)
            _be_child(request, injector, trace.fileno() if request.traced else -1, writing)
        os.close(writing)
        said = _hear(child, reading, request)
        _, status = os.waitpid(child, 0)
        orphans = _bury_orphans()
        trace.seek(0)
        lines = [line.partition("\t") for line in trace.read().decode("utf-8", "replace").splitlines()]
    outcomes = tuple(Outcome(**outcome) for outcome in map(json.loads, said.decode().splitlines()))
    calls = tuple((operation, path) for operation, _, path in lines)
    return Reply(os.waitstatus_to_exitcode(status), outcomes, calls, orphans)


def _be_child(request: Request, injector: Injector, trace: int, out: int) -> None:
    """Run the commands and end; each outcome is a line on ``out``."""
    code = 70  # a defect of the nursery
    try:
        os.chdir(request.home)
        injector.set_clock(request.clock)
        if request.kill_after is None:
            _analyse_here()
        for number, words in enumerate(request.commands):
            if not number:
                injector.arm(request.watched, request.fault, trace)
            done = _run(words)
            code = done.code
            os.write(out, json.dumps(asdict(done)).encode() + b"\n")
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _analyse_here() -> None:
    """Do without parser processes, which write nothing and take half a second to start."""
    from indexer import stages
    from indexer.parsing.worker import AnalyseOptions, analyse_file

    def analyse(tasks: Iterable[SourceFile], options: AnalyseOptions, _: int) -> Generator[Result]:
        yield from (analyse_file(task, options) for task in tasks)

    patch.object(stages, "analyse_files", analyse).start()


def _run(words: Sequence[str]) -> Outcome:
    match words:
        case ["@health"]:
            return Outcome(0, json.dumps(health()), "")
        case ["@pack", name]:
            return Outcome(0, json.dumps(pack_state(Path(name))), "")
        case _:
            return call(*words)


def _hear(child: int, reading: int, request: Request) -> bytes:
    """All that a child says until it ends; it is killed when it is time, and always in the end."""
    said = bytearray()
    limit = PATIENCE if request.kill_after is None else request.kill_after
    deadline = time.monotonic() + limit
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                _kill(child, with_workers=request.with_workers)
                deadline = time.monotonic() + PATIENCE
            elif chunk := pipe.read(1 << 16):
                said += chunk
            else:
                return bytes(said)


def _kill(child: int, *, with_workers: bool) -> None:
    workers: list[int] = []
    with suppress(OSError):
        if with_workers:
            os.kill(child, signal.SIGSTOP)  # or it would start one meanwhile
            workers = [int(pid) for pid in Path(f"/proc/{child}/task/{child}/children").read_text().split()]
    for pid in (child, *workers):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _bury_orphans() -> int:
    """Wait for the workers that a dead child has left to us; returns how many had to be killed."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 0
        if not pid:
            time.sleep(0.002)
    orphans = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for orphan in orphans:
        os.kill(int(orphan), signal.SIGKILL)
        os.waitpid(int(orphan), 0)
    return len(orphans)


if __name__ == "__main__":
    serve()
