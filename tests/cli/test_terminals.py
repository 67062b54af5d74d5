"""Commands as processes: interrupts, pipes that end early, terminals that are clever or dumb."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.flows.test_events import lines, served, stays_open, told
from tests.processes import ROOT, eventually, posix_only
from tests.scripted import Request, ScriptedServer, Step, reply

pytestmark = posix_only
SIZE = 20 * 1024 * 1024


@pytest.fixture
def start(cli: Cli) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command; what still runs at the end is killed."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: str, stderr: int = subprocess.PIPE, **env: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "minio_sdk", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            env={**os.environ, "PYTHONPATH": str(ROOT), **cli.env, **env},
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        with process:
            process.kill()


Start = Callable[..., subprocess.Popen[bytes]]


class Screen:
    """The other end of a terminal: what was written to it."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.openpty()
        self.text = ""

    def sees(self, what: str, seconds: float = 20) -> bool:
        """Whether something appears."""
        end = time.monotonic() + seconds
        while not re.search(what, self.text) and time.monotonic() < end:
            if select.select([self._ours], [], [], 0.1)[0]:
                self.text += os.read(self._ours, 65536).decode(errors="replace")
        return re.search(what, self.text) is not None

    def close(self) -> None:
        """Hang up."""
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A terminal of 100 columns."""
    made = Screen()
    yield made
    made.close()


def stuck(until: threading.Event) -> Callable[[Request], Step]:
    """A server that gives the beginning of an object, and waits with the rest."""

    def answer(request: Request) -> Step:
        headers = {"ETag": '"e1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
        if request.method == "HEAD":
            return reply(200, headers=headers, content_length=SIZE)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("Range") or "")
        assert found
        first, last = int(found[1]), min(int(found[2]), SIZE - 1)
        if first:
            until.wait(60)
        headers["Content-Range"] = f"bytes {first}-{last}/{SIZE}"
        return reply(206, b"x" * (last - first + 1), headers=headers)

    return answer


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_download_tells_how_long_it_will_take(
    start: Start, screen: Screen, tmp_path: Path, term: str
) -> None:
    until = threading.Event()
    with ScriptedServer(handler=stuck(until), strict=False) as server:
        process = start(
            "cp", "--url", server.url, "minio://docs/big", "big", stderr=screen.theirs,
            TERM=term, COLUMNS="120",
        )  # fmt: skip
        if term == "dumb":
            assert screen.sees(r"Copying minio://docs/big  .*/20\.0 MiB.*/s.*\d left")
            assert "\x1b" not in screen.text
        else:
            assert screen.sees(r"Copying.*/20\.0 MiB .*/s.*\d:\d\d left")
        until.set()
        assert process.wait() == 0
    assert (tmp_path / "big").stat().st_size == SIZE


def test_an_interrupt_leaves_no_half_of_an_upload(cli: Cli, start: Start) -> None:
    cli.client.create_bucket("docs")
    process = start("put", "docs/a")
    assert process.stdin is not None
    process.stdin.write(b"x" * 20 * 1024 * 1024)
    process.stdin.flush()
    assert eventually(lambda: bool(list(cli.client.list_multipart_uploads("docs"))))
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert process.stderr is not None
    assert process.stderr.read().strip() == b""
    assert list(cli.client.list_multipart_uploads("docs")) == []
    assert cli.keys() == []


def test_watching_tells_how_it_goes_until_an_interrupt(
    cli: Cli, start: Start, screen: Screen
) -> None:
    docs = f"{cli.tenant}-docs"
    with served(lines(told("a", docs)), stays_open(told("b", docs))) as server:
        process = start(
            "watch", "docs", "--url", server.url, stderr=screen.theirs, MINIO_BASE_DELAY="0.001"
        )
        assert process.stdout is not None
        assert process.stdout.readline().endswith(b"\tdocs/a\n")
        assert process.stdout.readline().endswith(b"\tdocs/b\n")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stdout.read() == b""
    assert screen.sees(
        r"Watching minio://docs; Ctrl-C ends it\r\nThe connection is lost; trying to have it again\r\n"
        r"minio-sdk: nobody listened from .* ended the events\r\n"
    )


def test_being_told_to_end_leaves_no_half_of_a_file(start: Start, tmp_path: Path) -> None:
    until = threading.Event()
    with ScriptedServer(handler=stuck(until), strict=False) as server:
        process = start("cp", "--url", server.url, "minio://docs/big", "big")
        assert eventually(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
        until.set()
        assert list(tmp_path.iterdir()) == []


def test_a_reader_who_has_seen_enough_ends_it_quietly(cli: Cli, start: Start) -> None:
    cli.client.upload_many([("docs", f"{number:04}" * 50, b"") for number in range(300)])
    process = start("ls", "docs")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait() == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_names_that_a_terminal_has_no_letters_for(cli: Cli, start: Start) -> None:
    cli.store("ключ")
    process = start("tree", "docs", PYTHONIOENCODING="ascii")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert out.splitlines() == [b"docs/", rb"`-- \u043a\u043b\u044e\u0447"]


def test_a_full_disk_and_closed_streams_are_no_traceback(cli: Cli, start: Start) -> None:
    cli.store("a")
    words = [sys.executable, "-m", "minio_sdk", "ls", "docs"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **cli.env}
    for end, code in ((">/dev/full", 1), ("<&- >&- 2>&-", 0)):
        if end != ">/dev/full" or Path("/dev/full").exists():
            line = f"exec {shlex.join(words)} {end}"
            done = subprocess.run(["sh", "-c", line], env=env, capture_output=True, check=False)
            assert (done.returncode, b"Traceback" in done.stderr) == (code, False)
