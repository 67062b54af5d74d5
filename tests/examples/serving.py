"""Web applications of the examples behind real sockets, and clients that misbehave."""

from __future__ import annotations

import importlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests


class Site(requests.Session):
    """An application at an address.

    Args:
        url: its address.
        token: who is asking.
    """

    def __init__(self, url: str, token: str = "") -> None:
        super().__init__()
        self.url = url
        self.token = token
        self.trust_env = False
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """A request to a path of the application."""
        kwargs.setdefault("timeout", 30)
        kwargs["allow_redirects"] = False
        return super().request(method, self.url + url, *args, **kwargs)

    def cut(self, method: str, path: str, body: bytes, length: int | None, kind: str) -> None:
        """Send a part of a body and go away; without a length, an unfinished chunk.

        Returns when the server has hung up, which it does when it is done with the request.
        """
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        if length is None:
            body = b"%x\r\n" % (len(body) + 1) + body
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n"
        )
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port or 80), timeout=30) as sock:
            sock.sendall(head.encode() + body)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass


@contextmanager
def asgi(app: Any) -> Iterator[str]:
    """The address of an application that uvicorn serves."""
    uvicorn = importlib.import_module("uvicorn")
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def started(said: str, *arguments: str, **environment: str) -> Iterator[tuple[Any, str]]:
    """A server in a process of its own, and its address: what stands in the line of stderr with `said`."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        try:
            line = ""
            while said not in line:
                line = process.stderr.readline()
                assert line, "it ended"
            found = re.search(r"http://[^\s]+", line)
            assert found
            yield process, found.group()
        finally:
            process.kill()  # does nothing to one that has ended


@contextmanager
def wsgi(app: Any) -> Iterator[str]:
    """The address of an application that Werkzeug serves."""
    serving = importlib.import_module("werkzeug.serving")
    server = serving.make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
