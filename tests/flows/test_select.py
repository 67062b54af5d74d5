"""S3 Select: answers that are damaged, cut off, refused in the middle, or none at all."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    BucketNotFoundError,
    CsvInput,
    CsvOutput,
    EncryptionKeyError,
    IntegrityError,
    JsonInput,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
    ObjectNotFoundError,
    SelectStats,
    ServerError,
    SseC,
    ValidationError,
)
from tests.both import Connect, blocking, both, config_for
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    Reply,
    ScriptedServer,
    Step,
    dribble,
    drop_after,
    reply,
    s3_error,
)
from tests.wire.test_event_stream import frame, header, sized

SQL = "SELECT * FROM S3Object"
CSV = CsvInput(file_header_info="USE")


def message(event: str, payload: bytes = b"") -> bytes:
    kind = header(":message-type", 7, sized(b"event"))
    return frame(kind + header(":event-type", 7, sized(event.encode())), payload)


def numbers(root: str, n: int, end: str | None = None) -> bytes:
    names = ("BytesScanned", "BytesProcessed", "BytesReturned")
    inner = "".join(f"<{name}>{n + i}</{name}>" for i, name in enumerate(names))
    return f"<{root}>{inner}</{end or root}>".encode()


def refusal(code: str, text: str) -> bytes:
    pairs = ((":message-type", "error"), (":error-code", code), (":error-message", text))
    return frame(b"".join(header(name, 7, sized(value.encode())) for name, value in pairs))


CONT, END = message("Cont"), message("End")
STATS = message("Stats", numbers("Stats", 7))
# As MinIO writes it: the end is not that of the beginning.
PROGRESS = message("Progress", numbers("Progress", 1, "Stats"))
HEAD = {"Content-Type": "application/octet-stream", "x-amz-request-id": "r"}


def answer(*messages: bytes) -> Reply:
    return reply(200, b"".join(messages), headers=HEAD, chunked=True)


@both
def test_blocks_stats_and_progress(connect: Connect) -> None:
    whole = answer(
        CONT, message("Records", b"1,2\n3"), PROGRESS, message("Records", b",4\n"), STATS
    )
    steps = dribble(answer(whole.body, message("News"), END), step=5)
    with ScriptedServer([steps]) as server, connect(server) as client:
        found = client.select_object_content("docs", "a b", SQL, CSV, CsvOutput(), progress=True)
        assert found.stats is None
        assert next(found) == b"1,2\n3"
        assert next(found) == b",4\n"
        assert found.progress == SelectStats(bytes_scanned=1, bytes_processed=2, bytes_returned=3)
        assert list(found) == []
        assert found.stats == SelectStats(bytes_scanned=7, bytes_processed=8, bytes_returned=9)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/acme-docs/a%20b?select=&select-type=2")
    assert b"<RequestProgress><Enabled>true</Enabled></RequestProgress>" in request.body


@both
def test_it_is_read_at_once_and_asked_again(connect: Connect) -> None:
    steps: list[Step] = [s3_error(503, "SlowDown"), answer(message("Records", b"x"), END)]
    with ScriptedServer(steps) as server, connect(server) as client:
        with client.select_object_content("docs", "a", SQL, CSV) as found:
            assert found.read() == b"x"


@both
def test_an_object_with_a_key_of_the_customers(connect: Connect) -> None:
    key, header = SseC(b"k" * 32), "x-amz-server-side-encryption-customer-key"
    missing = s3_error(400, "InvalidRequest", "The object was stored using a form of Server Side "
                       "Encryption. The correct parameters must be provided")  # fmt: skip
    whole = answer(message("Records", b"x"), END)
    refused = s3_error(403, "AccessDenied", "Access Denied.")
    told = reply(400, headers=HEAD)
    steps: list[Step] = [whole, whole, missing, refused, told]
    how: dict[str, Any] = {"allow_sse_c_over_http": True}
    with ScriptedServer(steps) as server, connect(server, **how) as client:
        found = client.select_object_content("docs", "a", SQL, CSV, encryption=key)
        assert found.read() == b"x"
        with connect(server, encryption=key, **how) as keyed:
            assert keyed.select_object_content("docs", "a", SQL, CSV).read() == b"x"
        with pytest.raises(EncryptionKeyError, match="none was given"):
            client.select_object_content("docs", "a", SQL, CSV).read()
        with pytest.raises(EncryptionKeyError, match="another customer's key") as caught:
            client.select_object_content("docs", "a", SQL, CSV, encryption=key).read()
    assert [request.header(header) is not None for request in server.requests[:4]] == [
        True, True, False, True,
    ]  # fmt: skip
    assert str.__str__(key.headers()[header]) not in str(caught.value)


@both
def test_rows(connect: Connect) -> None:
    def ask(output: Any, *blocks: bytes, names: Any = None) -> list[dict[str, Any]]:
        steps = answer(*(message("Records", block) for block in blocks), END)
        with ScriptedServer([steps]) as server, connect(server) as client:
            question = client.select_object_content("docs", "a", SQL, JsonInput(), output)
            return list(question.rows(names))

    assert ask(None, b'{"a":', b'"1"}\n{"a":2}', b"\n[3]\n") == [{"a": "1"}, {"a": 2}, {"_1": [3]}]
    assert ask({"JSON": {"RecordDelimiter": "\r;"}}, b'{"a":1}\r', b';{"a":2}') == [
        {"a": 1},
        {"a": 2},
    ]
    rows = b'1,"x\n', b'y""z",\xc3', b"\xbc\n\n4,\r,\n"
    assert ask(CsvOutput(), *rows[:2], b"\xbc\n") == [{"_1": "1", "_2": 'x\ny"z', "_3": "ü"}]
    assert ask(CsvOutput(field_delimiter=";"), b"1;2;3\n4;5", names=["a", "b", "c"]) == [
        {"a": "1", "b": "2", "c": "3"},
        {"a": "4", "b": "5"},
    ]
    for output, block, names in (
        (None, b"nul\n", None),
        (None, b"\xff\n", None),
        (CsvOutput(), b"1,2\n", ["a"]),
        (CsvOutput(), b"1\r2\n", None),
    ):
        with pytest.raises(ServerError):
            ask(output, block, names=names)


@both
def test_rows_of_an_answer_that_nobody_else_holds(connect: Connect) -> None:
    steps = [answer(message("Records", b'{"a":1}\n{"a":2}\n'), END)]
    with ScriptedServer([*steps, *steps]) as server, connect(server) as client:
        rows = client.select_object_content("docs", "a", SQL, CSV).rows()
        assert list(rows) == [{"a": 1}, {"a": 2}]
        for row in client.select_object_content("docs", "a", SQL, CSV).rows():
            assert row == {"a": 1}
            break


def test_rows_that_cannot_be_made() -> None:
    with blocking("http://127.0.0.1:9") as client:
        bad: tuple[tuple[Any, Any], ...] = (
            (None, ["a"]),
            (CsvOutput(), "ab"),
            (CsvOutput(), [1]),
            (CsvOutput(quote_escape_character="\\"), None),
            (CsvOutput(field_delimiter="::"), None),
        )
        for output, names in bad:
            with pytest.raises(ValidationError):
                client.select_object_content("docs", "a", SQL, CSV, output).rows(names)


@both
def test_what_is_cut_off_is_no_answer(connect: Connect) -> None:
    """Whether the connection breaks, or ends well and too early."""
    body = b"".join((message("Records", b"1\n"), STATS))
    steps: list[Step] = [
        answer(body),
        answer(body[:-1]),
        reply(200, body, headers=HEAD, content_length=None),
        drop_after(reply(200, body + END, headers=HEAD), bytes=len(body) + 20),
        drop_after(answer(body + END), bytes=len(body)),
    ]
    with ScriptedServer(list(steps)) as server, connect(server) as client:
        for _ in steps:
            found = client.select_object_content("docs", "a", SQL, CSV)
            with pytest.raises(MinIOConnectionError, match="SelectObjectContent"):
                list(found)
            assert list(found) == []


@both
def test_what_is_damaged_is_told(connect: Connect) -> None:
    rows = message("Records", b"1,2,3\n")
    with ScriptedServer([answer(rows, rows[:-8] + b"!" + rows[-7:], END)]) as server:
        with connect(server) as client:
            found = client.select_object_content("docs", "a", SQL, CSV)
            assert next(found) == b"1,2,3\n"
            with pytest.raises(IntegrityError, match="SelectObjectContent 'docs/a'.*CRC32"):
                next(found)


@both
def test_a_refusal_in_the_middle(connect: Connect) -> None:
    text = "nothing in acme-docs for you, nor in beta-docs"
    steps: list[Step] = [
        answer(message("Records", b"1\n"), refusal("AccessDenied", text)),
        answer(refusal("InternalError", "")),
    ]
    with ScriptedServer(steps) as server, connect(server) as client:
        found = client.select_object_content("docs", "a", SQL, CSV)
        assert next(found) == b"1\n"
        with pytest.raises(AccessDeniedError, match="nothing in docs for you, nor in \\*\\*\\*"):
            next(found)
        with pytest.raises(ServerError, match="InternalError"):
            client.select_object_content("docs", "a", SQL, CSV).read()


@both
@pytest.mark.parametrize(
    ("step", "cls"),
    [
        (reply(200, b"name,age\nAda,36\n", headers=HEAD), IntegrityError),
        (reply(200, b"<PostResponse/>", headers=HEAD), NotSupportedError),
        (reply(200, b'{"ok":true}', headers=HEAD), NotSupportedError),
        (reply(200, b"", headers=HEAD), NotSupportedError),
        (reply(200, b"<html></html>", headers=HEAD), ServerError),
        (dribble(reply(200, b"<Error><Code>NoSuchKey</Code></Error>")), ObjectNotFoundError),
        (s3_error(405, "MethodNotAllowed"), NotSupportedError),
        (s3_error(501, "NotImplemented"), NotSupportedError),
        (reply(307, headers={"Location": "http://other/"}), ServerError),
    ],
)
def test_other_answers(connect: Connect, step: Step, cls: type[MinIOError]) -> None:
    with ScriptedServer([step]) as server, connect(server) as client:
        with pytest.raises(cls) as caught:
            client.select_object_content("docs", "a", SQL, CSV).read()
        assert type(caught.value) is cls
        assert caught.value.operation == "SelectObjectContent"


@both
def test_a_missing_bucket_of_a_tenant_in_a_shared_one(connect: Connect) -> None:
    def handler(request: Any) -> Step:
        if request.method == "HEAD":
            return reply(404, headers={"x-amz-request-id": "r"})
        return s3_error(404, "NoSuchKey")

    with ScriptedServer(handler=handler) as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(BucketNotFoundError):
            client.select_object_content("docs", "a", SQL, CSV).read()
    assert server.requests[0].path == "/tenants/acme/docs/a"


@both
def test_bad_arguments_are_refused_at_once(connect: Connect) -> None:
    good: dict[str, Any] = {"bucket": "docs", "key": "a", "sql": SQL, "input": CSV}
    bad: tuple[dict[str, Any], ...] = (
        {"bucket": "No"},
        {"key": ""},
        {"sql": ""},
        {"input": "csv"},
        {"output": CSV},
        {"scan_range": (2, 1)},
        {"progress": 1},
    )
    with connect("http://127.0.0.1:9") as client:
        for named in bad:
            with pytest.raises(ValidationError):
                client.select_object_content(**{**good, **named})
        with pytest.raises(ValidationError, match="^sql="):
            client.select_object_content(**{**good, "sql": f"{SQL}\0"})


@both
def test_silence_is_a_timeout_and_the_deadline_holds(connect: Connect) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.read_body()
        head = answer().head(exchange.request)
        exchange.send(head + b"%x\r\n%b\r\n" % (len(CONT), CONT))
        exchange.stopping.wait()

    clock = FakeClock()
    with ScriptedServer([silent, silent, answer(CONT, END)]) as server:
        with connect(server, timeout=0.2) as client, pytest.raises(MinIOTimeoutError):
            client.select_object_content("docs", "a", SQL, CSV).read()
        with connect(server, deadline=5, clock=clock) as client:
            found = client.select_object_content("docs", "a", SQL, CSV)
            with found:
                clock.advance(6)
                with pytest.raises(MinIOTimeoutError, match="deadline"):
                    next(found)
            found = client.select_object_content("docs", "a", SQL, CSV)
            assert found.read() == b""


def endless(exchange: Exchange) -> None:
    exchange.read_body()
    exchange.send(answer().head(exchange.request))
    block = message("Records", b"x" * 1000)
    try:
        while not exchange.stopping.is_set():
            exchange.send(b"%x\r\n%b\r\n" % (len(block), block))
    except OSError:
        exchange.close()


def test_closing_early_closes_the_connection() -> None:
    """It is not used again: what is left of the answer would be the next one."""
    with ScriptedServer([endless, reply(200, headers=HEAD), endless]) as server:
        with blocking(server) as client:
            with client.select_object_content("docs", "a", SQL, CSV) as found:
                assert next(found) == b"x" * 1000
            with pytest.raises(MinIOConnectionError, match="closed before its end"):
                found.read()
            with pytest.raises(MinIOConnectionError, match="closed before its end"):
                list(found.rows())
            del found
            assert client.bucket_exists("docs")
            for block in client.select_object_content("docs", "a", SQL, CSV):
                assert block
                break
            gc.collect()
            transport: Any = client._engine.transport
            assert not list(transport.connections._feeds)
    assert [request.connection for request in server.requests] == [1, 2, 2]


@pytest.mark.asyncio
async def test_a_task_that_is_cancelled_leaves_nothing() -> None:
    with ScriptedServer([endless]) as server:
        async with AsyncMinIOClient(config_for(server)) as client:
            found = client.select_object_content("docs", "a", SQL, CSV)

            async def read() -> None:
                async for _ in found:
                    await asyncio.sleep(0)

            task = asyncio.create_task(read())
            while not server.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await found.close()
            with pytest.raises(MinIOConnectionError, match="closed before its end"):
                await found.read()


def test_two_threads_ask_at_once() -> None:
    steps = [answer(message("Records", b"x" * 9), END) for _ in range(8)]
    with ScriptedServer(list(steps)) as server, MinIOClient(config_for(server)) as client:
        found: list[bytes] = []

        def ask() -> None:
            found.append(client.select_object_content("docs", "a", SQL, CSV).read())

        threads = [threading.Thread(target=ask) for _ in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [b"x" * 9] * 8
