"""Other processes, seen from a test: what runs, what listens, and what is left of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

ROOT = Path(__file__).parent.parent

linux_only = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs fork and signals")


class Interrupted(BaseException):
    """As KeyboardInterrupt, which would end the tests if it came at the wrong moment."""


@contextmanager
def interrupts(error: type[BaseException] = Interrupted) -> Iterator[Callable[[], None]]:
    """What interrupts this thread, the main one, from any other: by a signal that nobody else uses.

    What is raised within a finalizer Python drops; so there it is raised a moment later.
    """
    main = threading.get_ident()

    def strike() -> None:
        signal.pthread_kill(main, signal.SIGUSR1)

    def interrupt(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code.co_name == "__del__" or frame.f_code.co_filename == weakref.__file__:
                threading.Timer(0.002, strike).start()
                return
            frame = frame.f_back
        raise error

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        yield strike
    finally:
        signal.signal(signal.SIGUSR1, before)


def eventually(happened: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something becomes true, waiting for it."""
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


def is_open(port: int) -> bool:
    """Whether something listens on this port of 127.0.0.1."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def is_alive(pid: int) -> bool:
    """Whether there is such a process; one that is dead and not yet waited for doesn't count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()


@contextmanager
def listening(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port that another program listens on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as listener:
        yield int(listener.getsockname()[1])


@pytest.fixture
def temp() -> Iterator[Path]:
    """An empty folder for TMPDIR, with a path short enough for Unix sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="t"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def python(*args: str, temp: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start Python with this project on its path, and `temp` for temporary files."""
    places = {"PYTHONPATH": str(ROOT), **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temp))}
    return subprocess.Popen(
        [sys.executable, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **places, **(env or {})},
    )
