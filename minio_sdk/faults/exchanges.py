"""The client's connections, each with one of its own to the server: requests one after the other.

What either side does to its connection, the other one sees: an idle connection that the server closes is
closed for the client too, so that a client meets what it would meet without the proxy.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from minio_sdk.faults import clock
from minio_sdk.faults.naming import asked
from minio_sdk.faults.rules import Answer, Plan, Side
from minio_sdk.faults.seen import Seen, without_secrets
from minio_sdk.faults.wire import BLOCK, Body, Broken, Head, Wire, readable

if TYPE_CHECKING:
    from minio_sdk.faults import FaultProxy

LINGER = 1.0  # seconds for a client to read an answer that came before its body's end


class Cut(Exception):
    """The connection ends here, as a fault wants it."""


class Connection(threading.Thread):
    """One connection of a client.

    Args:
        proxy: whose it is.
        client: the connection.
        number: 1 for the first one.
    """

    def __init__(self, proxy: FaultProxy, client: Wire, number: int) -> None:
        super().__init__(name=f"minio-faults-{number}", daemon=True)
        self._proxy = proxy
        self._client = client
        self._server: Wire | None = None
        self._number = number
        self._reset = False
        self._over = False

    def run(self) -> None:
        """Serve it until one side has had enough."""
        try:
            while self._waits_for_a_request() and self._serve():
                pass
        except (OSError, Broken, Cut):
            pass
        except BaseException as error:
            self._proxy._failed(error)
        finally:
            self._client.close(reset=self._reset)
            if self._server is not None:
                self._server.close()
            self._proxy._listening.ended(self)

    def shut_down(self) -> None:
        """End it from another thread."""
        self._over = True
        self._client.shut_down()
        server = self._server
        if server is not None:
            server.shut_down()

    def _waits_for_a_request(self) -> bool:
        """Whether one comes; an idle connection that the server ends is at its end here as well."""
        if self._server is None:
            return True
        return self._client in readable(self._client, self._server)

    def _serve(self) -> bool:
        """One request. False where it was the last one."""
        raw = self._client.head()
        if raw is None:
            return False
        head = Head.of(raw)
        method, target = head.part(0), head.part(1)
        what = asked(method, target, head.headers)
        plan = self._proxy._faults.plan(method, what)
        seen = self._proxy._remember(
            Seen(
                number=0,
                connection=self._number,
                operation=what.operation,
                method=method,
                target=without_secrets(target),
                bucket=what.bucket,
                key=what.key,
                tenant=what.tenant,
                range=head.headers.get("range"),
                faults=tuple(plan.names),
            )
        )
        try:
            if plan.delay and self._proxy._listening.closing.wait(plan.delay):
                return False
            for function in plan.before:
                function(what)
            return _Exchange(self._proxy, self, head, plan, seen).run() and head.keeps
        except Cut:
            self._reset = plan.reset
            raise
        except (Broken, OSError) as error:
            seen.note = f"ended: {error}"
            raise

    @property
    def client(self) -> Wire:
        """The client's side."""
        return self._client

    def server(self) -> Wire:
        """The server's side, connected when it is first needed."""
        if self._server is None:
            self._server = self._proxy._connect()
            if self._over:  # `shut_down` has not seen it
                raise Cut
        return self._server


class _Exchange:
    """One request on its way to the server, and its answer on the way back."""

    def __init__(
        self, proxy: FaultProxy, connection: Connection, head: Head, plan: Plan, seen: Seen
    ) -> None:
        self._proxy = proxy
        self._connection = connection
        self._client = connection.client
        self._head = head
        self._plan = plan
        self._seen = seen
        self._body = Body.of_request(self._client, head)
        self._early: tuple[Head, bytes] | None = None
        self._invited = "100-continue" not in head.headers.get("expect", "").lower()

    def run(self) -> bool:
        """Whether the connection can be used again."""
        plan = self._plan
        ending = plan.ending
        if plan.skew and (refused := self._out_of_time()) is not None and ending is None:
            return self._answer(refused)
        if isinstance(ending, Answer) and not ending.after_commit:
            return self._answer(ending)
        if ending == "drop_request":
            self._swallow(self._received())
            raise Cut
        early = self._pass_request()
        reply, raw = self._reply_head()
        self._seen.server_status = reply.status
        body = Body.of_reply(self._connection.server(), reply, self._head.part(0))
        if reply.status >= 300 and (ending == "drop_reply" or isinstance(ending, Answer)):
            ending = None  # nothing was committed
            plan.withdraw()
            self._seen.faults = tuple(plan.names)
        if ending == "drop_reply":
            self._swallow(body.blocks())
            raise Cut
        if isinstance(ending, Answer):
            self._swallow(body.blocks())
            self._write(ending)
            return not early and reply.keeps and not body.to_the_end
        self._pass_reply(reply, raw, body)
        if early:
            self._linger()
        return not early and reply.keeps and not body.to_the_end

    # -- the request -----------------------------------------------------------------------------

    def _received(self) -> Iterator[bytes]:
        if not self._invited:
            return
        for data in self._body.blocks():
            self._seen.received += len(data)
            yield data

    @staticmethod
    def _swallow(blocks: Iterable[bytes]) -> None:
        for _ in blocks:
            pass

    def _pass_request(self) -> bool:
        """Send it on. True where the server answered before it had all of it."""
        server = self._connection.server()
        server.send(self._signed_for_now() or self._head.raw)
        if not self._invited and self._waits_for_the_body(server):
            return True
        self._invited = True
        blocks = self._shaped("request", self._received(), self._body)
        try:
            while True:
                while self._waits_for_bytes and server in readable(self._client, server):
                    if self._has_answered(server):
                        return True
                data = next(blocks, None)
                if data is None:
                    break
                server.send(self._body.framed(data))
            server.send(self._body.ending)
        except OSError:
            if not readable(server, patience=LINGER):
                raise
            return True  # it may have said why it wanted no more
        return False

    @property
    def _waits_for_bytes(self) -> bool:
        """Whether the next thing is to read from the client's connection."""
        more = self._body.chunked or (self._body.length or 0) > self._seen.received
        return more and not self._client.holds

    def _waits_for_the_body(self, server: Wire) -> bool:
        """Bring the server's word on ``Expect`` to the client. True where it is a refusal."""
        while self._client not in (ready := readable(self._client, server)) and server in ready:
            if self._has_answered(server):
                return True
            if self._invited:
                return False
        return False  # the client doesn't wait for it

    def _has_answered(self, server: Wire) -> bool:
        """Read a head of the server's while the request is on its way. True where it is the answer."""
        reply, raw = self._next_head(server)
        if reply.status >= 200:
            self._early = (reply, raw)
            return True
        self._client.send(raw)
        self._invited |= reply.status == 100
        return False

    # -- the reply -------------------------------------------------------------------------------

    @staticmethod
    def _next_head(server: Wire) -> tuple[Head, bytes]:
        raw = server.head()
        if raw is None:
            raise Broken("the server has closed the connection without an answer")
        return Head.of(raw), raw

    def _reply_head(self) -> tuple[Head, bytes]:
        """The head of the answer; what the server says before it goes to the client at once."""
        if self._early is not None:
            return self._early
        while True:
            reply, raw = self._next_head(self._connection.server())
            if reply.status >= 200:
                return reply, raw
            if reply.status != 100:  # nobody waits for it any more
                self._client.send(raw)

    def _pass_reply(self, reply: Head, raw: bytes, body: Body) -> None:
        if self._plan.skew:
            raw = reply.replaced(
                date=clock.moved(reply.headers.get("date"), time.time(), self._plan.skew)
            )
        if body.length == 0 and self._plan.cut is not None and self._plan.cut[0] == "reply":
            raise Cut  # a head alone is whole: nothing of it then
        shaped = self._shaped("reply", body.blocks(), body)
        # Head and what has come of the body in one, as servers send it.
        together = raw if body.wire.holds and not self._plan.names else b""
        # The record first: whoever has an answer may look at it.
        self._seen.status = reply.status
        if not together:
            self._client.send(raw)
        for data in shaped:
            self._seen.sent += len(data)
            self._client.send(together + body.framed(data))
            together = b""
        self._client.send(together + body.ending)

    def _answer(self, answer: Answer) -> bool:
        """Answer in the server's place."""
        waiting = not self._invited
        self._swallow(self._received())
        self._write(answer, close=waiting)
        if waiting:
            self._linger()
        return not waiting

    def _write(self, answer: Answer, *, close: bool = False) -> None:
        now = clock.http_now(time.time(), self._plan.skew)
        headers = [("Date", now), ("Content-Length", str(len(answer.body))), *answer.headers]
        if close:
            headers.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        raw = "\r\n".join([*lines, "", ""]).encode("latin-1")
        bare = self._head.part(0) == "HEAD"
        self._seen.status = answer.status
        self._seen.sent = 0 if bare else len(answer.body)
        self._client.send(raw if bare else raw + answer.body)

    def _linger(self) -> None:
        """Let the client read its answer: closing on bytes unread would take it away again."""
        with contextlib.suppress(OSError):
            self._client.socket.shutdown(1)
            end = time.monotonic() + LINGER
            while (left := end - time.monotonic()) > 0 and readable(self._client, patience=left):
                if not self._client.socket.recv(BLOCK):
                    break

    # -- what is done to bodies --------------------------------------------------------------------

    def _shaped(self, side: Side, blocks: Iterator[bytes], body: Body) -> Iterator[bytes]:
        """Blocks as the faults want them: bytes changed, held back, and no more than so many."""
        plan = self._plan
        if flips := plan.flips.get(side):
            blocks = self._flipped(blocks, flips, body.length)
        if plan.cut is not None and plan.cut[0] == side:
            blocks = _cut(blocks, plan.cut[1], body.length)
        if side in plan.slow:
            blocks = self._slowly(blocks, plan.slow[side])
        return blocks

    def _flipped(
        self, blocks: Iterator[bytes], flips: list[tuple[int, int]], length: int | None
    ) -> Iterator[bytes]:
        if length is not None:
            self._miss(flips, length)
        start = 0
        for data in blocks:
            changed = bytearray(data)
            for at, count in flips:
                for place in range(max(at, start), min(at + count, start + len(data))):
                    changed[place - start] ^= 0xFF
            start += len(data)
            yield bytes(changed)
        self._miss(flips, start)

    def _miss(self, flips: list[tuple[int, int]], length: int) -> None:
        for at, _ in flips:
            if at >= length:
                self._seen.note = f"there was no byte {at} to change"

    def _slowly(self, blocks: Iterator[bytes], speed: float) -> Iterator[bytes]:
        piece = max(1, min(BLOCK, int(speed / 20)))
        for data in blocks:
            for start in range(0, len(data), piece):
                part = data[start : start + piece]
                if self._proxy._listening.closing.wait(len(part) / speed):
                    raise Cut
                yield part

    # -- a clock that is wrong -------------------------------------------------------------------

    def _out_of_time(self) -> Answer | None:
        """What a server says whose clock is too far from the one that the client has signed by."""
        when = clock.signed_at(self._head)
        if when is None or abs(when - time.time() - self._plan.skew) <= clock.TOLERANCE:
            return None
        text = "The difference between the request time and the current time is too large."
        return error_answer(403, "RequestTimeTooSkewed", text)

    def _signed_for_now(self) -> bytes | None:
        """The head with a signature that the server takes, where the client goes by the wrong clock."""
        when = clock.signed_at(self._head) if self._plan.skew else None
        if when is None or abs(when - time.time()) <= clock.NEAR:
            return None
        keys = self._proxy._keys()
        return None if keys is None else clock.signed_again(self._head, keys, time.time())


def _cut(blocks: Iterator[bytes], after: int, length: int | None) -> Iterator[bytes]:
    """The first bytes of a body, and never all of them."""
    left = after if length is None else min(after, length - 1)
    for data in blocks:
        if len(data) >= left:
            if left > 0:
                yield data[:left]
            raise Cut
        left -= len(data)
        yield data
    raise Cut


def _reason(status: int) -> str:
    import http

    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def error_answer(
    status: int,
    code: str,
    message: str,
    *,
    retry_after: float | None = None,
    after_commit: bool = False,
) -> Answer:
    """The XML document with which S3 servers refuse."""
    from xml.sax.saxutils import escape

    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    headers: list[tuple[str, str]] = [("Content-Type", "application/xml")]
    if retry_after is not None:
        headers.append(("Retry-After", f"{retry_after:g}"))
    return Answer(status, body.encode(), tuple(headers), after_commit)
