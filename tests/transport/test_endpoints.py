"""Several endpoints of one store: which is asked, what fails over, and when one is asked again."""

from __future__ import annotations

import hashlib
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from minio_sdk import (
    Config,
    ConfigurationError,
    MinIOClient,
    MinIOConnectionError,
    MinIOTimeoutError,
    ServerError,
    TenantAdapter,
)
from minio_sdk.errors import MinIOError
from minio_sdk.transport.routes import FIRST_REST, LONGEST_REST, Routes
from tests.both import Connect, at_once, both, stored
from tests.clock import FakeClock
from tests.scripted import (
    Reply,
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    hang,
    reply,
    s3_error,
)

NOBODY = "http://127.0.0.1:1"
Handler = Callable[[Request], Step]


class Gate:
    """A handler that may be told to answer otherwise from now on."""

    def __init__(self, usual: Step) -> None:
        self.usual = usual
        self.step: Step | None = None

    def __call__(self, request: Request) -> Step:
        return self.step or self.usual


@contextmanager
def servers(*handlers: Handler) -> Iterator[list[ScriptedServer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(ScriptedServer(handler=handler)) for handler in handlers]


def answers(text: bytes) -> Handler:
    return lambda request: stored(text)


def urls(*servers: ScriptedServer | str) -> str:
    return ",".join(one if isinstance(one, str) else one.url for one in servers)


def hosts(server: ScriptedServer) -> set[str | None]:
    return {request.header("Host") for request in server.requests}


# --- which endpoint ---------------------------------------------------------------------------------


@both
def test_the_first_is_asked_while_it_answers(connect: Connect) -> None:
    with servers(answers(b"a"), answers(b"b")) as (a, b), connect(urls(a, b)) as client:
        assert {client.get_object("docs", "k") for _ in range(3)} == {b"a"}
        assert hosts(a) == {a.url.removeprefix("http://")}
        assert b.requests == []


@both
def test_a_dead_one_costs_one_try_and_no_waiting(connect: Connect) -> None:
    clock = FakeClock()
    with servers(answers(b"b")) as (b,), connect(urls(NOBODY, b), clock=clock) as client:
        assert {client.get_object("docs", "k") for _ in range(5)} == {b"b"}
        # Signed for whom it went to.
        assert hosts(b) == {b.url.removeprefix("http://")}
        assert clock.slept == [0.0]


@both
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_errors_of_its_own_open_the_circuit_after_three(connect: Connect, status: int) -> None:
    clock = FakeClock()
    with (
        servers(lambda _: reply(status), answers(b"b")) as (a, b),
        connect(urls(a, b), clock=clock) as client,
    ):
        assert {client.get_object("docs", "k") for _ in range(5)} == {b"b"}
        assert (len(a.requests), len(b.requests)) == (3, 5)
        assert clock.slept == [0.0] * 3


@both
@pytest.mark.parametrize("status, code", [(403, "AccessDenied"), (404, "NoSuchKey"), (429, "x")])
def test_what_the_store_says_is_nobody_else_s_to_answer(
    connect: Connect, status: int, code: str
) -> None:
    with (
        servers(lambda _: s3_error(status, code), answers(b"b")) as (a, b),
        connect(urls(a, b), max_retries=1) as client,
    ):
        with pytest.raises(MinIOError) as caught:
            client.get_object("docs", "k")
        assert caught.value.endpoint == a.url
        assert b.requests == []


@both
def test_one_that_accepts_and_never_answers(connect: Connect) -> None:
    clock = FakeClock()
    with (
        servers(lambda _: hang(), answers(b"b")) as (a, b),
        connect(urls(a, b), clock=clock, timeout=1) as client,
    ):
        assert {client.get_object("docs", "k") for _ in range(4)} == {b"b"}
        assert len(a.requests) == 1
        assert clock.slept == [0.0]


@both
def test_one_that_drops_connections(connect: Connect) -> None:
    with (
        servers(lambda _: drop_before_reply(), answers(b"b")) as (a, b),
        connect(urls(a, b)) as client,
    ):
        assert {client.get_object("docs", "k") for _ in range(5)} == {b"b"}
        assert len(a.requests) == 3


@both
def test_one_that_comes_back_is_tried_with_a_question_of_no_account(connect: Connect) -> None:
    clock, first = FakeClock(), Gate(stored(b"a"))
    first.step = reply(503)
    with (
        servers(first, answers(b"b")) as (a, b),
        connect(urls(a, b), clock=clock) as client,
    ):
        for _ in range(3):
            client.get_object("docs", "k")
        assert len(a.requests) == 3
        clock.advance(FIRST_REST)
        assert client.get_object("docs", "k") == b"b"  # it is still the same
        assert (a.requests[3].line, a.requests[3].header("Authorization")) == (
            b"GET / HTTP/1.1",
            None,
        )
        first.step = None
        clock.advance(FIRST_REST * 1.5)  # it rests for twice as long now
        assert client.get_object("docs", "k") == b"b"
        clock.advance(FIRST_REST * 0.5)
        assert client.get_object("docs", "k") == b"a"
        assert client.get_object("docs", "k") == b"a"
        assert (len(a.requests), len(b.requests)) == (7, 5)


@both
def test_where_all_fail_it_waits_as_ever_and_names_the_last(connect: Connect) -> None:
    clock = FakeClock()
    with (
        servers(lambda _: reply(503), lambda _: reply(503)) as (a, b),
        connect(urls(a, b), clock=clock, max_retries=2) as client,
    ):
        with pytest.raises(ServerError) as caught:
            client.get_object("docs", "k")
        assert clock.slept == [0.0, 1.0, 2.0]
        assert caught.value.attempts == 4
        assert caught.value.endpoint in (a.url, b.url)
        assert (len(a.requests), len(b.requests)) == (2, 2)


@both
def test_one_try_only_still_finds_the_endpoint_that_answers(connect: Connect) -> None:
    with (
        servers(answers(b"c")) as (c,),
        connect(urls(NOBODY, "http://127.0.0.1:2", c), max_retries=0) as client,
    ):
        assert client.get_object("docs", "k") == b"c"


@both
def test_nobody_answers(connect: Connect) -> None:
    with connect(urls(NOBODY, "http://127.0.0.1:2"), max_retries=0) as client:
        with pytest.raises(MinIOConnectionError, match="nothing listens on 127.0.0.1:2") as caught:
            client.get_object("docs", "k")
        assert caught.value.endpoint == "http://127.0.0.1:2"
        health = client.health_check()
    assert (health.healthy, health.status) == (False, "unreachable")
    assert set(health.details["endpoints"]) == {NOBODY, "http://127.0.0.1:2"}


@both
def test_an_upload_fails_over_with_its_bytes(connect: Connect) -> None:
    data = bytes(range(256)) * 2000
    with (
        servers(lambda _: drop_before_reply(), answers(b"")) as (a, b),
        connect(urls(a, b)) as client,
    ):
        client.put_object("docs", "k", data)
    puts = [request for request in b.requests if request.method == "PUT"]
    assert [request.body for request in puts] == [data]
    assert puts[0].header("X-Amz-Content-Sha256") == hashlib.sha256(data).hexdigest()


@both
def test_views_know_what_others_have_found(connect: Connect) -> None:
    with (
        servers(lambda _: reply(503), answers(b"b")) as (a, b),
        connect(urls(a, b)) as client,
    ):
        for _ in range(3):
            client.get_object("docs", "k")
        assert client.with_(tenant_id="globex").get_object("docs", "k") == b"b"
        assert len(a.requests) == 3


@both
def test_clocks_are_the_endpoints_own(connect: Connect) -> None:
    """A skew is learnt from the endpoint that refuses, and the next try goes to that one again."""
    from email.utils import formatdate

    clock = FakeClock()
    late = {"Date": formatdate(clock.time() + 7200, usegmt=True)}

    def skewed(request: Request) -> Step:
        if request.header("X-Amz-Date") == "20231114T221320Z":
            return s3_error(403, "RequestTimeTooSkewed", headers=late)
        return stored(b"a")

    with (
        servers(skewed, answers(b"b")) as (a, b),
        connect(urls(a, b), clock=clock, base_delay=0) as client,
    ):
        assert client.get_object("docs", "k") == b"a"
        assert client.get_object("docs", "k") == b"a"
        assert len(a.requests) == 3
        # What is signed ahead is for the first, by its clock.
        assert "X-Amz-Date=20231115T001320Z" in client.get_presigned_url("docs", "k")
        assert client.get_presigned_url("docs", "k").startswith(a.url)
        assert b.requests == []


@both
def test_health_tells_of_each(connect: Connect) -> None:
    listing = (
        b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>acme-default</Name>'
        b"<Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated>"
        b"</ListBucketResult>"
    )
    with (
        servers(lambda _: reply(503), answers(listing)) as (a, b),
        connect(urls(a, b)) as client,
    ):
        health = client.health_check()
    assert (health.healthy, health.status) == (True, "degraded")
    assert health.details["endpoints"][a.url]["status"] == "unhealthy"
    assert health.details["endpoints"][b.url]["status"] == "healthy"


@both
def test_a_certificate_that_is_bad_at_one_is_no_end(connect: Connect) -> None:
    with (
        ScriptedServer(handler=answers(b"a"), tls=True, tls_names=("wrong.example",)) as a,
        ScriptedServer(handler=answers(b"b"), tls=True) as b,
        connect(urls(a, b), verify=str(b.ca_file)) as client,
    ):
        assert client.get_object("docs", "k") == b"b"
        assert a.requests == []


# --- many calls ----------------------------------------------------------------------------------


class Store:
    """One store behind three gateways, of which one can be killed or hang."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self.count = 0
        self.dead = False
        self.kill_at = -1
        self.how: Step = drop_before_reply()

    def gateway(self, number: int) -> Handler:
        def handle(request: Request) -> Step:
            with self.lock:
                self.count += 1
                if self.count == self.kill_at:
                    self.dead = True
                if number == 0 and self.dead:
                    return self.how
                return self.answer(request)

        return handle

    def answer(self, request: Request) -> Reply:
        if request.method == "PUT":
            self.objects[request.path] = request.body
            return stored()
        if request.path not in self.objects:
            return s3_error(404, "NoSuchKey")
        return stored(self.objects[request.path])


# Only who hangs is waited for: where others had as little time, a busy machine would seem dead.
ways_to_die = pytest.mark.parametrize(
    ("how", "timeout"),
    [(drop_before_reply(), 60), (reply(503), 60), (hang(), 2)],
    ids=["dies", "503", "hangs"],
)


@both
@ways_to_die
def test_one_of_three_dies_in_the_middle_of_a_thousand_calls(
    connect: Connect, how: Step, timeout: float
) -> None:
    store = Store()
    store.how, store.kill_at = how, 400
    with (
        servers(*(store.gateway(number) for number in range(3))) as three,
        connect(urls(*three), timeout=timeout, pool_size=16) as client,
    ):

        def one(number: int) -> Callable[[MinIOClient], Any]:
            if number % 2:
                return lambda client: client.put_object("docs", f"k{number}", b"%d" % number)
            return lambda client: client.get_object("docs", "k0")

        client.put_object("docs", "k0", b"zero")
        results = at_once(client, [one(number) for number in range(1000)])
    assert results[::2] == [b"zero"] * 500
    assert len(store.objects) == 501
    assert three[2].requests == []  # the second answers all the rest


@both
@ways_to_die
def test_one_of_three_dies_in_the_middle_of_a_bulk_job(
    connect: Connect, how: Step, timeout: float
) -> None:
    store = Store()
    store.how, store.kill_at = how, 300
    with (
        servers(*(store.gateway(number) for number in range(3))) as three,
        connect(urls(*three), timeout=timeout) as client,
    ):
        names = [f"k{number}" for number in range(250)]
        put = client.upload_many([(name, name.encode()) for name in names], bucket="docs")
        got = client.download_many(names, bucket="docs")
    assert (put.failed, got.failed) == (0, 0)
    assert len(store.objects) == 250
    assert len(three[1].requests) > 100


# --- the parts -----------------------------------------------------------------------------------


def test_routes_rest_longer_each_time_up_to_a_minute() -> None:
    routes = Routes(["a", "b"])
    a, b = routes.all
    now = 0.0
    routes.failed(a, now, at_once=True)
    rests = []
    for _ in range(8):
        assert a.until is not None
        rests.append(a.until - now)
        assert routes.choose(a.until - 0.1, []) == (b, False)
        now = a.until
        assert routes.closed(now) is None
        assert routes.choose(now, []) == (a, True)
        assert routes.choose(now, []) == (b, False)  # one tries it at a time
        routes.failed(a, now, at_once=True)
    assert rests == [2, 4, 8, 16, 32, 60, 60, 60]
    assert max(rests) == LONGEST_REST
    routes.answered(a)
    assert routes.choose(now, []) == (a, False)
    assert routes.closed(now) is a


def test_failures_that_come_late_don_t_lengthen_the_rest() -> None:
    routes = Routes(["a", "b"])
    a, _ = routes.all
    for _ in range(100):
        routes.failed(a, 0.0, at_once=True)
    assert a.until == FIRST_REST


def test_an_answer_in_between_counts_from_the_beginning() -> None:
    routes = Routes(["a", "b"])
    a, _ = routes.all
    for _ in range(5):
        routes.failed(a, 0.0, at_once=False)
        routes.failed(a, 0.0, at_once=False)
        routes.answered(a)
    assert a.until is None


def test_who_was_interrupted_lets_another_try() -> None:
    routes = Routes(["a", "b"])
    a, _ = routes.all
    routes.failed(a, 0.0, at_once=True)
    assert routes.choose(5.0, []) == (a, True)
    routes.given_up(a)
    assert routes.choose(5.0, []) == (a, True)


def test_an_adapter_is_for_one_endpoint() -> None:
    with pytest.raises(ConfigurationError, match="^base_url: a TenantAdapter is for one endpoint"):
        TenantAdapter(Config(["http://a", "http://b"], "acme"))


def test_clients_of_several_endpoints_are_pickled() -> None:
    config = Config(["http://a", "http://b"], "acme", access_key="a", secret_key="b")
    with MinIOClient(config) as client:
        assert pickle.loads(pickle.dumps(client)).config == config


@both
def test_a_short_deadline_isn_t_outlived(connect: Connect) -> None:
    class Turning(FakeClock):
        """One that a timeout of the real socket turns on."""

        def monotonic(self) -> float:
            self.advance(0.05)
            return super().monotonic()

    with (
        servers(lambda _: hang(), lambda _: hang()) as (a, b),
        connect(urls(a, b), clock=Turning(), deadline=0.5, timeout=0.1) as client,
    ):
        with pytest.raises(MinIOTimeoutError):
            client.get_object("docs", "k")


def test_a_port_that_is_bound_and_silent_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A listener whose queue is full never completes a connection."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        place = silent.getsockname()
        fill = [socket.socket() for _ in range(4)]
        for each in fill:
            each.setblocking(False)
            each.connect_ex(place)
        try:
            with servers(answers(b"b")) as (b,):
                config = Config(
                    [f"http://127.0.0.1:{place[1]}", b.url],
                    "acme",
                    access_key="a",
                    secret_key="b",
                    connect_timeout=0.5,
                    timeout=5,
                )
                with MinIOClient(config, clock=FakeClock()) as client:
                    assert client.get_object("docs", "k") == b"b"
        finally:
            for each in fill:
                each.close()
