"""Several endpoints with what came beside them: live answers, administration, objects made of others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from minio_sdk import (
    AuditRecord,
    CsvInput,
    EventGap,
    Hedge,
    MinIOConnectionError,
    MinIOError,
    ValidationError,
)
from minio_sdk.config import MiB
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.flows.store import Store
from tests.flows.test_admin import IS_MINIO, MINIO
from tests.flows.test_encryption import KEY
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


# --- what isn't read while it comes -----------------------------------------------------------------


@both
@pytest.mark.parametrize("step", [drop_before_reply(), reply(503, headers=MINIO)])
def test_what_is_sent_once_goes_to_no_other_endpoint(connect: Connect, step: Step) -> None:
    with ScriptedServer([IS_MINIO, step]) as first, ScriptedServer([]) as second:
        with connect(f"{first.url},{second.url}") as client:
            with pytest.raises(MinIOError) as caught:
                client.admin.restart_server()
            assert (caught.value.attempts, caught.value.endpoint) == (1, first.url)


@both
def test_an_append_whose_answer_is_lost_is_no_second_one_elsewhere(connect: Connect) -> None:
    """The first endpoint has done it, the second is asked again: nothing comes twice, or is lost."""
    store = Store({"/acme-docs/a": b"old"}, name="MinIO")
    lost: list[str] = []

    def first(request: Request) -> Step:
        answer = store(request)
        if not lost and request.method == "PUT":
            lost.append(request.target)
            return drop_before_reply()
        return answer

    with ScriptedServer(handler=first) as one, ScriptedServer(handler=store) as two:
        with connect(f"{one.url},{two.url}") as client:
            stored = client.append_object("docs", "a", b"more")
    assert stored.size == 7
    assert store.objects["/acme-docs/a"].data == b"oldmore"
    assert len(lost) == 1


@both
def test_a_composition_goes_on_at_another_endpoint(connect: Connect) -> None:
    store = Store({"/acme-docs/a": b"a" * 6 * MiB, "/acme-docs/b": b"b"}, name="MinIO")
    seen: list[Request] = []

    def dies(request: Request) -> Step:
        seen.append(request)
        return store(request) if len(seen) < 5 else drop_before_reply()

    with ScriptedServer(handler=dies) as one, ScriptedServer(handler=store) as two:
        with connect(f"{one.url},{two.url}", pool_size=1) as client:
            assert client.compose_object("docs", "c", ["a", "b"]).size == 6 * MiB + 1
    assert store.objects["/acme-docs/c"].data == b"a" * 6 * MiB + b"b"


@both
def test_urls_are_of_the_first_endpoint_or_of_the_public_one(connect: Connect) -> None:
    urls = f"{NOBODY},http://127.0.0.1:2"
    with connect(urls) as client:
        assert client.get_presigned_url("docs", "a").startswith(f"{NOBODY}/acme-docs/a?")
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.get_presigned_put_url("docs", "a", encryption=KEY)
    # What counts is how the URL's user gets there.
    with connect(urls, public_url="https://s3.example.com") as client:
        url = client.get_presigned_put_url("docs", "a", encryption=KEY)
        assert url.startswith("https://s3.example.com/acme-docs/a?")
        assert "customer-key" in url
        assert KEY.key_md5 not in url


@both
def test_the_bytes_of_what_is_read_while_it_comes_are_not_known(connect: Connect) -> None:
    """When the record is made; no bytes is something else."""
    records: list[AuditRecord] = []
    with ScriptedServer([ROWS]) as server, connect(server, audit=records.append) as client:
        with client.select_object_content("docs", "k", SQL, CsvInput()) as found:
            found.read()
    (record,) = records
    assert (record.operation, record.status, record.bytes_received) == (
        "SelectObjectContent",
        200,
        None,
    )


@both
def test_an_executor_removes_what_governance_locks(connect: Connect) -> None:
    done = b"<DeleteResult><Deleted><Key>a</Key><VersionId>v</VersionId></Deleted></DeleteResult>"
    on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    steps = [reply(200, on), reply(200, done)]
    with ScriptedServer(steps) as server, connect(server) as client:
        with ThreadPoolExecutor(1) as pool:
            items = [("docs", "a", "v")]
            assert client.delete_many(items, bypass_governance=True, executor=pool)
    _, request = server.requests
    assert request.header("x-amz-bypass-governance-retention") == "true"
