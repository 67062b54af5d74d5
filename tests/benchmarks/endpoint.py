"""What the clients talk to: the null server of `null_s3.c`, or a real one of `tests/servers.py`."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.servers import Farm, Server

NULL = "null"


@contextlib.contextmanager
def running(kind: str) -> Iterator[Server]:
    """A server of this kind for as long as the block runs."""
    if kind == NULL:
        with null_server() as server:
            yield server
    else:
        farm = Farm()
        try:
            yield farm.get(kind)
        finally:
            farm.stop()


@contextlib.contextmanager
def null_server() -> Iterator[Server]:
    """Compile `null_s3.c`, which takes less time than caring for a cached binary, and run it."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SystemExit("the null server needs a C compiler; or name a real one with --server")
    source = Path(__file__).with_name("null_s3.c")
    with tempfile.TemporaryDirectory(prefix="null-s3-") as folder:
        program = Path(folder, "null_s3")
        subprocess.run([compiler, "-O2", "-o", program, source], check=True)
        # It ends when its standard input does, which this process holds, however it ends.
        with subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            port = int(process.stdout.readline())
            try:
                yield Server(NULL, f"http://127.0.0.1:{port}", "a" * 8, "b" * 8, "null_s3.c")
            finally:
                process.stdin.close()
