"""Real database servers for tests: PostgreSQL and MariaDB, unprivileged, on loopback.

One of each kind for all tests of a run, shared by its workers. Each has a keeper, a process that
waits until nobody uses the server any more, whatever ended them, then stops it and takes its files
away. So no server outlives a test run, not even a killed one.

    def test_something(database_url: DatabaseUrl) -> None:      # on each kind; SER's tables, empty

A test that changes tables takes `empty_database_url`. One that stops servers takes a server of its
own: `with database_server("postgresql") as server: server.stop(); server.start()`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, TextIO, TypeVar

import pytest
from sqlalchemy import Connection, Engine, delete, select, text

from ser_core.database import schema, tables
from ser_core.database.engine import make_engine
from ser_core.database.jobs import Job
from ser_core.database.url import DatabaseUrl
from tests.support.ports import free_port

T = TypeVar("T")
Kind = Literal["sqlite", "postgresql", "mysql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql", "mysql")

USER, PASSWORD = "ser", "heslo"
START_SECONDS = 30.0
STOP_SECONDS = 10.0


def text_of(url: DatabaseUrl) -> str:
    """A db_url as it stands in ser.cfg, with its password."""
    return str(url).replace(f"{url.user}@", f"{url.user}:{url.password}@", 1)


class Server:
    """A database server in a directory of its own; `stop` and `start` keep data and port."""

    kind: ClassVar[Kind]
    account: ClassVar[str]
    """Whom it runs as; none of them runs as root."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        entry = pwd.getpwnam(self.account)
        self._as_account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        os.chown(directory, entry.pw_uid, entry.pw_gid)
        self.install()
        self.start()
        self.set_up()

    # What each kind does in its own way

    def install(self) -> None:
        """Make the data directory."""
        raise AssertionError("each kind has its own")

    def command(self) -> list[str]:
        """What runs the server in the foreground."""
        raise AssertionError("each kind has its own")

    def set_up(self) -> None:
        """Make the user that tests come as."""
        raise AssertionError("each kind has its own")

    def answers(self) -> bool:
        """Whether it takes connections."""
        raise AssertionError("each kind has its own")

    # Life

    def run(self, *command: str, stdin: str = "") -> None:
        """Run a program as the server's account. Raises CalledProcessError."""
        subprocess.run(
            command,
            input=stdin.encode(),
            check=True,
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=START_SECONDS,
            **self._as_account,  # type: ignore[call-overload]  # user, group, extra_groups
        )

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises TimeoutError."""
        with (self.directory / "log").open("ab") as written:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
                **self._as_account,  # type: ignore[call-overload]  # user, group, extra_groups
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.directory / "log").read_text(errors="replace")[-2000:]
                raise TimeoutError(f"{self.kind} didn't start: {said}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it at once, so that open connections break."""
        if self.process is None:
            return
        self.thaw()
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def freeze(self) -> None:
        """Let it hang: it answers nothing, and its connections stay open."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        """PostgreSQL has a process for each connection, each with a session of its own."""
        import psutil

        assert self.process is not None
        main = psutil.Process(self.process.pid)
        for process in (main, *main.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def url(self, name: str) -> DatabaseUrl:
        """The URL of a database of this server."""
        return DatabaseUrl.parse(f"{self.kind}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}")

    def new_database(self, name: str, template: str = "") -> DatabaseUrl:
        """Make an empty database, or a copy of another one where the server can copy."""
        create_database(self.kind, self.port, name, template)
        return self.url(name)


class PostgreSQL(Server):
    kind = "postgresql"
    account = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: doesn't wait for connections to end

    def install(self) -> None:
        password = self.directory / "password"
        password.write_text(PASSWORD)
        os.chown(password, self._as_account["user"], -1)  # type: ignore[arg-type]
        self.run(
            _program("initdb"), "-D", "data", "-U", USER, "--no-sync", "-E", "UTF8", "--locale=C",
            "--auth=password", "--pwfile=password",
        )  # fmt: skip

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port,
            "unix_socket_directories": "", "fsync": "off", "synchronous_commit": "off",
            "full_page_writes": "off", "max_connections": 200, "shared_buffers": "16MB",
            "max_wal_size": "64MB", "autovacuum": "off",
        }  # fmt: skip
        words = [f"-c{name}={value}" for name, value in settings.items()]
        return [_program("postgres"), "-D", "data", *words]

    def set_up(self) -> None:
        create_database(self.kind, self.port, "template_ser")

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(_postgres(self.port), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class MariaDB(Server):
    kind = "mysql"
    account = "mysql"
    stop_signal = signal.SIGKILL  # its shutdown waits for connections; its log makes it whole again

    def install(self) -> None:
        self.run(
            _program("mariadb-install-db"), "--no-defaults", f"--datadir={self.directory}/data",
            "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
            "--innodb-log-file-size=8M", "--innodb-flush-method=nosync",
        )  # fmt: skip

    def command(self) -> list[str]:
        return [
            _program("mariadbd"), "--no-defaults", f"--datadir={self.directory}/data",
            f"--socket={self.directory}/socket", "--bind-address=127.0.0.1",
            f"--port={self.port}", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--skip-log-bin",
            "--innodb-flush-method=nosync", "--max-connections=200", "--loose-performance-schema=0",
        ]  # fmt: skip

    def set_up(self) -> None:
        with _mysql(self.directory / "socket") as cursor:
            cursor.execute(f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"GRANT ALL ON *.* TO {USER}@'127.0.0.1'")

    def answers(self) -> bool:
        import pymysql

        try:
            with _mysql(self.directory / "socket"):
                return True
        except pymysql.MySQLError:
            return False


SERVERS: dict[Kind, type[Server]] = {"postgresql": PostgreSQL, "mysql": MariaDB}


def missing(kind: Kind) -> str:
    """Why there can't be a server of this kind here; empty when there can."""
    if kind == "sqlite":
        return ""
    if os.geteuid() != 0:
        return f"only root can start {kind} as another user"
    wanted = {"postgresql": ("initdb", "postgres"), "mysql": ("mariadb-install-db", "mariadbd")}
    package = {"postgresql": "postgresql", "mysql": "mariadb-server"}[kind]
    if not all(_program(program, missing_ok=True) for program in wanted[kind]):
        return f"needs {kind}: apt-get install {package}"
    return ""


def _program(name: str, *, missing_ok: bool = False) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = str(places[0]) if places else shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and not missing_ok:
        raise FileNotFoundError(name)
    return found or ""


def _postgres(port: int, name: str = "postgres") -> str:
    return f"host=127.0.0.1 port={port} user={USER} password={PASSWORD} dbname={name}"


@contextlib.contextmanager
def _mysql(socket: Path) -> Iterator[Any]:  # Any: PyMySQL has no types
    import pymysql

    connection = pymysql.connect(user="root", unix_socket=str(socket), autocommit=True)
    with contextlib.closing(connection), connection.cursor() as cursor:
        yield cursor


def create_database(kind: Kind, port: int, name: str, template: str = "") -> None:
    """CREATE DATABASE; `template` is for PostgreSQL only."""
    if kind == "postgresql":
        import psycopg

        with psycopg.connect(_postgres(port), autocommit=True) as postgres:
            postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return
    import pymysql

    mysql = pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD)
    with contextlib.closing(mysql), mysql.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")


def run_work(url: DatabaseUrl, work: Callable[[Connection], T]) -> T:
    """Do what serctl or a thread of the daemon would do, in one transaction."""
    engine = make_engine(url)
    try:
        return Job(work).carry_out(engine)
    finally:
        engine.dispose()


# -- a server for one test -------------------------------------------------------------------------


@contextlib.contextmanager
def database_server(kind: Kind) -> Iterator[Server]:
    """A server of one's own, to stop and to freeze; skips the test where there can't be one."""
    reason = missing(kind)
    if reason:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="ser-db-") as name:
        os.chmod(name, 0o755)
        server = SERVERS[kind](Path(name))
        try:
            yield server
        finally:
            if server.process is not None:
                server.thaw()
                server.process.kill()
                server.process.wait()


# -- a server for all tests of a run ---------------------------------------------------------------


class SharedServer:
    """One server of a kind, shared by whoever has the same `place`."""

    def __init__(self, kind: Kind, place: Path) -> None:
        self.kind = kind
        self._users = (place / f"{kind}.users").open("a")
        state = place / f"{kind}.json"
        with (place / f"{kind}.starting").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_SH)  # waits while a keeper takes a server down
            if not state.exists():
                self._start_keeper(place)
            self.port = int(json.loads(state.read_text())["port"])
        self._made = 0

    def _start_keeper(self, place: Path) -> None:
        ready, written = os.pipe()
        command = [sys.executable, "-m", "tests.support.databases", self.kind, str(place)]
        subprocess.run(
            [*command, str(written)],
            cwd=Path(__file__).parents[2],
            pass_fds=[written],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )
        os.close(written)
        with os.fdopen(ready) as answer:
            said = answer.read()
        if said != "ready":
            raise TimeoutError(f"{self.kind} didn't start: {said}")

    def url(self, name: str) -> DatabaseUrl:
        """The URL of a database of this server."""
        return DatabaseUrl.parse(f"{self.kind}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}")

    def new_database(self, template: str = "") -> DatabaseUrl:
        """A database under a name that nobody else has."""
        self._made += 1
        name = f"ser_{os.getpid()}_{self._made}"
        create_database(self.kind, self.port, name, template)
        return self.url(name)

    def close(self) -> None:
        """Not used by us any more; the last one's keeper takes it down."""
        self._users.close()


def keep(kind: Kind, place: Path, ready: int) -> None:
    """What a keeper does, from the start of a server to its end."""
    answer = os.fdopen(ready, "w")
    try:
        _keep(kind, place, answer)
    except Exception as error:
        with contextlib.suppress(ValueError):  # closed: nobody waits any more
            answer.write(f"{error!r} {getattr(error, 'stderr', b'')!r}")
        raise


def _keep(kind: Kind, place: Path, answer: TextIO) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="ser-db-", ignore_cleanup_errors=True) as name,
        (place / f"{kind}.users").open("a") as users,
    ):
        os.chmod(name, 0o755)
        server = SERVERS[kind](Path(name))
        try:
            if kind == "postgresql":
                engine = make_engine(server.url("template_ser"))
                schema.prepare(engine)
                engine.dispose()
            (place / f"{kind}.json").write_text(json.dumps({"port": server.port}))
            answer.write("ready")
            answer.close()
            fcntl.flock(users, fcntl.LOCK_EX)  # given once all users have let go of it
            with contextlib.suppress(FileNotFoundError):
                (place / f"{kind}.json").unlink()
        finally:
            if server.process is not None:
                server.process.kill()
                server.process.wait()


class Databases:
    """Databases for the tests of one worker: new ones, and those that can be emptied again."""

    def __init__(self, place: Path, own: Path) -> None:
        self._place = place
        self._own = own
        self._servers: dict[Kind, SharedServer] = {}
        self._emptied: list[DatabaseUrl] = []
        self._made = 0

    def empty(self, kind: Kind) -> DatabaseUrl:
        """A database without any table."""
        if kind == "sqlite":
            self._made += 1
            return DatabaseUrl.parse(f"sqlite:///{self._own}/{self._made}.db")
        return self._server(kind).new_database()

    @contextlib.contextmanager
    def prepared(self, kind: Kind) -> Iterator[DatabaseUrl]:
        """One with ser's tables and no rows, in the way that is cheapest for each kind."""
        if kind == "sqlite":
            yield self._copied_file()
        elif kind == "postgresql":
            yield self._server(kind).new_database("template_ser")
        else:
            url = self._emptied.pop() if self._emptied else self._prepared_by_us(kind)
            yield url
            if _empty_again(url):
                self._emptied.append(url)

    def close(self) -> None:
        """Let go of the servers."""
        for server in self._servers.values():
            server.close()

    def _server(self, kind: Kind) -> SharedServer:
        if kind not in self._servers:
            self._servers[kind] = SharedServer(kind, self._place)
        return self._servers[kind]

    def _copied_file(self) -> DatabaseUrl:
        template = DatabaseUrl.parse(f"sqlite:///{self._own}/template.db")
        assert template.file is not None
        if not template.file.exists():
            _prepare(template)
        url = self.empty("sqlite")
        assert url.file is not None
        shutil.copy(template.file, url.file)
        return url

    def _prepared_by_us(self, kind: Kind) -> DatabaseUrl:
        url = self.empty(kind)
        _prepare(url)
        return url


def _prepare(url: DatabaseUrl) -> None:
    with contextlib.closing(_Disposed(url)) as disposed:
        schema.prepare(disposed.engine)


def _empty_again(url: DatabaseUrl) -> bool:
    """Take all rows out; False when the tables aren't what they were."""
    names = {table.name for table in tables.metadata.sorted_tables}
    with contextlib.closing(_Disposed(url)) as disposed, disposed.engine.begin() as connection:
        there = connection.execute(text("SHOW TABLES")).scalars().all()
        if set(there) != names:
            return False
        column = tables.version.c
        number = connection.execute(
            select(column.table_version).where(column.table_name == schema.SCHEMA)
        ).scalar()
        for table in tables.metadata.sorted_tables:
            if table is not tables.version:
                connection.execute(delete(table))
    return number == schema.NEWEST


class _Disposed:
    """An engine that closes its connections."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.engine: Engine = make_engine(url)

    def close(self) -> None:
        self.engine.dispose()


# -- fixtures --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    own = tmp_path_factory.mktemp("databases")
    base = tmp_path_factory.getbasetemp()
    # xdist's workers have directories of their own below the one of the run.
    made = Databases(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base, own)
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[DatabaseUrl]:
    """A database of each kind, with ser's tables and nothing in them."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    with databases.prepared(request.param) as url:
        yield url


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, databases: Databases) -> DatabaseUrl:
    """A database of each kind, without tables."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    return databases.empty(request.param)


if __name__ == "__main__" and os.fork() == 0:  # a process of its own, nobody's child
    keep(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))  # type: ignore[arg-type]  # a kind
