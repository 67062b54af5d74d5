"""HTTP/1.1 as a proxy sees it: heads passed on byte for byte, bodies in blocks, never a whole one."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = 64 * 1024
MOST_HEAD = 256 * 1024
EVER = 3600.0


class Broken(Exception):
    """The other side has said what isn't HTTP, or has gone in the middle of it."""


class Wire:
    """One side of a connection, read through a buffer."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._buffer = bytearray()
        self._ended = False
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def holds(self) -> bool:
        """Whether something can be read without asking the network."""
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        return bool(self._buffer or pending)

    def _more(self) -> bool:
        if self._ended:
            return False
        data = self.socket.recv(BLOCK)
        self._ended = not data
        self._buffer += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def head(self) -> bytes | None:
        """A head up to and with its blank line; None where the other side has nothing more to say."""
        start = 0
        while True:
            if self._buffer[:2] == b"\r\n":  # behind a body, from clients of old
                del self._buffer[:2]
            end = self._buffer.find(b"\r\n\r\n", start)
            if end >= 0:
                return self._take(end + 4)
            if len(self._buffer) > MOST_HEAD:
                raise Broken(f"a head of more than {MOST_HEAD} bytes")
            start = max(0, len(self._buffer) - 3)
            if not self._more():
                if self._buffer:
                    raise Broken("it ended in the middle of a head")
                return None

    def line(self) -> bytes:
        """A line with its end."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MOST_HEAD or not self._more():
                raise Broken("it ended in the middle of a line")
        return self._take(end + 1)

    def block(self, most: int) -> bytes:
        """At least one byte and at most `most`."""
        if not self._buffer and not self._more():
            raise Broken("it ended in the middle of a body")
        return self._take(min(most, BLOCK))

    def rest(self) -> Iterator[bytes]:
        """Everything up to the end of the connection."""
        while self._buffer or self._more():
            yield self._take(BLOCK)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def close(self, *, reset: bool = False) -> None:
        """Let go of it; with `reset` the other side gets a TCP reset in place of an end."""
        if reset:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.shut_down()
        self.socket.close()

    def shut_down(self) -> None:
        """Wake whoever reads from it or writes to it."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


def readable(*wires: Wire, patience: float = EVER) -> list[Wire]:
    """Those that have something to read, an end included; waits until there is one."""
    ready = [wire for wire in wires if wire.holds]
    if ready:
        return ready
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            try:
                selector.register(wire.socket, selectors.EVENT_READ, wire)
            except ValueError:  # closed meanwhile
                return [wire]
        return [key.data for key, _ in selector.select(patience)]


@dataclass
class Head:
    """The head of a request or a reply.

    Attributes:
        raw: as it came.
        first: its first line.
        headers: by lower-case names; the last of several.
    """

    raw: bytes
    first: str
    headers: dict[str, str]

    @classmethod
    def of(cls, raw: bytes) -> Head:
        """Read one."""
        first, *lines = raw[:-4].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise Broken("a header without a colon")
            headers[name.strip().lower()] = value.strip()
        return cls(raw, first, headers)

    def part(self, number: int) -> str:
        """A word of the first line; empty where there is none."""
        words = self.first.split(" ", 2)
        return words[number] if number < len(words) else ""

    @property
    def status(self) -> int:
        """The status of a reply."""
        if not self.first.startswith("HTTP/1.") or not self.part(1).isdigit():
            raise Broken("an answer that isn't HTTP/1")
        return int(self.part(1))

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.headers.get("transfer-encoding", "").lower().endswith("chunked")

    @property
    def length(self) -> int | None:
        """The length that it states."""
        text = self.headers.get("content-length")
        if text is None:
            return None
        if not text.isascii() or not text.isdigit():
            raise Broken("a Content-Length that is no number")
        return int(text)

    @property
    def keeps(self) -> bool:
        """Whether its side wants the connection to go on."""
        connection = self.headers.get("connection", "").lower()
        old = "HTTP/1.0" in self.first
        return "keep-alive" in connection if old else "close" not in connection

    def replaced(self, **changes: str | None) -> bytes:
        """The head with other values of some headers; None leaves one out.

        Args:
            **changes: by the names in lower case, with ``_`` for ``-``.
        """
        wanted = {name.replace("_", "-"): value for name, value in changes.items()}
        lines = [self.first]
        lines += [
            line
            for line in self.raw[:-4].decode("latin-1").split("\r\n")[1:]
            if line.partition(":")[0].strip().lower() not in wanted
        ]
        lines += [f"{name.title()}: {value}" for name, value in wanted.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass
class Body:
    """A body on its way: its bytes in blocks, and how they are framed.

    Attributes:
        wire: where it comes from.
        chunked: whether in chunks.
        length: how long it is, None when that isn't known before its end.
        trailer: the lines behind the last chunk, once they were read.
    """

    wire: Wire
    chunked: bool
    length: int | None
    trailer: bytes = b"\r\n"

    @classmethod
    def of_request(cls, wire: Wire, head: Head) -> Body:
        """What stands behind the head of a request."""
        return cls(wire, head.chunked, None if head.chunked else head.length or 0)

    @classmethod
    def of_reply(cls, wire: Wire, head: Head, method: str) -> Body:
        """What stands behind the head of a reply."""
        if method == "HEAD" or head.status in (204, 304):
            return cls(wire, False, 0)
        return cls(wire, head.chunked, None if head.chunked else head.length)

    @property
    def to_the_end(self) -> bool:
        """Whether only the end of the connection ends it."""
        return not self.chunked and self.length is None

    def blocks(self) -> Iterator[bytes]:
        """Its bytes without their framing."""
        if self.chunked:
            yield from self._chunks()
        elif self.length is None:
            yield from self.wire.rest()
        else:
            yield from self._sized(self.length)

    def _sized(self, left: int) -> Iterator[bytes]:
        while left:
            data = self.wire.block(left)
            left -= len(data)
            yield data

    def _chunks(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            yield from self._sized(size)
            if self.wire.line().strip():
                raise Broken("a chunk that is longer than it says")
        lines = []
        while (line := self.wire.line()).strip():
            lines.append(line)
        self.trailer = b"".join([*lines, b"\r\n"])

    def _chunk_size(self) -> int:
        try:
            return int(self.wire.line().partition(b";")[0].strip(), 16)
        except ValueError:
            raise Broken("a chunk without a size") from None

    def framed(self, data: bytes) -> bytes:
        """One block as it goes on."""
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data

    @property
    def ending(self) -> bytes:
        """What goes behind the last block."""
        return b"0\r\n" + self.trailer if self.chunked else b""
