"""`minio-sdk serve` as somebody at a terminal, a script or a service manager meets it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOClient, __version__, create_client
from tests.processes import eventually, is_open, linux_only, listening, posix_only, python, temp

__all__ = ["temp"]  # a fixture

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(temp: Path) -> Iterator[Run]:
    """Start `minio-sdk` with these words; what is still running at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def run(*words: str, **env: str) -> subprocess.Popen[str]:
        processes.append(python("-m", "minio_sdk", *words, temp=temp, env=env))
        return processes[-1]

    yield run
    for process in processes:
        with process:
            process.kill()


def ready(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for the server. Returns its URL, and all that was printed."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    text = "".join(lines)
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found, text + process.communicate()[1]
    return found[0], text


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and what was written to standard error."""
    _, errors = process.communicate()
    return process.returncode, errors


@posix_only
@pytest.mark.parametrize("sent,code", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_it_is_told_to_end(run: Run, temp: Path, sent: int, code: int) -> None:
    process = run("serve", "--port", "0")
    url, _ = ready(process)
    with create_client(url, "acme") as client:
        client.upload("hello.txt", b"Hello!")
        assert client.download("hello.txt") == b"Hello!"
    process.send_signal(sent)
    assert ended(process) == (code, "\n" if code else "")
    assert list(temp.iterdir()) == []


def test_what_it_prints_works_as_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = ready(run("serve", "--port", "0"))
    snippet = re.search(r"Python:\n((?:  .*\n)+)", text)
    assert snippet
    scope: dict[str, Any] = {}
    exec(re.sub("(?m)^  ", "", snippet[1]), scope)
    with scope["client"] as client:
        assert client.download("hello.txt") == b"Hello!"
    for name, value in re.findall(r"(MINIO_\w+)=(.*)", text):
        monkeypatch.setenv(name, value)
    with MinIOClient() as client:
        assert client.download("hello.txt") == b"Hello!"


def test_plain_text_in_a_pipe_and_on_a_dumb_terminal(run: Run) -> None:
    _, text = ready(run("serve", "--port", "0", TERM="dumb"))
    assert text.isascii()
    assert text.isprintable() or set(re.findall(r"[^ -~]", text)) == {"\n"}
    assert max(map(len, text.splitlines())) <= 100


def test_keys_of_ones_own_come_from_the_environment_and_are_not_shown(run: Run) -> None:
    keys = {"MINIO_ROOT_USER": "somebody", "MINIO_ROOT_PASSWORD": "do-not-print"}
    url, text = ready(run("serve", "--port", "0", **keys))
    assert "somebody" in text
    assert "do-not-print" not in text
    own = {"access_key": "somebody", "secret_key": "do-not-print"}
    with create_client(url, "acme", **own) as client:
        client.upload("key", b"data")


@posix_only
def test_objects_stay_in_the_folder_given(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    for turn in ("first", "second"):
        process = run("serve", "--port", "0", "--data", str(folder))
        url, text = ready(process)
        assert f"Objects are in {folder}\n" in text
        with create_client(url, "acme") as client:
            client.upload(turn, b"data")
            assert client.list() == ["first", "second"][: 1 if turn == "first" else 2]
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 0


def test_a_port_that_is_taken_is_one_clear_line(run: Run, temp: Path) -> None:
    with listening() as port:
        code, errors = ended(run("serve", "--port", str(port)))
    assert code == 1
    assert errors.startswith(f"minio-sdk: port {port} of 127.0.0.1 is in use by another program")
    assert errors.count("\n") == 1
    assert list(temp.iterdir()) == []


@linux_only
def test_a_server_that_ends_by_itself_is_a_failure(run: Run) -> None:
    process = run("serve", "--port", "0")
    url, _ = ready(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for watchdog in children:
        server = Path(f"/proc/{watchdog}/task/{watchdog}/children").read_text().split()
        os.kill(int(server[0]), signal.SIGKILL)
    code, errors = ended(process)
    assert code == 1
    assert f"the server on {url} has ended by itself" in errors
    assert "Traceback" not in errors


@posix_only
def test_a_reader_that_goes_away_ends_it_without_a_traceback(run: Run, temp: Path) -> None:
    """As `minio-sdk serve | head -1` does."""
    process = run("serve", "--port", "0", PYTHONUNBUFFERED="1")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() == 1
    assert list(temp.iterdir()) == []


@posix_only
def test_a_killed_command_leaves_no_server(run: Run, temp: Path) -> None:
    process = run("serve", "--port", "0")
    url, _ = ready(process)
    process.kill()
    port = int(url.rpartition(":")[2])
    assert eventually(lambda: not is_open(port) and list(temp.iterdir()) == [])


def test_the_default_port_is_9000(run: Run) -> None:
    text, _ = run("serve", "--help").communicate()
    assert "[default: 9000;" in text


# -- the program around it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words,message",
    [
        (("serv",), "No such command 'serv'. Did you mean 'serve'?"),
        (("lss",), "No such command 'lss'. Did you mean 'ls'?"),
        (("quux",), "No such command 'quux'.\n"),
        (("serve", "--port", "x"), "Invalid value for '--port'"),
        (("serve", "--port", "70000"), "Invalid value for '--port'"),
        (("serve", "more"), "unexpected extra argument"),
        (("--nope",), "No such option"),
    ],
)
def test_wrong_usage_is_exit_2(run: Run, words: tuple[str, ...], message: str) -> None:
    code, errors = ended(run(*words))
    assert code == 2
    assert message in errors
    assert "Traceback" not in errors


def test_without_a_command_it_says_which_there_are(run: Run) -> None:
    process = run()
    text, errors = process.communicate()
    assert process.returncode == 2
    assert re.search(r"serve +Run an S3 server for development", text + errors)


def test_version(run: Run) -> None:
    process = run("--version")
    text, _ = process.communicate()
    assert (process.returncode, text) == (0, f"minio-sdk, version {__version__}\n")


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_extra_it_says_how_to_get_it(temp: Path, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None\n"
    code += "from minio_sdk.cli import main; sys.exit(main(['serve']))"
    process = python("-c", code, temp=temp)
    assert ended(process) == (
        1,
        f"minio-sdk needs {missing}, which isn't installed: "
        'pip install "minio-enterprise-sdk[cli]"\n',
    )
