"""One worker process: it answers tasks in order until it is told to stop, dies, or is killed.

A worker is a fresh interpreter and not a fork: a server that starts an index run has threads, and forking
those can hang the child. It is not ``multiprocessing`` either, whose children import the caller's main module
again, so that a script without a main guard would index for ever.

Time is limited by the kernel's interval timer, whose signal ends the process also inside C code and when the
parent is gone; memory by ``RLIMIT_DATA``, because address space that is only reserved costs nothing.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from codesearch.core.errors import CodesearchError, EnvironmentFailure
from indexer.corpus.ledger import SkipReason

_EXIT_OUT_OF_MEMORY = 101
_EXIT_CRASHED = 102
_READY = b"ready"
_PROTOCOL = 5  # arrays are written without a copy
_START_HINT = "check the Python installation and the limits on processes and memory"
_SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one task may cost.

    Attributes:
        seconds: Wall-clock time.
        memory: Bytes of data of the whole process, of which the interpreter and its
            libraries take about 30 MB.
    """

    seconds: float = 10.0
    memory: int = 2 << 30


@dataclass(frozen=True, slots=True)
class _Failed:
    """A task raised what is no fate of a task: the run ends with this error.

    In parts, because subclasses have constructors of their own, which is where unpickling them fails.
    """

    kind: type[CodesearchError]
    message: str
    hint: str

    def error(self) -> CodesearchError:
        error = self.kind.__new__(self.kind)
        CodesearchError.__init__(error, self.message, self.hint)
        return error


class WorkerDied(Exception):
    """The process ended during the first task that it has not answered."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class WorkerProcess(Generic[Task, Answer]):
    """The parent's end of a worker; :meth:`greet` before the first :meth:`ask`.

    Args:
        work: Importable function, or partial of one, that answers a task.
        limits: What one task may cost.

    Raises:
        EnvironmentFailure: The process cannot be started.
    """

    def __init__(self, work: Callable[[Task], Answer], limits: WorkerLimits) -> None:
        self._connection, theirs = Pipe()
        # -I: neither the current folder, which may be a hostile corpus, nor PYTHON* variables decide what is
        # imported.
        main = f"from {__name__} import serve; serve({theirs.fileno()})"
        program = f"import sys; sys.path = {sys.path!r}; {main}"
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter)
                [sys.executable, "-I", "-X", f"utf8={sys.flags.utf8_mode}", "-c", program],
                pass_fds=[theirs.fileno()],
                env=os.environ | _SINGLE_THREADED,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C on the terminal reaches the parent alone, which kills its workers
            )
        except OSError as error:
            self._connection.close()
            raise EnvironmentFailure(f"cannot start a parser process ({error})", _START_HINT) from error
        finally:
            theirs.close()
        self._first_message = pickle.dumps((work, limits), _PROTOCOL)

    def greet(self) -> None:
        """Hand over the work and wait until the process has loaded it.

        Raises:
            EnvironmentFailure: The process ended before that, so no task is at fault.
        """
        try:
            self._connection.send_bytes(self._first_message)
            self._connection.recv_bytes()
        except (EOFError, OSError):
            code = self.bury()
            message = f"a parser process ended at start with code {code}"
            raise EnvironmentFailure(message, _START_HINT) from None

    def ask(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Answers in the order of the tasks, each as soon as it is there.

        Raises:
            WorkerDied: During the first task without an answer; the process is gone.
            CodesearchError: The work raised it.
        """
        try:
            self._connection.send_bytes(pickle.dumps(tasks, _PROTOCOL))
            for _ in tasks:
                answer = pickle.loads(self._connection.recv_bytes())  # noqa: S301  (from our own process)
                if isinstance(answer, _Failed):
                    raise answer.error()
                yield answer
        except (EOFError, OSError):
            raise WorkerDied(_reason(self.bury())) from None

    def kill(self) -> None:
        """End the process at once, whatever it does; safe while another thread waits for an answer."""
        self._process.kill()
        self._process.wait()

    def bury(self) -> int:
        """Exit code of a process that has ended or is about to; closes the connection."""
        code = self._process.wait()
        self._connection.close()
        return code


def _reason(exit_code: int) -> SkipReason:
    if exit_code == -signal.SIGALRM:
        return SkipReason.TIMEOUT
    # Nobody but the kernel kills a worker at work: it does when the machine itself runs out of memory.
    if exit_code in {_EXIT_OUT_OF_MEMORY, -signal.SIGKILL}:
        return SkipReason.OUT_OF_MEMORY
    return SkipReason.PARSER_CRASH


def serve(descriptor: int) -> None:
    """Main function of the process: answer what comes in over a socket until its other end closes."""
    connection = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # both could be inherited otherwise
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    with suppress(EOFError, OSError):  # the parent is gone, and nobody is left to tell
        work, limits = pickle.loads(connection.recv_bytes())  # noqa: S301  (from our parent)
        _limit_resources(limits)
        connection.send_bytes(_READY)
        while True:
            for task in pickle.loads(connection.recv_bytes()):  # noqa: S301  (likewise)
                connection.send_bytes(pickle.dumps(_answer(work, task, limits.seconds), _PROTOCOL))


def _limit_resources(limits: WorkerLimits) -> None:
    for kind, amount in ((resource.RLIMIT_DATA, limits.memory), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        allowed = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (allowed, hard))


def _answer(work: Callable[[Task], Answer], task: Task, seconds: float) -> Answer | _Failed:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work(task)
    except MemoryError:
        os._exit(_EXIT_OUT_OF_MEMORY)  # what the heap looks like now is nothing to build the next answer on
    except CodesearchError as error:
        return _Failed(type(error), error.message, error.hint)
    except Exception:  # a defect that one file shows: counted as parser-crash, and the run goes on
        os._exit(_EXIT_CRASHED)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
