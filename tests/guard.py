"""Runs a server for as long as somebody holds the other end of its standard input.

    python guard.py FOLDER COMMAND ARGUMENT...

However the test run ends, also by SIGKILL, the operating system closes that pipe; then the server
is stopped and FOLDER is removed. `Guarded` in `tests/servers.py` is the other end. This file is run
by its path and imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading

GRACE = 2.0  # seconds between asking a server to stop and making it


def stop_when_alone(child: subprocess.Popen[bytes]) -> None:
    """Wait for the end of standard input, then end the child."""
    while os.read(0, 4096):  # not through sys.stdin: its lock would disturb our own end
        pass
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


def main() -> int:
    folder, *command = sys.argv[1:]
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        threading.Thread(target=stop_when_alone, args=(child,), daemon=True).start()
        return child.wait()
    finally:
        # Once more for what the server's own children may have written in between.
        for _ in range(2):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
