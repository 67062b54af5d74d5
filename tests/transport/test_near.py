"""What a socket to this very machine holds back."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from minio_sdk import Config
from minio_sdk.transport import connections
from minio_sdk.transport.connections import NEAR, Connections


@pytest.mark.parametrize("here", [True, False])
def test_little_to_this_machine_and_what_is_needed_to_others(
    here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def is_here(sock: Any) -> bool:
        asked.append(connections_here(sock))
        return here

    connections_here = connections._is_here
    monkeypatch.setattr(connections, "_is_here", is_here)
    monkeypatch.setattr(sys, "platform", "linux")
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = Connections(Config(f"http://127.0.0.1:{server.getsockname()[1]}", None))
        connection = place.pool()._get_conn()
        connection.connect()
        size = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        connection.close()
        place.close()
    assert asked == [True]
    assert (NEAR <= size <= 2 * NEAR) is here


class _Socket:
    def __init__(self, here: Any, there: Any) -> None:
        self._here, self._there = here, there

    def getsockname(self) -> Any:
        return self._here

    def getpeername(self) -> Any:
        if self._there is None:
            raise OSError("not connected")
        return self._there


def test_which_machine_it_is() -> None:
    assert connections._is_here(_Socket(("10.0.0.1", 50_000), ("10.0.0.1", 9000)))
    assert connections._is_here(_Socket(("::1", 50_000, 0, 0), ("::1", 9000, 0, 0)))
    assert not connections._is_here(_Socket(("10.0.0.1", 50_000), ("10.0.0.2", 9000)))
    assert not connections._is_here(_Socket(("10.0.0.1", 50_000), None))
    assert not connections._is_here(_Socket("", ""))
    assert not connections._is_here(object())
