"""Requests whose first attempt was begun by one thread, and is brought to its end by another."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING, Any

import urllib3

from minio_sdk.reasons import root
from minio_sdk.transport.attempts import Direct
from minio_sdk.transport.direct import usual
from minio_sdk.transport.stopping import check_running, on_connection
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.http_requests import RequestsTransport
    from minio_sdk.transport.racing import Race


class Begun:
    """A first attempt that has to be brought to its end in the usual way.

    Attributes:
        offset: what its signature took for the offset of the server's clock.
        way: the transport that it went by, where there are several.
        late: whether its answer is late, so that a second request may overtake it.
        since: when it was sent.
    """

    __slots__ = (
        "_connection",
        "_data",
        "_failed",
        "_outcome",
        "_pool",
        "late",
        "offset",
        "since",
        "way",
    )

    def __init__(
        self,
        offset: float,
        outcome: Reply | Exception | None = None,
        pool: Any = None,
        connection: Any = None,
        data: bytes = b"",
        failed: OSError | None = None,
        way: Any = None,
    ) -> None:
        self.offset = offset
        self._outcome = outcome
        self._pool = pool
        self._connection = connection
        self._data = data
        self._failed = failed
        self.way = way
        self.late = False
        self.since = 0.0

    def take(self) -> tuple[Any, Any, bytes, OSError | None]:
        """The connection, which is now this thread's, with its pool and what was read from it."""
        connection: Any = self._connection
        self._connection = None
        connection.holder = threading.get_ident()
        return self._pool, connection, self._data, self._failed

    @property
    def outcome(self) -> Reply | Exception | None:
        """What became of it, if that is known."""
        return self._outcome

    def drop(self) -> None:
        """Nobody will bring it to its end."""
        if self._connection is not None:
            pool, connection, *_ = self.take()
            connection.close()
            pool.give_back(connection)


class Resumed(Direct):
    """The attempts of a request of which the first has begun already."""

    __slots__ = ("_begun", "late")

    def __init__(
        self,
        transport: RequestsTransport,
        wire: Request,
        deadline: float | None,
        begun: Begun,
        race: Race | None = None,
    ) -> None:
        super().__init__(transport.adapter, wire, deadline)
        self._begun: Begun | None = begun
        self.late = None if race is None else race.late

    def attempt(self, number: int) -> Reply:
        """Bring the first one to its end, or send once more; the answer."""
        begun, self._begun = self._begun, None
        if begun is None:
            return super().attempt(number)
        outcome = begun.outcome
        if isinstance(outcome, Reply):
            return outcome
        if outcome is not None:
            raise self._explained(outcome) from root(outcome)
        try:
            reply = self._rest(begun)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            check_running()
            raise self._explained(error) from root(error)
        finally:
            on_connection(None)
        return unmasked(reply) if self.wire.error_in_ok else reply

    def _rest(self, begun: Begun) -> Reply:
        pool, connection, data, failed = begun.take()
        try:
            on_connection(connection)
            if self.late is not None:
                other = self.late(connection, self._seconds())
                if other is not None:
                    connection.close()
                    pool.give_back(connection)
                    return other
            response = usual(pool, connection, self.wire.method, data, self._seconds)
            if failed is not None:  # half of the request may be on its way still
                response._original_response.will_close = True  # type: ignore[union-attr]
        except BaseException:
            connection.close()
            pool.give_back(connection)
            raise
        return self._read(response)
