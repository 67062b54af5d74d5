"""Reading in pieces: never two generations in one read, whatever the server honours."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    MinIOClient,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    ServerError,
    ValidationError,
)
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.scripted import ScriptedServer, drop_after, reply, s3_error
from tests.stored import Stored

DATA = bytes(range(256)) * 4


def streamed(client: MinIOClient, **named: Any) -> bytes:
    """The object as `download_stream` gives it."""
    return b"".join(client.download_stream("docs", "a", piece_size=400, **named))


def ranged(client: MinIOClient) -> bytes:
    """The same as `get_object` does with a range that a server gives in several answers."""
    return client.get_object("docs", "a", range=(0, None))


def as_file(client: MinIOClient) -> bytes:
    """The same from a file."""
    with client.open("docs", "a") as file:
        return file.read()


def as_lines(client: MinIOClient) -> bytes:
    """The same line by line."""
    with client.open("docs", "a") as file:
        return b"".join(file)


def into(client: MinIOClient) -> bytes:
    """The same from memory."""
    buffer = bytearray(2000)
    return bytes(buffer[: client.download_into("docs", "a", buffer)])


WAYS = [streamed, as_file, as_lines, into]
every_way = pytest.mark.parametrize("way", WAYS)
Way = Callable[[MinIOClient], bytes]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of so few bytes that a small object has several."""
    for name, size in (("PIECE", 400), ("FIRST", 100), ("JUMP", 50)):
        monkeypatch.setattr(f"minio_sdk.flows.reading.{name}", size)
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", 400)
    monkeypatch.setattr("minio_sdk.client.sync.handles._BUFFER", 10)


# --- what is asked --------------------------------------------------------------------------------


@both
def test_pieces_are_asked_for_one_by_one_and_pinned(connect: Connect) -> None:
    stored = Stored(DATA)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        stream = client.download_stream("docs", "a", piece_size=400)
        assert stored.asked == []
        assert next(stream) == DATA[:400]
        assert stored.asked == ["bytes=0-399"]
        assert list(stream) == [DATA[400:800], DATA[800:]]
        assert stored.asked == ["bytes=0-399", "bytes=400-799", "bytes=800-1023"]
        pins = [request.header("If-Match") for request in server.requests]
        assert pins == [None, '"e1"', '"e1"']


@both
def test_a_stream_that_is_left_asks_for_nothing_more(connect: Connect) -> None:
    stored = Stored(DATA)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        for piece in client.download_stream("docs", "a", piece_size=400):
            assert piece == DATA[:400]
            break
        stream: Any = client.download_stream("docs", "a", piece_size=400)
        next(stream)
        stream.close()
        assert list(stream) == []
        assert stored.asked == ["bytes=0-399"] * 2


@both
def test_a_range_of_a_stream(connect: Connect) -> None:
    stored = Stored(DATA)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert streamed(client, range=(10, 500)) == DATA[10:501]
        assert streamed(client, range=(900, None)) == DATA[900:]
        assert streamed(client, range=(900, 5000)) == DATA[900:]
        assert stored.asked == [
            "bytes=10-409", "bytes=410-500", "bytes=900-1299", "bytes=900-1299"
        ]  # fmt: skip
        with pytest.raises(ValidationError, match="byte 1024 lies behind the end.*has 1024 bytes"):
            streamed(client, range=(1024, None))


@both
def test_conditions_are_for_the_first_piece(connect: Connect) -> None:
    """Later ones are of the same generation, whatever its date."""
    with ScriptedServer(handler=Stored(DATA)) as server, connect(server) as client:
        when = datetime(2026, 1, 1, tzinfo=timezone.utc)
        assert streamed(client, if_none_match="old", if_modified_since=when) == DATA
        first, second, _ = server.requests
        assert first.header("If-None-Match") == '"old"'
        assert first.header("If-Modified-Since") == "Thu, 01 Jan 2026 00:00:00 GMT"
        assert second.header("If-None-Match") is second.header("If-Modified-Since") is None


@both
@every_way
def test_an_empty_object(connect: Connect, way: Way) -> None:
    stored = Stored(b"")
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == b""
        assert stored.asked[1:] == [None]  # 416 says nothing of its ETag and metadata


@both
@every_way
def test_an_empty_object_of_a_server_without_ranges(connect: Connect, way: Way) -> None:
    stored = Stored(b"", ranges=False)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == b""
        assert len(stored.asked) == 1


@both
@every_way
def test_the_gateway_s_own_api_has_no_ranges(connect: Connect, way: Way) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        with pytest.raises(NotSupportedError, match="GetObject needs api='s3'"):
            way(client)


@both
@every_way
def test_a_missing_object_is_missed_at_the_first_read(connect: Connect, way: Way) -> None:
    with ScriptedServer([s3_error(404, "NoSuchKey")]) as server, connect(server) as client:
        stream = client.download_stream("docs", "a")
        assert server.requests == []
        with pytest.raises(ObjectNotFoundError):
            way(client)
        del stream


@both
def test_bad_arguments_are_told_at_once(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        bad: tuple[dict[str, Any], ...] = (
            {"range": (5, 4)},
            {"if_match": ""},
            {"if_modified_since": datetime(2026, 1, 1)},
            {"version_id": ""},
        )
        for arguments in bad:
            with pytest.raises(ValidationError, match=next(iter(arguments))):
                client.download_stream("docs", "a", **arguments)
            with pytest.raises(ValidationError, match=next(iter(arguments))):
                client.get_object("docs", "a", **arguments)
        for size in (0, -1, True, 1.5, "8"):
            with pytest.raises(ValidationError, match="piece_size"):
                client.download_stream("docs", "a", piece_size=size)  # type: ignore[arg-type]
        for bucket, key in (("D", "a"), ("docs", "")):
            with pytest.raises(ValidationError):
                client.download_stream(bucket, key)
            with pytest.raises(ValidationError):
                client.open(bucket, key)
        assert server.requests == []


@both
def test_the_deadline_is_for_each_piece(connect: Connect) -> None:
    """A caller who takes an hour over a piece has done nothing wrong."""
    clock = FakeClock()
    with (
        ScriptedServer(handler=Stored(DATA)) as server,
        connect(server, clock=clock, deadline=60) as client,
    ):
        found = b""
        for piece in client.download_stream("docs", "a", piece_size=400):
            found += piece
            clock.advance(3600)
        assert found == DATA
        with client.open("docs", "a") as file:
            found = file.read(1)
            clock.advance(3600)
            assert found + file.read() == DATA


# --- another generation -----------------------------------------------------------------------------


def replaced(stored: Stored, after: int = 1, **changes: Any) -> None:
    """After so many requests, the object is another."""

    def then(number: int) -> None:
        if number == after:
            for name, value in changes.items():
                setattr(stored, name, value)

    stored.then = then


@both
@every_way
@pytest.mark.parametrize("conditions", [True, False], ids=["If-Match", "no If-Match"])
@pytest.mark.parametrize("version", [None, "v1"])
def test_an_object_replaced_between_two_pieces(
    connect: Connect, way: Way, conditions: bool, version: str | None
) -> None:
    """Also where the server doesn't know If-Match, or gives the new one for the old version."""
    stored = Stored(DATA, conditions=conditions, version=version)
    replaced(stored, data=DATA[::-1], etag='"e2"')
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError, match=r"GetObject 'docs/a'.*its beginning"):
            way(client)


@both
@every_way
@pytest.mark.parametrize("etag", ['"e1"', 'W/"e1"', None])
def test_an_object_of_another_size(connect: Connect, way: Way, etag: str | None) -> None:
    stored = Stored(DATA, etag=etag)
    replaced(stored, data=DATA + b"x")
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            way(client)


@both
def test_without_an_etag_the_date_tells(connect: Connect) -> None:
    stored = Stored(DATA, etag=None, headers={"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert streamed(client) == DATA
        replaced(stored, 4, headers={"Last-Modified": "Thu, 01 Jan 2026 00:00:01 GMT"})
        with pytest.raises(ObjectChangedError):
            streamed(client)


@both
def test_a_weak_etag_is_compared_and_not_asked_for(connect: Connect) -> None:
    """No weak ETag ever matches (RFC 9110, 13.1.1)."""
    stored = Stored(DATA, etag='W/"e1"')
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert streamed(client) == DATA
        assert [request.header("If-Match") for request in server.requests] == [None] * 3


@both
@every_way
@pytest.mark.parametrize(
    "answer",
    [
        s3_error(404, "NoSuchKey"),
        s3_error(416, "InvalidRange"),
        s3_error(412, "PreconditionFailed"),
    ],
    ids=["removed", "shorter", "other"],
)
def test_an_object_that_is_no_longer_there(connect: Connect, way: Way, answer: Any) -> None:
    stored = Stored(DATA)
    replaced(stored, instead=lambda request: answer)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with pytest.raises(ObjectChangedError):
            way(client)


@both
@every_way
def test_a_version_that_was_found_is_read_on(connect: Connect, way: Way) -> None:
    stored = Stored(DATA, version="v/1")
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == DATA
        queries = [request.query for request in server.requests]
        assert queries[0] == ""
        assert set(queries[1:]) == {"versionId=v%2F1"}


@both
@every_way
def test_who_may_not_name_versions_reads_on_by_etag(connect: Connect, way: Way) -> None:
    stored = Stored(DATA, version="v1")
    stored.instead = lambda r: s3_error(403, "AccessDenied") if "versionId" in r.query else None
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == DATA
        last = server.requests[-1]
        assert (last.query, last.header("If-Match")) == ("", '"e1"')


@both
def test_a_version_that_was_asked_for_and_is_denied(connect: Connect) -> None:
    with ScriptedServer([s3_error(403, "AccessDenied")]) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError):
            streamed(client, version_id="v1")


# --- what servers do with ranges --------------------------------------------------------------------


@both
@every_way
def test_a_server_without_ranges_is_asked_once(connect: Connect, way: Way) -> None:
    """It sends everything each time, of which the rest is kept."""
    stored = Stored(DATA, ranges=False)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == DATA
        assert len(stored.asked) == 1


@both
def test_a_range_of_a_server_without_ranges(connect: Connect) -> None:
    with ScriptedServer(handler=Stored(DATA, ranges=False)) as server, connect(server) as client:
        assert client.get_object("docs", "a", range=(5, 9)) == DATA[5:10]
        assert client.get_object("docs", "a", range=(1000, 9999)) == DATA[1000:]
        assert streamed(client, range=(5, None)) == DATA[5:]
        with pytest.raises(ValidationError, match="byte 1024 .* has 1024 bytes") as caught:
            client.get_object("docs", "a", range=(1024, None))
        assert (caught.value.code, caught.value.bucket) == ("InvalidRange", "docs")


@both
@pytest.mark.parametrize("way", [streamed, as_file, into])
def test_too_much_from_a_server_without_ranges_is_not_read(connect: Connect, way: Way) -> None:
    answer = reply(200, b"x", headers={"ETag": '"e"'}, content_length=1 << 40)
    with ScriptedServer([answer]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match=r"sends a whole object.*1099511627776 bytes"):
            way(client)


@both
@pytest.mark.parametrize("way", [*WAYS, ranged])
def test_a_server_that_gives_less_than_is_asked_for(connect: Connect, way: Way) -> None:
    stored = Stored(DATA, most=70)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        assert way(client) == DATA


@both
@every_way
@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Range": "bytes 1-10/1024"}, {"Content-Range": "bytes 0-99/1024"}],
    ids=["no range", "another range", "another length"],
)
def test_an_answer_that_is_no_part_of_the_object(
    connect: Connect, way: Way, headers: dict[str, str]
) -> None:
    lie = reply(206, DATA[:10], headers={"ETag": '"e1"', **headers})
    with ScriptedServer([lie]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="GetObject 'docs/a'"):
            way(client)


@both
@every_way
def test_a_piece_that_breaks_off_is_fetched_again(connect: Connect, way: Way) -> None:
    """And no other is."""
    stored = Stored(DATA)
    broken: list[str] = []

    def instead(request: Any) -> Any:
        if len(stored.asked) != 2 or broken:
            return None
        broken.append(request.header("Range"))
        return drop_after(reply(206, b"x" * 400, headers={"ETag": '"e1"'}), bytes=7)

    stored.instead = instead
    clock = FakeClock()
    with ScriptedServer(handler=stored) as server, connect(server, clock=clock) as client:
        assert way(client) == DATA
        assert stored.asked.count(broken[0]) == 2
        assert len(set(stored.asked)) == len(stored.asked) - 1
        assert clock.slept == [1.0]


# --- files ------------------------------------------------------------------------------------------


@both
def test_what_is_read_in_order_is_fetched_in_growing_pieces(connect: Connect) -> None:
    stored = Stored(DATA * 2)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with client.open("docs", "a") as file:
            assert stored.asked == ["bytes=0-99"]
            while file.read(10):
                pass
        assert stored.asked == [
            "bytes=0-99", "bytes=100-299", "bytes=300-699", "bytes=700-1099", "bytes=1100-1499",
            "bytes=1500-1899", "bytes=1900-2299",
        ]  # fmt: skip


@both
def test_jumps_fetch_little(connect: Connect) -> None:
    """And near the end all of it, since what has its index there is read backwards."""
    stored = Stored(DATA)
    with ScriptedServer(handler=stored) as server, connect(server) as client:
        with client.open("docs", "a") as file:
            file.seek(600)
            assert file.read(5) == DATA[600:605]
            assert file.read(5) == DATA[605:610]
            file.seek(-3, 2)
            assert file.read() == DATA[-3:]
            file.seek(-40, 2)
            assert file.read(10) == DATA[-40:-30]
        assert stored.asked == ["bytes=0-99", "bytes=600-649", "bytes=974-1023"]


@both
@pytest.mark.parametrize("seed", range(8))
def test_a_file_is_like_any_other(connect: Connect, seed: int) -> None:
    """Whatever is done in whatever order, `io.BytesIO` gives the same."""
    chance = random.Random(seed)
    data = bytes(chance.choices(b"abc\n", k=chance.choice((1, 99, 100, 101, 3000))))
    like = io.BytesIO(data)
    with ScriptedServer(handler=Stored(data)) as server, connect(server) as client:
        with client.open("docs", "a") as file:
            for _ in range(200):
                name = chance.choice(("read", "readline", "readlines", "seek", "tell", "readinto"))
                arguments: tuple[Any, ...] = (chance.choice((-1, 0, 1, 7, 60, 150, 900)),)
                if name == "seek":
                    arguments = (chance.randint(0, len(data) + 50),)
                    if chance.random() < 0.5:
                        arguments = (-chance.randint(0, len(data)), 2)
                elif name in ("tell", "readlines"):
                    arguments = ()  # of readlines' hint, `io` has two opinions
                elif name == "readinto":
                    here, there = bytearray(70), bytearray(70)
                    assert file.readinto(here) == like.readinto(there)
                    assert here == there
                    continue
                got = getattr(file, name)(*arguments)
                assert (name, arguments, got) == (name, arguments, getattr(like, name)(*arguments))
