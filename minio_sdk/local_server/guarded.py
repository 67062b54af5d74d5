"""A server in a process of its own, seen from the process that uses it: the other end of `watchdog`.

It ends when asked to, when this process ends in whatever way, and not when a fork of this process does.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from minio_sdk.errors import MinIOError, NotSupportedError
from minio_sdk.local_server.ports import Ports
from minio_sdk.local_server.watchdog import Job, clean

PATIENCE = 10.0  # seconds beyond its grace that a server may take to end
_PROGRAM = Path(__file__).with_name("watchdog.py")


class Refused(Exception):
    """The watchdog didn't start the server. `args`: one word for the reason, and the reason."""


class Guarded:
    """A server that runs, with its watchdog.

    Args:
        job: what to run, and what to clean up.
        ports: its ports; given back at its end.

    Raises:
        Refused: ``"locked"``, its folder is in use; ``"start"``, its program can't be run.
        NotSupportedError: there is no Python interpreter for the watchdog.
    """

    def __init__(self, job: Job, ports: Ports) -> None:
        self.owner = os.getpid()  # that process alone can end it
        self._job = job
        self._ports = ports
        self._watchdog = _spawn(ports)
        _ALIVE.add(self)
        try:
            self.pid = self._begin()
        except BaseException:  # Ctrl-C too
            self.end()
            raise

    def _begin(self) -> int:
        self._send(json.dumps(self._job).encode() + b"\n")
        line = self._out.readline()
        told = _record(line)
        if "pid" in told:
            return int(told["pid"])
        if "failed" in told:
            raise Refused(told["failed"], told["why"])
        rest = line + self._out.read()
        raise MinIOError(f"LocalServer's watchdog failed: {rest.decode(errors='replace')}")

    @property
    def ended(self) -> bool:
        """Whether it runs no longer. Only its owner can tell."""
        return self._watchdog.poll() is not None

    def end(self) -> None:
        """Make it end, and give back everything that it held."""
        self._close()
        self._out.close()
        # The watchdog has done this, unless somebody killed it.
        if self._watchdog.returncode:
            clean(self._job["remove"])
        self._ports.release()
        _ALIVE.discard(self)

    def last_words(self) -> dict[str, Any]:
        """Make it end. Returns its exit code as ``ended`` and the end of its log as ``log``."""
        self._close()
        lines = self._out.read().splitlines()
        return _record(lines[-1]) if lines else {}

    def after_fork(self) -> None:
        """In a forked child: it must end with its owner, so nothing of it may stay open here."""
        for stream in (self._watchdog.stdin, self._watchdog.stdout):
            if stream is not None:
                stream.close()
        self._watchdog.returncode = 0  # not ours to wait for
        self._ports.release()

    @property
    def _out(self) -> IO[bytes]:
        assert self._watchdog.stdout is not None
        return self._watchdog.stdout

    def _send(self, data: bytes) -> None:
        assert self._watchdog.stdin is not None
        try:
            while data:
                data = data[self._watchdog.stdin.write(data) :]
        except OSError:
            pass  # it ended; what it says, or doesn't, tells more

    def _close(self) -> None:
        """Let the watchdog know, by the end of its standard input, and wait for it."""
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        try:
            self._watchdog.wait(self._job["grace"] + PATIENCE)
        except subprocess.TimeoutExpired:
            self._watchdog.kill()
            self._watchdog.wait()
        if self._watchdog.returncode and sys.platform != "win32":
            # It was killed. On Linux the server died with it; elsewhere it is what is left of its group.
            try:
                os.killpg(self._watchdog.pid, signal.SIGKILL)
            except OSError:
                pass


def _spawn(ports: Ports) -> subprocess.Popen[bytes]:
    """Start the process that will start the server; it holds the ports from now on as well."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise NotSupportedError(
            "LocalServer needs a Python interpreter, and this program doesn't say where one is",
            hint="run `minio-sdk serve` beside it",
        )
    # A group of its own: Ctrl-C in the terminal is for the program, which then stops the server.
    posix = os.name == "posix"
    flags = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        cwd=tempfile.gettempdir(),
        start_new_session=posix,
        pass_fds=(ports.anchor.fileno(),) if posix else (),
        creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
    )


def _record(line: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}  # a traceback of the watchdog's


_ALIVE: set[Guarded] = set()


def _end_all() -> None:
    for server in list(_ALIVE):
        server.end()


def _after_fork_in_child() -> None:
    for server in _ALIVE:
        server.after_fork()
    _ALIVE.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
