"""What a server has: asked without harm, tried without a trace, remembered, and never guessed."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    Config,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    ServerCapabilities,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.flows import bucket_documents, capabilities
from minio_sdk.models.capabilities import CHECKSUMS, FEATURES
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.scripted import ScriptedServer, Step, reply, s3_error
from tests.tenancy.world import World

ID = {"x-amz-request-id": "r"}
SET = ("versioning", "object_lock", "encryption", "tags", "policy", "cors", "lifecycle")


class Asked:
    """A server with the bucket default, that says the same of all its settings.

    Attributes:
        says: that.
        server: its ``Server`` header.
        targets: what came.
    """

    def __init__(self, says: Step, server: str = "") -> None:
        self.says = says
        self.server = server
        self.targets: list[str] = []

    def __call__(self, request: Request) -> Step:
        self.targets.append(f"{request.method} {request.target}")
        headers = {**ID, "Server": self.server}
        if request.path == "/":
            body = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
            return reply(200, body, headers=headers)
        if request.path.startswith("/minio/"):
            return s3_error(404, "NoSuchBucket")
        if request.method == "HEAD":
            return reply(200, headers=headers)
        return self.says

    def serve(self) -> ScriptedServer:
        handler: Any = self
        return ScriptedServer(handler=handler, strict=False)


@both
@pytest.mark.parametrize(
    ("says", "found"),
    [
        (s3_error(501, "NotImplemented"), False),
        (reply(200, b"<ListBucketResult/>", headers=ID), False),
        (s3_error(403, "AccessDenied"), None),
        (s3_error(400, "InvalidRequest"), None),
        (s3_error(404, "NoSuchKey"), None),
        (reply(200, b"<html>hello", headers=ID), None),
    ],
)
def test_what_no_answer_proves_stays_unknown(
    connect: Connect, says: Step, found: bool | None
) -> None:
    behind = Asked(says)
    with behind.serve() as server, connect(server, max_retries=0) as client:
        told = client.get_capabilities()
        assert {told[name] for name in SET} == {found}
        assert told.tried == ()
        assert (told.server, told.admin, told.listen, told.append) == (None, None, None, None)
        assert set(told.checksums) == set(CHECKSUMS)
        assert "unknown server at http://127.0.0.1" in str(told)
    assert {target.split()[0] for target in behind.targets} <= {"GET", "HEAD"}


@both
def test_a_server_that_fails_is_no_server_without(connect: Connect) -> None:
    behind = Asked(s3_error(501, "NotImplemented"))
    with behind.serve() as server, connect(server, max_retries=0) as client:
        client.get_capabilities()
    with connect(server, max_retries=0) as client, pytest.raises(MinIOConnectionError):
        client.get_capabilities()


@both
def test_what_was_found_is_remembered_for_a_day_and_by_all_views(connect: Connect) -> None:
    clock, behind = FakeClock(), Asked(s3_error(501, "NotImplemented"))
    with behind.serve() as server, connect(server, clock=clock, max_retries=0) as client:
        first = client.get_capabilities()
        asked = len(behind.targets)
        assert client.get_capabilities("docs") is first
        assert client.with_(tenant_id="beta").get_capabilities() is first
        assert len(behind.targets) == asked
        assert client.get_capabilities(refresh=True) == first
        assert len(behind.targets) == 2 * asked
        clock.advance(24 * 3600)
        assert client.get_capabilities().found_at > first.found_at
        assert len(behind.targets) == 3 * asked


@both
def test_bad_arguments_are_refused_before_anything_is_sent(connect: Connect) -> None:
    behind = Asked(reply(200))
    with behind.serve() as server, connect(server) as client:
        wrongs: list[dict[str, Any]] = [
            {"probe": "all"}, {"probe": None}, {"refresh": 1}, {"bucket": "../x"},
        ]  # fmt: skip
        for wrong in wrongs:
            with pytest.raises(ValidationError):
                client.get_capabilities(**wrong)
    assert behind.targets == []


@both
def test_by_prefix_no_setting_is_asked_for(connect: Connect) -> None:
    behind = Asked(s3_error(404, "NoSuchKey"))
    with behind.serve() as server, connect(server, tenancy="prefix") as client:
        told = client.get_capabilities()
        assert {told[name] for name in SET} == {None}
        assert client.get_capabilities() is told
    assert not any("?" in t for t in behind.targets if "list-type" not in t and "/?" not in t)


@both
def test_a_bucket_that_is_asked_by_name_must_be_there(connect: Connect) -> None:
    def behind(request: Any) -> Step:
        return reply(404, headers=ID) if request.path == "/acme-docs" else reply(200, headers=ID)

    with ScriptedServer(handler=behind, strict=False) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            client.get_capabilities("docs")


# -- trying ----------------------------------------------------------------------------------------


def world(name: str = "AmazonS3") -> World:
    made = World("bucket")
    made.watched, made.name = False, name
    return made


def left(server: World) -> list[str]:
    """The buckets that were made to try things in, and are still there."""
    return [name for name in server.buckets if "probe" in name]


def test_what_was_tried_leaves_nothing_behind() -> None:
    server = world()
    told = run(capabilities.get(server.engine(), probe="write"))
    assert left(server) == []
    assert {told[name] for name in ("versioning", "tags", "policy", "cors", "lifecycle")} == {True}
    assert set(told.tried) >= {*SET, "append", "select", "conditional_create", "checksums.CRC32"}
    # It passes over what it doesn't know: these it hasn't.
    assert (told.append, told.select, told.checksums["SHA1"]) == (False, False, False)
    assert told.list_uploads is True
    assert "list_uploads" not in told.tried
    asked = server.asked
    engine = server.engine()
    engine.api.capabilities = told
    assert run(capabilities.get(engine, probe="write")) is run(capabilities.get(engine)) is told
    assert server.asked == asked


def test_a_failure_at_any_request_leaves_nothing_behind() -> None:
    """But where the removal itself fails, which then says what is left."""
    counted = world()
    run(capabilities.get(counted.engine(), probe="write"))
    for number in range(counted.asked):
        server = world()

        def before(request: Request, server: World = server, number: int = number) -> None:
            if server.asked == number + 1:
                raise MinIOConnectionError("gone")

        server.before = before
        try:
            run(capabilities.get(server.engine(), probe="write"))
        except MinIOError as error:
            assert not left(server) or "delete_bucket('probe-" in str(error.hint), number


def test_what_was_tried_counts_more_than_what_is_answered() -> None:
    server = world("MinIO")
    engine = server.engine()

    def answer(request: Request, found: Reply) -> Reply:
        if request.method == "PUT" and request.query == "cors=":
            return Reply(501, {}, b"<Error><Code>NotImplemented</Code></Error>")
        return found

    real = server._answer
    server._answer = lambda request, *rest: answer(request, real(request, *rest))  # type: ignore[method-assign]
    assert run(capabilities.get(engine)).cors is None  # MinIO answers questions about it
    told = run(capabilities.get(engine, probe="write"))
    assert (told.cors, "cors" in told.tried) == (False, True)
    assert run(capabilities.get(engine, refresh=True)).cors is None
    engine.api.capabilities = told
    engine.api.admin = False  # this one has no quotas
    documents = {"tags": {"a": "b"}, "cors": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    with pytest.raises(NotSupportedError, match="cors: .*get_capabilities"):
        run(bucket_documents.plan(engine, "docs", documents))
    assert "cors" not in run(bucket_documents.export(engine, "docs")).sections


def test_a_cancelled_probe_waits_for_what_is_on_its_way_and_removes_it() -> None:
    """Else an object would come into the bucket behind its removal."""
    behind, arrived, release = world(), threading.Event(), threading.Event()
    lock = threading.Lock()
    asked: list[str] = []

    def answer(request: Any) -> Step:
        first = request.method == "PUT" and request.path.endswith("/probe") and not arrived.is_set()
        if first:
            arrived.set()
            assert release.wait(10)
        with lock:
            asked.append(f"{request.method} {request.path}")
            headers = {name.lower(): value for name, value in request.headers}
            sent = Request(request.method, request.path, request.query, headers, request.body)
            found = run(behind.send(sent, None))
        headers = {name: v for name, v in found.headers.items() if name != "content-length"}
        return reply(found.status, found.body, headers=headers)

    async def cancelled(url: str) -> None:
        config = Config(url, "acme", access_key="a", secret_key="b")
        async with AsyncMinIOClient(config) as client:
            task = asyncio.create_task(client.get_capabilities(probe="write"))
            await asyncio.to_thread(arrived.wait, 10)
            task.cancel()
            release.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ScriptedServer(handler=answer, strict=False) as server:
        asyncio.run(cancelled(server.url))
    assert left(behind) == []
    changed = [name for name in asked if name.startswith(("PUT", "DELETE"))]
    assert [name.split()[0] for name in changed] == ["PUT", "PUT", "DELETE"]


# -- files -----------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> tuple[World, Path, ServerCapabilities]:
    """A server, and what was found of it, in a file."""
    server = world()
    told = run(capabilities.get(server.engine(state_dir=str(tmp_path)), probe="write"))
    (path,) = (tmp_path / "capabilities").iterdir()
    return server, path, told


def asks(server: World, path: Path, **fields: Any) -> bool:
    """Whether a new process asks the server."""
    asked = server.asked
    run(capabilities.get(server.engine(state_dir=str(path.parent.parent), **fields)))
    return server.asked > asked


def test_another_process_asks_nothing(kept: tuple[World, Path, ServerCapabilities]) -> None:
    server, path, told = kept
    engine = server.engine("beta", state_dir=str(path.parent.parent))
    assert run(capabilities.get(engine, probe="write")) == replace(told, found_at=told.found_at)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    text = path.read_text()
    assert "acme" not in text
    assert "docs" not in text
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def _edited(**changes: Any) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return edit


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o644),
        lambda path: path.write_text(""),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text("x" * 100_000),
        lambda path: path.write_bytes(b"\xff\xfe"),
        _linked,
        _fifo,
        lambda path: (path.unlink(), path.mkdir()),
        _edited(format=2),
        _edited(url="http://other"),
        _edited(header=5),
        _edited(api=None),
        _edited(server="<b>"),
        _edited(version=["1"]),
        _edited(features={}),
        _edited(features=dict.fromkeys(FEATURES, "yes")),
        _edited(features={**dict.fromkeys(FEATURES), "more": True}),
        _edited(checksums=[]),
        _edited(tried=["nothing"]),
        _edited(tried=[[]]),
        _edited(found_at="now"),
        _edited(found_at=True),
        _edited(found_at=1e300),
        _edited(found_at=1_700_000_100),
        _edited(found_at=1_600_000_000),
    ],
)
def test_a_file_that_cannot_be_believed_counts_as_none(
    kept: tuple[World, Path, ServerCapabilities], spoil: Callable[[Path], object]
) -> None:
    server, path, _ = kept
    assert not asks(server, path)
    spoil(path)
    assert asks(server, path)


def test_what_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    told = run(capabilities.get(world().engine(state_dir=str(file))))
    assert told.server == "aws"
    assert file.read_text() == ""


def test_another_server_at_the_same_address_is_asked(
    kept: tuple[World, Path, ServerCapabilities],
) -> None:
    server, path, _ = kept
    engine = server.engine(state_dir=str(path.parent.parent))
    engine.api.server = "MinIO"
    server.name = "MinIO"
    assert run(capabilities.get(engine)).server == "minio"
