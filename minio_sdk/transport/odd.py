"""Answers as aiohttp reads them: those that aren't plain, and those to what it has sent itself."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from aiohttp.client_proto import ResponseHandler

from minio_sdk.transport.bodies import MAX_ERROR, TRUSTED, too_large
from minio_sdk.transport.pace import Meter

BLOCK = 1024 * 1024


class Odd(ResponseHandler):
    """What reads the rest of an answer that isn't plain.

    Args:
        loop: the loop of the connection.
        line: whose connection it is; told when nothing is left of it.
        begun: what has come of the answer.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, line: asyncio.Protocol, begun: bytes
    ) -> None:
        super().__init__(loop)
        self._line = line
        self._head = begun.partition(b"\r\n\r\n")[0]
        self._came = 0
        self._last = b""
        self._content: Any = None

    def is_over(self, message: Any, method: str) -> bool:
        """Whether nothing has come behind the body, and all readers would agree on where it ended.

        The parser would keep the beginning of another answer to itself; a whole one it would have told of.
        """
        if self.should_close or message.should_close:
            return False
        codings = [coding.lower() for coding in message.headers.getall("transfer-encoding", [])]
        lengths = message.headers.getall("content-length", [])
        if codings:
            return codings == ["chunked"] and not lengths and self._last == b"\r\n\r\n"
        length = "0" if method == "HEAD" or message.code in (204, 304) else ",".join(lengths)
        if not (length.isascii() and length.isdigit()):
            return False
        lines = self._head.count(b"\n") == self._head.count(b"\r\n")
        return lines and self._came == len(self._head) + 4 + int(length)

    def expect(self, content: Any) -> None:
        """Let the body fail where the rest of the answer can't be read; aiohttp would wait for ever."""
        self._content = content
        error = self.exception()
        if error is not None:
            content.set_exception(error)

    def set_exception(self, exc: Any, exc_cause: Any = None) -> None:
        """What came is no answer."""
        super().set_exception(exc, exc if exc_cause is None else exc_cause)
        if self._content is not None and not self._content.is_eof():
            self._content.set_exception(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        self._came += len(data)
        self._last = (self._last + data[-4:])[-4:]
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._line.connection_lost(None)


async def read_body(
    status: int,
    method: str,
    length: int | None,
    content: Any,
    most: int | None,
    meter: Meter | None = None,
) -> tuple[bytes, bool]:
    """A body from aiohttp's reader, and whether it is all of it; of an error only as much as is shown.

    Args:
        status: of the answer.
        method: what it answers.
        length: what the head says of it; None when only its end tells.
        content: aiohttp's reader.
        most: bytes of the body of a success.
        meter: counts what comes.

    Raises:
        ServerError: the answer of a success is larger.
    """
    ok = status < 400
    limit = most if ok else MAX_ERROR
    if ok and length is not None and method != "HEAD":
        if limit is not None and length > limit:
            raise too_large(limit, length)
        if length <= BLOCK and meter is None:
            return await content.read(), True
    # aiohttp's own `read` keeps blocks, and joining them takes the memory for the body twice. Where the
    # length is known, and no lie could hurt, there is room for all of it at once: no copy, no growing.
    known = length if ok and length is not None and length <= TRUSTED else 0
    found = io.BytesIO(bytes(0 if method == "HEAD" else known))
    if meter is not None:
        meter.restart()
    while block := await content.readany():
        if meter is not None:
            meter.add(len(block))
        found.write(block)
        if limit is not None and found.tell() > limit:
            if ok:
                raise too_large(limit)
            return found.getvalue()[:limit], False
    found.truncate()
    return found.getvalue(), True
