"""One round: a command meets a fault, and everything that a user could notice is compared afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from commandline import CHECKOUT
from commandline import Outcome as Done
from crash.injector import FROZEN, Fault, Kind, build
from crash.nursery import Reply, Request
from crash.operations import OF_THE_INDEX, QUESTIONS, Operation, answer

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A kill at a moment instead of a call: so many seconds after the start, the workers at the same time or
    not.
    """

    seconds: float
    with_workers: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round showed.

    Attributes:
        operation: Its name.
        fault: What happened to it.
        state: ``old``, ``new`` or ``neither``; what was found right afterwards.
        problems: What must not be; empty in a good round.
    """

    operation: str
    fault: Fault | Moment
    state: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that can be seen: answers to every question, names of files, digests of what is reproducible."""

    answers: tuple[object, ...]
    files: frozenset[str]
    contents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """An operation that nothing happens to.

    Attributes:
        before: State that it starts from.
        after: State that it leaves.
        calls: By which it changes files, in order, as ``operation, path``.
        seconds: That it takes.
    """

    before: State
    after: State
    calls: tuple[tuple[str, str], ...]
    seconds: float


class Nursery:
    """The process that forks a child for each command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Nursery]:
        """A nursery for users below a folder.

        Raises:
            NoCompiler: The injector cannot be built here.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CODESEARCH_")}
        surroundings = {
            "LD_PRELOAD": str(build(folder)),
            "PYTHONPATH": os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tests"))),
            "XDG_CONFIG_HOME": str(World(folder).config),
        }
        command = [sys.executable, "-m", "crash.nursery"]
        with subprocess.Popen(
            command,
            env=kept | _ONE_THREAD | surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            nursery = cls(process)
            assert nursery._line() == "ready\n"
            yield nursery
            assert process.stdin is not None
            process.stdin.close()

    def ask(self, request: Request) -> Reply:
        """Have a child do something, and wait for its end."""
        assert self._process.stdin is not None
        print(request.line(), file=self._process.stdin, flush=True)
        return Reply.parse(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        return line


@dataclass(frozen=True, slots=True)
class World:
    """All that belongs to one user: corpora, index, settings; it can be kept and put back.

    Attributes:
        base: Folder of the world, at the same place in every round, and of what is kept of it.
    """

    base: Path

    @property
    def path(self) -> Path:
        """What the injector watches."""
        return self.base / "world"

    @property
    def home(self) -> Path:
        """The current folder of commands."""
        return self.path / "home"

    @property
    def config(self) -> Path:
        """The user's configuration."""
        return self.path / "config"

    def clear(self) -> None:
        """Make it that of a new user."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.home.mkdir(parents=True)

    def keep(self, name: str) -> None:
        """Keep it as it is."""
        shutil.copytree(self.path, self.base / name, symlinks=True)

    def restore(self, name: str) -> None:
        """Put back what was kept."""
        shutil.rmtree(self.path)
        shutil.copytree(self.base / name, self.path, symlinks=True)

    def files(self) -> frozenset[str]:
        """Relative paths of all files."""
        return frozenset(str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file())

    def contents(self) -> dict[str, str]:
        """Digests of what equal runs make equal: segments, and the manifest without its signature."""
        index = self.home / ".codesearch"
        digests = {
            str(path.relative_to(index)): blake2b(path.read_bytes()).hexdigest()
            for path in (index / "segments").glob("*/*")
        }
        if (index / "manifest.json").exists():
            manifest = json.loads((index / "manifest.json").read_bytes())
            digests["manifest.json"] = json.dumps(manifest | {"signature": ""}, sort_keys=True)
        return digests


class Trial:
    """An operation, its reference, and rounds of it.

    Args:
        nursery: Runs what is to be run.
        world: Of this trial alone.
        operation: What is interrupted.
    """

    def __init__(self, nursery: Nursery, world: World, operation: Operation) -> None:
        self._nursery = nursery
        self._world = world
        self.operation = operation

    @cached_property
    def reference(self) -> Reference:
        """What the operation does when nothing happens."""
        self._world.clear()
        self.operation.prepare(self._world.home, self._run)
        kept = self.operation.name
        shutil.rmtree(self._world.base / kept, ignore_errors=True)
        self._world.keep(kept)
        before = self._look()
        self._world.restore(kept)
        started = time.monotonic()
        reply = self._ask(self.operation.command, traced=True)
        seconds = time.monotonic() - started
        assert reply.status == 0, reply
        return Reference(before, self._look(), reply.calls, seconds)

    def round(self, fault: Fault | Moment) -> Outcome:
        """Let the fault happen, look at what it left, and run again."""
        reference = self.reference
        self._world.restore(self.operation.name)
        reply = self._ask(self.operation.command, fault)
        found = self._look()
        state = "neither"
        for name, known in (("old", reference.before), ("new", reference.after)):
            if found.answers == known.answers:
                state = name
        if state == "neither" and self.operation.mends and _is_as_broken(found, reference.before):
            state = "old"
        problems = [*_of_process(reply, fault, state), *self._of_state(found, state)]
        if runs_again := state != "new" or self.operation.repeatable:
            again = self._ask(self.operation.command)
            if again.status:
                problems.append(f"the next run fails: {again.outcomes[-1:]}")
        problems += self._of_settled(runs_again)
        return Outcome(self.operation.name, fault, state, tuple(problems))

    def at_another_time(self, jump: int) -> State:
        """What the operation leaves where the clock has jumped so many seconds since the state before it."""
        _ = self.reference
        self._world.restore(self.operation.name)
        request = Request((self.operation.command,), self._world.home, self._world.path, clock=FROZEN + jump)
        reply = self._nursery.ask(request)
        assert reply.status == 0, reply
        return self._look()

    def _of_state(self, found: State, state: str) -> Iterator[str]:
        if state != "neither":
            return
        pairs = zip(QUESTIONS, found.answers, self.reference.before.answers, strict=True)
        for words, got, old in pairs:
            if got != old:
                yield f"'{' '.join(words)}' says {json.dumps(got)[:600]}"

    def _of_settled(self, after_a_run: bool) -> Iterator[str]:
        """After the next good run everything is as without the fault; marks of a dead writer wait for it."""
        settled, wanted = self._look(), self.reference.after
        for words, got, new in zip(QUESTIONS, settled.answers, wanted.answers, strict=True):
            if got != new:
                yield f"after the next run '{' '.join(words)}' says {json.dumps(got)[:600]}"
        extra = sorted(settled.files - wanted.files - self.reference.before.files)
        if extra and after_a_run:
            yield f"left behind: {', '.join(extra)}"
        if lost := sorted(wanted.files - settled.files):
            yield f"lost: {', '.join(lost)}"
        for name, digest in wanted.contents.items():
            if settled.contents.get(name) != digest:
                yield f"after the next run {name} has other bytes"

    def _ask(
        self, words: tuple[str, ...], fault: Fault | Moment | None = None, *, traced: bool = False
    ) -> Reply:
        chances: dict[str, Any] = {}
        if isinstance(fault, Moment):
            chances = {"kill_after": fault.seconds, "with_workers": fault.with_workers}
        elif fault is not None:
            chances = {"fault": fault}
        request = Request((words,), self._world.home, self._world.path, traced=traced, **chances)
        return self._nursery.ask(request)

    def _run(self, *words: str) -> None:
        reply = self._ask(words)
        assert reply.status == 0, reply

    def _look(self) -> State:
        reply = self._nursery.ask(Request(QUESTIONS, self._world.home, self._world.path))
        answers = tuple(_answer(done) for done in reply.outcomes)
        missing = len(QUESTIONS) - len(answers)
        return State(
            answers + (f"died with {reply.status}",) * missing, self._world.files(), self._world.contents()
        )


def _is_as_broken(found: State, before: State) -> bool:
    """Whether doctor and the index itself say that it is broken, and all else is as it was."""
    for words, got, old in zip(QUESTIONS, found.answers, before.answers, strict=True):
        if words == ("@health",):
            if not isinstance(got, list) or all(healthy for _, healthy in got):
                return False
        elif got != old and not (words in OF_THE_INDEX and got == 3):
            return False
    return True


def _answer(done: Done) -> object:
    if "Traceback" in done.err or "unexpected" in done.err:
        return done.err
    return answer(done.code, done.out)


def _of_process(reply: Reply, fault: Fault | Moment, state: str) -> Iterator[str]:
    """What the process itself did wrong."""
    if reply.orphans:
        yield f"{reply.orphans} worker processes outlived it"
    if not reply.outcomes:
        if reply.status != -9 or (isinstance(fault, Fault) and not fault.kind.kills):
            yield f"it ended with {reply.status}"
        return
    [done] = reply.outcomes
    if done.code == 0:
        if state != "new":
            yield "it said that it was done, and it was not"
    elif done.code != 3:
        yield f"exit code {done.code}: {done.err}"
    elif isinstance(fault, Fault) and fault.kind is Kind.SHORT:
        yield f"a short write is no failure: {done.err}"
    errors = [line for line in done.err.splitlines() if line.startswith("codesearch: error: ")]
    if len(errors) != bool(done.code) or "Traceback" in done.err or "unexpected" in done.err:
        yield f"not one clear line: {done.err}"
