"""The engine gives errors their names, keeps to the server's API, and ends calls at their deadline."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    BucketAlreadyExistsError,
    BucketNotFoundError,
    ConfigurationError,
    IntegrityError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    ValidationError,
)
from tests.both import (
    ACCESS_KEY,
    SECRET_KEY,
    Connect,
    at_once,
    both,
    config_for,
    stored,
)
from tests.clock import FakeClock
from tests.scripted import (
    Exchange,
    Request,
    ScriptedServer,
    Step,
    drop_after,
    drop_before_reply,
    raw,
    reply,
    s3_error,
)

# --- errors --------------------------------------------------------------------------------------


@both
def test_an_error_says_what_where_why_and_what_to_try_in_one_line(connect: Connect) -> None:
    refusal = s3_error(404, "NoSuchBucket", "Not\nhere.", headers={"x-amz-request-id": "R1"})
    with ScriptedServer([reply(503), refusal]) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError) as caught:
            client.get_object("docs", "a/ü.txt")
    error = caught.value
    assert str(error) == (
        f"GetObject 'docs/a/ü.txt' failed at {server.url}: Not here. [NoSuchBucket, HTTP 404, "
        "tenant 'acme', 2 attempts, request id R1]. "
        "Try: create_bucket() first, and check the tenant and the spelling"
    )
    assert (error.operation, error.bucket, error.key) == ("GetObject", "docs", "a/ü.txt")
    assert (error.code, error.status, error.attempts) == ("NoSuchBucket", 404, 2)
    assert (error.tenant_id, error.endpoint, error.request_id) == ("acme", server.url, "R1")


@both
def test_errors_pickle_and_copy_with_all_they_know(connect: Connect) -> None:
    with ScriptedServer([drop_before_reply(), s3_error(404, "NoSuchKey")]) as server:
        with connect(server, max_retries=0) as client:
            for kind in (MinIOConnectionError, ObjectNotFoundError):
                with pytest.raises(kind) as caught:
                    client.get_object("docs", "a")
                for twin in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
                    assert type(twin) is kind
                    assert (str(twin), twin.__dict__) == (str(caught.value), caught.value.__dict__)


@both
def test_the_servers_names_never_show_in_an_error(connect: Connect) -> None:
    message = "The bucket acme-docs has no key"
    with ScriptedServer([s3_error(404, "NoSuchKey", message)]) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError, match="The bucket docs has no key"):
            client.get_object("docs", "a")


# --- answers that lie ----------------------------------------------------------------------------

CUT = [
    drop_after(stored(b"x" * 10_000), bytes=9_999),
    drop_after(reply(200, b"x" * 10_000, headers={"ETag": '"e"'}, chunked=True), bytes=5_000),
    reply(200, b"x" * 10, headers={"ETag": '"e"'}, content_length=11),
    reply(200, b"x" * 10, headers={"ETag": '"e"'}, content_length=10**12),
]


@both
@pytest.mark.parametrize("step", CUT, ids=["length", "chunked", "one-short", "a-terabyte-short"])
def test_a_body_that_is_cut_off_is_never_returned_short(connect: Connect, step: Step) -> None:
    clock = FakeClock()
    with ScriptedServer([step] * 4) as server, connect(server, clock=clock) as client:
        with pytest.raises(MinIOConnectionError, match="before its answer was whole") as caught:
            client.get_object("docs", "a")
    assert (caught.value.attempts, clock.slept) == (4, [1, 2, 4])


@both
@pytest.mark.parametrize("chunked", [False, True])
def test_a_listing_that_is_cut_off_is_never_returned_short(connect: Connect, chunked: bool) -> None:
    whole = reply(200, b"<ListBucketResult></ListBucketResult>", chunked=chunked)
    with ScriptedServer([drop_after(whole, bytes=20), whole]) as server, connect(server) as client:
        assert client.list_objects("docs") == []


@both
def test_bytes_beyond_the_promised_length_do_not_reach_the_next_answer(connect: Connect) -> None:
    lie = reply(200, b"abcHTTP/1.1 200 OK\r\n", headers={"ETag": '"e"'}, content_length=3)
    with ScriptedServer([lie, stored(b"next")], strict=False) as server:
        with connect(server) as client:
            assert client.get_object("docs", "a") == b"abc"
            assert client.get_object("docs", "b") == b"next"
    assert {request.path for request in server.requests} == {"/acme-docs/a", "/acme-docs/b"}


@both
def test_the_length_of_an_object_that_is_only_asked_for_has_no_limit(connect: Connect) -> None:
    huge = reply(200, headers={"ETag": '"e"'}, content_length=5 << 40)
    with ScriptedServer([huge, huge]) as server, connect(server) as client:
        assert client.get_object_metadata("docs", "a").size == 5 << 40
        assert client.object_exists("docs", "a")


@both
@pytest.mark.parametrize("length", ["²", "-1", "x", "1" * 5000])
def test_a_length_that_is_none_is_an_error_of_ours(connect: Connect, length: str) -> None:
    lie = raw(
        f"HTTP/1.1 200 OK\r\nETag: e\r\nContent-Length: {length}\r\n\r\nabcde".encode("latin-1"),
        close=True,
    )
    with ScriptedServer([lie]) as server, connect(server, max_retries=0) as client:
        try:
            assert client.get_object("docs", "a") == b"abcde"  # by the end of the connection
        except MinIOConnectionError:
            pass


def endless(head: bytes) -> Step:
    """A head, then bytes for as long as somebody takes them."""

    def step(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(head + b"\r\n")
        block = b"10000\r\n" + b"<a>" + b"x" * 65_533 + b"\r\n"
        while not exchange.stopping.is_set():
            exchange.send(block)

    return step


@both
@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden"])
def test_an_error_document_without_end_is_not_read_to_its_end(
    connect: Connect, status: str
) -> None:
    head = f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n".encode()
    with ScriptedServer([endless(head)]) as server, connect(server) as client:
        with pytest.raises(MinIOError) as caught:
            client.get_object("docs", "a")
    assert caught.value.status == int(status[:3])
    assert len(str(caught.value)) < 1000


@both
@pytest.mark.parametrize("length", ["Transfer-Encoding: chunked", "Content-Length: 99999999999"])
def test_a_listing_without_end_is_not_read_to_its_end(connect: Connect, length: str) -> None:
    head = f"HTTP/1.1 200 OK\r\n{length}\r\n".encode()
    with ScriptedServer([endless(head)]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="an answer of") as caught:
            client.list_objects("docs")
    assert (caught.value.operation, caught.value.attempts) == ("ListObjectsV2", 1)


@both
@pytest.mark.parametrize(
    "body",
    [
        b"<Error><Code>" + b"<a>" * 20_000,
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><Error><Code>&b;</Code></Error>',
        b"<Error><Code>\xff\xfe</Code></Error>",
        b"{" * 100_000,
        b"\0" * 1000,
        b'{"Code": ["x"], "message": {"a": 1}}',
    ],
    ids=["deep", "entities", "not-utf-8", "braces", "zeros", "json"],
)
def test_a_wicked_error_document_is_still_an_error_of_ours(connect: Connect, body: bytes) -> None:
    with ScriptedServer([reply(404, body)]) as server, connect(server) as client:
        with pytest.raises(MinIOError) as caught:
            client.get_object("docs", "a")
    assert caught.value.status == 404
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


PAGE = b"<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head></html>"


@both
@pytest.mark.parametrize("status", [200, 404, 403])
@pytest.mark.parametrize("method", ["get_object", "list_objects", "put_object", "delete_objects"])
def test_a_web_page_in_place_of_an_answer_is_told(
    connect: Connect, status: int, method: str
) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "get_object": ("docs", "a"),
        "list_objects": ("docs",),
        "put_object": ("docs", "a", b"x"),
        "delete_objects": ("docs", ["a"]),
    }
    page = reply(status, PAGE, headers={"Content-Type": "text/html"})
    with ScriptedServer([page]) as server, connect(server) as client:
        with pytest.raises(ServerError) as caught:
            getattr(client, method)(*arguments[method])
    assert "a web page came in place of an S3 answer" in str(caught.value)
    assert "is this the S3 port" in str(caught.value)
    assert caught.value.endpoint == server.url


@both
def test_a_web_server_that_says_yes_to_everything_has_made_no_bucket(connect: Connect) -> None:
    with ScriptedServer([reply(200, PAGE)]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="a web page came"):
            client.create_bucket("docs")


# --- a 200 that is an error ----------------------------------------------------------------------

UPLOAD = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
DONE = b'<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'


def masked(code: str, white: bytes = b"", declaration: bytes = b"") -> Step:
    """A 200 that carries an error document, maybe behind the white space that kept it alive."""
    document = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    return reply(200, declaration + white + document, chunked=True)


MASKS = [(b"", b""), (b" \r\n" * 5000, b""), (b"\n", b'<?xml version="1.0" encoding="UTF-8"?>')]


@both
@pytest.mark.parametrize("white, declaration", MASKS)
def test_a_200_for_complete_multipart_upload_that_is_an_error_is_tried_again(
    connect: Connect, white: bytes, declaration: bytes
) -> None:
    failed = masked("InternalError", white, declaration)
    script: list[Step] = [reply(200, UPLOAD), stored(), stored(), failed, reply(200, white + DONE)]
    with ScriptedServer(script) as server:
        with connect(server, multipart_threshold=0, part_size=5 << 20) as client:
            result = client.put_object("docs", "a", b"x" * (6 << 20))
    assert result.etag == "whole"
    assert [request.method for request in server.requests[-2:]] == ["POST", "POST"]


@both
def test_a_200_that_stays_an_error_fails_the_upload_and_ends_it(connect: Connect) -> None:
    script: list[Step] = [reply(200, UPLOAD), stored(), masked("InvalidPart", b"\n\n"), reply(204)]
    with ScriptedServer(script) as server, connect(server, multipart_threshold=0) as client:
        with pytest.raises(MinIOError) as caught:
            client.put_object("docs", "a", b"x")
    assert (caught.value.code, caught.value.status) == ("InvalidPart", 400)
    assert caught.value.operation == "CompleteMultipartUpload"
    assert server.requests[-1].method == "DELETE"


@both
@pytest.mark.parametrize("white, declaration", MASKS)
def test_a_200_for_delete_objects_that_is_an_error_is_tried_again(
    connect: Connect, white: bytes, declaration: bytes
) -> None:
    done = reply(200, b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>")
    clock = FakeClock()
    with ScriptedServer([masked("SlowDown", white, declaration), done]) as server:
        with connect(server, clock=clock) as client:
            assert client.delete_objects("docs", ["a"])
    assert clock.slept == [1]


@both
def test_an_object_that_looks_like_an_error_document_is_just_an_object(connect: Connect) -> None:
    body = b"<Error><Code>InternalError</Code></Error>"
    with ScriptedServer([stored(body)]) as server, connect(server) as client:
        assert client.get_object("docs", "a") == body


# --- lost answers --------------------------------------------------------------------------------


@both
def test_a_bucket_that_our_own_first_try_made_is_made(connect: Connect) -> None:
    """Its answer was lost, and the second try is told that we own the bucket."""
    owned = s3_error(409, "BucketAlreadyOwnedByYou")
    with ScriptedServer([drop_before_reply(), owned]) as server, connect(server) as client:
        client.create_bucket("docs")


@both
def test_a_bucket_that_was_there_before_is_a_conflict(connect: Connect) -> None:
    script: list[Step] = [
        s3_error(409, "BucketAlreadyOwnedByYou"),
        *[reply(503), s3_error(409, "BucketAlreadyExists")],
    ]
    with ScriptedServer(script) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(BucketAlreadyExistsError):
                client.create_bucket("docs")


@both
def test_a_bucket_that_may_be_there_already(connect: Connect) -> None:
    """The tenant's own is as good as made, but not without the locks that it should have."""
    owned = s3_error(409, "BucketAlreadyOwnedByYou")
    unlocked = s3_error(404, "ObjectLockConfigurationNotFoundError")
    with ScriptedServer([owned, owned, unlocked]) as server:
        with connect(server) as client:
            client.create_bucket("docs", exist_ok=True)
            with pytest.raises(BucketAlreadyExistsError, match="without object lock"):
                client.create_bucket("docs", exist_ok=True, object_lock=True)
            with pytest.raises(ValidationError, match="^exist_ok='yes': "):
                client.create_bucket("docs", exist_ok="yes")  # type: ignore[arg-type]
    assert len(server.requests) == 3


def listed(*names: str, token: str = "") -> Step:
    buckets = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    after = f"<ContinuationToken>{token}</ContinuationToken>" if token else ""
    root = "ListAllMyBucketsResult"
    document = f"<{root}><Buckets>{buckets}</Buckets>{after}</{root}>".encode()
    return reply(200, document, headers={"content-type": "application/xml"})


TAKEN = s3_error(409, "BucketAlreadyExists")


@both
def test_a_name_that_is_taken_is_ours_when_it_is_listed(connect: Connect) -> None:
    """SeaweedFS says so of one's own in a race; its list may be late, and have more than was asked for."""
    script: list[Step] = [
        s3_error(404, "NoSuchBucket"), TAKEN, listed("acme-a", token="t"), listed("acme-doc"),
        listed("acme-docs"), stored(), TAKEN, listed("acme-docs", "other-docs"),
    ]  # fmt: skip
    with ScriptedServer(script) as server, connect(server) as client:
        client.upload_object("docs", "a", b"x")
        client.create_bucket("docs", exist_ok=True)
    assert [request.query for request in server.requests if request.path == "/"] == [
        "prefix=acme-docs", "continuation-token=t&prefix=acme-docs",
        "prefix=acme-docs", "prefix=acme-docs",
    ]  # fmt: skip


@both
@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ([listed("acme-docs2", "acme-doc")] * 4, "belongs to another account"),
        ([s3_error(403, "AccessDenied")], "can't be told by whom"),
        ([s3_error(501, "NotImplemented")], "can't be told by whom"),
    ],
)
def test_a_strangers_bucket_gets_no_data(connect: Connect, answers: list[Step], match: str) -> None:
    script: list[Step] = [s3_error(404, "NoSuchBucket"), TAKEN, *answers]
    with ScriptedServer(script) as server, connect(server, clock=FakeClock()) as client:
        with pytest.raises(BucketAlreadyExistsError, match=match) as caught:
            client.upload_object("docs", "a", b"secret")
    assert "would get the data" in (caught.value.hint or "")
    assert caught.value.bucket == "docs"
    assert [bool(r.body) for r in server.requests] == [True] + [False] * (len(answers) + 1)


@both
@pytest.mark.parametrize("key", ["../a", "a/./b", "a/.."])
def test_a_key_that_leads_to_a_folder_above_is_refused_with_a_hint(
    connect: Connect, key: str
) -> None:
    """SeaweedFS says "Invalid Request" only."""
    refusal = s3_error(400, "InvalidRequest")
    with ScriptedServer([refusal] * 3) as server, connect(server) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.put_object("docs", key, b""),
            lambda: client.get_object("docs", key),
        ]
        for call in calls:
            with pytest.raises(MinIOError) as caught:
                call()
            assert "between slashes" in (caught.value.hint or "")
        with pytest.raises(MinIOError) as caught:
            client.put_object("docs", "a..b", b"")
        assert caught.value.hint is None


@both
def test_a_strangers_shared_bucket_gets_no_marker(connect: Connect) -> None:
    script: list[Step] = [
        reply(404),
        s3_error(404, "NoSuchBucket"),
        TAKEN,
        s3_error(403, "AccessDenied"),
    ]
    with ScriptedServer(script) as server:
        with connect(server, tenancy="prefix") as client:
            with pytest.raises(BucketAlreadyExistsError, match="by whom"):
                client.create_bucket("docs")
    assert len(server.requests) == 4


@both
def test_a_shared_bucket_that_another_client_has_just_made_is_not_known_at_once(
    connect: Connect,
) -> None:
    missing = s3_error(404, "NoSuchBucket")
    owned, done = s3_error(409, "BucketAlreadyOwnedByYou"), reply(200, headers={"ETag": '"e"'})
    script = [reply(404), missing, owned, missing, done]
    with ScriptedServer(script) as server:
        with connect(server, tenancy="prefix", clock=FakeClock()) as client:
            client.create_bucket("docs")
    assert [request.method for request in server.requests] == ["HEAD", *["PUT"] * 4]


@both
def test_a_bucket_that_our_own_first_try_removed_is_removed(connect: Connect) -> None:
    gone = s3_error(404, "NoSuchBucket")
    with ScriptedServer([drop_before_reply(), gone, gone]) as server, connect(server) as client:
        client.delete_bucket("docs")
        with pytest.raises(BucketNotFoundError):
            client.delete_bucket("docs")


# --- one client for many -------------------------------------------------------------------------


def echo(request: Request) -> Step:
    """Each object's content is its path, each upload's ETag its body."""
    if request.method == "PUT":
        return reply(200, headers={"ETag": f'"{request.body.decode()}"'})
    return stored(request.path.encode())


@both
def test_many_calls_at_once_on_one_client_get_their_own_answers(connect: Connect) -> None:
    """32 threads or tasks, 50 calls each."""

    def call(number: int) -> Any:
        if number % 2:
            return lambda c: c.put_object("docs", f"{number}", f"body {number}".encode())
        return lambda c: c.get_object("docs", f"{number}")

    with ScriptedServer(handler=echo) as server, connect(server) as client:
        results = at_once(client, [call(number) for number in range(1600)])
    for number, result in enumerate(results):
        got = result.etag.encode() if number % 2 else result
        assert got == (f"body {number}" if number % 2 else f"/acme-docs/{number}").encode()
    assert len(server.requests) == 1600
    assert server.connections <= 100


@both
def test_views_share_connections_and_keep_their_settings(connect: Connect) -> None:
    with ScriptedServer(handler=echo) as server, connect(server) as client:
        for tenant in ("acme", "other", "third"):
            view = client.with_(tenant_id=tenant)
            assert view.get_object("docs", "a") == f"/{tenant}-docs/a".encode()
            view.close()  # which leaves the connections to the client
    assert server.connections == 1
    assert [r.header("x-tenant-id") for r in server.requests] == ["acme", "other", "third"]


@both
def test_a_closed_client_opens_again(connect: Connect) -> None:
    with ScriptedServer(handler=echo) as server, connect(server) as client:
        for _ in range(3):
            client.get_object("docs", "a")
            client.close()
            client.close()
    assert server.connections == 3


def test_clients_and_views_pickle_and_work() -> None:
    with ScriptedServer(handler=echo) as server:
        config = config_for(server, tenant_id="other", timeout=7)
        with MinIOClient(config_for(server)) as client:
            view = pickle.loads(pickle.dumps(client.with_(tenant_id="other", timeout=7)))
            assert view.config == config
            with view:
                assert view.get_object("docs", "a") == b"/other-docs/a"

        async def twin() -> bytes:
            async with pickle.loads(pickle.dumps(AsyncMinIOClient(config))) as client:
                body: bytes = await client.get_object("docs", "a")
                return body

        assert asyncio.run(twin()) == b"/other-docs/a"


# --- which API -----------------------------------------------------------------------------------


@both
def test_calls_of_the_other_api_are_refused_before_anything_is_sent(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        for call in (
            lambda: client.list_buckets(),
            lambda: client.create_bucket("docs"),
            lambda: client.get_object("docs", "a"),
            lambda: list(client.iter_objects("docs")),
        ):
            with pytest.raises(NotSupportedError, match="needs api='s3'"):
                call()


@both
def test_delete_objects_needs_s3_as_well(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        with pytest.raises(NotSupportedError, match="needs api='s3'"):
            client.delete_objects("docs", ["a"])


@both
def test_an_error_before_anything_was_sent_counts_no_attempts(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(MinIOError) as caught:
            client.get_object("docs", "")
    assert caught.value.attempts == 0


@both
@pytest.mark.parametrize("kind", [LookupError, OSError, TimeoutError, ConnectionError])
def test_the_users_own_error_in_a_provider_of_keys_is_theirs(
    connect: Connect, kind: type[Exception]
) -> None:
    """Also when it looks like one of the network's: it is not tried again."""

    def no_keys() -> None:
        raise kind("the vault is closed")

    clock = FakeClock()
    with ScriptedServer() as server, connect(server, clock=clock, credentials=no_keys) as client:
        with pytest.raises(kind, match="^the vault is closed$"):
            client.get_object("docs", "a")
    assert clock.slept == []


@both
def test_wrong_keys_and_a_wrong_bucket(connect: Connect) -> None:
    wrong = s3_error(403, "InvalidAccessKeyId", "The Access Key Id does not exist.")
    with ScriptedServer([wrong, s3_error(403, "SignatureDoesNotMatch")]) as server:
        with connect(server) as client:
            with pytest.raises(
                AccessDeniedError, match="check access_key: the server doesn't know"
            ):
                client.get_object("docs", "a")
            with pytest.raises(AccessDeniedError, match="check secret_key") as caught:
                client.get_object("docs", "a")
    assert SECRET_KEY not in str(caught.value)
    assert ACCESS_KEY not in str(caught.value)


@both
def test_a_refusal_of_a_request_that_was_not_signed_says_so(connect: Connect) -> None:
    refusal = s3_error(403, "AccessDenied")
    with ScriptedServer([refusal, refusal, refusal]) as server:
        with connect(server, credentials=lambda: None) as client:
            with pytest.raises(AccessDeniedError, match="MINIO_ACCESS_KEY") as caught:
                client.get_object("docs", "a")
            assert "the request was not signed" in str(caught.value)
            health = client.health_check()
        with connect(server) as client:
            with pytest.raises(AccessDeniedError) as caught:
                client.get_object("docs", "a")
            assert "signed" not in str(caught.value)
    assert health.healthy
    assert health.details["answer"] == "the server answers; without keys it doesn't list the bucket"


@both
def test_no_such_bucket_below_a_path_of_the_address(connect: Connect) -> None:
    """Who takes the address for the bucket's would be told to make the bucket, in making it."""
    missing = s3_error(404, "NoSuchBucket")
    with ScriptedServer(handler=lambda _: missing) as server:
        with connect(server.url + "/docs") as client:
            with pytest.raises(BucketNotFoundError, match="base_url has the path '/docs'"):
                client.create_bucket("docs")
            with pytest.raises(BucketNotFoundError, match="base_url has the path '/docs'"):
                client.get_object("docs", "a")


@both
def test_a_file_that_shrinks_is_told_and_not_stored_short(connect: Connect) -> None:
    class Shrinking:
        def __init__(self) -> None:
            self.said = threading.Event()

        def read(self, _: int = -1) -> bytes:
            return b""

        def tell(self) -> int:
            return 0

        def seek(self, _: int, whence: int = 0) -> int:
            return 100 if whence else 0

    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(IntegrityError, match="fewer bytes than the 100"):
            client.put_object("docs", "a", Shrinking())


@both
@pytest.mark.parametrize("answer", ["no such bucket", "no such key"])
def test_a_bucket_in_the_address(connect: Connect, answer: str) -> None:
    """The server takes the real bucket for a key; `list` of a tenant that has nothing yet is empty."""
    body = b"<Error><Code>NoSuchBucket</Code><BucketName>photos</BucketName></Error>"
    if answer == "no such key":
        body = b"<Error><Code>NoSuchKey</Code><Key>acme-default</Key></Error>"
    with ScriptedServer(handler=lambda _: reply(404, body)) as server:
        with connect(f"{server.url}/photos", tenant_id="acme") as client:
            calls: tuple[Callable[[], object], ...] = (
                client.list,
                lambda: client.list_objects("docs"),
                lambda: client.upload("a", b"1"),
            )
            for call in calls[: 2 if answer == "no such key" else 3]:
                with pytest.raises(ConfigurationError, match="base_url has the path '/photos'"):
                    call()
        assert all(request.path.startswith("/photos/acme-") for request in server.requests)


@both
def test_a_bucket_in_the_address_when_a_bucket_is_made(connect: Connect) -> None:
    """The server stores an object by the name of the bucket, and says that all is well."""
    stored = reply(
        200, headers={"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "x-amz-request-id": "R1"}
    )
    made = reply(200, headers={"x-amz-request-id": "R2"})
    proxied = reply(200, headers={"Location": "/acme-docs", "ETag": 'W/"0-2jmj7l5rSw0yVb"'})
    with ScriptedServer([stored, made, proxied]) as server:
        with connect(f"{server.url}/photos", tenant_id="acme") as client:
            with pytest.raises(ConfigurationError, match="'/photos'.* 'acme-docs'") as caught:
                client.create_bucket("docs")
            assert (caught.value.operation, caught.value.bucket) == ("CreateBucket", "docs")
            client.create_bucket("docs")  # of a server below a path
            client.create_bucket("docs")  # of one behind what adds ETags


@both
def test_a_bucket_in_the_address_when_a_snapshot_is_taken(connect: Connect) -> None:
    """SeaweedFS takes HEAD of a folder for one of a bucket; the snapshots' own bucket isn't there."""

    def handler(request: Request) -> Step:
        headers = {"x-amz-request-id": "R1"}
        if request.method == "PUT":
            return reply(200, headers={**headers, "ETag": '"d41d8cd98f00b204e9800998ecf8427e"'})
        if request.method == "GET":
            return reply(200, b"<VersioningConfiguration/>", headers=headers)
        return reply(200 if request.path.endswith("acme-docs") else 404, headers=headers)

    with ScriptedServer(handler=handler) as server:
        with connect(f"{server.url}/photos", tenant_id="acme") as client:
            with pytest.raises(ConfigurationError, match="'/photos'.* 'acme--snapshots'"):
                client.create_snapshot("docs", "first")


@both
def test_a_server_below_a_path(connect: Connect) -> None:
    """As behind a proxy: there the bucket that is missing is the tenant's."""
    body = b"<Error><Code>NoSuchBucket</Code><BucketName>acme-default</BucketName></Error>"
    with ScriptedServer(handler=lambda _: reply(404, body)) as server:
        with connect(f"{server.url}/s3", tenant_id="acme") as client:
            assert client.list() == []
