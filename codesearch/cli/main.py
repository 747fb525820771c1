"""The entry point: runs a command and turns whatever goes wrong into one line and an exit code.

Exit codes: 0 done, 1 a gate closed, 2 usage or bad input, 3 environment, 130 interrupted, 141 the reader of
our output went away.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
from click.shell_completion import shell_complete

from codesearch import __version__
from codesearch.cli.commands import LazyGroup
from codesearch.cli.options import Invocation, global_options
from codesearch.core.errors import CodesearchError, EnvironmentFailure
from codesearch.report.printable import printable

PROGRAM = "codesearch"
COMPLETION_VARIABLE = "_CODESEARCH_COMPLETE"
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
READER_GONE = 141  # 128 + SIGPIPE

cli = LazyGroup(
    PROGRAM,
    params=[*global_options()],
    help="Find copied, adapted and rewritten code, with a verdict, its reasons and its places.",
    epilog="Exit codes: 0 done, 1 a gate closed, 2 bad input, 3 environment, 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
cli = click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")(cli)


def run() -> NoReturn:
    """Entry of the installed command: :func:`main` on the words of the process, which it ends."""
    code = main()
    # Python would end itself by the signal, whatever we made of it, when an interrupt came while it ran code
    # from a string, as dataclasses do on import; running another string makes it forget that.
    exec("")  # noqa: S102 - nothing at all
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: Words after the program's name; None means those of the process.
    """
    # Start-up makes half a million objects that stay; looking for garbage among them takes 5 % of a query.
    gc.set_threshold(100_000)
    words = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        return shell_complete(cli, {"obj": Invocation()}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        return _run(words)
    except BrokenPipeError:
        # Whatever is still buffered would fail once more when the interpreter flushes it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted; the previous index is untouched", INTERRUPTED)
    except click.ClickException as error:
        return _fail(_usage_message(error), 2)
    except Exception as error:
        if "--debug" in words:
            traceback.print_exc()
        failure = _as_failure(error)
        return _fail(str(failure), failure.exit_code)


def _run(words: list[str]) -> int:
    invocation = Invocation()
    invocation.set_up_logging()
    try:
        with cli.make_context(PROGRAM, [*words] or ["--help"], obj=invocation) as context:
            result = cli.invoke(context)
    except click.exceptions.Exit as request:
        result = request.exit_code
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _as_failure(error: Exception) -> CodesearchError:
    if isinstance(error, CodesearchError):
        return error
    if isinstance(error, MemoryError):
        return EnvironmentFailure("out of memory", "close other programs, or lower parsing.jobs")
    if isinstance(error, OSError):
        where = "" if error.filename is None else f": {error.filename}"
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "free some space and run again" if full else "check that path"
        return EnvironmentFailure(f"{error.strerror or error}{where}", hint)
    return EnvironmentFailure(
        f"unexpected {type(error).__name__}: {error}", "run again with --debug and report the traceback"
    )


def _usage_message(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} (see `{context.command_path} --help`)" if context else message


def _fail(message: str, exit_code: int) -> int:
    print(f"{PROGRAM}: error: {printable(message)}", file=sys.stderr)
    return exit_code


def _prepare_streams() -> None:
    """A terminal in another encoding gets escapes for what it cannot show; a stream that the caller closed
    holds nothing and takes everything.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    run()
