"""Locks on servers that don't know them, lose them, or say no in words of their own."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    BucketNotEmptyError,
    ConflictError,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ObjectLock,
    ObjectLockedError,
    Retention,
    ServerError,
    ValidationError,
)
from minio_sdk.operations import object_lock
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.flows.store import Store
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

OBJECT = "/acme-docs/a"
NOW = datetime.fromtimestamp(FakeClock().time(), timezone.utc)
UNTIL = (NOW + timedelta(days=9)).replace(microsecond=0)
RETENTION = Retention(mode="GOVERNANCE", retain_until_date=UNTIL)
CALLS: dict[str, Callable[[MinIOClient], object]] = {
    "set": lambda client: client.set_object_retention("docs", "a", RETENTION),
    "remove": lambda client: client.set_object_retention("docs", "a", None, bypass_governance=True),
    "get": lambda client: client.get_object_retention("docs", "a"),
    "hold": lambda client: client.enable_object_legal_hold("docs", "a"),
    "let go": lambda client: client.disable_object_legal_hold("docs", "a"),
    "is held": lambda client: client.is_object_legal_hold_enabled("docs", "a"),
}
each_call = pytest.mark.parametrize("call", CALLS)
CHANGES = ("set", "remove", "hold", "let go")


@both
@each_call
def test_a_server_that_passes_locks_over_keeps_the_object(connect: Connect, call: str) -> None:
    """It would store the document in place of the bytes."""
    store = Store({OBJECT: b"text"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't know locks of objects") as info:
            CALLS[call](client)
        assert (info.value.bucket, info.value.key) == ("docs", "a")
    assert store.data() == {OBJECT: b"text"}
    assert store.count("PUT") == 0


@both
@each_call
def test_a_large_object_is_not_read_for_its_lock(
    connect: Connect, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_lock, "MAX_ANSWER", 100)
    store = Store({OBJECT: b"x" * 5000})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't know locks of objects"):
            CALLS[call](client)
    assert store.count("PUT") == 0


class Locks:
    """A server with one object, whose locks are as a test says.

    Attributes:
        told: what it answers to questions about locks.
        refuses: what it answers to PUT and DELETE; None does it.
        headers: the locks that HEAD tells.
    """

    def __init__(self, told: Step, refuses: Step | None = None, **headers: str) -> None:
        self.told = told
        self.refuses = refuses
        self.headers = {f"x-amz-object-lock-{n.replace('_', '-')}": v for n, v in headers.items()}
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Step:
        with self._lock:
            self.asked.append(f"{request.method} {request.query}")
        if "versioning" in request.query:
            status = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            return reply(200, status)
        if request.method == "HEAD":
            return reply(200, headers={"ETag": '"e"', "x-amz-version-id": "v", **self.headers})
        if request.method == "GET":
            return self.told
        return self.refuses or reply(200, headers={"ETag": '"e"', "x-amz-version-id": "v"})


NONE = s3_error(404, "NoSuchObjectLockConfiguration")
LOCKED = {"mode": "GOVERNANCE", "retain_until_date": UNTIL.isoformat()}


@both
@pytest.mark.parametrize("call", CHANGES[:3])
def test_an_answer_of_success_that_changed_nothing_is_none(connect: Connect, call: str) -> None:
    told = {
        "set": reply(200, b"<Retention><Mode>COMPLIANCE</Mode></Retention>"),
        "remove": reply(
            200,
            b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>"
            b"2050-01-01T00:00:00Z</RetainUntilDate></Retention>",
        ),
        "hold": reply(200, b"<LegalHold><Status>OFF</Status></LegalHold>"),
    }[call]
    with ScriptedServer(handler=Locks(told)) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="changed nothing") as info:
            CALLS[call](client)
        assert str(info.value.operation).startswith("PutObject")


@both
@pytest.mark.parametrize("call", ["set", "hold", "let go"])
def test_a_bucket_without_locks_is_a_conflict_before_anything_is_changed(
    connect: Connect, call: str
) -> None:
    behind = Locks(s3_error(400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration"))
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        with pytest.raises(MinIOError, match="object_lock=True"):
            CALLS[call](client)
        CALLS["remove"](client)  # there is none
        assert client.get_object_retention("docs", "a") is None
        assert client.is_object_legal_hold_enabled("docs", "a") is False
    assert not any(line.startswith("PUT") for line in behind.asked)


@both
@pytest.mark.parametrize(
    "refusal", [s3_error(403, "AccessDenied"), s3_error(400, "InvalidRequest", "WORM")]
)
@pytest.mark.parametrize(
    ("headers", "why", "hint"),
    [
        (LOCKED, f"governance mode until {UNTIL.isoformat()}", "bypass_governance=True"),
        ({**LOCKED, "mode": "COMPLIANCE"}, "compliance mode until", "again after that"),
        ({"legal_hold": "ON"}, "a legal hold", "disable_object_legal_hold() first"),
        ({**LOCKED, "legal_hold": "ON"}, " and a legal hold", "disable_object_legal_hold() first"),
    ],
)
def test_a_lock_is_named_as_the_reason(
    connect: Connect, refusal: Step, headers: dict[str, str], why: str, hint: str
) -> None:
    """Whatever the server calls it; the error is still what the server said."""
    behind = Locks(NONE, refusal, **headers)
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        calls: list[Callable[[], object]] = [
            lambda: client.delete_object("docs", "a", version_id="v"),
            lambda: client.set_object_retention("docs", "a", RETENTION, version_id="v"),
        ]
        for call in calls:
            with pytest.raises(ObjectLockedError) as info:
                call()
            assert "it is locked: " in str(info.value)
            assert why in str(info.value)
            assert hint in str(info.value)
            assert info.value.status in (400, 403)
            assert info.value.key == "a"


@both
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_server_that_removes_no_retention_says_so_where_it_might(
    connect: Connect, mode: str
) -> None:
    """SeaweedFS refuses an empty document; MinIO refuses to weaken compliance in the same way."""
    told = "<Retention><Mode>x</Mode><RetainUntilDate>2050-01-01T00:00:00Z</RetainUntilDate></Retention>"
    refusal = s3_error(400, "InvalidRequest")
    behind = Locks(reply(200, told.encode()), refusal, **{**LOCKED, "mode": mode})
    expected = NotSupportedError if mode == "GOVERNANCE" else ObjectLockedError
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        with pytest.raises(expected):
            client.set_object_retention("docs", "a", None, bypass_governance=True)


@both
@pytest.mark.parametrize(
    "headers", [{}, {**LOCKED, "retain_until_date": (NOW - timedelta(days=1)).isoformat()}]
)
def test_a_refusal_without_a_lock_stays_what_it_is(
    connect: Connect, headers: dict[str, str]
) -> None:
    behind = Locks(NONE, s3_error(403, "AccessDenied", "not you"), **headers)
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        for key in (None, "v"):
            with pytest.raises(AccessDeniedError, match="not you"):
                client.delete_object("docs", "a", version_id=key)


@both
def test_bypassing_is_said_only_when_it_is_asked_for(connect: Connect) -> None:
    requests: list[Request] = []
    date = UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ")
    told = (
        f"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{date}</RetainUntilDate></Retention>"
    )
    locks = Locks(reply(200, told.encode()))

    def behind(request: Request) -> Step:
        requests.append(request)
        if request.method == "POST":
            return reply(200, b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>")
        return locks(request)

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        for bypass in (False, True):
            client.delete_object("docs", "a", bypass_governance=bypass)
            client.delete_objects("docs", ["a"], bypass_governance=bypass)
            client.set_object_retention("docs", "a", RETENTION, bypass_governance=bypass)
    sent = [r.header("x-amz-bypass-governance-retention") for r in requests if r.method != "GET"]
    assert sent == [None] * 3 + ["true"] * 3


def refusing(*keys: str, version: str = "<VersionId>v</VersionId>") -> Step:
    errors = "".join(
        f"<Error><Key>{key}</Key>{version}<Code>AccessDenied</Code><Message>not you</Message></Error>"
        for key in keys
    )
    return reply(200, f"<DeleteResult>{errors}</DeleteResult>".encode())


@both
@pytest.mark.parametrize("version", ["<VersionId>v</VersionId>", ""], ids=["repeated", "left out"])
def test_each_locked_version_of_many_says_so(connect: Connect, version: str) -> None:
    """With the server's code and words; what is refused for another reason stays what it is."""
    locks = Locks(NONE, None, **LOCKED)
    free = Locks(NONE)

    def behind(request: Request) -> Step:
        if request.method == "POST":
            return refusing("a", "b", version=version)
        return (free if request.path.endswith("/b") else locks)(request)

    pairs = [("a", "v"), ("b", "v")]
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        one, other = client.delete_objects("docs", pairs).errors
        done = client.delete_many(pairs, bucket="docs")
    assert (one.key, one.version_id, one.code, one.locked) == ("a", "v", "AccessDenied", True)
    assert one.message == f"it is locked: governance mode until {UNTIL.isoformat()} (not you)"
    assert "bypass_governance=True" in str(one.hint)
    assert (other.message, other.locked, other.hint) == ("not you", False, None)
    assert [type(error) for error in done] == [ObjectLockedError, AccessDeniedError]
    assert "bypass_governance=True" in str(done[0])
    assert (done[0].code, done[0].key) == ("AccessDenied", "a")


@both
def test_not_every_version_is_asked_where_locks_are_not_the_reason(connect: Connect) -> None:
    keys = [f"k{n}" for n in range(50)]
    locks = Locks(NONE)

    def behind(request: Request) -> Step:
        if request.method != "POST":
            return locks(request)
        asked = "<VersionId>v</VersionId>" if b"VersionId" in request.body else ""
        return refusing(*keys, version=asked)

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        result = client.delete_objects("docs", [(key, "v") for key in keys])
        markers = client.delete_objects("docs", keys)  # which no lock holds off
    assert [len(each.errors) for each in (result, markers)] == [50, 50]
    assert len([each for each in locks.asked if each.startswith("HEAD")]) == 8


@both
def test_bypassing_in_bulk_is_said_for_those_items_only(connect: Connect) -> None:
    requests: list[Request] = []
    locks = Locks(NONE)

    def behind(request: Request) -> Step:
        requests.append(request)
        if request.method != "POST":
            return locks(request)
        keys = re.findall(rb"<Key>(.)</Key>", request.body)
        done = b"".join(b"<Deleted><Key>%b</Key></Deleted>" % key for key in keys)
        return reply(200, b"<DeleteResult>" + done + b"</DeleteResult>")

    items = [
        {"key": "a", "version_id": "v"},
        {"key": "b", "version_id": "v", "bypass_governance": False},
        {"key": "c", "version_id": "v", "bypass_governance": "yes"},
    ]
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        done = client.delete_many(items, bucket="docs", bypass_governance=True)
        assert [isinstance(each, MinIOError) for each in done] == [False, False, True]
        assert "bypass_governance" in str(done[2])
        client.delete_many(items[:1], bucket="docs")
        for call in (
            lambda: client.delete_many([], bypass_governance=1),  # type: ignore[arg-type]
            lambda: client.delete_bucket("docs", bypass_governance=True),
            lambda: client.delete_bucket("docs", force=True, bypass_governance=1),  # type: ignore[arg-type]
        ):
            with pytest.raises(ValidationError, match="bypass_governance"):
                call()
    posts = [request for request in requests if request.method == "POST"]
    sent = {
        (re.findall(rb"<Key>(.)</Key>", r.body)[0], r.header("x-amz-bypass-governance-retention"))
        for r in posts
    }
    assert sent == {(b"a", "true"), (b"b", None), (b"a", None)}


@both
def test_a_bucket_is_emptied_with_governance_passed_by(connect: Connect) -> None:
    listing = (
        b"<ListVersionsResult><Version><Key>a</Key><VersionId>v</VersionId></Version>"
        b"</ListVersionsResult>"
    )
    requests: list[Request] = []

    def behind(request: Request) -> Step:
        requests.append(request)
        if request.method == "POST":
            return reply(200, b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>")
        if "versions=" in request.query:
            emptied = any(r.method == "POST" for r in requests)
            return reply(200, b"<ListVersionsResult/>" if emptied else listing)
        if "versioning" in request.query:
            return reply(
                200, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            )
        if "uploads" in request.query:
            return reply(200, b"<ListMultipartUploadsResult/>")
        return reply(204)

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        client.delete_bucket("docs", force=True, bypass_governance=True)
    (post,) = [request for request in requests if request.method == "POST"]
    assert post.header("x-amz-bypass-governance-retention") == "true"


# -- uploads ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("size", [5, 6 * 2**20])
def test_an_upload_that_was_not_locked_is_no_success(connect: Connect, size: int) -> None:
    """The server knows nothing of locks, and answers 200."""
    store = Store(copies=False)
    fields = {"multipart_threshold": 5 * 2**20, "part_size": 5 * 2**20}
    with ScriptedServer(handler=store) as server, connect(server, **fields) as client:
        locks: list[Any] = [{"retention": RETENTION}, {"legal_hold": True}]
        for lock in locks:
            with pytest.raises(NotSupportedError, match="stored, but the server did not lock it"):
                client.put_object("docs", "a", b"x" * size, **lock)
        client.put_object("docs", "a", b"x" * size)


@both
def test_what_is_to_be_locked_makes_no_bucket(connect: Connect) -> None:
    """One that is made on the way has no object lock."""
    with (
        ScriptedServer([s3_error(404, "NoSuchBucket")]) as server,
        connect(server) as client,
        pytest.raises(MinIOError, match="create_bucket"),
    ):
        client.upload_object("docs", "a", b"x", legal_hold=True)


@both
def test_the_refusal_of_a_bucket_without_locks_says_so(connect: Connect) -> None:
    refusal = s3_error(400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration")
    with ScriptedServer([refusal]) as server, connect(server) as client:
        with pytest.raises(ConflictError, match=r"object_lock=True"):
            client.put_object("docs", "a", b"x", retention=RETENTION)


@both
def test_a_bucket_that_locks_by_itself_gets_the_digest_that_it_wants(connect: Connect) -> None:
    """AWS wants one, which small uploads don't have."""
    wants = s3_error(
        400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required"
    )
    stored = reply(200, headers={"ETag": '"e"'})
    with ScriptedServer([wants, stored, wants, wants]) as server, connect(server) as client:
        client.put_object("docs", "a", b"x")
        with pytest.raises(MinIOError, match="Content-MD5"):
            client.put_object("docs", "a", b"x")
    sent = [request.header("content-md5") for request in server.requests]
    assert sent == [None, "ndTkYSaMgDT1yFZOFVxnpg==", None, "ndTkYSaMgDT1yFZOFVxnpg=="]


@both
@pytest.mark.parametrize(
    "arguments",
    [
        {"retention": {"mode": "x", "retain_until_date": UNTIL}},
        {"retention": 5},
        {"legal_hold": "OFF"},
        {"legal_hold": None},
    ],
)
def test_a_bad_lock_is_not_sent(connect: Connect, arguments: Any) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError):
            client.put_object("docs", "a", b"x", **arguments)
        with pytest.raises(ValidationError):
            client.set_object_retention("docs", "a", {"mode": "GOVERNANCE"})
        with pytest.raises(ValidationError, match="bypass_governance"):
            client.delete_object("docs", "a", bypass_governance="yes")  # type: ignore[arg-type]


# -- buckets ---------------------------------------------------------------------------------------


@both
def test_a_bucket_that_got_no_lock_is_no_success(connect: Connect) -> None:
    def behind(request: Request) -> Step:
        if request.method == "GET":
            return s3_error(404, "ObjectLockConfigurationNotFoundError")
        return reply(200, headers={"Location": "/acme-docs"})

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="gave it no object lock"):
            client.create_bucket("docs", object_lock=True)


@both
def test_a_full_bucket_says_that_it_is_locked(connect: Connect) -> None:
    listing = (
        b"<ListVersionsResult><Name>acme-docs</Name><Version><Key>a</Key><VersionId>v</VersionId>"
        b"<LastModified>2026-01-01T00:00:00Z</LastModified><Size>1</Size></Version>"
        b"</ListVersionsResult>"
    )
    refused = (
        b"<DeleteResult><Error><Key>a</Key><VersionId>v</VersionId><Code>AccessDenied</Code>"
        b"<Message>Access Denied.</Message></Error></DeleteResult>"
    )
    locks = Locks(reply(200, listing), legal_hold="ON")

    def behind(request: Request) -> Step:
        return reply(200, refused) if request.method == "POST" else locks(request)

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        with pytest.raises(BucketNotEmptyError, match="'a' for one: it is locked: a legal hold"):
            client.delete_bucket("docs", force=True)


@both
@pytest.mark.parametrize("listing", [True, False])
def test_a_server_that_knows_no_locks_makes_no_bucket(connect: Connect, listing: bool) -> None:
    asked: list[str] = []

    def behind(request: Request) -> Step:
        asked.append(request.method)
        if request.method == "GET":
            body = b"<ListBucketResult/>"
            return reply(200, body) if listing else s3_error(404, "NoSuchBucket")
        return reply(200, headers={"Location": "/acme-docs"})

    with ScriptedServer(handler=behind) as server, connect(server) as client:
        calls: list[Callable[[], object]] = [
            lambda: client.set_bucket_object_lock("docs", ObjectLock(mode="GOVERNANCE", days=1)),
            lambda: client.delete_bucket_object_lock("docs"),
            lambda: client.get_bucket_object_lock("docs"),
        ]
        for call in calls:
            with pytest.raises(MinIOError):
                call()
    assert set(asked) == {"GET"}


@both
def test_with_prefixes_the_lock_of_a_bucket_is_refused_by_name(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, tenancy="prefix") as client:
        calls: list[Callable[[], object]] = [
            lambda: client.set_bucket_object_lock("docs", ObjectLock()),
            lambda: client.delete_bucket_object_lock("docs"),
            lambda: client.get_bucket_object_lock("docs"),
        ]
        for call in calls:
            with pytest.raises(NotSupportedError, match="ObjectLockConfiguration"):
                call()


@both
def test_a_failing_server_is_not_one_without_locks(connect: Connect) -> None:
    store = Store({OBJECT: b"x"}, fault=lambda _: reply(503))
    with ScriptedServer(handler=store) as server, connect(server, max_retries=0) as client:
        for call in CALLS.values():
            with pytest.raises(ServerError):
                call(client)
    assert store.count("PUT") == 0
