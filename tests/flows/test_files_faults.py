"""Files: an object appears when one is closed, and only then; what fails leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    UploadResponse,
    ValidationError,
)
from minio_sdk.config import MiB
from tests.both import Connect, blocking, both, config_for, stored
from tests.processes import ROOT, eventually
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

BEGUN = b"<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>"
DONE = b'<CompleteMultipartUploadResult><ETag>"m-2"</ETag></CompleteMultipartUploadResult>'
PART = 5 * MiB


class Interrupted(BaseException):
    """Like KeyboardInterrupt, which pytest keeps for itself."""


class Uploads:
    """A server that takes uploads, and what it was asked.

    Attributes:
        asked: the method and query of each request.
        stored: what PutObject or the parts brought.
        instead: answers in place of this one when it gives one.
    """

    def __init__(self, instead: Callable[[str], Step | None] = lambda _: None) -> None:
        self.asked: list[str] = []
        self.numbered: dict[str, bytes] = {}
        self.instead = instead

    @property
    def asked_beside_parts(self) -> list[str]:
        """Without the parts, of which some may not have been on their way yet when they were given up."""
        return [each for each in self.asked if not each.startswith("PUT partNumber=")]

    @property
    def parts(self) -> list[bytes]:
        """In order: they come side by side."""
        return [self.numbered[asked] for asked in sorted(self.numbered, key=_number)]

    def __call__(self, request: Request) -> Step:
        asked = f"{request.method} {request.query}".strip()
        self.asked.append(asked)
        answer = self.instead(asked)
        if answer is not None:
            return answer
        if request.method == "POST":
            return reply(200, BEGUN if request.query == "uploads=" else DONE)
        if request.method == "HEAD":
            return stored()
        if request.method == "DELETE":
            return reply(204, headers={"x-amz-request-id": "1"})
        self.numbered[asked] = request.body
        return stored()


def _number(asked: str) -> int:
    found = re.search(r"partNumber=(\d+)", asked)
    return int(found[1]) if found else 0


def in_parts(**fields: Any) -> dict[str, Any]:
    """Settings with which three writes of a part's size are three parts."""
    return {"multipart_threshold": 0, "part_size": PART, **fields}


BEGIN, ABORT, COMPLETE = "POST uploads=", "DELETE uploadId=U", "POST uploadId=U"


def put(number: int) -> str:
    """The request that brings a part."""
    return f"PUT partNumber={number}&uploadId=U"


# --- writing --------------------------------------------------------------------------------------


@both
def test_a_small_object_is_one_request_when_the_file_is_closed(connect: Connect) -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, connect(address) as client:
        file = client.open("docs", "a.txt", "wb", content_type="text/x", metadata={"b": "c"})
        assert (file.write(b"He"), file.write(bytearray(b"ll")), file.tell()) == (2, 2, 4)
        assert (file.write(memoryview(b"-o-!-")[1::2]), file.write(b"")) == (2, 0)
        file.flush()
        file.writelines([b" ", memoryview(b"World")])
        assert (file.closed, file.response) == (False, None)
        assert server.asked == []
        file.close()
        file.close()
        assert file.closed
        assert server.asked == ["PUT"]
        assert server.parts == [b"Hello! World"]
        assert file.response == UploadResponse(key="a.txt", size=12, etag="e1", bucket="docs")
        (request,) = address.requests
        assert request.header("Content-Type") == "text/x"
        assert request.header("x-amz-meta-b") == "c"


@both
def test_a_large_object_goes_up_in_parts_as_it_is_written(connect: Connect) -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        with client.open("docs", "a", "wb") as file:
            file.write(bytes(PART))
            assert server.asked == []
            file.write(b"x")
            assert server.asked[:1] == [BEGIN]
            file.write(bytes(2 * PART))
            assert file.tell() == 3 * PART + 1
            assert COMPLETE not in server.asked
        assert set(server.asked[1:5]) == {put(1), put(2), put(3), put(4)}
        assert server.asked[5:] == [COMPLETE]
        assert [len(part) for part in server.parts] == [PART, PART, PART, 1]
        assert server.parts[1] == b"x" + bytes(PART - 1)
        assert file.response is not None
        assert file.response.size == 3 * PART + 1


@both
def test_one_large_write(connect: Connect) -> None:
    server = Uploads()
    data = bytes(range(256)) * (3 * PART // 256) + b"end"
    settings = in_parts(multipart_threshold=2 * PART)
    with ScriptedServer(handler=server) as address, connect(address, **settings) as client:
        with client.open("docs", "a", "wb") as file:
            assert file.write(data) == len(data)
        assert b"".join(server.parts) == data
        server.numbered.clear()
        with client.open("docs", "a", "wb") as file:  # up to the threshold it's one request
            file.write(data[: 2 * PART])
        assert server.asked[-2:] == [COMPLETE, "PUT"]


@both
def test_parts_grow(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that 10,000 of them reach S3's largest object; more is refused, and nothing is left."""
    monkeypatch.setattr("minio_sdk.flows.writing.DEFAULT_PART", 10)
    server = Uploads()
    data = bytes(range(250)) * 45
    with (
        ScriptedServer(handler=server) as address,
        connect(address, multipart_threshold=0) as client,
    ):
        with client.open("docs", "a", "wb") as file:
            file.write(data[:9_999])
            file.write(data[9_999:])
        assert b"".join(server.parts) == data
        sizes = [len(part) for part in server.parts]
        assert sizes == [10] * 1000 + [20] * 62 + [10]
        monkeypatch.setattr("minio_sdk.flows.writing.MAX_PARTS", 3)
        with pytest.raises(ValidationError, match="larger than S3 allows"):
            with client.open("docs", "a", "wb") as file:
                file.write(bytes(50))
        assert server.asked[-1] == ABORT


@both
@pytest.mark.parametrize("error", [OSError("disk"), Interrupted(), GeneratorExit()])
@pytest.mark.parametrize("size", [10, PART + 1], ids=["small", "in parts"])
def test_a_block_that_an_error_leaves(connect: Connect, error: BaseException, size: int) -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        file = client.open("docs", "a", "wb")
        with pytest.raises(type(error)) as caught:
            with file:
                file.write(bytes(size))
                raise error
        assert caught.value is error
        assert file.closed
        file.close()
        assert server.asked_beside_parts == ([BEGIN, ABORT] if size > PART else [])


@both
def test_discard(connect: Connect) -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        with client.open("docs", "a", "wb") as file:
            file.write(bytes(PART + 1))
            file.discard()
            file.discard()
            assert file.closed
        assert server.asked_beside_parts == [BEGIN, ABORT]


@both
def test_a_part_that_fails_is_the_end(connect: Connect) -> None:
    """Later writes and close say so again; nothing more is sent, nothing is left."""
    server = Uploads(lambda asked: s3_error(400, "BadThing") if asked == put(2) else None)
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        file = client.open("docs", "a", "wb")
        file.write(bytes(PART + 1))
        file.write(bytes(PART))
        for _ in range(2):
            with pytest.raises(MinIOError, match="UploadPart 'docs/a' failed.*BadThing"):
                for _ in range(20):  # at the latest when too many parts are on their way
                    file.write(bytes(PART))
        with pytest.raises(MinIOError, match="BadThing"):
            file.close()
        assert file.closed
        file.close()
        assert (server.asked[0], server.asked[-1]) == (BEGIN, ABORT)
        assert server.asked.count(ABORT) == 1
        assert COMPLETE not in server.asked


@both
def test_in_a_block_a_part_that_fails_is_told_once(connect: Connect) -> None:
    server = Uploads(lambda asked: s3_error(400, "BadThing") if asked == put(1) else None)
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        with pytest.raises(MinIOError, match="BadThing") as caught:
            with client.open("docs", "a", "wb") as file:
                file.write(bytes(PART + 1))
        assert caught.value.__context__ is None or "BadThing" not in str(caught.value.__context__)
        assert (server.asked[0], server.asked[-1]) == (BEGIN, ABORT)
        assert COMPLETE not in server.asked


@both
@pytest.mark.parametrize("wrong", [COMPLETE, put(1)])
def test_a_close_that_fails(connect: Connect, wrong: str) -> None:
    server = Uploads(lambda asked: s3_error(400, "BadThing") if asked == wrong else None)
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        file = client.open("docs", "a", "wb")
        with pytest.raises(MinIOError, match="BadThing"):
            with file:
                file.write(b"x")
        assert (file.closed, file.response) == (True, None)
        assert server.asked[-1] == ABORT


@both
def test_an_abort_that_fails_hides_nothing(connect: Connect) -> None:
    server = Uploads(lambda asked: s3_error(400, "NoAbort") if asked == ABORT else None)
    with ScriptedServer(handler=server) as address, connect(address, **in_parts()) as client:
        with pytest.raises(OSError, match="disk"):
            with client.open("docs", "a", "wb") as file:
                file.write(bytes(PART + 1))
                raise OSError("disk")


@both
def test_a_missing_bucket(connect: Connect) -> None:
    with ScriptedServer([s3_error(404, "NoSuchBucket")]) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            with client.open("docs", "a", "wb") as file:
                file.write(b"x")


@both
def test_a_key_that_the_server_would_store_elsewhere(connect: Connect) -> None:
    answer = reply(200, headers={"Server": "SeaweedFS 4", "x-amz-request-id": "1"})
    with ScriptedServer([answer]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError):
            with client.open("docs", "a//b", "wb") as file:
                file.write(b"x")
        assert [request.method for request in server.requests] == ["HEAD"]


def test_an_interrupt_in_the_middle_of_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on after it must not store an object with a hole in it."""
    server = Uploads()
    with ScriptedServer(handler=server) as address, blocking(address, **in_parts()) as client:
        file = client.open("docs", "a", "wb")
        file.write(bytes(PART))

        async def interrupted(*_: object) -> None:
            raise Interrupted

        monkeypatch.setattr("minio_sdk.transport.threads.ThreadCrew.begin", interrupted)
        with pytest.raises(Interrupted):
            file.write(b"x")
        with pytest.raises(MinIOError, match="nothing of the object was stored.*Interrupted"):
            file.write(b"y")
        with pytest.raises(MinIOError, match="Interrupted"):
            file.close()
        assert server.asked == [BEGIN, ABORT]


def test_a_cancelled_task() -> None:
    """In the middle of sending a part; the upload is ended on the server."""
    server = Uploads()
    never = asyncio.Event

    async def write(client: AsyncMinIOClient, written: asyncio.Event) -> None:
        async with client.open("docs", "a", "wb") as file:
            await file.write(bytes(PART + 1))
            written.set()
            await never().wait()

    async def main(address: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(address, **in_parts())) as client:
            written = asyncio.Event()
            task = asyncio.ensure_future(write(client, written))
            await written.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ScriptedServer(handler=server) as address:
        asyncio.run(main(address))
        assert server.asked_beside_parts == [BEGIN, ABORT]


# --- never closed ---------------------------------------------------------------------------------


@contextlib.contextmanager
def unclosed(server: ScriptedServer, requests: int) -> Iterator[None]:
    """In here a file is lost: it warns, and so many requests have come in all."""
    with pytest.warns(ResourceWarning, match="docs/a was written"):  # noqa: PT031
        yield
        gc.collect()
    server.wait_for(requests)


@pytest.mark.parametrize("wrapped", [False, True], ids=["itself", "in a TextIOWrapper"])
@pytest.mark.parametrize("size", [10, PART + 1], ids=["small", "in parts"])
def test_a_file_that_is_never_closed_stores_nothing(size: int, wrapped: bool) -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, blocking(address, **in_parts()) as client:
        file: Any = client.open("docs", "a", "wb")
        if wrapped:
            file = io.TextIOWrapper(file, "ascii")
            file.write("x" * size)
        file.write("tail!" if wrapped else b"x" * size)
        with unclosed(address, 2 if size > PART else 0):
            del file
        ended = [BEGIN, ABORT] if size > PART else []
        assert eventually(lambda: server.asked_beside_parts == ended)


LEAVES_IT_OPEN = """
import sys
from minio_sdk import Config, MinIOClient
config = Config(sys.argv[1], "acme", access_key="a", secret_key="b", part_size=int(sys.argv[2]))
file = MinIOClient(config.with_(multipart_threshold=1)).open("docs", "a", "wb")
file.write(bytes(2 * int(sys.argv[2])))
raise KeyboardInterrupt
"""


def test_a_program_that_ends_with_an_open_file_leaves_no_upload() -> None:
    """As one does that is interrupted where `with` has not yet called `__exit__`."""
    server = Uploads()
    with ScriptedServer(handler=server) as address:
        command = [sys.executable, "-c", LEAVES_IT_OPEN, address.url, str(PART)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "KeyboardInterrupt" in ended.stderr
        assert server.asked[0] == BEGIN
        assert server.asked[-1] == ABORT


def test_in_a_fork_the_upload_is_left_to_the_parent() -> None:
    server = Uploads()
    with ScriptedServer(handler=server) as address, blocking(address, **in_parts()) as client:
        file = client.open("docs", "a", "wb")
        file.write(bytes(PART + 1))
        file._process += 1  # as a child sees it
        with unclosed(address, 2):
            del file
        client.object_exists("docs", "a")
        assert eventually(lambda: len(server.asked) == 3)
        assert sorted(server.asked) == ["HEAD", BEGIN, put(1)]


def test_an_async_file_that_is_never_closed_stores_nothing() -> None:
    server = Uploads()

    async def main(address: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(address, **in_parts())) as client:
            file = await client.open("docs", "a", "wb")
            await file.write(bytes(PART + 1))
            with pytest.warns(ResourceWarning, match="never closed"):  # noqa: PT031
                del file
                gc.collect()
            await asyncio.to_thread(eventually, lambda: ABORT in server.asked)

    with ScriptedServer(handler=server) as address:
        asyncio.run(main(address))
        # A second end where the first was interrupted as the loop ended.
        assert server.asked_beside_parts[:2] == [BEGIN, ABORT]
        assert set(server.asked_beside_parts[2:]) <= {ABORT}


def test_an_async_file_that_is_lost_without_a_loop_warns() -> None:
    server = Uploads()
    lost: list[Any] = []

    async def main(address: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(address, **in_parts())) as client:
            lost.append(await client.open("docs", "a", "wb"))
            await lost[0].write(bytes(PART + 1))

    with ScriptedServer(handler=server) as address:
        asyncio.run(main(address))
        with unclosed(address, 1):
            lost.clear()
        assert ABORT not in server.asked


# --- wrong use --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "mode, hint",
    [
        ("r", "io.TextIOWrapper.*'rb'"),
        ("rt", "io.TextIOWrapper.*'rb'"),
        ("w", "io.TextIOWrapper.*'wb'"),
        ("wt", "io.TextIOWrapper.*'wb'"),
        ("ab", "written whole"),
        ("r+b", "written whole"),
        ("x", "io.TextIOWrapper.*'xb'"),
        ("br", "must be 'rb', 'wb' or 'xb'"),
        ("", "must be 'rb', 'wb' or 'xb'"),
        (None, "must be 'rb', 'wb' or 'xb'"),
        (5, "must be 'rb', 'wb' or 'xb'"),
    ],
)
def test_other_modes(connect: Connect, mode: Any, hint: str) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=f"mode=.*{hint}"):
            client.open("docs", "a", mode)
        assert server.requests == []


@both
def test_arguments_of_the_other_mode(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        opened: Any = client.open
        with pytest.raises(ValidationError, match="content_type, metadata"):
            opened("docs", "a", content_type="text/plain")
        with pytest.raises(ValidationError, match="version_id"):
            opened("docs", "a", "wb", version_id="v")
        with pytest.raises(ValidationError, match="content_type="):
            opened("docs", "a", "wb", content_type="text")
        with pytest.raises(ValidationError, match="key="):
            opened("docs", "", "wb")
        assert server.requests == []


@both
def test_a_missing_object_is_missed_when_it_is_opened(connect: Connect) -> None:
    with ScriptedServer([s3_error(404, "NoSuchKey")]) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError):
            client.open("docs", "a")


@both
def test_text_is_no_bytes(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        file: Any = client.open("docs", "a", "wb")
        for wrong in ("text", 5, None, ["a"]):
            with pytest.raises(TypeError, match="bytes-like"):
                file.write(wrong)
        file.discard()
        assert server.requests == []


@both
def test_a_closed_file(connect: Connect) -> None:
    with ScriptedServer([stored(b"x"), stored()]) as server, connect(server) as client:
        reader: Any = client.open("docs", "a")
        reader.close()
        reader.close()
        for name in ("read", "read1", "readline", "readlines", "peek", "tell", "readable"):
            with pytest.raises(ValueError, match="closed file"):
                getattr(reader, name)()
        with pytest.raises(ValueError, match="closed file"):
            reader.seek(0)
        with pytest.raises(ValueError, match="closed file"):
            reader.readinto(bytearray(1))
        writer: Any = client.open("docs", "a", "wb")
        writer.close()
        for call in (writer.tell, writer.flush, writer.writable, lambda: writer.write(b"x")):
            with pytest.raises(ValueError, match="closed file"):
                call()
        writer.discard()
        with pytest.raises(ValueError, match="closed file"):
            with writer:
                pass


@both
def test_what_a_mode_does_not_do(connect: Connect) -> None:
    with ScriptedServer([stored(b"x"), stored()]) as server, connect(server) as client:
        with client.open("docs", "a") as reader:
            assert (reader.readable(), reader.seekable(), reader.writable()) == (True, True, False)
            with pytest.raises(io.UnsupportedOperation):
                reader.write(b"x")
            for position in (-1, -5):
                with pytest.raises(ValueError, match="negative"):
                    reader.seek(position)
            with pytest.raises(ValueError, match="whence"):
                reader.seek(0, 7)
        with client.open("docs", "a", "wb") as writer:
            assert (writer.readable(), writer.seekable(), writer.writable()) == (False, False, True)
            file: Any = writer
            with pytest.raises(io.UnsupportedOperation):
                file.read()
            with pytest.raises(io.UnsupportedOperation):
                file.seek(0)


def test_a_server_that_is_none_of_s3() -> None:
    def ways(client: MinIOClient) -> Iterator[Callable[[], Any]]:
        yield lambda: client.open("docs", "a")
        yield lambda: next(iter(client.download_stream("docs", "a")))

    page = reply(200, b"<!doctype html><p>Welcome")
    with ScriptedServer([page] * 2) as server, blocking(server) as client:
        for way in ways(client):
            with pytest.raises(ServerError, match="web page"):
                way()
