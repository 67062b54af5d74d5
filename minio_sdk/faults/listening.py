"""Where a proxy listens, and the connections that come in there."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator

from minio_sdk.faults.exchanges import Connection
from minio_sdk.faults.wire import Wire

PATIENCE = 10.0  # seconds for threads to end


class Listening:
    """Listens on a free port of 127.0.0.1, and has a thread for each connection.

    Args:
        make: makes the thread of a connection; gets the connection, and its number from 1 on.

    Attributes:
        port: where it listens; 0 where it isn't started.
        closing: set when it is to end.
    """

    def __init__(self, make: Callable[[Wire, int], Connection]) -> None:
        self.port = 0
        self.closing = threading.Event()
        self._make = make
        self._made = 0
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._resources = contextlib.ExitStack()
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Begin."""
        self.closing.clear()
        with contextlib.ExitStack() as stack:
            if hasattr(socket, "SO_REUSEPORT"):
                # Holds the port while nobody listens on it; without it, somebody else may take the port.
                keeper = stack.enter_context(_bound(0))
                self.port = keeper.getsockname()[1]
            self._wake, self._woken = socket.socketpair()
            stack.callback(self._wake.close)
            stack.callback(self._woken.close)
            self._listen()
            self._acceptor = threading.Thread(target=self._accept, name="minio-faults", daemon=True)
            self._acceptor.start()
            self._resources = stack.pop_all()

    def stop(self) -> None:
        """End all connections and listen no more."""
        self.closing.set()
        self._wake.send(b"x")
        self._acceptor.join(PATIENCE)
        self._end_connections()
        self._resources.close()
        self.port = 0

    @contextlib.contextmanager
    def interrupted(self) -> Iterator[None]:
        """In a ``with`` block: nobody listens, and open connections are at their end."""
        self._unlisten()
        self._wake.send(b"x")
        self._end_connections()
        try:
            yield
        finally:
            self._listen()
            self._wake.send(b"x")

    def ended(self, connection: Connection) -> None:
        """Told by a connection of its end."""
        with self._lock:
            self._connections.discard(connection)

    def _listen(self) -> None:
        listener = _bound(self.port)
        listener.listen(128)
        with self._lock:
            self.port, self._listener = listener.getsockname()[1], listener

    def _unlisten(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            listener = self._listener
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                try:
                    if listener is not None:
                        selector.register(listener, selectors.EVENT_READ)
                except (OSError, ValueError):  # closed meanwhile
                    continue
                ready = [key.fileobj for key, _ in selector.select()]
            if self._woken in ready:
                self._woken.recv(100)
            elif listener is not None:
                with contextlib.suppress(OSError):
                    self._begin(listener, listener.accept()[0])
        self._unlisten()

    def _begin(self, listener: socket.socket, client: socket.socket) -> None:
        with self._lock:
            if listener is not self._listener:  # it came just before nobody was to come any more
                client.close()
                return
            self._made += 1
            connection = self._make(Wire(client), self._made)
            self._connections.add(connection)
        connection.start()

    def _end_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.shut_down()
        for connection in connections:
            connection.join(PATIENCE)


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEPORT"):
            # Twice the same port is what `Listening.start` asks for.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("127.0.0.1", port))
    except BaseException:
        made.close()
        raise
    return made
