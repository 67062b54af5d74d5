"""Spans and metrics for OpenTelemetry, in the extra ``otel``.

Names are those of OpenTelemetry's semantic conventions for S3 clients and for remote calls; what they have
no name for begins with ``minio.``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from minio_sdk._version import __version__
from minio_sdk.config import Config
from minio_sdk.errors import ConfigurationError, MinIOError, NotSupportedError
from minio_sdk.models.names import canonical_tenant
from minio_sdk.operation import CopySource, Operation
from minio_sdk.watching import LOG, Watch, kind_of_error
from minio_sdk.wire.url import Endpoint, parse_endpoint

_NAME = "minio_sdk"

# What the conventions recommend for durations of calls, in seconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


@dataclass(frozen=True)
class Telemetry:
    """Makes a span, and measurements, of each operation. For ``Config(telemetry=...)``.

    A span is called ``S3.GetObject`` and so on, and is a child of the one that is current where the client
    is called, also on the threads and in the tasks of a job. A job of many objects, such as `upload_many` or
    `mirror`, is one span. No content, metadata, keys to sign with or messages of errors are in any of it.

    Args:
        tracer_provider: OpenTelemetry's, which makes the spans. Default None: the global one.
        meter_provider: OpenTelemetry's, which makes the metrics. Default None: the global one.
        keys: whether spans say the keys of objects, which may be personal data. Default True.
        each_object: whether the operations of a job have spans of their own, below the job's. Default False.
        propagate: whether requests carry ``traceparent`` and ``tracestate``, unsigned, for servers and
            proxies that go on with the trace. Default False.
        tenants: whether metrics have the tenant and the bucket as labels; with many thousands of them, each a
            series of its own, False. Default True. Spans always have both.

    A pickled one, as jobs on other processes take along, uses the global providers there.

    Raises:
        NotSupportedError: opentelemetry-api isn't installed.
        ConfigurationError: an argument is not what it should be.

    Example:
        >>> config = Config("http://localhost:9000", "acme", telemetry=Telemetry())
    """

    tracer_provider: Any = None
    meter_provider: Any = None
    keys: bool = field(default=True, kw_only=True)
    each_object: bool = field(default=False, kw_only=True)
    propagate: bool = field(default=False, kw_only=True)
    tenants: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        for each in fields(self)[2:]:
            if not isinstance(getattr(self, each.name), bool):
                raise ConfigurationError(f"{each.name}: must be True or False")
        for name, method in (("tracer_provider", "get_tracer"), ("meter_provider", "get_meter")):
            given = getattr(self, name)
            if given is not None and not callable(getattr(given, method, None)):
                raise ConfigurationError(f"{name}: a {type(given).__name__} has no {method}()")
        try:
            made = _Made(self.tracer_provider, self.meter_provider)
        except ImportError:
            raise NotSupportedError(
                "Telemetry needs opentelemetry-api",
                hint='pip install "minio-enterprise-sdk[otel]"',
            ) from None
        object.__setattr__(self, "_made", made)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.keys, self.each_object, self.propagate, self.tenants)

    def operation(
        self, watch: Watch, config: Config
    ) -> Callable[[BaseException | None, float], None]:
        """Told of an operation that begins; what it returns, of its end: the error, and the seconds."""
        return _Operation(self, self.__dict__["_made"], watch, config).end

    def job(self, name: str, config: Config) -> _Job:
        """Around a job of many operations; what it gives is told the job's result."""
        return _Job(self.__dict__["_made"], name, config)


def _again(keys: bool, each_object: bool, propagate: bool, tenants: bool) -> Telemetry:
    return Telemetry(keys=keys, each_object=each_object, propagate=propagate, tenants=tenants)


class _Made:
    """A tracer, and instruments."""

    def __init__(self, tracers: Any, meters: Any) -> None:
        from opentelemetry import context, metrics, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.context = context
        self.trace = trace
        self.inject = TraceContextTextMapPropagator().inject
        self.tracer = trace.get_tracer(_NAME, __version__, tracers)
        meter = metrics.get_meter(_NAME, __version__, meters)
        self.duration = meter.create_histogram(
            "rpc.client.call.duration",
            "s",
            "Operations, with all their attempts",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.retries = meter.create_counter(
            "minio.client.retries", "{retry}", "Attempts after the first"
        )
        self.errors = meter.create_counter(
            "minio.client.errors", "{error}", "Operations that failed"
        )
        self.io = meter.create_counter("minio.client.io", "By", "Bodies sent and received")


# In the context of whatever belongs to a job. Not `create_key`, for which the package has to be there.
_IN_JOB = "minio_sdk.job"


class _Operation:
    """One operation, from its begin to its end."""

    __slots__ = ("_config", "_labels", "_made", "_span", "_telemetry", "_token", "_watch")

    def __init__(self, telemetry: Telemetry, made: _Made, watch: Watch, config: Config) -> None:
        self._telemetry = telemetry
        self._made = made
        self._watch = watch
        self._config = config
        self._labels: dict[str, Any] = {"rpc.system.name": "aws-api", "rpc.method": watch.name}
        self._span: Any = None
        self._token: Any = None
        if telemetry.each_object or made.context.get_value(_IN_JOB) is None:
            service = watch.request.service.upper()
            span = self._span = made.tracer.start_span(
                f"{service}.{watch.name}",
                kind=made.trace.SpanKind.CLIENT,
                attributes=self._about(service),
            )
            self._token = made.context.attach(made.trace.set_span_in_context(span))
        if telemetry.propagate:
            carrier: dict[str, str] = {}
            made.inject(carrier)
            watch.request.headers = {**watch.request.headers, **carrier}

    def _about(self, service: str) -> dict[str, Any]:
        """What is known of it at its begin, which samplers may decide by."""
        operation, request = self._watch.operation, self._watch.request
        attributes: dict[str, Any] = {
            "rpc.system": "aws-api",
            "rpc.service": service,
            **self._labels,
            **_server(parse_endpoint(self._config.endpoints[0])),
            **_whose(self._config, operation),
            "cloud.region": self._config.region,
            "http.request.method": request.method,
        }
        if request.length is not None:
            attributes["http.request.body.size"] = request.length
        if operation is None or operation.place.bucket is None:
            return attributes
        if self._telemetry.keys:
            if operation.subject is not None:
                attributes["aws.s3.key"] = operation.subject
            source = getattr(operation, "source", None)
            if isinstance(source, CopySource) and source.place.bucket is not None:
                attributes["aws.s3.copy_source"] = f"{source.place.bucket}/{source.key}"
        asked = parse_qs(request.query)
        if "uploadId" in asked:
            attributes["aws.s3.upload_id"] = asked["uploadId"][0]
            if asked.get("partNumber", [""])[0].isdigit():
                attributes["aws.s3.part_number"] = int(asked["partNumber"][0])
        return attributes

    def end(self, error: BaseException | None, seconds: float) -> None:
        """Told of the end."""
        made, span, watch = self._made, self._span, self._watch
        # Where it is thrown away unfinished, that may be in another context than it was begun in.
        if self._token is not None and not isinstance(error, GeneratorExit):
            made.context.detach(self._token)
        status, attempts, reply = watch.status(error), watch.attempts(error), watch.reply
        ended = dict[str, Any](self._labels)
        if status is not None:
            ended["http.response.status_code"] = status
        if error is not None:
            ended["error.type"] = kind_of_error(error)
        if span is not None:
            span.set_attributes(self._outcome(ended, error, attempts))
            if error is not None:
                span.set_status(made.trace.StatusCode.ERROR, ended["error.type"])
            span.end()
        via = parse_endpoint(self._config.endpoints[0])
        if reply is not None and reply.via is not None:
            via = parse_endpoint(reply.via.origin)
        # Each measurement has labels of its own: some SDKs keep the very dict.
        labels = {**self._labels, **_server(via)}
        if self._telemetry.tenants:
            labels.update(_whose(self._config, watch.operation))
        made.duration.record(seconds, {**ended, **labels})
        if error is not None:
            made.errors.add(1, {**labels, "error.type": ended["error.type"]})
        if attempts > 1:
            made.retries.add(attempts - 1, {**labels})
        if attempts and watch.request.length:
            made.io.add(watch.request.length, {**labels, "network.io.direction": "transmit"})
        if reply is not None and reply.body:
            made.io.add(len(reply.body), {**labels, "network.io.direction": "receive"})

    def _outcome(
        self, ended: dict[str, Any], error: BaseException | None, attempts: int
    ) -> dict[str, Any]:
        reply = self._watch.reply
        found: dict[str, Any] = {**ended, "minio.attempts": attempts}
        if attempts > 1:
            found["http.request.resend_count"] = attempts - 1
        request_id = error.request_id if isinstance(error, MinIOError) else None
        if reply is not None:
            found["http.response.body.size"] = len(reply.body)
            request_id = request_id or reply.headers.get("x-amz-request-id")
            if "x-amz-id-2" in reply.headers:
                found["aws.extended_request_id"] = reply.headers["x-amz-id-2"]
            if reply.via is not None:
                found.update(_server(parse_endpoint(reply.via.origin)))
        if request_id:
            found["aws.request_id"] = request_id
        return found


class _Job:
    """The span of a job, current until its end."""

    def __init__(self, made: _Made, name: str, config: Config) -> None:
        self._made = made
        self._name = name
        self._config = config
        self._span: Any = None
        self._token: Any = None

    def __enter__(self) -> Callable[[Any], None]:
        made = self._made
        try:
            self._span = made.tracer.start_span(
                f"{_NAME}.{self._name}", attributes=_whose(self._config, None)
            )
            here = made.trace.set_span_in_context(self._span)
            self._token = made.context.attach(made.context.set_value(_IN_JOB, True, here))
        except Exception:
            LOG.exception("telemetry: %s is not told of", self._name)
        return self._told

    def _told(self, result: Any) -> None:
        if self._span is None:
            return
        for name in ("succeeded", "failed", "skipped", "bytes"):
            value = getattr(result, name, None)
            if isinstance(value, int):
                self._span.set_attribute(f"minio.job.{name}", value)
        if getattr(result, "failed", 0):
            self._span.set_status(self._made.trace.StatusCode.ERROR, "some objects failed")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._token is not None and not isinstance(error, GeneratorExit):
                self._made.context.detach(self._token)
            if self._span is not None:
                if error is not None:
                    self._span.set_attribute("error.type", kind_of_error(error))
                    self._span.set_status(self._made.trace.StatusCode.ERROR, kind_of_error(error))
                self._span.end()
        except Exception:
            LOG.exception("telemetry: the end of %s is not told of", self._name)


def _server(endpoint: Endpoint) -> dict[str, Any]:
    return {"server.address": endpoint.host, "server.port": endpoint.port}


def _whose(config: Config, operation: Operation[Any] | None) -> dict[str, Any]:
    found = {}
    if config.tenant_id is not None:
        found["minio.tenant_id"] = canonical_tenant(config.tenant_id)
    if operation is not None and operation.place.bucket is not None:
        found["aws.s3.bucket"] = operation.place.bucket
    return found
