"""`progress=True`: a bar that leaves the terminal as it was, whatever becomes of the transfer."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rich.console
import rich.progress

from minio_sdk import MinIOClient, MinIOError, ValidationError
from tests.both import Connect, both
from tests.flows.test_uploads_faults import BODY, SETTINGS, Storage
from tests.scripted import ScriptedServer, s3_error
from tests.stored import Stored

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"

UPLOADS: dict[str, Callable[[MinIOClient, Path], Any]] = {
    "upload_object": lambda client, path: client.upload_object("docs", "a", BODY, progress=True),
    "put_object": lambda client, path: client.put_object("docs", "a", BODY, progress=True),
    "put_object small": lambda client, path: client.put_object("docs", "a", b"x", progress=True),
    "upload_file": lambda client, path: client.upload_file("docs", "a", path, progress=True),
    "resumable": lambda client, path: client.upload_file(
        "docs", "a", path, progress=True, resume=True
    ),
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written to a terminal that hides its cursor while a bar is on it."""
    screen = io.StringIO()
    console = rich.console.Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(rich.progress, "get_console", lambda: console)
    return screen


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.write_bytes(BODY)
    return made


def closed(terminal: io.StringIO) -> bool:
    """Whether a bar was there, and is no more."""
    written = terminal.getvalue()
    return written.count(HIDDEN) == written.count(SHOWN) == 1


@both
@pytest.mark.parametrize("way", UPLOADS)
def test_an_upload(
    connect: Connect, way: str, path: Path, terminal: io.StringIO, tmp_path: Path
) -> None:
    with ScriptedServer(handler=Storage()) as server:
        with connect(server, state_dir=str(tmp_path / "state"), **SETTINGS) as client:
            UPLOADS[way](client, path)
    assert closed(terminal)
    assert "1/1 objects" in terminal.getvalue()


@both
@pytest.mark.parametrize("way", [way for way in UPLOADS if way != "put_object small"])
def test_an_upload_that_fails(
    connect: Connect, way: str, path: Path, terminal: io.StringIO, tmp_path: Path
) -> None:
    """When two of its parts are there; the bar stays where it was, and the terminal is given back."""
    storage = Storage({("complete", 0): s3_error(400, "BadThing")})
    with ScriptedServer(handler=storage) as server:
        with connect(server, state_dir=str(tmp_path / "state"), **SETTINGS) as client:
            with pytest.raises(MinIOError, match="BadThing"):
                UPLOADS[way](client, path)
    assert closed(terminal)
    assert "0/1 objects" in terminal.getvalue()


@both
@pytest.mark.parametrize("lies", [False, True], ids=["well", "badly"])
def test_a_download(connect: Connect, lies: bool, terminal: io.StringIO, tmp_path: Path) -> None:
    stored = Stored(BODY, etag=f'"{"0" * 32}"' if lies else '"e"')
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        if lies:
            with pytest.raises(MinIOError, match="MD5"):
                client.download_file("docs", "a", tmp_path / "a", progress=True)
        else:
            client.download_file("docs", "a", tmp_path / "a", progress=True)
    assert closed(terminal)


@both
def test_what_fails_at_once_shows_nothing(
    connect: Connect, terminal: io.StringIO, tmp_path: Path
) -> None:
    client: Any
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(FileNotFoundError):
            client.upload_file("docs", "a", tmp_path / "none", progress=True)
        with pytest.raises(ValidationError, match="progress="):
            client.upload_file("docs", "a", tmp_path / "none", progress="yes")
        with pytest.raises(ValidationError, match="key="):
            client.put_object("docs", "", b"x", progress=True)
        assert server.requests == []
    assert terminal.getvalue() == ""
