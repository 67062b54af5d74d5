"""Conditional writes: what they promise on servers that know them, and on those that don't."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    MinIOClient,
    ObjectNotFoundError,
    PreconditionFailedError,
    ValidationError,
)
from tests.both import Connect, both, stored
from tests.flows.test_uploads_faults import Storage
from tests.scripted import (
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    reply,
    s3_error,
)

ABSENT = reply(404, headers={"x-amz-request-id": "r"})
MINE = hashlib.md5(b"mine").hexdigest()
THEIRS = hashlib.md5(b"theirs").hexdigest()


class Heedless:
    """One object, on a server that has never heard of conditions."""

    def __init__(self, body: bytes | None) -> None:
        self.body = body
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Step:
        self.asked.append(request.method)
        if request.method == "PUT":
            self.body = request.body
        if self.body is None:
            return ABSENT
        return stored(headers={"ETag": f'"{hashlib.md5(self.body).hexdigest()}"'})


def put(client: MinIOClient, **how: Any) -> Any:
    return client.put_object("docs", "a", b"mine", **how)


@both
@pytest.mark.parametrize(
    "there, how",
    [
        (b"theirs", {"if_none_match": "*"}),
        (b"theirs", {"if_match": MINE}),
        (b"theirs", {"if_match": MINE, "in_parts": True}),
        (b"theirs", {"if_none_match": "*", "in_parts": True}),
        (None, {"if_match": MINE}),
    ],
)
def test_a_server_that_ignores_conditions_overwrites_nothing(
    connect: Connect, there: bytes | None, how: dict[str, Any]
) -> None:
    heedless = Heedless(there)
    fields = {"multipart_threshold": 0} if how.pop("in_parts", False) else {}
    with ScriptedServer(handler=heedless) as server, connect(server, **fields) as client:
        with pytest.raises(PreconditionFailedError) as caught:
            put(client, **how)
    assert (heedless.body, heedless.asked) == (there, ["HEAD"])
    assert (caught.value.status, caught.value.operation) == (412, "PutObject")
    assert (caught.value.bucket, caught.value.key) == ("docs", "a")


@both
@pytest.mark.parametrize(
    "there, how, header",
    [
        (None, {"if_none_match": "*"}, ("if-none-match", "*")),
        (b"mine", {"if_match": MINE}, ("if-match", f'"{MINE}"')),
        (b"mine", {"if_match": f'"{MINE}"'}, ("if-match", f'"{MINE}"')),
    ],
)
def test_the_server_is_told_the_condition_as_well(
    connect: Connect, there: bytes | None, how: dict[str, Any], header: tuple[str, str]
) -> None:
    heedless = Heedless(there)
    with ScriptedServer(handler=heedless) as server, connect(server) as client:
        assert put(client, **how).etag == MINE
    assert heedless.asked == ["HEAD", "PUT"]
    assert server.requests[1].header(header[0]) == header[1]


@both
def test_our_own_retry_that_finds_our_own_object_is_a_success(connect: Connect) -> None:
    mine = stored(headers={"ETag": f'"{MINE}"', "Content-Length": "4"})
    mine = reply(200, headers={"ETag": f'"{MINE}"', "x-amz-version-id": "v1"}, content_length=4)
    script: list[Step] = [ABSENT, drop_before_reply(), s3_error(412, "PreconditionFailed"), mine]
    with ScriptedServer(script) as server, connect(server) as client:
        response = put(client, if_none_match="*")
    assert (response.etag, response.size, response.version_id) == (MINE, 4, "v1")


@both
@pytest.mark.parametrize(
    "found", [ABSENT, reply(200, headers={"ETag": '"other"'}, content_length=4), reply(403)]
)
def test_our_own_retry_that_finds_somebody_else_s_object_is_not(
    connect: Connect, found: Step
) -> None:
    script: list[Step] = [ABSENT, drop_before_reply(), s3_error(412, "PreconditionFailed"), found]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(PreconditionFailedError):
            put(client, if_none_match="*")


@both
def test_a_refusal_of_the_first_try_is_not_asked_about(connect: Connect) -> None:
    script: list[Step] = [ABSENT, s3_error(412, "PreconditionFailed")]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(PreconditionFailedError):
            put(client, if_none_match="*")


@both
def test_keys_that_may_write_and_not_read_leave_it_to_the_server(connect: Connect) -> None:
    script: list[Step] = [reply(403), s3_error(412, "PreconditionFailed")]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(PreconditionFailedError):
            put(client, if_none_match="*")
    script = [reply(403), reply(403)]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError):
            put(client, if_none_match="*")


@both
def test_an_object_that_goes_while_it_is_replaced_is_a_condition_that_did_not_hold(
    connect: Connect,
) -> None:
    here = reply(200, headers={"ETag": f'"{MINE}"'}, content_length=4)
    with ScriptedServer([here, s3_error(404, "NoSuchKey")]) as server, connect(server) as client:
        with pytest.raises(PreconditionFailedError, match="no object of this key any more"):
            put(client, if_match=MINE)


@both
@pytest.mark.parametrize(
    "how",
    [
        {"if_none_match": "abc"},
        {"if_none_match": 5},
        {"if_none_match": "*", "if_match": MINE},
        {"if_match": ""},
        {"if_match": "*"},
        {"if_match": '"'},
        {"if_match": "a\r\nb"},
        {"if_match": 5},
    ],
)
def test_what_is_no_condition_is_refused_before_anything_is_sent(
    connect: Connect, how: dict[str, Any]
) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        calls: tuple[Any, ...] = (client.put_object, client.upload_object, client.upload_file)
        for call in calls:
            with pytest.raises(ValidationError, match=r"^if_(none_)?match="):
                call("docs", "a", b"mine", **how)
    assert server.requests == []


# --- files --------------------------------------------------------------------------------------------


def write(client: MinIOClient, mode: Any = "wb", **how: Any) -> Any:
    with client.open("docs", "a", mode, **how) as file:
        file.write(b"mi")
        file.write(b"ne")
    return file.response


@both
@pytest.mark.parametrize(
    "there, how",
    [
        (b"theirs", {"mode": "xb"}),
        (b"theirs", {"if_none_match": "*"}),
        (b"theirs", {"if_match": MINE}),
        (None, {"if_match": MINE}),
    ],
)
@pytest.mark.parametrize("threshold", [0, 100])
def test_a_file_overwrites_nothing_on_a_server_that_ignores_conditions(
    connect: Connect, there: bytes | None, how: dict[str, Any], threshold: int
) -> None:
    heedless = Heedless(there)
    with ScriptedServer(handler=heedless) as server:
        with connect(server, multipart_threshold=threshold) as client:
            with pytest.raises(PreconditionFailedError):
                write(client, **how)
    assert (heedless.body, heedless.asked) == (there, ["HEAD"])


@both
@pytest.mark.parametrize(
    "there, how, header",
    [
        (None, {"mode": "xb"}, ("if-none-match", "*")),
        (None, {"mode": "xb", "if_none_match": "*"}, ("if-none-match", "*")),
        (b"mine", {"if_match": MINE, "tags": {"a": "b c"}}, ("if-match", f'"{MINE}"')),
        (b"mine", {"tags": {"a": "b c"}}, ("x-amz-tagging", "a=b+c")),
    ],
)
def test_a_file_tells_the_server_its_condition_and_its_tags(
    connect: Connect, there: bytes | None, how: dict[str, Any], header: tuple[str, str]
) -> None:
    heedless = Heedless(there)
    with ScriptedServer(handler=heedless) as server, connect(server) as client:
        assert write(client, **how).etag == MINE
    assert server.requests[-1].header(header[0]) == header[1]


@both
def test_a_file_in_parts_that_another_writer_overtakes_stores_nothing(connect: Connect) -> None:
    """There was none when it was begun; the server refuses what the last look couldn't see."""
    storage = Storage({("complete", 1): s3_error(412, "PreconditionFailed")})
    with ScriptedServer(handler=storage) as server:
        with connect(server, multipart_threshold=0) as client:
            with pytest.raises(PreconditionFailedError):
                write(client, "xb", tags={"a": "b"})
            assert write(client, "xb", tags={"a": "b"}).size == 4
            with pytest.raises(PreconditionFailedError, match="already"):
                write(client, "xb")
    assert (storage.unfinished, list(storage.objects.values())) == ({}, [b"mine"])
    completes = [r for r in server.requests if r.method == "POST" and "uploadId" in r.query]
    assert [r.header("if-none-match") for r in completes] == ["*", "*"]
    begins = [r for r in server.requests if r.method == "POST" and r.query.startswith("uploads")]
    assert [r.header("x-amz-tagging") for r in begins] == ["a=b", "a=b"]


@both
@pytest.mark.parametrize("threshold", [0, 100])
@pytest.mark.parametrize("mode", ["put", "file"])
@pytest.mark.parametrize(
    "status, code, how",
    [
        (409, "ConditionalRequestConflict", {"if_none_match": "*"}),
        (409, "ConditionalRequestConflict", {"if_match": THEIRS}),
        (404, "NoSuchKey", {"if_match": THEIRS}),
    ],
)
def test_who_loses_a_race_hears_of_the_condition(
    connect: Connect, threshold: int, mode: str, status: int, code: str, how: dict[str, Any]
) -> None:
    """Other answers than 412: AWS's where two meet, and where the object is removed meanwhile."""
    refusal = s3_error(status, code)
    storage = Storage({("complete", 1): refusal, ("put", 1): refusal})
    there = ABSENT if "if_none_match" in how else reply(200, headers={"ETag": f'"{THEIRS}"'})

    def handler(request: Request) -> Any:
        return there if request.method == "HEAD" else storage(request)

    with ScriptedServer(handler=handler) as server:
        with connect(server, multipart_threshold=threshold) as client:
            with pytest.raises(PreconditionFailedError, match="decide again") as caught:
                if mode == "file":
                    write(client, **how)
                else:
                    client.put_object("docs", "a", b"mine", **how)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert (storage.objects, storage.unfinished) == ({}, {})


@both
def test_not_found_without_a_condition_is_not_found(connect: Connect) -> None:
    with ScriptedServer([s3_error(404, "NoSuchKey")]) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError):
            client.put_object("docs", "a", b"mine")


@both
def test_a_file_that_our_own_retry_finds_stored_is_a_success(connect: Connect) -> None:
    mine = reply(200, headers={"ETag": f'"{MINE}"'}, content_length=4)
    script: list[Step] = [ABSENT, drop_before_reply(), s3_error(412, "PreconditionFailed"), mine]
    with ScriptedServer(script) as server, connect(server) as client:
        assert write(client, "xb").etag == MINE
    storage = Storage({("complete", 1): drop_before_reply()})
    storage.after_work.add(("complete", 1))
    with ScriptedServer(handler=storage) as server:
        with connect(server, multipart_threshold=0) as client:
            assert write(client, "xb").size == 4


@both
@pytest.mark.parametrize(
    "how",
    [
        {"mode": "xb", "if_match": MINE},
        {"mode": "xb", "if_none_match": MINE},
        {"mode": "wb", "tags": {str(n): "" for n in range(11)}},
        {"mode": "rb", "if_match": MINE},
        {"mode": "rb", "tags": {}},
        {"mode": "xb", "version_id": "v"},
    ],
)
def test_a_file_with_arguments_that_do_not_fit(connect: Connect, how: dict[str, Any]) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        with pytest.raises(ValidationError):
            client.open("docs", "a", **how)
    assert server.requests == []
