"""What is tried again, when, how often and at what price; on both clients, on a clock that tests turn."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from minio_sdk import (
    AccessDeniedError,
    ConflictError,
    Credentials,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from minio_sdk.clock import SystemClock
from minio_sdk.config import Config
from minio_sdk.retry import LONGEST_RETRY_AFTER, RetryPolicy
from minio_sdk.retry_budget import TokenBudget
from minio_sdk.signing import Skew
from minio_sdk.wire.message import Reply, Request, StreamBody
from tests.both import Connect, at_once, both, stored
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_body,
    drop_before_reply,
    hang,
    hang_up,
    reply,
    reply_before_body,
    s3_error,
)
from tests.scripted import Reply as Answer
from tests.scripted import Request as Seen

FAILED = reply(503)


def policy(
    clock: FakeClock, *, chance: float = 0.0, budget: TokenBudget | None = None, **fields: float
) -> RetryPolicy:
    """A policy alone, without a transport."""
    config = Config("http://localhost", None, **fields)  # type: ignore[arg-type]
    budget = budget or TokenBudget()
    return RetryPolicy(config, clock, budget, lambda *_: False, Skew(), lambda: chance)


def failing(request: Request, how: RetryPolicy, deadline: float | None = None) -> int:
    """Send what always answers 503; the number of attempts."""
    reply = how.send(lambda _: Reply(503, {}), request, deadline)
    return reply.attempts


GET = Request("GET", "/")

# --- how often, and when -------------------------------------------------------------------------


@both
def test_waits_1_2_4_8_seconds_between_the_tries(connect: Connect) -> None:
    clock = FakeClock()
    script = [FAILED, FAILED, FAILED, FAILED, stored(b"here")]
    with ScriptedServer(script) as server, connect(server, clock=clock, max_retries=4) as client:
        assert client.get_object("docs", "a") == b"here"
    assert clock.slept == [1, 2, 4, 8]


@both
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_max_retries_come_after_the_first_try(connect: Connect, retries: int) -> None:
    with ScriptedServer([FAILED] * (retries + 1)) as server:
        with connect(server, max_retries=retries) as client:
            with pytest.raises(ServerError) as caught:
                client.get_object("docs", "a")
    assert caught.value.attempts == retries + 1
    assert caught.value.status == 503


@both
def test_base_delay_scales_the_series_and_max_delay_caps_it(connect: Connect) -> None:
    clock = FakeClock()
    fields = {"base_delay": 0.5, "max_delay": 3.0, "max_retries": 5}
    with ScriptedServer([FAILED] * 6) as server, connect(server, clock=clock, **fields) as client:
        with pytest.raises(ServerError):
            client.get_object("docs", "a")
    assert clock.slept == [0.5, 1, 2, 3, 3]


def test_jitter_takes_off_up_to_its_share_of_each_delay() -> None:
    for chance, series in ((0.0, [1, 2, 4]), (0.5, [0.8, 1.6, 3.2]), (1.0, [0.6, 1.2, 2.4])):
        failing(GET, policy(clock := FakeClock(), chance=chance, jitter=0.4))
        assert clock.slept == pytest.approx(series)


@both
def test_jitter_is_on_by_default(connect: Connect) -> None:
    clock = FakeClock()
    share = Config("http://localhost", None).jitter
    with ScriptedServer([FAILED] * 21) as server:
        with connect(server, clock=clock, jitter=share, max_retries=20, max_delay=1.0) as client:
            with pytest.raises(ServerError):
                client.get_object("docs", "a")
    assert share == 0.5
    assert all(0.5 <= delay <= 1 for delay in clock.slept)
    assert len(set(clock.slept)) > 1


def test_a_thousand_retries_do_not_overflow() -> None:
    how = policy(clock := FakeClock(), jitter=0, max_retries=1000)
    how.budget._tokens = 10_000
    assert failing(GET, how) == 1001
    assert clock.slept[-1] == 20


# --- what the server wishes ----------------------------------------------------------------------


@both
def test_retry_after_in_seconds_is_waited_for(connect: Connect) -> None:
    clock = FakeClock()
    script = [reply(503, headers={"Retry-After": "7"}), stored()]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        client.get_object("docs", "a")
    assert clock.slept == [7]


@both
def test_retry_after_as_a_date_is_waited_for(connect: Connect) -> None:
    clock = FakeClock()
    date = formatdate(clock.time() + 90, usegmt=True)
    script = [reply(429, headers={"Retry-After": date}), stored()]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        client.get_object("docs", "a")
    assert clock.slept == [90]


@both
@pytest.mark.parametrize("wish", ["0", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
def test_a_retry_after_that_says_nothing_leaves_our_own_delay(connect: Connect, wish: str) -> None:
    clock = FakeClock()
    with ScriptedServer([reply(503, headers={"Retry-After": wish}), stored()]) as server:
        with connect(server, clock=clock) as client:
            client.get_object("docs", "a")
    assert clock.slept == [1]


@both
@pytest.mark.parametrize("seconds", [LONGEST_RETRY_AFTER + 1, 10**15])
def test_an_absurd_retry_after_is_not_waited_for_but_told(connect: Connect, seconds: float) -> None:
    clock = FakeClock()
    wish = {"Retry-After": f"{seconds:.0f}"}
    with ScriptedServer([reply(429, headers=wish)]) as server:
        with connect(server, clock=clock) as client, pytest.raises(RateLimitError) as caught:
            client.get_object("docs", "a")
    assert clock.slept == []
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > LONGEST_RETRY_AFTER
    assert caught.value.attempts == 1


@both
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_minio_that_is_starting_is_not_waited_for_as_long_as_it_asks(
    connect: Connect, method: str
) -> None:
    """It asks for 60 seconds, always, and is there after a few."""
    clock = FakeClock()
    code, wish = "XMinioServerNotInitialized", {"Retry-After": "60"}
    starting = s3_error(503, code, headers=wish)
    if method == "HEAD":
        starting = reply(503, headers={**wish, "x-minio-error-code": code})
    with ScriptedServer([starting, stored(b"1"), starting, stored(b"1")]) as server:
        for fields in ({}, {"deadline": 15.0}):
            with connect(server, clock=clock, **fields) as client:
                client.get_object_metadata("docs", "a") if method == "HEAD" else client.get_object(
                    "docs", "a"
                )
    # No longer than `max_delay`; and what would be too late is tried sooner.
    assert clock.slept == [20, 1]


# --- what is tried again -------------------------------------------------------------------------

AGAIN: list[Step] = [
    *(reply(status) for status in (408, 429, 500, 502, 503, 504)),
    s3_error(400, "RequestTimeout"),
    s3_error(409, "OperationAborted"),
    s3_error(403, "SlowDown"),
    s3_error(503, "SlowDownRead"),
    s3_error(503, "SlowDownWrite"),
    s3_error(500, "InternalError"),
    s3_error(503, "ServiceUnavailable"),
    s3_error(503, "ServerBusy"),
    s3_error(503, "XMinioServerNotInitialized"),
    s3_error(400, "XMinioIAMNotInitialized"),
    s3_error(400, "XMinioBucketMetadataNotInitialized"),
    reply(409, headers={"x-minio-error-code": "OperationAborted"}),
    drop_before_reply(),
    drop_before_reply(reset=True),
    drop_before_body(),
    drop_after(stored(b"x" * 5000), bytes=100),
    drop_after(stored(b"x" * 5000), bytes=0, reset=True),
    drop_after(reply(200, b"x" * 5000, headers={"ETag": '"e"'}, chunked=True), bytes=100),
]

NOT_AGAIN: list[tuple[Step, type[MinIOError]]] = [
    (s3_error(400, "InvalidArgument"), MinIOError),
    (s3_error(401, "AccessDenied"), AccessDeniedError),
    (s3_error(403, "AccessDenied"), AccessDeniedError),
    (s3_error(403, "SignatureDoesNotMatch"), AccessDeniedError),
    (s3_error(404, "NoSuchKey"), MinIOError),
    (s3_error(405, "MethodNotAllowed"), NotSupportedError),
    (s3_error(409, "BucketNotEmpty"), ConflictError),
    (reply(409), ConflictError),
    (reply(411), MinIOError),
    (reply(412), MinIOError),
    (reply(416), MinIOError),
    (s3_error(501, "NotImplemented"), NotSupportedError),
    (reply(505), ServerError),
    (reply(507), MinIOError),
    (s3_error(507, "XMinioStorageFull"), ServerError),
    (s3_error(403, "QuotaExceeded"), QuotaExceededError),
    (s3_error(429, "QuotaExceeded"), QuotaExceededError),
    (s3_error(503, "QuotaExceeded"), QuotaExceededError),
    (s3_error(400, "XMinioAdminBucketQuotaExceeded"), QuotaExceededError),
]


@both
@pytest.mark.parametrize("step", AGAIN, ids=range(len(AGAIN)))
def test_tried_again(connect: Connect, step: Step) -> None:
    clock = FakeClock()
    with ScriptedServer([step, stored(b"whole")]) as server:
        with connect(server, clock=clock) as client:
            assert client.get_object("docs", "a") == b"whole"
    assert clock.slept == [1]


@both
@pytest.mark.parametrize(
    "step, kind",
    NOT_AGAIN,
    ids=[f"{n}-{kind.__name__}" for n, (_, kind) in enumerate(NOT_AGAIN)],
)
def test_not_tried_again(connect: Connect, step: Step, kind: type[MinIOError]) -> None:
    clock = FakeClock()
    with ScriptedServer([step]) as server, connect(server, clock=clock) as client:
        with pytest.raises(kind) as caught:
            client.get_object("docs", "a")
    assert (clock.slept, caught.value.attempts) == ([], 1)


@both
def test_a_timeout_is_tried_again(connect: Connect) -> None:
    clock = FakeClock()
    script: list[Step] = [hang(), stored(b"x")]
    with ScriptedServer(script) as server:
        with connect(server, clock=clock, timeout=0.1) as client:
            assert client.get_object("docs", "a") == b"x"
    assert clock.slept == [1]


@both
def test_the_attempts_are_counted_also_when_the_last_one_fails_for_good(connect: Connect) -> None:
    with ScriptedServer([FAILED, s3_error(403, "AccessDenied")]) as server:
        with connect(server) as client, pytest.raises(AccessDeniedError) as caught:
            client.get_object("docs", "a")
    assert caught.value.attempts == 2


@both
@pytest.mark.parametrize("reset", [False, True])
def test_no_second_layer_retries(connect: Connect, reset: bool) -> None:
    """Both libraries have retries of their own for a reused connection; each try here is the policy's."""
    clock = FakeClock()
    drops = [drop_before_reply(reset=reset) for _ in range(3)]
    with ScriptedServer([stored(), *drops]) as server:
        with connect(server, clock=clock, max_retries=2) as client:
            client.get_object("docs", "a")
            with pytest.raises(MinIOConnectionError) as caught:
                client.get_object("docs", "a")
    assert server.requests[0].connection == server.requests[1].connection
    assert caught.value.attempts == len(server.requests) - 1 == 3
    assert clock.slept == [1, 2]


@both
def test_a_pooled_socket_that_went_stale_costs_at_most_one_of_our_tries(connect: Connect) -> None:
    clock = FakeClock()
    script: list[Step] = [hang_up(stored(b"1")), hang_up(stored(b"2")), stored(b"3")]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        for body in (b"1", b"2", b"3"):
            assert client.get_object("docs", "a") == body
    assert len(server.requests) == server.connections == 3
    assert set(clock.slept) <= {1}


@both
def test_a_question_that_is_asked_once_is_not_tried_again(connect: Connect) -> None:
    with ScriptedServer([FAILED]) as server, connect(server) as client:
        health = client.health_check()
    assert health.status == "unhealthy"
    assert not health


# --- each try is a request of its own ------------------------------------------------------------


def signature(request: Seen) -> str:
    """The signature that a request carries."""
    found = re.search(r"Signature=([0-9a-f]{64})$", request.header("Authorization") or "")
    assert found, request.headers
    return found[1]


@both
def test_each_try_is_signed_afresh(connect: Connect) -> None:
    script: list[Step] = [FAILED, drop_before_reply(), FAILED, stored()]
    with ScriptedServer(script) as server:
        with connect(server) as client:
            client.get_object("docs", "a")
    dates = [request.header("x-amz-date") for request in server.requests]
    assert dates == ["20231114T221320Z", "20231114T221321Z", "20231114T221323Z", "20231114T221327Z"]
    assert len({signature(request) for request in server.requests}) == 4
    assert {request.header("x-tenant-id") for request in server.requests} == {"acme"}


@both
def test_keys_that_change_between_tries_are_used(connect: Connect) -> None:
    keys = iter([Credentials("OLD", "1"), Credentials("NEW", "2"), Credentials("NEW", "2")])
    with ScriptedServer([FAILED, stored()]) as server:
        with connect(server, credentials=lambda: next(keys)) as client:
            client.get_object("docs", "a")
    used = [request.header("Authorization") or "" for request in server.requests]
    assert ["OLD" in used[0], "NEW" in used[1]] == [True, True]


BIG = bytes(range(256)) * 1200  # more than one packet, and than aiohttp's smallest body in blocks


@both
@pytest.mark.parametrize(
    "data",
    [BIG, bytearray(BIG), memoryview(BIG), memoryview(BIG)[7:-7], io.BytesIO(BIG), b"", b"x"],
    ids=["bytes", "bytearray", "memoryview", "slice", "file", "empty", "one"],
)
def test_a_body_is_sent_whole_each_time(connect: Connect, data: bytes | io.BytesIO) -> None:
    if isinstance(data, io.BytesIO):
        data.seek(0)
        expected = data.getvalue()
    else:
        expected = bytes(data)
    script: list[Step] = [FAILED, drop_before_reply(), drop_before_body(), stored()]
    with ScriptedServer(script) as server, connect(server) as client:
        assert client.put_object("docs", "a", data).size == len(expected)
    whole = [request.body for request in server.requests if request.complete]
    assert whole == [expected] * len(whole)
    assert len(whole) >= 3  # the third try was cut off on its way, if it was long enough
    assert {request.header("Content-Length") for request in server.requests} == {str(len(expected))}


@both
def test_a_refusal_before_the_body_was_read_is_seen_and_tried_again(connect: Connect) -> None:
    body = b"x" * (4 << 20)
    early = reply_before_body(reply(503, close=True))
    with ScriptedServer([early, stored()]) as server, connect(server) as client:
        client.put_object("docs", "a", body)
    assert server.requests[-1].body == body


def test_a_body_that_cannot_be_sent_again_is_sent_once() -> None:
    body = StreamBody(lambda: [b"once"], 4, replayable=False)
    put = Request("PUT", "/", body=body)
    clock = FakeClock()
    assert failing(put, policy(clock)) == 1

    def refuse(_: int) -> Reply:
        raise MinIOConnectionError("dropped")

    with pytest.raises(MinIOConnectionError, match="can't be sent a second time"):
        policy(clock).send(refuse, put)
    assert clock.slept == []


# --- the deadline --------------------------------------------------------------------------------


@both
def test_no_delay_goes_beyond_the_deadline(connect: Connect) -> None:
    clock = FakeClock()
    with ScriptedServer([FAILED] * 3) as server:
        with connect(server, clock=clock, deadline=7.0, max_retries=10) as client:
            with pytest.raises(ServerError) as caught:
                client.get_object("docs", "a")
    assert clock.slept == [1, 2]  # 4 more would end at 7
    assert caught.value.attempts == 3


@both
def test_a_connection_error_at_the_deadline_says_so(connect: Connect) -> None:
    with ScriptedServer([drop_before_reply()]) as server:
        with connect(server, deadline=0.9) as client:
            with pytest.raises(MinIOConnectionError, match="a longer deadline"):
                client.get_object("docs", "a")


@both
def test_the_deadline_is_for_the_whole_call_and_not_for_each_request(connect: Connect) -> None:
    """A list of three pages, each of which succeeds after 4 seconds."""
    clock = FakeClock()
    page = (
        "<ListBucketResult><IsTruncated>true</IsTruncated>"
        "<NextContinuationToken>{}</NextContinuationToken></ListBucketResult>"
    )

    def slowly(_: Seen) -> Step:
        clock.advance(4)
        return reply(200, page.format(len(server.requests)).encode())

    with ScriptedServer(handler=slowly) as server:
        with connect(server, clock=clock, deadline=10) as client:
            with pytest.raises(
                MinIOTimeoutError, match="the deadline of 10 seconds is over"
            ) as caught:
                client.list_objects("docs")
            assert len(server.requests) == 3
            assert caught.value.operation == "ListObjectsV2"
            with pytest.raises(MinIOTimeoutError):
                client.list_objects("docs")  # the next call has a deadline of its own
            assert len(server.requests) == 6


@both
def test_the_deadline_ends_a_wait_for_an_answer(connect: Connect) -> None:
    with ScriptedServer([hang()]) as server:
        with connect(server, deadline=0.1) as client, pytest.raises(MinIOTimeoutError):
            client.get_object("docs", "a")


@both
def test_the_deadline_ends_an_answer_that_only_drips(connect: Connect) -> None:
    """Each byte comes well within `timeout`, and all of them would take for ever."""
    with ScriptedServer([drip()]) as server:
        with connect(server, clock=SystemClock(), deadline=0.3) as client:
            with pytest.raises(MinIOTimeoutError, match="deadline of 0.3 seconds is over"):
                client.get_object("docs", "a")


def drip() -> Step:
    """A head, and then a byte every 20 ms until the client has had enough."""

    def step(exchange: Exchange) -> None:
        exchange.send(stored(b"x" * 1000).head(exchange.request))
        while not exchange.stopping.wait(0.02):
            exchange.send(b"x")

    return step


# --- the price -----------------------------------------------------------------------------------


def test_a_retry_costs_5_tokens_and_10_after_a_timeout() -> None:
    budget = TokenBudget()
    failing(GET, policy(FakeClock(), budget=budget, max_retries=2))
    assert budget.tokens == 500 - 5 - 5

    def time_out(_: int) -> Reply:
        raise MinIOTimeoutError("too slow")

    with pytest.raises(MinIOTimeoutError):
        policy(FakeClock(), budget=budget, max_retries=2).send(time_out, GET)
    assert budget.tokens == 490 - 10 - 10


def test_a_success_gives_back_what_its_last_retry_cost_and_one_without_retries_gives_1() -> None:
    budget = TokenBudget()
    how = policy(FakeClock(), budget=budget)
    answers: Iterator[Reply]

    def attempt(_: int) -> Reply:
        return next(answers)

    failed, fine = Reply(503, {}), Reply(200, {})
    answers = iter([failed, failed, fine])
    assert how.send(attempt, GET) is fine
    assert budget.tokens == 500 - 5 - 5 + 5
    answers = iter([fine] * 9)
    for _ in range(9):
        how.send(attempt, GET)
    assert budget.tokens == 500  # and never more


@both
def test_a_dying_server_is_left_alone_when_the_budget_is_empty(connect: Connect) -> None:
    """All views of a client draw on one budget: after 100 retries there is one try a call."""
    with ScriptedServer(handler=lambda _: FAILED) as server:
        with connect(server, max_retries=10) as client:
            other = client.with_(tenant_id="other")
            for _ in range(5):
                for view in (client, other):
                    with pytest.raises(ServerError):
                        view.get_object("docs", "a")
            assert len(server.requests) == 110
            with pytest.raises(ServerError) as caught:
                other.get_object("docs", "a")
    assert caught.value.attempts == 1
    assert len(server.requests) == 111


# --- the server's clock --------------------------------------------------------------------------

SKEW = 3 * 3600.0


def refused_for_our_clock(clock: FakeClock, skew: float) -> Answer:
    """The answer of a server whose clock is `skew` seconds ahead of ours."""
    date = formatdate(clock.time() + skew, usegmt=True)
    return s3_error(403, "RequestTimeTooSkewed", headers={"Date": date})


@both
@pytest.mark.parametrize("skew", [SKEW, -SKEW])
def test_the_servers_clock_is_learnt_from_a_refusal(connect: Connect, skew: float) -> None:
    clock = FakeClock()
    script = [refused_for_our_clock(clock, skew), stored(), stored(), stored()]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        client.get_object("docs", "a")
        client.get_object("docs", "a")  # which needs no retry any more
        client.with_(timeout=5).get_object("docs", "a")  # nor does a view
    hours = [(request.header("x-amz-date") or "")[:11] for request in server.requests]
    assert hours == ["20231114T22", *["20231115T01" if skew > 0 else "20231114T19"] * 3]
    assert clock.slept == [1]


@both
def test_the_servers_clock_is_learnt_from_a_refusal_without_a_body(connect: Connect) -> None:
    clock = FakeClock()
    date = formatdate(clock.time() + SKEW, usegmt=True)
    found = reply(200, headers={"ETag": '"e"', "Content-Length": "5"}, content_length=None)
    script = [reply(403, headers={"Date": date}), found]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        assert client.object_exists("docs", "a")
    assert (server.requests[1].header("x-amz-date") or "").startswith("20231115T01")


@both
def test_calls_that_were_on_their_way_when_the_clock_was_learnt_are_tried_again(
    connect: Connect,
) -> None:
    clock = FakeClock()
    all_here = threading.Barrier(4, timeout=10)
    refusals = iter([refused_for_our_clock(clock, SKEW)] * 4)

    def answer(_: Seen) -> Step:
        refusal = next(refusals, None)
        if refusal is not None:
            all_here.wait()
        return refusal or stored()

    with ScriptedServer(handler=answer) as server, connect(server, clock=clock) as client:
        assert at_once(client, [lambda c: c.get_object("docs", "a")] * 4) == [b""] * 4
    assert len(server.requests) == 8


@both
def test_a_refusal_with_a_date_like_ours_is_not_about_the_clock(connect: Connect) -> None:
    clock = FakeClock()
    near = {"Date": formatdate(clock.time() + 200, usegmt=True)}
    far = {"Date": formatdate(clock.time() + SKEW, usegmt=True)}
    script = [reply(403, headers=near), reply(403), s3_error(403, "AccessDenied", headers=far)]
    with ScriptedServer(script) as server, connect(server, clock=clock) as client:
        for _ in range(2):
            with pytest.raises(AccessDeniedError):
                client.object_exists("docs", "a")
        with pytest.raises(AccessDeniedError):  # a far date, but the code says what it is about
            client.get_object("docs", "a")
    assert clock.slept == []


@both
def test_a_server_that_refuses_its_own_time_is_not_asked_for_ever(connect: Connect) -> None:
    clock = FakeClock()
    with ScriptedServer(handler=lambda _: refused_for_our_clock(clock, SKEW)) as server:
        with connect(server, clock=clock) as client:
            with pytest.raises(AccessDeniedError, match="set this computer's clock right"):
                client.get_object("docs", "a")
    assert len(server.requests) <= 4
