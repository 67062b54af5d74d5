"""Hooks, the trace and the log: what those who look on are shown, and what never."""

from __future__ import annotations

import io
import logging
import pickle
import sys
from types import FrameType
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    Config,
    ConfigurationError,
    EncryptionKeyError,
    MinIOError,
    ObjectNotFoundError,
    ReceivedReply,
    SentRequest,
    SseC,
    TraceRequests,
)
from minio_sdk.watching import without_secrets
from tests.both import ACCESS_KEY, SECRET_KEY, TOKEN, Connect, both, stored
from tests.scripted import ScriptedServer, Step, drop_before_reply, reply, s3_error

Event = SentRequest | ReceivedReply
LOOKING_ON = (
    "minio_sdk.watching",
    "minio_sdk.telemetry",
    "minio_sdk.auditing",
    "logging",
    "opentelemetry",
)


@both
def test_hooks_are_told_of_each_attempt(connect: Connect) -> None:
    events: list[Event] = []
    answers: list[Step] = [reply(503), drop_before_reply(), stored(b"hello")]
    with ScriptedServer(answers) as server, connect(server, hooks=events.append) as client:
        assert client.get_object("docs", "a b") == b"hello"
    sent = [event for event in events if isinstance(event, SentRequest)]
    got = [event for event in events if isinstance(event, ReceivedReply)]
    assert [type(event) for event in events] == [SentRequest, ReceivedReply] * 3
    assert [(e.operation, e.attempt, e.method, e.target) for e in sent] == [
        ("GetObject", number, "GET", "/acme-docs/a%20b") for number in (1, 2, 3)
    ]
    assert [(e.status, e.size, e.error) for e in got] == [
        (503, 0, None),
        (None, None, "MinIOConnectionError"),
        (200, 5, None),
    ]
    assert [e.request for e in got] == sent
    assert got[2].headers["etag"] == '"e1"'
    assert got[2].seconds >= 0


@both
def test_small_objects_of_a_job_are_told_of_too(connect: Connect) -> None:
    events: list[Event] = []
    items = [("a", b"1"), ("b", b"2"), ("c", b"3")]
    with ScriptedServer(handler=lambda _: stored()) as server:
        with connect(server, hooks=(events.append,)) as client:
            assert client.upload_many(items, bucket="docs")
    assert sum(isinstance(event, SentRequest) for event in events) == len(server.requests)
    targets = {e.target for e in events if isinstance(e, SentRequest) and e.size == 1}
    assert targets == {"/acme-docs/a", "/acme-docs/b", "/acme-docs/c"}


@both
def test_nothing_secret_gets_to_those_who_look_on(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    written = io.StringIO()
    key = SseC(bytes(range(32)))
    answer = stored(b"x", {"Set-Cookie": "session=cookie-secret"})
    caplog.set_level(logging.DEBUG, "minio_sdk")
    with ScriptedServer([answer, answer]) as server:
        with connect(
            server,
            session_token=TOKEN,
            hooks=(events.append, TraceRequests(written)),
            allow_sse_c_over_http=True,
        ) as client:
            client.put_object("docs", "a", b"the content")
            with pytest.raises(EncryptionKeyError):
                client.get_object("docs", "a", encryption=key)
            url = client.get_presigned_url("docs", "a")
        sent = server.requests[1]
    shown = repr(events) + repr([e.values() for e in events]) + written.getvalue() + caplog.text
    secret = sent.header("x-amz-server-side-encryption-customer-key")
    assert secret
    signature = str(sent.header("authorization")).rpartition("=")[2]
    for word in (
        SECRET_KEY,
        TOKEN,
        ACCESS_KEY,
        signature,
        secret,
        "cookie-secret",
        "the content",
        url.rpartition("=")[2],
    ):
        assert word not in shown
    assert "x-amz-server-side-encryption-customer-key: ***" in written.getvalue()


@pytest.mark.parametrize(
    "target, shown",
    [
        ("/b/k", "/b/k"),
        ("/b?list-type=2&prefix=a", "/b?list-type=2&prefix=a"),
        (
            "/b/k?X-Amz-Date=1&X-Amz-Credential=AK%2F1&X-Amz-Signature=abc&x-id=1",
            "/b/k?X-Amz-Date=1&X-Amz-Credential=***&X-Amz-Signature=***&x-id=1",
        ),
        ("/b/k?Signature=abc", "/b/k?Signature=***"),
        ("/?Action=x&WebIdentityToken=abc", "/?Action=x&WebIdentityToken=***"),
        ("/b?continuation-token=abc", "/b?continuation-token=***"),
        ("/b/secret=1/k?a=1", "/b/secret=1/k?a=1"),
    ],
)
def test_values_that_let_others_do_something_are_hidden(target: str, shown: str) -> None:
    assert without_secrets(target) == shown


@both
def test_a_hook_that_raises_changes_nothing(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []

    def broken(event: Event) -> None:
        raise ValueError("mine")

    with ScriptedServer([stored(b"x")]) as server:
        with connect(server, hooks=(broken, events.append)) as client:
            assert client.get_object("docs", "a") == b"x"
    assert len(events) == 2
    assert "broken has failed" in caplog.text


async def awaited(event: Event) -> None:
    """What both clients can't call."""


@pytest.mark.parametrize(
    "hooks, word",
    [
        (3, "can't be called"),
        ((print, 3), "can't be called"),
        (awaited, "plain function"),
        (TraceRequests, r"the class TraceRequests; .* TraceRequests\(\.\.\.\)"),
    ],
)
def test_hooks_that_cannot_be_called_are_refused(hooks: Any, word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"hooks: .*{word}"):
        Config("http://h", None, hooks=hooks)


def test_a_list_of_hooks_is_taken_for_a_tuple() -> None:
    given: Any = [print]
    assert Config("http://h", None, hooks=given).hooks == (print,)


# --- the trace -----------------------------------------------------------------------------------


@both
def test_a_trace_can_be_read(connect: Connect) -> None:
    written = io.StringIO()
    answers = [reply(503), s3_error(404, "NoSuchKey")]
    with ScriptedServer(answers) as server:
        with connect(server, hooks=TraceRequests(written)) as client:
            with pytest.raises(ObjectNotFoundError):
                client.get_object("docs", "a")
    lines = written.getvalue().splitlines()
    first = [line for line in lines if "GetObject" in line]
    assert first[0] == "> GET /acme-docs/a (GetObject)"
    assert first[1].startswith("< 503 in ")
    assert first[2] == "> GET /acme-docs/a (GetObject, attempt 2)"
    assert first[3].startswith("< 404 in ")


def test_a_trace_goes_to_stderr_as_it_is_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = pickle.loads(pickle.dumps(TraceRequests()))
    sent = SentRequest(
        operation="GetObject", attempt=1, method="GET", target="/a", headers={"x": "a\x1b[31m\nb"}
    )
    hook(sent)
    assert capsys.readouterr().err == "> GET /a (GetObject)\n> x: a\\x1b[31m\\nb\n"
    hook(ReceivedReply(request=sent, seconds=0.5, error="MinIOTimeoutError"))
    assert capsys.readouterr().err == "< MinIOTimeoutError in 500.0 ms (GetObject)\n"
    monkeypatch.setattr(sys, "stderr", None)
    hook(sent)
    with pytest.raises(ConfigurationError, match="write"):
        TraceRequests(3)  # type: ignore[arg-type]


# --- the log -------------------------------------------------------------------------------------


@both
def test_each_operation_is_one_line_at_debug(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "minio_sdk")
    answers = [stored(b"hello"), s3_error(403, "AccessDenied"), s3_error(404, "NoSuchKey")]
    with ScriptedServer(answers) as server, connect(server) as client:
        client.get_object("docs", "a\nb")
        with pytest.raises(AccessDeniedError):
            client.get_object("docs", "c")
        caplog.set_level(logging.INFO, "minio_sdk")
        with pytest.raises(ObjectNotFoundError):
            client.get_object("docs", "d")
    first, second = [r.getMessage() for r in caplog.records if r.name == "minio_sdk"]
    start, _, rest = first.partition(" in ")
    assert start == "GetObject docs/'a\\nb' tenant=acme: 200"
    assert rest.partition(", ")[2] == "attempts=1, sent=0, received=5"
    assert second.startswith("GetObject docs/'c' tenant=acme: 403 AccessDeniedError AccessDenied")


@both
def test_retries_are_logged_with_reason_and_delay(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "minio_sdk")
    answers: list[Step] = [s3_error(503, "SlowDown"), drop_before_reply(), stored(b"x")]
    with ScriptedServer(answers) as server, connect(server, base_delay=1.0) as client:
        client.get_object("docs", "a")
    found = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "minio_sdk"]
    assert found[0] == ("INFO", "GET /acme-docs/a: 503 SlowDown; attempt 2 in 1.00 s")
    assert found[1][1].startswith("GET /acme-docs/a: MinIOConnectionError: ")
    assert found[1][1].endswith("; attempt 3 in 2.00 s")
    assert len(found) == 2


@both
def test_a_job_is_logged_from_begin_to_end(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "minio_sdk")
    with ScriptedServer(handler=lambda _: stored()) as server, connect(server) as client:
        assert client.upload_many([("a", b"1")], bucket="docs")
    found = [r.getMessage() for r in caplog.records if r.name == "minio_sdk"]
    assert found[0] == "upload_many begins"
    assert found[-1].startswith("upload_many ended after ")


@both
def test_what_a_server_says_can_break_no_line(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "minio_sdk")
    code = "Slow\nERROR root: you were hacked\x1b[31m".replace("\x1b", "&#x9b;")
    answers: list[Step] = [s3_error(503, code), s3_error(400, code)]
    with ScriptedServer(answers) as server, connect(server) as client:
        with pytest.raises(MinIOError):
            client.get_object("docs", "a")
    found = [r.getMessage() for r in caplog.records if r.name == "minio_sdk"]
    assert len(found) == 2
    assert all(line.isprintable() for line in found)


@both
def test_while_nobody_looks_on_an_operation_costs_a_look_at_the_log(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "minio_sdk")  # as programs have it that set nothing
    called: list[str] = []

    def see(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith(LOOKING_ON):
            called.append(f"{module}.{frame.f_code.co_name}")

    def calls(**settings: Any) -> set[str]:
        with ScriptedServer([stored(b"x")] * 2) as server, connect(server, **settings) as client:
            client.get_object("docs", "a")
            called.clear()
            before = sys.getprofile()
            sys.setprofile(see)
            try:
                client.get_object("docs", "a")
            finally:
                sys.setprofile(before)
        return set(called)

    assert calls() <= {"logging.isEnabledFor"}
    assert called.count("logging.isEnabledFor") <= 3  # our log, and those of what is below
    told = {f"minio_sdk.watching.{name}" for name in ("__init__", "__enter__", "__exit__")}
    assert calls(hooks=lambda _: None) >= told  # or the above would show nothing
