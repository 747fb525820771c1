"""Analysers that misbehave on request; worker processes import them by name."""

from __future__ import annotations

import ctypes
import os
import signal
import time

from codesearch.core.errors import ConfigError, MissingExtra
from codesearch.core.protocols import SkippedFile, SourceFile
from indexer.parsing.pool import Result
from indexer.parsing.worker import AnalyseOptions


def report(task: SourceFile, reason: str = "binary") -> SkippedFile:
    return SkippedFile(task.path, task.size, os.getpid(), reason)


def by_name(task: SourceFile, options: AnalyseOptions) -> Result:  # noqa: PLR0912  (a case per fate)
    """Do what the file's name says; otherwise answer with the process id in place of the time."""
    match task.path.partition("-")[0]:
        case "segfault":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(0)
        case "raise":
            raise RuntimeError
        case "recurse":
            by_name(task, options)
        case "memory":
            return report(task, "x" * (1 << 40))
        case "hog":
            bytearray(options.memory_limit)
        case "sleep":
            time.sleep(600)
        case "stuck":
            # A loop in C that no Python signal handler could interrupt.
            sum(iter(int, 1))
        case "config":
            raise ConfigError("languages.x is wrong", "repair it")
        case "extra":
            raise MissingExtra("reading x", "x")
        case "chatty":
            print("noise on standard output")
    return report(task)


def is_isolated(task: SourceFile, options: AnalyseOptions) -> SkippedFile:
    """The reason tells whether the process ignores interrupts and shares the parent's process group."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return report(task, f"{ignored} {os.getpgid(0) == os.getpgid(os.getppid())}")
