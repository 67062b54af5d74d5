"""Small requests that are under way side by side, on connections of the pool, seen by one thread.

Why it is here: with a thread for each, a request of 1 KiB costs more in handing over between threads than
in being sent and read. Here one thread sends on whichever connection is idle, waits for all of them at
once, and reads what has come.

Rule of this file: it understands only the plainest answers, as `minio_sdk.transport.direct` does, of moderate
size and without an error in them. Whatever else becomes of a request is `Begun`: its first attempt, to be
brought to its end by a thread of its own, in the usual way and with the usual number of retries
(`minio_sdk.transport.begun`).
"""

from __future__ import annotations

import http.client
import math
import selectors
import ssl
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from minio_sdk.transport.begun import Begun
from minio_sdk.transport.direct import GULP, unobserved
from minio_sdk.transport.routes import kind_of
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.heads import Head, closes, plain
from minio_sdk.wire.message import Reply, Request, StreamBody

if TYPE_CHECKING:
    from minio_sdk.transport.http_requests import RequestsTransport

SMALL = 64 * 1024
"""Bytes of a body up to which a request, and an answer, goes this way."""

_LATER = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_TOGETHER = 8  # one after the other they cost less: the server has been woken by the first
_RECENT = 0.001  # seconds
_LOOK = 1.0  # seconds; where something else ends the wait, it only ends it sooner


class _Slot:
    """A connection, and the request that is under way on it."""

    __slots__ = (
        "began",
        "connection",
        "data",
        "expires",
        "failed",
        "fd",
        "found",
        "kind",
        "late",
        "offset",
        "owner",
        "patience",
        "pool",
        "request",
        "since",
        "sock",
        "timeout",
        "tls",
        "unsent",
        "until",
        "way",
    )

    def __init__(self, pool: Any, connection: Any) -> None:
        self.pool = pool
        self.connection = connection
        self.sock = connection.sock
        self.fd: int = self.sock.fileno()
        self.timeout = self.sock.gettimeout()
        self.tls = isinstance(self.sock, ssl.SSLSocket)
        self.owner: object = None  # of the request; None where there is none
        self.request: Any = None
        self.offset = 0.0
        self.expires = self.patience = self.until = 0.0
        self.unsent: memoryview | None = None
        self.failed: OSError | None = None
        self.found: Head | None = None
        self.data = b""
        self.way: Any = None
        self.kind: str | None = None
        self.since, self.late = 0.0, math.inf
        self.began = 0.0  # when the first bytes of the answer came


class InFlight:
    """The requests that are under way.

    Args:
        transport: whose they are.

    Attributes:
        ended: what became of requests and was not taken yet, each with its owner.
        woken: whether the last `look` was ended by what `watch` watches.
        holds: whether some requests may be gathered before they are sent; only while no code of the user's
            runs, which might wait for one of them. `flush` comes after.
    """

    def __init__(self, transport: RequestsTransport) -> None:
        self._transport = transport
        # Of several endpoints, or where reads are hedged; else nothing of it costs anything.
        self._routed: Any = transport if transport.ways else None
        shared: Any = transport.connections
        self._hedger: Any = shared.hedger if transport.ways else None
        self._turn_to(transport.ways[0] if transport.ways else transport)
        self._pool: Any = None  # that of the last request
        self._selector = selectors.DefaultSelector()
        self._slots: set[_Slot] = set()
        self._idle: list[_Slot] = []  # silent when they were looked at, after their last answer
        self._answered: list[_Slot] = []  # not looked at since
        self._next_look = 0.0  # no request expires before
        self._looked = 0.0
        self._busy = 0
        self._held: list[tuple[_Slot, bytes]] = []
        self.holds = False
        self.ended: deque[tuple[Any, Reply | Begun]] = deque()
        self._alone = self._nobody_looks_on()
        self.woken = False

    @property
    def crowded(self) -> bool:
        """Whether a connection will be idle after the next `look`, and none is now."""
        return not self._idle and bool(self._answered)

    def takes(self, request: Request) -> bool:
        """Whether a request may go this way."""
        body = request.body
        return (
            self._alone
            and request.room is None
            and request.watch is None
            and not isinstance(body, StreamBody)
            and (len(body) if type(body) is bytes else memoryview(body).nbytes) <= SMALL
        )

    def begin(self, request: Request, deadline: float | None, owner: object) -> bool:
        """Send a request; False, with nothing sent, where it has to go the usual way.

        Args:
            request: what to send; `takes` has said yes to it.
            deadline: the end of its call on the monotonic clock.
            owner: what `look` calls it.
        """
        if self._routed is not None and not self._find_way():
            return False
        patience = left = self._adapter.timeouts[1]
        if deadline is not None:
            left = deadline - self._adapter.clock.monotonic()
            if left <= 0:
                return False
            patience = min(patience, left)
        offset = self._connections.skew.seconds
        data = self._bytes_of(request)
        if data is None:
            return False
        now = time.monotonic()
        slot = self._idle_slot(now, self._connections.pool(self._signing.place(request)))
        if slot is None:
            return False
        slot.offset = offset
        slot.patience, slot.expires = patience, now + patience
        slot.way = self._way
        if self._hedger is not None:
            self._hedge(slot, request, now)
        slot.until = math.inf if deadline is None else now + left
        if not self._busy or slot.expires < self._next_look:
            self._next_look = slot.expires
        slot.request, slot.owner = request, owner
        self._busy += 1
        if not self.holds:
            self._send(slot, data)
            return True
        self._held.append((slot, data))
        if len(self._held) == _TOGETHER:
            self.flush()
        return True

    # --- several endpoints, and late answers -----------------------------------------------------

    def _find_way(self) -> bool:
        """Whether there is an endpoint that needs no trying; the next requests go to it."""
        way = self._routed.way()
        if way is None or way.connections.proxy is not None:
            return False
        if way is not self._way:
            for slot in [*self._idle, *self._answered]:
                self._let_go(slot, close=False)
            self._idle.clear()
            self._answered.clear()
            self._turn_to(way)
        return True

    def _turn_to(self, way: RequestsTransport) -> None:
        """Send the next requests there."""
        self._way = way
        self._adapter, self._signing, self._connections = way.adapter, way.signing, way.connections

    def _hedge(self, slot: _Slot, request: Request, now: float) -> None:
        slot.kind = kind_of(request)
        slot.since, slot.late = now, math.inf
        if slot.kind is not None:
            after = self._hedger.begin(slot.kind)
            if after is not None and after < slot.patience:
                slot.late = slot.expires = now + after

    def _is_overtaken(self, slot: _Slot, now: float) -> bool:
        """Whether an answer that is late is left to a thread, which asks a second time."""
        if self._hedger is None or now < slot.late or slot.found or slot.unsent is not None:
            return False
        slot.late = math.inf
        if not self._hedger.has_any:
            slot.expires = min(slot.since + slot.patience, slot.until)
            return False
        owner = slot.owner
        begun = self._hand_over(slot, b"")
        begun.late, begun.since = True, slot.since
        self.ended.append((owner, begun))
        return True

    def _goes_on(self, slot: _Slot, now: float) -> bool:
        """Whether a body that has begun comes fast enough to be waited for on."""
        pace = self._adapter.pace
        if pace is None or slot.found is None or now >= slot.until:
            return False
        if len(slot.data) < pace.limit * (now - slot.began):
            return False
        slot.expires = min(now + min(pace.seconds, slot.patience), slot.until)
        return True

    def _bytes_of(self, request: Request) -> bytes | None:
        """Head and body; None for what has to be waited for, or can't be sent."""
        keys = self._signing.provider.ask() if request.signed else None
        if isinstance(keys, Future):
            return None
        try:
            head = self._signing.head(request, keys)
        except Exception:  # the usual way says the same, in its place
            return None
        body = request.body
        if type(body) is not bytes:
            body = bytes(body)  # type: ignore[arg-type]
        return head + body if body else head

    def _idle_slot(self, now: float, pool: Any) -> _Slot | None:
        self._pool = pool
        while self._idle:
            slot = self._idle.pop()
            if slot.pool is not pool:  # it leads to another bucket's host
                self._let_go(slot, close=False)
                continue
            # The user's code may have taken its time since it was looked at.
            if now - self._looked < _RECENT or slot.connection.is_connected:
                return slot
            self._let_go(slot, close=True)
        connection = pool.take_open()
        if connection is None:
            return None
        slot = _Slot(pool, connection)
        self._slots.add(slot)
        slot.sock.settimeout(0.0)
        self._selector.register(slot.fd, selectors.EVENT_READ, slot)
        return slot

    def _send(self, slot: _Slot, data: bytes | memoryview) -> None:
        """Send what can be sent now."""
        try:
            sent = slot.sock.send(data)
        except _LATER:
            sent = 0
        except OSError as error:  # the server may have answered before it closed
            slot.failed = error
            sent = len(data)
        left = sent < len(data)
        if not left and slot.unsent is None:
            return
        # While there is something to send, nothing is read: as in the usual way, which can't do both.
        if left and slot.unsent is None:
            self._selector.modify(slot.fd, selectors.EVENT_WRITE, slot)
        elif not left and slot.unsent is not None:
            self._selector.modify(slot.fd, selectors.EVENT_READ, slot)
        slot.unsent = memoryview(data)[sent:] if left else None

    # --- answers ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what is held."""
        if held := self._held:
            self._held = []
            for slot, data in held:
                self._send(slot, data)

    def look(self, wait: bool) -> None:
        """Add to `ended` what became of requests meanwhile.

        Args:
            wait: wait until there is something, for a second at most.
        """
        self._alone = self._nobody_looks_on()
        self.woken = False
        seconds = 0.0
        if wait:
            seconds = _LOOK
            if self._busy:
                seconds = min(seconds, max(0.0, self._next_look - time.monotonic()))
        events = self._selector.select(seconds)
        if self._answered:
            self._idle += self._answered
            self._answered.clear()
        for key, _ in events:
            slot = key.data
            if slot is None:
                self.woken = True
                continue
            owner = slot.owner
            if owner is None:  # it was closed, or says what nobody has asked
                self._idle.remove(slot)
                self._let_go(slot, close=True)
                continue
            slot.expires = min(time.monotonic() + slot.patience, slot.until)
            if slot.unsent is not None:
                self._send(slot, slot.unsent)
                continue
            outcome = self._read(slot)
            if outcome is not None:
                self.ended.append((owner, outcome))
        now = self._looked = time.monotonic()
        if self._busy and now >= self._next_look:
            self._expire(now)

    def _read(self, slot: _Slot) -> Reply | Begun | None:
        """The answer, where it is whole; what there is, where somebody else has to read it."""
        try:
            data = slot.sock.recv(GULP)
            if slot.tls and slot.sock.pending():  # which no selector would see
                data += slot.sock.recv(GULP)
        except _LATER:
            return None
        except OSError as error:
            if isinstance(error, ConnectionError):
                error = slot.failed or error
            return self._give_up(slot, error)
        found = slot.found
        if found is None:
            if not data:
                closed = http.client.RemoteDisconnected(
                    "Remote end closed connection without response"
                )
                return self._give_up(slot, slot.failed or closed)
            found = plain(data, slot.request.method)
            most = slot.request.max_body
            if found is None or found[2] > (SMALL if most is None else min(SMALL, most)):
                return self._hand_over(slot, data)
            whole = data
        else:
            whole = slot.data + data
            if not data:
                return self._hand_over(slot, whole)
        status, headers, length, start = found
        missing = length - (len(whole) - start)
        if missing > 0:
            if slot.found is None:
                slot.began = time.monotonic()
            slot.found, slot.data = found, whole
            if self._adapter.pace is not None:
                slot.expires = min(slot.expires, slot.began + self._adapter.pace.seconds)
            return None
        reply = Reply(status, headers, whole[start : start + length])
        # Bytes behind the body belong to no request; half of ours may be on its way still.
        spoilt = missing < 0 or slot.failed is not None or closes(headers)
        request, offset = slot.request, slot.offset
        self._end(slot)
        if spoilt:
            self._let_go(slot, close=True)
        elif slot.way is not self._way or slot.pool is not self._pool:
            self._let_go(slot, close=False)
        else:
            self._answered.append(slot)
        if request.error_in_ok:
            reply = unmasked(reply)
        if reply.status >= 400:  # whether to try again, and when, is the policy's to say
            return Begun(offset, reply, way=slot.way)
        if self._routed is not None:
            self._routed.has_answered(slot.way)
            if self._hedger is not None and slot.kind is not None:
                self._hedger.tell(slot.kind, time.monotonic() - slot.since)
        self._transport.policy.budget.give()
        return reply

    def _end(self, slot: _Slot) -> None:
        self._busy -= 1
        slot.owner = slot.request = slot.found = None
        slot.data = b""

    def _give_up(self, slot: _Slot, error: Exception) -> Begun:
        self._end(slot)
        self._let_go(slot, close=True)
        return Begun(slot.offset, error, way=slot.way)

    def _hand_over(self, slot: _Slot, data: bytes) -> Begun:
        self._end(slot)
        self._forget(slot)
        return Begun(slot.offset, None, slot.pool, slot.connection, data, slot.failed, slot.way)

    def _expire(self, now: float) -> None:
        """Give up what was waited for long enough."""
        self._next_look = now + _LOOK
        for slot in [slot for slot in self._slots if slot.owner is not None]:
            if slot.expires <= now and (self._is_overtaken(slot, now) or self._goes_on(slot, now)):
                continue
            if slot.expires <= now:
                owner = slot.owner
                self.ended.append((owner, self._give_up(slot, TimeoutError("timed out"))))
            else:
                self._next_look = min(self._next_look, slot.expires)

    # --- connections -----------------------------------------------------------------------------

    def _nobody_looks_on(self) -> bool:
        hooks = self._transport.session.hooks
        return self._connections.proxy is None and unobserved() and not any(hooks.values())

    def _forget(self, slot: _Slot) -> None:
        self._slots.discard(slot)
        self._selector.unregister(slot.fd)
        slot.sock.settimeout(slot.timeout)

    def _let_go(self, slot: _Slot, *, close: bool) -> None:
        self._forget(slot)
        if close:
            slot.connection.close()
        slot.pool.give_back(slot.connection)

    def lend(self) -> None:
        """Give an idle connection back to the pool, for somebody who is about to look there for one."""
        spare = self._idle or self._answered
        if spare:
            self._let_go(spare.pop(), close=False)

    def watch(self, sock: Any) -> None:
        """Let what comes on `sock` end a `look`."""
        self._selector.register(sock, selectors.EVENT_READ, None)

    def close(self) -> None:
        """Close the connections that wait for an answer; give back the others."""
        while self.ended:
            _, outcome = self.ended.popleft()
            if isinstance(outcome, Begun):
                outcome.drop()
        for slot in list(self._slots):
            try:
                self._let_go(slot, close=slot.owner is not None)
            except (OSError, KeyError, ValueError):  # it was being closed when the interrupt came
                slot.connection.close()
        self._selector.close()
