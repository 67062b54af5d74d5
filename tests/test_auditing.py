"""The audit hook: a record for each operation, with the tenant's names, whatever becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import json
import logging
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import minio_sdk.operations
from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    AuditedKey,
    AuditRecord,
    Config,
    ConfigurationError,
    JsonLinesAudit,
    MinIOConnectionError,
    MinIOError,
    ObjectNotFoundError,
    QuotaExceededError,
    ValidationError,
)
from minio_sdk.blocking import run
from minio_sdk.client.workers import elsewhere, work
from minio_sdk.flows import buckets, bulk_items, copies, objects, snapshots, uploads
from minio_sdk.flows.sources import Source
from minio_sdk.operation import WHOLE_SERVER, CopySource, Operation, Place
from minio_sdk.operations.admin_accounts import AdminAddServiceAccount
from minio_sdk.operations.admin_policies import AdminAttachPolicy
from minio_sdk.operations.admin_users import AdminRemoveUser
from minio_sdk.operations.buckets import HeadBucket
from minio_sdk.operations.iam import PutUserPolicy
from minio_sdk.operations.rgw_admin import RgwRemoveKey
from minio_sdk.wire.message import Request
from tests.both import ACCESS_KEY, SECRET_KEY, TOKEN, Connect, both, config_for, stored
from tests.clock import FakeClock
from tests.flows.memory import Bucket, Memory
from tests.scripted import ScriptedServer, Step, drop_before_reply, hang, reply, s3_error
from tests.strategies import FEW, keys

ROOT = Path(minio_sdk.__file__).parent
BUCKET = Place("docs", "acme-docs", "", "/acme-docs")
BELOW = Place("docs", "tenants", "acme/docs/", "/tenants")


def told(records: list[AuditRecord]) -> list[tuple[Any, ...]]:
    """What each record says that was asked, and what came of it."""
    return [(r.operation, r.bucket, r.key, r.status, r.code) for r in records]


# --- every operation -----------------------------------------------------------------------------


def operations() -> Iterator[type[Operation[Any]]]:
    """Every operation there is, those that flows keep for themselves included."""
    for package in ("operations", "flows"):
        for info in pkgutil.iter_modules([str(ROOT / package)], f"minio_sdk.{package}."):
            for value in vars(importlib.import_module(info.name)).values():
                own = inspect.isclass(value) and value.__module__ == info.name
                if own and issubclass(value, Operation) and hasattr(value, "name"):
                    yield value


def made(cls: type[Operation[Any]], place: Place) -> Operation[Any]:
    """An operation of this class whose request is of no matter."""
    given = {
        "place": place,
        "key": "k",
        "objects": [("k", "v1")],
        "source": CopySource(place, "from", "v3"),
    }
    values = {
        f.name: given.get(f.name, "x")
        for f in fields(cls)
        if f.name in given or (f.default is MISSING and f.default_factory is MISSING)
    }
    request = Request("PUT", f"{place.path}/?versioning=")
    sent = type(cls.__name__, (cls,), {"request": lambda _: request, "api": "s3", "__slots__": ()})
    operation: Operation[Any] = sent(**values)
    return operation


ALL = list(dict.fromkeys(operations()))


def test_there_are_operations() -> None:
    assert len(ALL) > 40
    assert {"CopyObject", "Upload", "ListBuckets", "ServerInfo"} <= {cls.name for cls in ALL}


@pytest.mark.parametrize("place", [BUCKET, BELOW], ids=["bucket", "prefix"])
@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_each_operation_is_one_record(cls: type[Operation[Any]], place: Place) -> None:
    records: list[AuditRecord] = []
    memory = Memory()
    operation = made(cls, place)
    with contextlib.suppress(Exception):  # the answer is one to another question
        run(memory.engine("acme", audit=records.append).send(operation))
    (record,) = records
    assert (record.operation, record.tenant_id, record.bucket) == (cls.name, "acme", "docs")
    assert record.key == operation.subject
    assert (record.method, record.status, record.attempts) == ("PUT", 404, 1)
    assert (record.error is None) is (404 in cls.ok)
    assert [each.key for each in record.objects] == (["k"] if cls.name == "DeleteObjects" else [])
    copies_something = hasattr(operation, "source")
    source = (record.source_bucket, record.source_key, record.source_version_id)
    assert source == (("docs", "from", "v3") if copies_something else (None, None, None))
    for name in ("acme-docs", "acme/docs", "tenants"):
        assert name not in record.to_json()


def test_nothing_is_sent_around_the_engine() -> None:
    """Whoever asks the transport himself would be in no audit."""
    for path in [*(ROOT / "flows").glob("*.py"), *(ROOT / "client").rglob("*.py")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [
            line.strip() for line in lines if "transport.send(" in line or "._exchange(" in line
        ]
        # The transport around the transport that bulk jobs are stopped by, which engines send through.
        assert found in ([], ["return await self._transport.send(request, deadline)"]), path.name


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_each_request_of_whole_flows_is_one_record(tenancy: str) -> None:
    records: list[AuditRecord] = []
    memory = Memory()
    engine = memory.engine("acme", tenancy=tenancy, audit=records.append)
    place = engine.place("docs")

    def asked() -> int:
        assert len(records) == memory.asked
        return memory.asked

    async def everything() -> None:
        await buckets.create(engine, "docs")
        for key in ("a", "b", "dir/c"):
            await uploads.put(engine, place, key, Source(b"secret content"), {})
        asked()
        await snapshots.create(engine, "docs", "s1")
        await objects.delete(engine, "docs", "a")
        await copies.copy(engine, place, "d", place, "b")
        before = asked()
        package = [(0, {"bucket": "docs", "key": "b"}), (1, {"bucket": "docs", "key": "none"})]
        await bulk_items.do(engine, "download", package)
        await bulk_items.do(engine, "delete", package)
        assert asked() > before
        await snapshots.delete(engine, "docs", "s1")
        asked()

    run(everything())
    assert {r.tenant_id for r in records} == {"acme"}
    assert {r.bucket for r in records} <= {"docs", None}
    text = "".join(r.to_json() for r in records)
    for word in ("acme-docs", "acme/", "tenants", "secret content", ".buckets"):
        assert word not in text
    of_snapshots = {r.key for r in records if r.in_snapshots and r.key}
    assert "s1/manifest.json" in of_snapshots
    assert not of_snapshots & {r.key for r in records if not r.in_snapshots}


def test_a_bucket_that_is_a_marker_is_told_as_the_bucket_that_it_is() -> None:
    records: list[AuditRecord] = []
    memory = Memory()
    engine = memory.engine("acme", tenancy="prefix", audit=records.append)

    async def life() -> None:
        await buckets.create(engine, "docs")
        await buckets.exists(engine, "docs")
        await buckets.list_all(engine)
        await buckets.delete(engine, "docs")

    run(life())
    assert [(r.operation, r.bucket, r.key) for r in records] == [
        ("HeadBucket", "docs", None),
        ("CreateBucket", "docs", None),  # which the shared bucket is not there for
        ("CreateBucket", "docs", None),
        ("CreateBucket", "docs", None),
        ("HeadBucket", "docs", None),
        ("ListBuckets", None, None),
        ("HeadBucket", "docs", None),
        ("ListObjectsV2", "docs", None),
        ("DeleteBucketTagging", "docs", None),
        ("DeleteBucket", "docs", None),
    ]


# --- what a record says --------------------------------------------------------------------------


@both
def test_a_record_of_an_upload(connect: Connect) -> None:
    records: list[AuditRecord] = []
    answer = stored(headers={"x-amz-request-id": "R1", "x-amz-version-id": "v7"})
    with ScriptedServer([reply(503), answer]) as server:
        with connect(server, audit=records.append, session_token=TOKEN) as client:
            client.put_object("docs", "a/ü", b"content", metadata={"m": "meta-value"})
            signature = server.requests[-1].header("authorization") or "?"
    (record,) = records
    assert record == AuditRecord(
        tenant_id="acme",
        operation="PutObject",
        method="PUT",
        bucket="docs",
        key="a/ü",
        version_id="v7",
        status=200,
        request_id="R1",
        attempts=2,
        started=datetime.fromtimestamp(1_700_000_000, timezone.utc),
        seconds=1.0,  # between the two tries, by the clock of the test
        bytes_sent=7,
        bytes_received=0,
    )
    line = record.to_json()
    assert json.loads(line)["started"] == "2023-11-14T22:13:20+00:00"
    for secret in ("content", "meta-value", TOKEN, SECRET_KEY, ACCESS_KEY, signature[-64:]):
        assert secret not in line + repr(record)


@both
def test_records_of_failures(connect: Connect) -> None:
    records: list[AuditRecord] = []
    refusal = s3_error(403, "AccessDenied", "No acme-docs.", headers={"x-amz-request-id": "R2"})
    script: list[Step] = [
        reply(404, headers={"x-amz-request-id": "R1"}),
        reply(200, headers={"x-amz-request-id": "R0"}),
        refusal,
        s3_error(403, "QuotaExceeded"),
        reply(200, b"<html></html>"),
        drop_before_reply(),
    ]
    with ScriptedServer(script) as server:
        with connect(server, audit=records.append, max_retries=0) as client:
            with pytest.raises(ObjectNotFoundError):
                client.get_object_metadata("docs", "a")
            with pytest.raises(AccessDeniedError):
                client.get_object("docs", "a", version_id="v1")
            with pytest.raises(QuotaExceededError):
                client.put_object("docs", "a", b"")
            with pytest.raises(MinIOError):
                client.list_objects("docs")
            with pytest.raises(MinIOConnectionError):
                client.delete_object("docs", "a")
            for bucket, key in (("docs", ""), ("D", "a")):
                with pytest.raises(ValidationError):
                    client.get_object(bucket, key)
    assert [(r.operation, r.version_id, r.status, r.code, r.error) for r in records] == [
        ("HeadObject", None, 404, "NoSuchKey", "ObjectNotFoundError"),
        ("HeadBucket", None, 200, None, None),  # whether it is the bucket that isn't there
        ("GetObject", "v1", 403, "AccessDenied", "AccessDeniedError"),
        ("PutObject", None, 403, "QuotaExceeded", "QuotaExceededError"),
        ("ListObjectsV2", None, 200, None, "ServerError"),
        ("DeleteObject", None, None, None, "MinIOConnectionError"),
    ]
    assert [r.request_id for r in records] == ["R1", "R0", "R2", None, None, None]
    assert [r.attempts for r in records] == [1] * 6


@both
def test_deleting_many_tells_of_each_key(connect: Connect) -> None:
    records: list[AuditRecord] = []
    answer = (
        b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>"
        b"</Error></DeleteResult>"
    )
    script: list[Step] = [reply(200, answer), s3_error(403, "AccessDenied"), drop_before_reply()]
    with ScriptedServer(script) as server:
        with connect(server, audit=records.append, max_retries=0) as client:
            client.delete_objects("docs", ["a", "b", "c"])
            for _ in range(2):
                with pytest.raises(MinIOError):
                    client.delete_objects("docs", ["a"])
    assert [r.objects for r in records] == [
        (
            AuditedKey(key="a"),
            AuditedKey(key="b", code="AccessDenied"),
            AuditedKey(key="c", code="NotReported"),
        ),
        (AuditedKey(key="a", code="AccessDenied"),),
        (AuditedKey(key="a", code="NotReported"),),
    ]
    assert json.loads(records[0].to_json())["objects"][1] == {
        "key": "b",
        "version_id": None,
        "code": "AccessDenied",
    }


@both
def test_access_that_is_given_away_is_told_with_its_end(connect: Connect) -> None:
    records: list[AuditRecord] = []
    with ScriptedServer() as server, connect(server, audit=records.append) as client:
        url = client.get_presigned_url("docs", "a", 60, version_id="v1")
        client.get_presigned_put_url("docs", "b", 90)
        client.presigned_post("docs", "c", 120)
        with pytest.raises(ValidationError):
            client.get_presigned_url("docs", "a", 0)
    started = datetime.fromtimestamp(1_700_000_000, timezone.utc)
    assert [
        (r.operation, r.method, r.bucket, r.key, r.version_id, r.status, r.attempts, r.expires)
        for r in records
    ] == [
        ("PresignGetObject", "GET", "docs", "a", "v1", None, 0, started + timedelta(seconds=60)),
        ("PresignPutObject", "PUT", "docs", "b", None, None, 0, started + timedelta(seconds=90)),
        ("PresignPost", "POST", "docs", "c", None, None, 0, started + timedelta(seconds=120)),
    ]
    assert all(r.error is None for r in records)
    assert url.rpartition("Signature=")[2] not in "".join(r.to_json() for r in records)


GREETING = reply(200, b'{"status": "online", "version": "1", "performance": {}}')


@both
def test_the_gateway_health_and_the_first_question_are_told(connect: Connect) -> None:
    records: list[AuditRecord] = []
    script: list[Step] = [GREETING, reply(200, b'{"status": "uploaded"}'), reply(403, b"full")]
    script += [reply(200, b"ok"), GREETING]
    with ScriptedServer(script) as server:
        with connect(
            server,
            audit=records.append,
            access_key=None,
            secret_key=None,
            tenant_id="a b",
        ) as client:
            client.upload("k", b"x")
            with pytest.raises(QuotaExceededError):
                client.upload("k", b"x")
            client.health_check()
            client.get_server_info()
    assert told(records) == [
        ("ServerInfo", None, None, 200, None),
        ("Upload", None, "k", 200, None),
        ("Upload", None, "k", 403, None),
        ("Health", None, None, 200, None),
        ("ServerInfo", None, None, 200, None),
    ]
    assert [r.error for r in records] == [None, None, "QuotaExceededError", None, None]
    assert {r.tenant_id for r in records} == {"a b"}


@both
def test_a_first_question_that_fails_is_told(connect: Connect) -> None:
    records: list[AuditRecord] = []
    with ScriptedServer([drop_before_reply()]) as server:
        with connect(
            server, audit=records.append, access_key=None, secret_key=None, max_retries=0
        ) as client:
            with pytest.raises(MinIOConnectionError):
                client.upload("k", b"x")
    assert [(r.operation, r.method, r.status, r.error) for r in records] == [
        ("ServerInfo", "GET", None, "MinIOConnectionError")
    ]


@both
def test_a_stream_is_told_piece_by_piece(connect: Connect) -> None:
    records: list[AuditRecord] = []
    whole = reply(206, b"ab", headers={"ETag": '"e"', "Content-Range": "bytes 0-1/4"})
    rest = reply(206, b"cd", headers={"ETag": '"e"', "Content-Range": "bytes 2-3/4"})
    with ScriptedServer([whole, rest]) as server, connect(server, audit=records.append) as client:
        assert b"".join(client.download_stream("docs", "a", range=(0, 3), piece_size=2)) == b"abcd"
    assert [(r.operation, r.key, r.status, r.bytes_received) for r in records] == [
        ("GetObject", "a", 206, 2),
        ("GetObject", "a", 206, 2),
    ]


def test_a_uuid_is_one_tenant_in_either_letter_case() -> None:
    records: list[AuditRecord] = []
    uuid = "ABCDEF00-0000-4000-8000-000000000000"
    engine = Memory().engine(uuid, audit=records.append)
    run(buckets.create(engine, "docs"))
    assert [r.tenant_id for r in records] == [uuid.lower()]


@FEW
@given(key=keys)
def test_a_record_is_always_one_line_of_json(key: str) -> None:
    now = datetime.now(timezone.utc)
    record = AuditRecord(
        tenant_id=None,
        operation="GetObject",
        method="GET",
        key=key,
        code=key,
        started=now,
        seconds=0,
    )
    line = record.to_json()
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["key"] == key
    assert pickle.loads(pickle.dumps(record)) == record


# --- a function that fails -----------------------------------------------------------------------


@both
def test_a_function_that_fails_changes_nothing_and_loses_no_record(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(record: AuditRecord) -> None:
        raise LookupError("the disk of the audit is full")

    with ScriptedServer([stored(b"x"), s3_error(404, "NoSuchKey")]) as server:
        with connect(server, audit=fails) as client:
            assert client.get_object("docs", "a") == b"x"
            with pytest.raises(ObjectNotFoundError):
                client.get_object("docs", "b")
    assert [(r.name, r.levelno) for r in caplog.records] == [("minio_sdk", logging.ERROR)] * 2
    lost = [json.loads(r.getMessage().partition(": {")[2].join(["{", ""])) for r in caplog.records]
    assert [(r["operation"], r["key"], r["code"]) for r in lost] == [
        ("GetObject", "a", None),
        ("GetObject", "b", "NoSuchKey"),
    ]
    assert "the disk of the audit is full" in caplog.text


def test_a_record_that_cannot_be_made_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(HeadBucket):
        @property
        def subject(self) -> str | None:
            raise LookupError("no such thing")

    memory = Memory()
    memory.buckets["acme-docs"] = Bucket()
    assert run(memory.engine("acme", audit=print).send(Odd(BUCKET))) is None
    assert "none could be made" in caplog.text


@both
def test_a_function_whose_result_must_be_awaited_is_told_of(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def later() -> None: ...

    with ScriptedServer([stored(b"x")]) as server:
        with connect(server, audit=lambda record: later()) as client:
            assert client.get_object("docs", "a") == b"x"
    assert "must be a plain function" in caplog.text


@both
def test_an_interrupt_in_the_function_is_an_interrupt(connect: Connect) -> None:
    class Stop(BaseException):
        pass

    def stops(record: AuditRecord) -> None:
        raise Stop

    with ScriptedServer([stored(b"x")]) as server, connect(server, audit=stops) as client:
        with pytest.raises(Stop):
            client.get_object("docs", "a")


def test_a_cancelled_operation_is_told() -> None:
    """The server may have done it."""
    records: list[AuditRecord] = []

    async def cancelled() -> None:
        async with AsyncMinIOClient(config_for(server, audit=records.append)) as client:
            call = asyncio.create_task(client.delete_object("docs", "a"))
            await asyncio.to_thread(server.wait_for, 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with ScriptedServer([hang()]) as server:
        asyncio.run(cancelled())
    assert [(r.operation, r.key, r.status, r.error) for r in records] == [
        ("DeleteObject", "a", None, "CancelledError")
    ]


def test_an_interrupted_operation_is_told() -> None:
    records: list[AuditRecord] = []
    memory = Memory()
    engine = memory.engine(audit=records.append)

    def interrupt(_: Request) -> None:
        raise KeyboardInterrupt

    memory.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        run(objects.delete(engine, "docs", "a"))
    assert [r.error for r in records] == ["KeyboardInterrupt"]


# --- the setting ---------------------------------------------------------------------------------


async def _coroutine(record: AuditRecord) -> None: ...


class _AsyncCall:
    async def __call__(self, record: AuditRecord) -> None: ...


@pytest.mark.parametrize(
    "audit, rule",
    [
        ("audit.jsonl", "a str can't be called"),
        (5, "a int can't be called"),
        (JsonLinesAudit, "the class JsonLinesAudit"),
        (_coroutine, "must be a plain function"),
        (_AsyncCall(), "must be a plain function"),
        (functools.partial(_coroutine), "must be a plain function"),
        (type("T", (), {"__call__": print, "__hash__": None})(), "can't be hashed"),
    ],
)
def test_what_cannot_be_called_is_refused(audit: Any, rule: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^audit: .*{rule}"):
        Config("http://h", "acme", audit=audit)


def test_a_config_with_an_audit_compares_hashes_and_pickles(tmp_path: Path) -> None:
    config = Config("http://h", "acme", audit=JsonLinesAudit(tmp_path / "a.jsonl"))
    twin = pickle.loads(pickle.dumps(config))
    assert twin == config
    assert hash(twin) == hash(config)
    assert config != config.with_(audit=None)
    assert config.with_(timeout=5).audit == config.audit


def test_the_repr_of_a_config_shows_nothing_of_the_function() -> None:
    secret = functools.partial(print, "password")
    assert "password" not in repr(Config("http://h", "acme", audit=secret))
    assert "audit='print'" in repr(Config("http://h", "acme", audit=print))


def test_workers_in_other_processes_are_audited_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with ScriptedServer([stored(b"x")]) as server:
        config = pickle.loads(pickle.dumps(config_for(server, audit=JsonLinesAudit(path))))
        ((_, data),) = work(
            config, "download", [(0, pickle.dumps({"bucket": "docs", "key": "a"}))], ""
        )
    assert data == b"x"
    assert json.loads(path.read_text())["key"] == "a"

    class Elsewhere:
        def submit(self) -> None: ...

    with pytest.raises(ValidationError, match="can't be sent to it") as caught:
        elsewhere(Elsewhere(), config.with_(audit=lambda record: None), None)
    assert "audit" in (caught.value.hint or "")


@both
def test_a_view_has_the_audit_of_its_own_settings(connect: Connect) -> None:
    first: list[AuditRecord] = []
    second: list[AuditRecord] = []
    with ScriptedServer([stored(b"x")] * 3) as server:
        with connect(server, audit=first.append) as client:
            client.with_(tenant_id="other").get_object("docs", "a")
            client.with_(audit=second.append).get_object("docs", "a")
            client.with_(audit=None).get_object("docs", "a")
    assert [r.tenant_id for r in first] == ["other"]
    assert [r.tenant_id for r in second] == ["acme"]


# --- a file of lines -----------------------------------------------------------------------------


def record_of(key: str) -> AuditRecord:
    return AuditRecord(
        tenant_id="acme",
        operation="GetObject",
        method="GET",
        key=key,
        started=datetime.now(timezone.utc),
        seconds=0.5,
    )


def keys_in(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_text().splitlines()]


def test_lines_are_appended_and_a_file_that_was_moved_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = JsonLinesAudit(path)
    assert path.read_bytes() == b""
    audit(record_of("a"))
    audit(record_of("b\n"))
    path.rename(tmp_path / "old")
    audit(record_of("c"))
    assert keys_in(tmp_path / "old") == ["a", "b\n"]
    assert keys_in(path) == ["c"]
    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert JsonLinesAudit("a.jsonl").path == str(tmp_path / "a.jsonl")


@pytest.mark.parametrize("path", ["", None, 5, b"a", "missing/a.jsonl", ".", "a\0b"])
def test_a_path_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="path="):
        JsonLinesAudit(path)


def test_a_full_disk_spoils_one_line_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    path = tmp_path / "audit.jsonl"
    audit = JsonLinesAudit(path)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:10]))
    with pytest.raises(OSError, match="only 10 of"):
        audit(record_of("a"))
    monkeypatch.undo()
    audit(record_of("b"))
    torn, whole = path.read_text().splitlines()
    assert len(torn) == 10
    assert json.loads(whole)["key"] == "b"


def test_processes_and_threads_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    code = (
        "import sys; from tests.test_auditing import *; from concurrent.futures import *\n"
        "audit = JsonLinesAudit(sys.argv[1])\n"
        "with ThreadPoolExecutor(4) as pool:\n"
        "    list(pool.map(audit, [record_of(sys.argv[2] * 20_000)] * 100))\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    running = [subprocess.Popen([*command, letter], cwd=ROOT.parent) for letter in ("x", "y")]
    assert [process.wait(60) for process in running] == [0, 0]
    assert sorted(keys_in(path)) == ["x" * 20_000] * 100 + ["y" * 20_000] * 100


def test_the_record_of_the_whole_server_names_no_bucket() -> None:
    records: list[AuditRecord] = []
    engine = Memory().engine("acme", audit=records.append)
    cls = next(cls for cls in ALL if cls.name == "ListBuckets")
    with contextlib.suppress(Exception):
        run(engine.send(made(cls, WHOLE_SERVER)))
    assert [(r.operation, r.bucket, r.in_snapshots) for r in records] == [
        ("ListBuckets", None, False)
    ]


@pytest.mark.parametrize(
    ("operation", "about"),
    [
        (AdminRemoveUser("bob"), ("access_key:bob",)),
        (AdminAttachPolicy(b"", policy="p,q", user="bob"), ("user:bob", "policy:p,q")),
        (AdminAddServiceAccount(b"", access_key="AK"), ("access_key:AK",)),
        (PutUserPolicy("bob", "p", {"Statement": []}), ("user:bob", "policy:p")),
        (RgwRemoveKey("acme$bob", "AK"), ("uid:acme$bob", "access_key:AK")),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_an_administrator_does_is_told_with_whom(
    operation: Operation[Any], about: tuple[str, ...]
) -> None:
    records: list[AuditRecord] = []
    engine = Memory().engine(None, audit=records.append)
    with contextlib.suppress(Exception):
        run(engine.send(operation))
    assert [(r.operation, r.administered) for r in records] == [(operation.name, about)]


@both
def test_the_keys_that_are_made_are_told_and_no_secret(connect: Connect) -> None:
    records: list[AuditRecord] = []
    refused = reply(403, b"<Error><Code>AccessDenied</Code></Error>", headers={"Server": "MinIO"})
    with ScriptedServer([refused] * 2, strict=False) as server:
        with connect(server, audit=records.append, tenant_id=None) as client:
            with contextlib.suppress(MinIOError):
                client.admin.add_service_account(access_key="MADE", secret_key="made-secret")
    told = [r for r in records if "access_key:MADE" in r.administered]
    assert told
    assert "made-secret" not in "".join(r.to_json() for r in records)


@both
def test_the_clock_of_the_client_is_that_of_its_records(connect: Connect) -> None:
    records: list[AuditRecord] = []
    clock = FakeClock(5.0)
    with ScriptedServer([stored(b"x")]) as server:
        with connect(server, audit=records.append, clock=clock) as client:
            client.get_object("docs", "a")
    assert records[0].started.timestamp() == 5.0
