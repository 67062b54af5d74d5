"""Spans and metrics, by OpenTelemetry's own exporters in memory."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import subprocess
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from minio_sdk import (
    AsyncMinIOClient,
    Config,
    ConfigurationError,
    MinIOError,
    ObjectNotFoundError,
    Telemetry,
)
from minio_sdk.blocking import run
from minio_sdk.flows import buckets, copies, objects, snapshots, uploads
from minio_sdk.flows.sources import Source
from minio_sdk.operations.multipart import UploadPart
from tests.both import Connect, both, config_for, stored
from tests.flows.memory import Memory
from tests.scripted import ScriptedServer, Step, drop_before_reply, reply, s3_error


class Seen:
    """What was exported."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)

    def telemetry(self, **options: Any) -> Telemetry:
        return Telemetry(self.tracers, self.meters, **options)

    @property
    def spans(self) -> list[Any]:
        return list(self._spans.get_finished_spans())

    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def metrics(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def seen() -> Iterator[Seen]:
    found = Seen()
    yield found
    found.tracers.shutdown()
    found.meters.shutdown()


@both
def test_a_get_is_one_span_with_what_the_conventions_say(connect: Connect, seen: Seen) -> None:
    answer = stored(b"hello", {"x-amz-request-id": "R1", "x-amz-id-2": "X2"})
    with ScriptedServer([answer]) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            assert client.get_object("docs", "a/b.txt") == b"hello"
    (span,) = seen.spans
    assert (span.name, span.kind, span.status.status_code) == (
        "S3.GetObject",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    assert dict(span.attributes) == {
        "rpc.system": "aws-api",
        "rpc.system.name": "aws-api",
        "rpc.service": "S3",
        "rpc.method": "GetObject",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "minio.tenant_id": "acme",
        "aws.s3.bucket": "docs",
        "aws.s3.key": "a/b.txt",
        "cloud.region": "us-east-1",
        "http.request.method": "GET",
        "http.request.body.size": 0,
        "http.response.status_code": 200,
        "http.response.body.size": 5,
        "minio.attempts": 1,
        "aws.request_id": "R1",
        "aws.extended_request_id": "X2",
    }


@both
def test_metrics_have_retries_errors_and_bytes(connect: Connect, seen: Seen) -> None:
    answers: list[Step] = [reply(503), drop_before_reply(), stored(), s3_error(404, "NoSuchKey")]
    with ScriptedServer(answers) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            client.put_object("docs", "a", b"four")
            with pytest.raises(ObjectNotFoundError):
                client.get_object("docs", "b")
    put, get = seen.spans
    assert put.attributes["http.request.resend_count"] == 2
    assert put.attributes["minio.attempts"] == 3
    assert put.status.status_code is StatusCode.UNSET
    assert get.attributes["error.type"] == "NoSuchKey"
    assert (get.status.status_code, get.status.description) == (StatusCode.ERROR, "NoSuchKey")
    assert get.events == ()
    metrics = seen.metrics()
    assert set(metrics) == {
        "rpc.client.call.duration",
        "minio.client.retries",
        "minio.client.errors",
        "minio.client.io",
    }
    by_method = {p.attributes["rpc.method"]: p for p in metrics["rpc.client.call.duration"]}
    assert {name: point.count for name, point in by_method.items()} == {
        "PutObject": 1,
        "GetObject": 1,
    }
    assert by_method["PutObject"].explicit_bounds[:2] == (0.005, 0.01)
    same = {
        "rpc.system.name": "aws-api",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "minio.tenant_id": "acme",
        "aws.s3.bucket": "docs",
    }
    assert dict(by_method["GetObject"].attributes) == {
        **same,
        "rpc.method": "GetObject",
        "error.type": "NoSuchKey",
        "http.response.status_code": 404,
    }
    (retries,) = metrics["minio.client.retries"]
    assert (retries.value, dict(retries.attributes)) == (2, {**same, "rpc.method": "PutObject"})
    (errors,) = metrics["minio.client.errors"]
    assert (errors.value, errors.attributes["error.type"]) == (1, "NoSuchKey")
    sent = [
        p.value
        for p in metrics["minio.client.io"]
        if p.attributes["network.io.direction"] == "transmit"
    ]
    assert sent == [4]


@both
def test_keys_and_tenants_can_be_left_out(connect: Connect, seen: Seen) -> None:
    with ScriptedServer([stored(b"x")]) as server:
        with connect(server, telemetry=seen.telemetry(keys=False, tenants=False)) as client:
            client.get_object("docs", "patient-4711")
    (span,) = seen.spans
    assert "patient-4711" not in span.to_json()
    assert span.attributes["minio.tenant_id"] == "acme"
    for points in seen.metrics().values():
        for point in points:
            assert not {"minio.tenant_id", "aws.s3.bucket"} & set(point.attributes)


@both
def test_a_span_is_the_child_of_the_callers(connect: Connect, seen: Seen) -> None:
    with ScriptedServer([stored(b"x")] * 2) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            with seen.tracers.get_tracer("app").start_as_current_span("request") as above:
                client.get_object("docs", "a")
                assert trace.get_current_span() is above
            client.get_object("docs", "b")
            assert not trace.get_current_span().get_span_context().is_valid
    first, _, second = seen.spans
    assert first.parent.span_id == above.get_span_context().span_id
    assert second.parent is None


JOB = [{"bucket": "docs", "key": f"k{number}", "data": b"xy"} for number in range(6)]


@both
def test_a_job_is_one_span_and_measures_each_object(connect: Connect, seen: Seen) -> None:
    with ScriptedServer(handler=lambda asked: stored()) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            assert client.upload_many(JOB)
            client.put_object("docs", "afterwards", b"")
    (job, after) = seen.spans
    assert (job.name, job.kind, after.name) == (
        "minio_sdk.upload_many",
        SpanKind.INTERNAL,
        "S3.PutObject",
    )
    assert after.parent is None
    assert dict(job.attributes) == {
        "minio.tenant_id": "acme",
        "minio.job.succeeded": 6,
        "minio.job.failed": 0,
        "minio.job.skipped": 0,
        "minio.job.bytes": 12,
    }
    counts = {
        p.attributes["rpc.method"]: p.count for p in seen.metrics()["rpc.client.call.duration"]
    }
    assert counts["PutObject"] == 7


@both
def test_each_object_of_a_job_has_a_span_when_asked_for(connect: Connect, seen: Seen) -> None:
    telemetry = seen.telemetry(each_object=True, propagate=True)
    with ScriptedServer(handler=lambda asked: stored()) as server:
        with connect(server, telemetry=telemetry) as client:
            assert client.upload_many(JOB)
            with ThreadPoolExecutor(2) as pool:
                assert client.upload_many(JOB, executor=pool)
    jobs = [span for span in seen.spans if span.name == "minio_sdk.upload_many"]
    for job in jobs:
        below = [s for s in seen.spans if s.parent and s.parent.span_id == job.context.span_id]
        puts = [s for s in below if s.name == "S3.PutObject"]
        assert {s.attributes["aws.s3.key"] for s in puts} == {item["key"] for item in JOB}
    assert len(jobs) == 2
    ids = {f"{span.context.span_id:016x}" for span in seen.spans}
    told = [str(request.header("traceparent")).split("-")[2] for request in server.requests]
    assert set(told) <= ids
    assert len(set(told)) == len(told)


@both
def test_a_job_that_loses_objects_says_so(connect: Connect, seen: Seen) -> None:
    with ScriptedServer(handler=lambda asked: s3_error(403, "AccessDenied")) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            assert not client.download_many(["a", "b"], bucket="docs")
    (job,) = seen.spans
    assert job.attributes["minio.job.failed"] == 2
    assert job.status.status_code is StatusCode.ERROR


@both
def test_headers_of_the_trace_are_sent_only_when_asked_for_and_unsigned(
    connect: Connect, seen: Seen
) -> None:
    with ScriptedServer([stored(b"x"), stored(b"x")]) as server:
        with connect(server, telemetry=seen.telemetry()) as client:
            client.get_object("docs", "a")
        with connect(server, telemetry=seen.telemetry(propagate=True)) as client:
            client.get_object("docs", "a")
        plain, traced = server.requests
    assert plain.header("traceparent") is None
    span = seen.spans[1]
    parent = f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-{span.context.trace_flags:02x}"
    assert traced.header("traceparent") == parent
    assert "traceparent" not in str(traced.header("authorization"))
    assert traced.header("baggage") is None


def test_no_name_of_the_server_gets_into_spans(seen: Seen) -> None:
    for tenancy in ("bucket", "prefix"):
        memory = Memory()
        telemetry = seen.telemetry(each_object=True)
        engine = memory.engine("acme", tenancy=tenancy, telemetry=telemetry)
        place = engine.place("docs")

        async def everything(engine: Any = engine, place: Any = place) -> None:
            await buckets.create(engine, "docs")
            await uploads.put(engine, place, "a", Source(b"secret content"), {})
            await copies.copy(engine, place, "d", place, "a")
            await snapshots.create(engine, "docs", "s1")
            await objects.delete(engine, "docs", "a")

        run(everything())
    text = "".join(span.to_json() for span in seen.spans)
    for word in ("acme-docs", "acme/", "tenants", "secret content", ".buckets"):
        assert word not in text
    assert "docs/a" in [s.attributes.get("aws.s3.copy_source") for s in seen.spans]
    assert "minio_sdk.create_snapshot" in seen.names()


def test_parts_of_an_upload_say_which(seen: Seen) -> None:
    engine = Memory().engine("acme", telemetry=seen.telemetry())
    with pytest.raises(MinIOError):
        run(engine.send(UploadPart(engine.place("docs"), "a", "U/1", 2, b"x")))
    (span,) = seen.spans
    assert (span.attributes["aws.s3.upload_id"], span.attributes["aws.s3.part_number"]) == (
        "U/1",
        2,
    )


class Broken:
    """Providers whose tracer and instruments raise."""

    def get_tracer(self, *_: Any, **__: Any) -> Broken:
        return self

    def get_meter(self, *_: Any, **__: Any) -> Broken:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("create_"):
            return lambda *_, **__: self

        def failing(*_: Any, **__: Any) -> None:
            raise RuntimeError("the exporter is down")

        return failing


@both
def test_telemetry_that_fails_changes_nothing(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = Broken()
    with ScriptedServer(handler=lambda asked: stored(b"x")) as server:
        with connect(server, telemetry=Telemetry(broken, broken)) as client:
            assert client.get_object("docs", "a") == b"x"
            assert client.download_many(["a"], bucket="docs")
    assert {r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR} >= {
        "telemetry: GetObject is not told of",
        "telemetry: download_many is not told of",
    }


def test_tasks_that_go_on_side_by_side_have_their_own_spans(seen: Seen) -> None:
    async def request(client: AsyncMinIOClient, name: str) -> None:
        with seen.tracers.get_tracer("app").start_as_current_span(name):
            for number in range(3):
                await client.get_object("docs", f"{name}-{number}")

    async def main(server: ScriptedServer) -> None:
        config = config_for(server, telemetry=seen.telemetry())
        async with AsyncMinIOClient(config) as client:
            await asyncio.gather(*(request(client, name) for name in "abc"))

    with ScriptedServer(handler=lambda asked: stored(b"x")) as server:
        asyncio.run(main(server))
    above = {span.context.span_id: span.name for span in seen.spans if span.name in "abc"}
    gets = [span for span in seen.spans if span.name == "S3.GetObject"]
    assert len(gets) == 9
    for span in gets:
        assert span.attributes["aws.s3.key"].startswith(above[span.parent.span_id])


def test_a_cancelled_call_ends_its_span(seen: Seen) -> None:
    from tests.scripted import hang

    async def main(server: ScriptedServer) -> None:
        async with AsyncMinIOClient(config_for(server, telemetry=seen.telemetry())) as client:
            task = asyncio.ensure_future(client.get_object("docs", "a"))
            while not server.requests:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with ScriptedServer([hang()]) as server:
        asyncio.run(main(server))
    (span,) = seen.spans
    assert span.attributes["error.type"] == "CancelledError"
    assert span.attributes["minio.attempts"] == 0


def test_it_can_be_pickled_and_is_then_the_global_one(seen: Seen) -> None:
    config = Config("http://h", "acme", telemetry=seen.telemetry(keys=False, propagate=True))
    assert hash(config) == hash(config.with_())
    again = pickle.loads(pickle.dumps(config))
    assert again.telemetry == Telemetry(keys=False, propagate=True)


@pytest.mark.parametrize(
    "given, word",
    [
        ({"keys": 1}, "keys"),
        ({"tracer_provider": 3}, "tracer_provider"),
        ({"meter_provider": object()}, "meter_provider"),
    ],
)
def test_bad_arguments_are_named(given: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        Telemetry(**given)


@pytest.mark.parametrize("value", [True, "on", Telemetry])
def test_config_takes_an_object_of_it_only(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"telemetry: must be Telemetry\(\.\.\.\)"):
        Config("http://h", None, telemetry=value)


def test_opentelemetry_is_not_imported_unasked_and_its_lack_is_named() -> None:
    program = (
        "import sys\n"
        "import minio_sdk\n"
        "minio_sdk.MinIOClient(minio_sdk.Config('http://localhost:1', None))\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
        "sys.modules['opentelemetry'] = None\n"
        "try:\n"
        "    minio_sdk.Telemetry()\n"
        "except minio_sdk.NotSupportedError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "minio-enterprise-sdk[otel]" in done.stdout


def test_errors_of_ours_without_an_answer_have_their_class(seen: Seen) -> None:
    engine = Memory().engine("acme", telemetry=seen.telemetry(), deadline=1)
    call = engine.begin()
    call.deadline = -1.0
    with pytest.raises(MinIOError):
        run(objects.get(call, "docs", "a"))
    (span,) = seen.spans
    assert span.attributes["error.type"] == "MinIOTimeoutError"
    assert "http.response.status_code" not in span.attributes


class Body(bytearray):
    """Bytes that can be seen to be let go of."""


def test_bodies_are_let_go_of_without_the_collector(seen: Seen) -> None:
    told: list[Any] = []
    telemetry = seen.telemetry()
    engine = Memory().engine(
        "acme", telemetry=telemetry, hooks=lambda event: told.append(event.size)
    )
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            body = Body(b"large")
            kept = weakref.ref(body)
            operation = UploadPart(engine.place("docs"), "a", "U", 1, memoryview(body))
            request = operation.request()
            del operation, body
            assert run(engine.exchange(request, "UploadPart")).status == 404
            del request
            assert kept() is None
    finally:
        gc.enable()


@both
def test_of_several_endpoints_it_is_the_one_that_answered(connect: Connect, seen: Seen) -> None:
    with ScriptedServer(handler=lambda _: reply(503)) as bad:
        with ScriptedServer(handler=lambda _: stored(b"x")) as good:
            with connect(f"{bad.url},{good.url}", telemetry=seen.telemetry()) as client:
                assert client.get_object("docs", "a") == b"x"
    span = seen.spans[-1]
    assert (span.name, span.attributes["server.port"]) == ("S3.GetObject", good.port)
    point = seen.metrics()["rpc.client.call.duration"][-1]
    assert point.attributes["server.port"] == good.port
