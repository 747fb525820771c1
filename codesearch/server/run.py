"""A server from its settings: started, announced, and stopped without losing what it was at."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

from codesearch.audit.lock import serving
from codesearch.core.cores import available_cores
from codesearch.core.errors import EnvironmentFailure
from codesearch.engine import Engine
from codesearch.server.app import create_app
from codesearch.server.jobs.queue import JobQueue
from codesearch.server.jobs.scheduling import DueSchedules
from codesearch.server.security.access import open_access
from codesearch.server.security.library_logs import bound_library_logs
from codesearch.server.security.slow_clients import LONGEST_HEADER, guarded_protocol
from codesearch.server.state import ServeOptions, ServerState
from codesearch.server.work.review import ReviewDesk
from codesearch.serving.announcing import AnnouncingServer
from codesearch.serving.garbage import look_for_garbage_of_requests
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.pool import WorkPool

_SHUTDOWN_SECONDS = 5
_SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter when another one waits. A request comes and goes in a few steps of
the event loop, each of which waits that long behind every search: with Python's 5 ms the slowest twentieth of
50 searches a second took 1.5 times as long."""
_KEEP_ALIVE_SECONDS = 30


def serve(engine: Engine, words: Sequence[str], announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        engine: Of an index that exists.
        words: Global options of the command line with which other processes find that index.
        announce: Hears the address once it takes connections.

    Raises:
        IndexFailure: There is no index, it cannot be used, or another server serves it.
        EnvironmentFailure: The port is taken or not ours to take.
        UsageError: The address is one that needs a token, and there is none.
    """
    engine.migrate()
    # By SIGTERM service managers stop a process; like an interrupt it is the normal end, after what is open.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bound_library_logs()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _listening(engine) as listener:
        schedules = DueSchedules(engine, words)
        state = server_state(engine, listener.getsockname()[1], schedules)
        options = state.options
        address = f"http://{_shown(options.host)}:{options.port}"
        with serving(engine.folder.path, address), suppress(KeyboardInterrupt):
            config = uvicorn.Config(
                create_app(state),
                http=guarded_protocol(options),
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=LONGEST_HEADER,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            )
            server = AnnouncingServer(config, lambda: announce(address), state.jobs.end_streams)
            look_for_garbage_of_requests()
            server.run(sockets=[listener])


def server_state(engine: Engine, port: int, schedules: DueSchedules | None = None) -> ServerState:
    """The parts of a server over an engine, none of them started.

    Args:
        engine: Of an index that exists.
        port: Where the server listens.
        schedules: Runs due schedules; None where nobody wants that.

    Raises:
        IndexFailure: The index cannot be used.
        UsageError: The address is one that needs a token, and there is none.
    """
    settings = engine.settings
    options = ServeOptions(**{**settings.server.model_dump(), "port": port})
    index = LiveIndex(engine, None)
    with index.searcher():  # what is broken is told before anybody asks, and models are loaded once
        pass
    return ServerState(
        index=index,
        pool=WorkPool(options.max_concurrency or available_cores(), options.queue_limit),
        jobs=JobQueue(engine, schedules),
        access=open_access(engine, options),
        options=options,
        review=ReviewDesk(),
    )


def _listening(engine: Engine) -> socket.socket:
    host, port = engine.settings.server.host, engine.settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise EnvironmentFailure(
            f"cannot listen on {host}:{port} ({reason})", "choose another --host or --port"
        ) from None


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
