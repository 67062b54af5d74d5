"""Answers that are read while they come, from one of several endpoints."""

from __future__ import annotations

import pytest

from minio_sdk import CsvInput, EventGap, Hedge, MinIOConnectionError
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.flows.test_events import PING, lines, listened, served, stays_open, told
from tests.flows.test_select import END as LAST
from tests.flows.test_select import SQL, answer, message
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, reply, s3_error

NOBODY = "http://127.0.0.1:1"
ROWS = answer(message("Records", b"x"), LAST)


def hosts(server: ScriptedServer) -> set[str]:
    return {request.header("Host") or "" for request in server.requests}


@both
def test_events_go_on_at_another_endpoint(connect: Connect) -> None:
    clock, gaps = FakeClock(), list[EventGap]()
    gone: list[Step] = []
    well = reply(200, headers={"Server": "MinIO", "x-amz-request-id": "r"})

    def dies(request: Request) -> Step:
        return gone[0] if gone else lines(told("a")) if "events=" in request.target else well

    with ScriptedServer(handler=dies) as first, served(stays_open(PING, told("b"))) as second:
        with connect(f"{first.url},{second.url}", clock=clock) as client:
            with client.listen_bucket("docs", on_reconnect=gaps.append) as events:
                assert next(events).key == "a"
                gone.append(drop_before_reply())
                assert next(events).key == "b"
                assert events.reconnects == 1
        assert len(listened(second)) == 1
        assert hosts(second) == {second.url.removeprefix("http://")}
    assert len(gaps) == 1


@both
def test_a_client_that_closes_ends_the_events_of_an_endpoint(connect: Connect) -> None:
    with served(stays_open(PING, told("a"))) as server:
        with connect(f"{NOBODY},{server.url}") as client:
            events = client.listen_bucket("docs")
            assert next(events).key == "a"
            client.close()
            assert list(events) == []


@both
@pytest.mark.parametrize("step", [s3_error(503, "SlowDown"), drop_before_reply()])
def test_a_selection_is_asked_of_another_endpoint(connect: Connect, step: Step) -> None:
    clock = FakeClock()
    with (
        ScriptedServer([step] * 2, strict=False) as first,
        ScriptedServer([ROWS, ROWS]) as second,
        connect(f"{first.url},{second.url}", clock=clock, max_retries=0) as client,
    ):
        for _ in range(2):
            with client.select_object_content("docs", "k", SQL, CsvInput()) as found:
                assert found.read() == b"x"
        assert hosts(second) == {second.url.removeprefix("http://")}
    assert sum(clock.slept) == 0


@both
def test_with_hedges_a_selection_is_tried_again_and_asked_once_at_a_time(connect: Connect) -> None:
    with (
        ScriptedServer([s3_error(503, "SlowDown"), ROWS]) as server,
        connect(server, hedge=Hedge()) as client,
        client.select_object_content("docs", "k", SQL, CsvInput()) as found,
    ):
        assert found.read() == b"x"


@both
def test_what_breaks_off_names_the_endpoint(connect: Connect) -> None:
    cut = reply(200, ROWS.body[:20], headers={"x-amz-request-id": "r"}, content_length=900)
    with ScriptedServer([cut]) as server, connect(f"{NOBODY},{server.url}") as client:
        with pytest.raises(MinIOConnectionError) as caught:
            client.select_object_content("docs", "k", SQL, CsvInput()).read()
        assert caught.value.endpoint == server.url
        assert (caught.value.operation, caught.value.key) == ("SelectObjectContent", "k")
