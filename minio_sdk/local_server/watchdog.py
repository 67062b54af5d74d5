"""Runs a server for as long as somebody holds the other end of this program's standard input.

    python -I -S watchdog.py

However the process that started it ends, also by SIGKILL, the operating system closes that pipe; then
the server is stopped and its folders are removed. A thread or a signal tied to the parent could not
promise that on every system, a process of its own can.

Rule of this file: it is run by its path, without site-packages, so it imports the standard library only.

The first line of standard input is a `Job` as JSON; after it, nothing but the end is expected.
Standard output says, a JSON object a line: ``{"pid": ...}`` once the server runs, or
``{"failed": ..., "why": ...}`` where it can't, and ``{"ended": exit code, "log": its last lines}``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, TypedDict

LOG_TAIL = 8192  # bytes of the log that are told; more could fill the pipe of a parent that is busy


class Job(TypedDict):
    """What is to be run, and what to clean up after it."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str  # the file that takes the server's output
    lock: str | None  # a file that only one server at a time may hold
    grace: float  # seconds between asking the server to stop and making it; 0 makes it at once
    remove: list[str]  # files and folders that go when the server has ended


def main() -> None:
    """Run the job on standard input, to its end or to ours."""
    signal.signal(signal.SIGTERM, _leave)
    job: Job = json.loads(_first_line())
    try:
        lock = _locked(job["lock"]) if job["lock"] else None
        if job["lock"] and lock is None:
            _say(failed="locked", why=f"{job['lock']} is held by another process")
            clean(job["remove"])
            return
        with open(job["log"], "ab") as log:  # noqa: PTH123 (pathlib takes a while to load)
            child = subprocess.Popen(
                job["argv"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=job["cwd"],
                env=job["env"],
                preexec_fn=_tie_to_this_process(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
    except OSError as error:
        _say(failed="start", why=str(error))
        clean(job["remove"])
        return
    _say(pid=child.pid)
    attendant = threading.Thread(target=_attend, args=(child, job), daemon=True)
    attendant.start()
    try:
        # Not through sys.stdin: its lock would disturb the end of this process.
        while os.read(0, 4096):
            pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if job["grace"]:
            child.terminate()
            attendant.join(job["grace"])
        child.kill()  # does nothing when it has ended
        attendant.join()


def _attend(child: subprocess.Popen[bytes], job: Job) -> None:
    """Wait for the server's end, say what it was, clean up, and end this process."""
    code = child.wait()
    _say(ended=code, log=_tail(job["log"]))
    clean(job["remove"])
    os._exit(0)  # the main thread sits in a read that nothing else ends


def _leave(*_: object) -> None:
    raise SystemExit


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            raise SystemExit  # the parent went away before it said anything
        line += piece
    return line


def _say(**record: object) -> None:
    try:
        os.write(1, json.dumps(record).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more


def _tail(path: str) -> str:
    try:
        with open(path, "rb") as log:  # noqa: PTH123
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL))
            return log.read().decode(errors="replace")
    except OSError as error:
        return str(error)


def clean(paths: list[str]) -> None:
    """Remove files and folders, those that are there."""
    import shutil  # not needed until now, and slow to load

    # Windows lets go of a dead process's files a little later.
    for pause in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8):
        time.sleep(pause)
        for path in paths:
            if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
                shutil.rmtree(path, ignore_errors=True)
            elif os.path.lexists(path):
                try:
                    os.unlink(path)  # noqa: PTH108
                except OSError:
                    pass
        if not any(map(os.path.lexists, paths)):
            return


def _locked(path: str) -> IO[bytes] | None:
    """The open file, which is ours alone until this process ends; None when it is another's."""
    handle = open(path, "ab")  # noqa: PTH123, SIM115
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def _tie_to_this_process() -> Callable[[], None] | None:
    """On Linux, what makes the server die with this process, should somebody kill that one too.

    The tie is to the thread that starts the server: here the main one, alone until then, which also
    is what makes `preexec_fn` safe.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
    PR_SET_PDEATHSIG = 1

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))

    return tie


if __name__ == "__main__":
    main()
