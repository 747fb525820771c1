"""The process of one job: ``python -P -m codesearch.server.jobs.child``.

An order comes as the first line of standard input, messages go out as lines of standard output, and the last
line of standard error says why it failed. When standard input ends, the server is gone, and so are we.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import BinaryIO

NICENESS = 10  # a tenth of the time of whoever searches; at 19 a busy machine would never finish an index
GRACE = 30  # seconds that an interrupted run may take to end by itself


def main() -> int:
    """Carry out the order on standard input; returns the exit code, as of the command line."""
    # An interrupt from the terminal is the server's, which then stops us. A group and not a session, to which
    # Linux gives an equal share however nice it is (autogroup).
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A service manager sends this to all processes; what becomes of the job is the server's to say.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    from codesearch.core.errors import CodesearchError

    try:
        _run(_read_line(), _private_output())
    except CodesearchError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except OSError as error:
        where = "" if error.filename is None else f": {error.filename}"
        return _fail(f"{error.strerror or error}{where}", 3)
    except MemoryError:
        return _fail("out of memory: close other programs, or lower parsing.jobs", 3)
    except Exception as error:  # one line, whatever it is, without its message, which may hold source text
        return _fail(f"unexpected {type(error).__name__}", 3)
    return 0


def _run(order: bytes, output: BinaryIO) -> None:
    """Everything after the first line was read; heavy imports are done with the low priority."""
    threading.Thread(target=_end_with_server, daemon=True).start()
    from codesearch.core.settings.load import user_config_file
    from codesearch.engine import Engine
    from codesearch.server.jobs.messages import JobOrder, Message, ToldProgress, message_line
    from codesearch.server.jobs.work import carry_out, spared

    def tell(message: Message) -> None:
        output.write(message_line(message))
        output.flush()

    wanted = JobOrder.parse(order)
    engine = Engine(spared(wanted.settings), user_config_file().parent)
    tell(carry_out(wanted.request, engine, ToldProgress(tell)))


def _read_line() -> bytes:
    # Not through sys.stdin, whose lock a thread that waits for its end would hold at exit.
    line = bytearray()
    while not line.endswith(b"\n"):
        part = os.read(0, 1 << 16)
        if not part:
            raise KeyboardInterrupt  # the server went before it said what to do
        line += part
    return bytes(line)


def _private_output() -> BinaryIO:
    """Standard output for messages alone; what others print goes to standard error."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _end_with_server() -> None:
    while os.read(0, 1 << 10):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(130)


def _fail(message: str, code: int) -> int:
    from codesearch.audit.child import ERROR

    print(f"{ERROR}{' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
