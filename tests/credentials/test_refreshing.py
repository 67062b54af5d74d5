"""One refresher for all who ask: ahead of time, in the background, and a failure keeps what there is."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    ConfigurationError,
    Credentials,
    CredentialsError,
    MinIOTimeoutError,
    RefreshingProvider,
    ServerError,
)
from minio_sdk.credentials.refreshing import Refresher
from tests.both import Connect, at_once, both, stored
from tests.clock import FakeClock
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

LIFE = 3600.0
PATIENCE = 10.0


class Source(RefreshingProvider):
    """Gives key1, key2, ... each good for an hour; `gate` holds a fetch back, `fails` makes it fail."""

    def __init__(self, clock: FakeClock, life: float | None = LIFE) -> None:
        self.fetched = 0
        self.life = life
        self.fails: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.at_once = 0
        super().__init__(clock=clock)
        self._refresher = Refresher(self.__repr__, self._counted, clock, True, lambda: 0.0)

    def fetch(self) -> Credentials | None:
        self.fetched += 1
        if self.fails is not None:
            raise self.fails
        ends = None
        if self.life is not None:
            ends = datetime.fromtimestamp(self._clock.time() + self.life, timezone.utc)
        return Credentials(f"key{self.fetched}", "the-secret", "the-token", ends)

    def _counted(self) -> Credentials | None:
        self.at_once += 1
        assert self.at_once == 1
        self.begun.release()
        try:
            assert self.gate.wait(PATIENCE)
            return self.fetch()
        finally:
            self.at_once -= 1

    @property
    def key(self) -> str:
        keys = self.credentials()
        assert keys is not None
        return keys.access_key

    def settle(self) -> None:
        """Wait until no refresh is under way."""
        renewal = self._refresher._renewal
        if renewal is not None:
            renewal.result(PATIENCE)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> Source:
    return Source(clock)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    with caplog.at_level(logging.WARNING, "minio_sdk"):
        yield lambda: [record.getMessage() for record in caplog.records]


# -- when ------------------------------------------------------------------------------------------


def test_nothing_is_fetched_before_it_is_needed(source: Source) -> None:
    assert source.fetched == 0
    assert source.key == "key1"
    assert [source.key for _ in range(100)] == ["key1"] * 100
    assert source.fetched == 1


def test_a_quarter_of_an_hour_before_the_end_new_ones_come_in_the_background(
    source: Source, clock: FakeClock
) -> None:
    assert source.key == "key1"
    clock.advance(LIFE - 901)
    assert source.key == "key1"
    assert source.fetched == 1
    clock.advance(2)
    source.gate.clear()
    # The question is under way, and nobody waits for it.
    assert [source.key for _ in range(50)] == ["key1"] * 50
    assert source.begun.acquire(timeout=PATIENCE)
    source.gate.set()
    source.settle()
    assert source.key == "key2"
    assert source.fetched == 2


def test_short_lives_are_refreshed_in_their_last_quarter(clock: FakeClock) -> None:
    source = Source(clock, life=40.0)
    assert source.key == "key1"
    clock.advance(29)
    assert (source.key, source.fetched) == ("key1", 1)
    clock.advance(2)
    assert source.key == "key1"
    source.settle()
    assert source.key == "key2"


def test_near_the_end_callers_wait_for_the_one_refresh(source: Source, clock: FakeClock) -> None:
    assert source.key == "key1"
    clock.advance(LIFE - 119)
    found = source.ask()
    assert isinstance(found, Future)
    assert source.key == "key2"
    assert source.fetched == 2


@pytest.mark.parametrize("already", [0.0, LIFE - 60, LIFE + 60])
def test_a_hundred_threads_at_once_are_one_refresh(
    source: Source, clock: FakeClock, already: float
) -> None:
    wanted = 1
    if already:
        assert source.key == "key1"
        clock.advance(already)
        wanted = 2
    source.gate.clear()
    with ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(lambda: source.key) for _ in range(100)]
        for _ in range(wanted):
            assert source.begun.acquire(timeout=PATIENCE)
        source.gate.set()
        assert {future.result(PATIENCE) for future in asked} == {f"key{wanted}"}
    assert source.fetched == wanted


def test_what_never_ends_is_never_refreshed(clock: FakeClock) -> None:
    source = Source(clock, life=None)
    assert source.key == "key1"
    clock.advance(1e9)
    assert (source.key, source.fetched) == ("key1", 1)


def test_processes_don_t_all_ask_at_the_same_moment(clock: FakeClock) -> None:
    def ask_at(chance: float) -> float:
        source = Source(clock)
        source._refresher._chance = lambda: chance
        assert source.key
        held = source._refresher._held
        assert held is not None
        return held.end - held.soon

    assert ask_at(0.0) == pytest.approx(900)
    assert ask_at(1.0) == pytest.approx(600)


# -- failures --------------------------------------------------------------------------------------


def test_a_failing_refresh_keeps_the_old_ones_and_says_so(
    source: Source, clock: FakeClock, warnings: Callable[[], list[str]]
) -> None:
    assert source.key == "key1"
    source.fails = ServerError("the vault is sealed", hint="unseal it")
    clock.advance(LIFE - 600)
    assert source.key == "key1"
    source.settle()
    (told,) = warnings()
    assert "the vault is sealed" in told
    assert "good for 600 seconds more, next try in 1" in told
    assert "secret" not in told
    # Not at each call: after a pause, that grows.
    assert source.key == "key1"
    assert source.fetched == 2
    for pause in (1, 2, 4):
        clock.advance(pause)
        assert source.key == "key1"
        source.settle()
    assert source.fetched == 5
    assert "next try in 8" in warnings()[-1]
    source.fails = None
    clock.advance(8)
    assert source.key == "key1"
    source.settle()
    assert source.key == "key6"


def test_near_the_end_a_failure_is_waited_for_once_and_the_old_ones_go_on(
    source: Source, clock: FakeClock
) -> None:
    assert source.key == "key1"
    source.fails = ServerError("down")
    clock.advance(LIFE - 60)
    assert source.key == "key1"
    assert [source.key for _ in range(20)] == ["key1"] * 20
    assert source.fetched == 2


def test_when_they_have_ended_the_failure_is_raised_to_each_caller(
    source: Source, clock: FakeClock
) -> None:
    assert source.key == "key1"
    source.fails = ServerError("down", hint="start it", code="Sealed", status=503)
    clock.advance(LIFE + 1)
    errors = []
    for _ in range(5):
        with pytest.raises(
            CredentialsError, match="no new credentials from Source.*: down"
        ) as caught:
            source.credentials()
        errors.append(caught.value)
    assert source.fetched == 2  # asked again only after the pause
    assert len({id(error) for error in errors}) == 5
    assert (errors[0].hint, errors[0].code, errors[0].status) == ("start it", "Sealed", 503)
    source.fails = None
    clock.advance(1)
    assert source.key == "key3"


def test_the_first_failure_is_raised_and_somebody_else_s_exception_is_its_cause(
    source: Source,
) -> None:
    source.fails = LookupError("the canary")
    with pytest.raises(CredentialsError, match="LookupError") as caught:
        source.credentials()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is source.fails


def test_a_thread_that_would_end_in_silence_tells_those_who_wait(source: Source) -> None:
    source.fails = SystemExit(1)
    with pytest.raises(CredentialsError, match="SystemExit"):
        source.credentials()


def test_what_comes_must_be_good(clock: FakeClock) -> None:
    source = Source(clock, life=-5.0)
    with pytest.raises(CredentialsError, match="had ended already") as caught:
        source.credentials()
    assert "clock" in str(caught.value)

    class Wrong(RefreshingProvider):
        def fetch(self) -> Any:
            return {"secret": "the canary"}

    with pytest.raises(CredentialsError, match="gave a dict") as caught:
        Wrong().credentials()
    assert "canary" not in repr(caught.value)


def test_a_clock_that_is_hours_off_doesn_t_matter_where_theirs_is_known(clock: FakeClock) -> None:
    source = Source(clock, life=-7200.0)  # ours is three hours ahead
    source._refresher.offset = -3 * 3600.0
    assert source.key == "key1"
    clock.advance(2000)
    assert (source.key, source.fetched) == ("key1", 1)


def test_none_is_an_error_unless_it_is_the_last_of_all_sources(clock: FakeClock) -> None:
    answers: list[Credentials | None] = [None, Credentials("a", "s")]
    with pytest.raises(CredentialsError, match="has no credentials"):
        nobody = Refresher(lambda: "x", lambda: None, clock, required=True)
        found = nobody.ask()
        assert isinstance(found, Future)
        outcome = found.result(PATIENCE)
        assert isinstance(outcome, CredentialsError)
        raise outcome
    optional = Refresher(lambda: "x", lambda: answers.pop(0), clock, required=False)
    found = optional.ask()
    assert isinstance(found, Future)
    assert found.result(PATIENCE) is None
    assert optional.ask() is None
    clock.advance(301)  # it may have come up by now
    assert optional.ask() is None
    renewal = optional._renewal
    assert renewal is None or renewal.result(PATIENCE) == Credentials("a", "s")
    assert optional.ask() == Credentials("a", "s")


# -- travels ---------------------------------------------------------------------------------------


class Plain(RefreshingProvider):
    """A provider that pickles."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__()

    def fetch(self) -> Credentials:
        return Credentials(self.name, "the-secret")


def test_a_pickle_carries_the_settings_and_no_keys() -> None:
    plain = Plain("k")
    assert plain.credentials() == Credentials("k", "the-secret")
    data = pickle.dumps(plain)
    assert b"the-secret" not in data
    other = pickle.loads(data)
    assert other.credentials() == Credentials("k", "the-secret")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_of_a_fork_in_the_middle_of_a_refresh_asks_for_itself(source: Source) -> None:
    source.gate.clear()
    assert isinstance(source.ask(), Future)
    assert source.begun.acquire(timeout=PATIENCE)
    child = os.fork()
    if not child:
        try:
            source.gate.set()
            source.at_once = 0
            found = source.credentials()
            os._exit(0 if found is not None else 1)
        finally:
            os._exit(2)
    source.gate.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert source.key == "key1"


# -- clients ---------------------------------------------------------------------------------------


def signed_by(request: Request) -> str:
    authorization = request.header("authorization") or ""
    return authorization.partition("Credential=")[2].partition("/")[0]


@both
def test_views_threads_and_tasks_share_the_one_refresh(connect: Connect, clock: FakeClock) -> None:
    source = Source(clock)
    source.gate.clear()
    with (
        ScriptedServer(handler=lambda _: stored(b"x")) as server,
        connect(server, clock=clock, credentials=source) as client,
    ):
        calls = [lambda c, n=n: c.with_(timeout=5 + n).get_object("docs", "a") for n in range(20)]

        def open_gate() -> None:
            source.begun.acquire(timeout=PATIENCE)
            source.gate.set()

        opener = threading.Thread(target=open_gate)
        opener.start()
        assert at_once(client, calls) == [b"x"] * 20
        opener.join()
        assert source.fetched == 1
        assert {signed_by(request) for request in server.requests} == {"key1"}


@both
@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId"])
def test_keys_that_the_server_has_forgotten_are_replaced_and_the_call_made_again(
    connect: Connect, clock: FakeClock, code: str
) -> None:
    source = Source(clock)

    def answer(request: Request) -> Step:
        return s3_error(403, code) if signed_by(request) == "key1" else stored(b"x")

    with (
        ScriptedServer(handler=answer) as server,
        connect(server, clock=clock, credentials=source) as client,
    ):
        assert client.get_object("docs", "a") == b"x"
        assert [signed_by(request) for request in server.requests] == ["key1", "key2"]
    assert sum(clock.slept) == 0


@both
def test_a_refusal_without_a_body_is_taken_for_one_of_a_token(
    connect: Connect, clock: FakeClock
) -> None:
    """AWS answers so to a HEAD with a token that has ended."""
    source = Source(clock)

    def answer(request: Request) -> Step:
        return reply(400) if signed_by(request) == "key1" else stored(b"x")

    with (
        ScriptedServer(handler=answer) as server,
        connect(server, clock=clock, credentials=source) as client,
    ):
        assert client.get_object_metadata("docs", "a").etag == "e1"
        assert [signed_by(request) for request in server.requests] == ["key1", "key2"]


@both
def test_a_server_that_refuses_all_keys_is_asked_twice_and_the_source_spared(
    connect: Connect, clock: FakeClock
) -> None:
    source = Source(clock)
    with (
        ScriptedServer(handler=lambda _: s3_error(403, "ExpiredToken")) as server,
        connect(server, clock=clock, credentials=source) as client,
    ):
        for _ in range(3):
            with pytest.raises(AccessDeniedError, match="ExpiredToken"):
                client.get_object("docs", "a")
        assert [signed_by(r) for r in server.requests] == ["key1", "key2", "key2", "key2"]
        clock.advance(61)
        with pytest.raises(AccessDeniedError, match="ExpiredToken"):
            client.get_object("docs", "a")
    assert source.fetched == 3


@both
def test_other_refusals_and_lasting_keys_are_not_asked_about_twice(
    connect: Connect, clock: FakeClock
) -> None:
    source = Source(clock)
    with ScriptedServer(handler=lambda _: s3_error(403, "AccessDenied")) as server:
        with connect(server, clock=clock, credentials=source) as client:
            with pytest.raises(AccessDeniedError):
                client.get_object("docs", "a")
        assert (len(server.requests), source.fetched) == (1, 1)
    with ScriptedServer([s3_error(403, "InvalidAccessKeyId")]) as server:
        with connect(server, clock=clock) as client, pytest.raises(AccessDeniedError):
            client.get_object("docs", "a")


@both
def test_keys_that_can_t_be_had_are_an_error_with_all_names_and_nothing_is_sent(
    connect: Connect, clock: FakeClock
) -> None:
    source = Source(clock)
    source.fails = ServerError("the vault is sealed", hint="unseal it")
    with ScriptedServer() as server, connect(server, clock=clock, credentials=source) as client:
        with pytest.raises(CredentialsError) as caught:
            client.get_object("docs", "a")
        with pytest.raises(CredentialsError, match="sealed"):
            client.get_presigned_url("docs", "a")
    error = caught.value
    assert (error.operation, error.bucket, error.tenant_id) == ("GetObject", "docs", "acme")
    assert str(error).endswith("Try: unseal it")
    assert source.fetched == 1
    assert clock.slept == []


@both
def test_presigning_takes_the_keys_that_are_waited_for(connect: Connect, clock: FakeClock) -> None:
    source = Source(clock)
    with ScriptedServer() as server, connect(server, clock=clock, credentials=source) as client:
        assert "Credential=key1%2F" in client.get_presigned_url("docs", "a", 60)


def test_a_loop_goes_on_while_its_tasks_wait_for_keys(clock: FakeClock) -> None:
    """The event loop itself opens the gate: were it blocked, nobody would."""
    from minio_sdk import AsyncMinIOClient
    from tests.both import config_for

    source = Source(clock)
    source.gate.clear()

    async def main(url: str) -> list[bytes]:
        async with AsyncMinIOClient(config_for(url, credentials=source), clock=clock) as client:
            tasks = [asyncio.ensure_future(client.get_object("docs", "a")) for _ in range(50)]
            cancelled = asyncio.ensure_future(client.get_object("docs", "a"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            cancelled.cancel()
            asyncio.get_running_loop().call_soon(source.gate.set)
            found = await asyncio.gather(*tasks)
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            return found

    with ScriptedServer(handler=lambda _: stored(b"x")) as server:
        assert asyncio.run(main(server.url)) == [b"x"] * 50
    assert source.fetched == 1


@both
def test_a_call_s_deadline_bounds_the_wait_for_keys(connect: Connect) -> None:
    source = Source(FakeClock())
    source.gate.clear()
    with ScriptedServer() as server:
        with connect(server, credentials=source, deadline=0.05) as client:
            with pytest.raises(MinIOTimeoutError, match="deadline"):
                client.get_object("docs", "a")
    source.gate.set()
    source.settle()
    assert source.fetched == 1


def test_a_bad_provider_is_a_configuration_error() -> None:
    from minio_sdk import ChainProvider

    with pytest.raises(ConfigurationError, match="at least one"):
        ChainProvider()
    with pytest.raises(ConfigurationError, match="a str is no provider"):
        ChainProvider("env")  # type: ignore[arg-type]
