"""Uploads whose parts others send: what isn't whole is no object, whatever the server says."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from minio_sdk import (
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    NotSupportedError,
    PreconditionFailedError,
    ServerError,
    SseC,
    SseS3,
    UploadedPart,
    ValidationError,
)
from minio_sdk.config import MIN_PART
from minio_sdk.flows.in_parts import etag_of_parts
from minio_sdk.operations.multipart import CompleteMultipartUpload
from tests.both import Connect, both, stored
from tests.samples import SAMPLES
from tests.scripted import Reply, ScriptedServer, drop_before_reply, reply, s3_error

BEGUN = reply(
    200, b"<InitiateMultipartUploadResult><UploadId>u+1/</UploadId></InitiateMultipartUploadResult>"
)
DONE = reply(
    200, b'<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>'
)
E1, E2, E3 = "1" * 32, "2" * 32, "3" * 32


def listed(*parts: tuple[int, int, str], more: bool = False) -> Reply:
    """An answer to ListParts: number, size and ETag of each."""
    inside = "".join(
        f'<Part><PartNumber>{number}</PartNumber><Size>{size}</Size><ETag>"{etag}"</ETag></Part>'
        for number, size, etag in parts
    )
    told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{inside}"
    return reply(200, f"<ListPartsResult>{told}</ListPartsResult>".encode())


WHOLE = listed((1, MIN_PART, E1), (2, 7, E2))


@both
def test_an_upload_is_begun_as_it_is_to_be(connect: Connect) -> None:
    """The type is not left to the server, nor anything to who sends the parts."""
    with ScriptedServer([BEGUN]) as server, connect(server) as client:
        upload = client.create_multipart_upload(
            "docs", "a.mp4", metadata={"by": "ü"}, tags={"a": "b"}, storage_class="STANDARD_IA"
        )
    assert (upload.key, upload.upload_id) == ("a.mp4", "u+1/")
    assert upload.storage_class == "STANDARD_IA"
    (request,) = server.requests
    assert (request.method, request.query) == ("POST", "uploads=")
    assert request.header("content-type") == "video/mp4"
    assert request.header("x-amz-tagging") == "a=b"
    assert request.header("x-amz-checksum-algorithm") is None  # browsers send none


@both
def test_a_missing_bucket_is_not_made(connect: Connect) -> None:
    with ScriptedServer([s3_error(404, "NoSuchBucket")]) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            client.create_multipart_upload("docs", "a")


@both
def test_a_server_that_would_not_encrypt_begins_nothing(connect: Connect) -> None:
    """Its answer to a part would be the first to tell, and that goes to somebody else."""

    def answer(request: Any) -> Reply:
        return BEGUN if request.method == "POST" else stored()

    with ScriptedServer(handler=answer) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="UNENCRYPTED"):
            client.create_multipart_upload("docs", "a", encryption=SseS3())
        assert [r.method for r in server.requests] == ["POST", "PUT", "DELETE"]  # a trial, ended


@both
def test_all_parts_become_the_object(connect: Connect) -> None:
    """Pages of parts, ETags as the server writes them, quotes or not in what is given."""
    pages = [listed((1, MIN_PART, E1), more=True), listed((2, 7, E2))]
    ways: list[Any] = [
        None,
        [(2, f'"{E2}"'), (1, E1)],
        [UploadedPart(part_number=1, size=0, etag=E1), [2, E2]],
    ]
    for parts in ways:
        with ScriptedServer([*pages, DONE]) as server, connect(server) as client:
            done = client.complete_multipart_upload("docs", "k", "u", parts, size=MIN_PART + 7)
        assert (done.key, done.size, done.etag) == ("k", MIN_PART + 7, "e-2")
        body = server.requests[-1].body
        numbers = (b"<PartNumber>1</PartNumber>", b"<PartNumber>2</PartNumber>")
        assert all(number in body for number in numbers)
        assert body.index(E1.encode()) < body.index(E2.encode())


@both
@pytest.mark.parametrize(
    "there, given, why",
    [
        (listed(), {}, "no part has arrived"),
        (listed((2, 7, E2)), {}, "part 1 of 2 has not arrived"),
        (listed((1, MIN_PART, E1), (3, 7, E3)), {}, "part 2 of 3 has not arrived"),
        (WHOLE, {"parts": [(1, E1), (3, E3)]}, "part 3 of 3 has not arrived"),
        (WHOLE, {"parts": [(1, E2)]}, "part 1 of 1 is another one"),
        (WHOLE, {"size": 5}, "5242887 bytes have arrived, and 5 should have"),
        (listed((1, MIN_PART - 1, E1), (2, 7, E2)), {}, "part 1 has 5242879 bytes"),
    ],
)
def test_what_is_not_whole_is_not_completed(
    connect: Connect, there: Reply, given: dict[str, Any], why: str
) -> None:
    with ScriptedServer([there]) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match=why) as caught:
            client.complete_multipart_upload("docs", "k", "u", **given)
        assert (caught.value.operation, caught.value.key) == ("CompleteMultipartUpload", "k")
        assert len(server.requests) == 1


@both
def test_some_of_the_parts_and_a_part_below_the_least_at_the_end(connect: Connect) -> None:
    """Whoever names the parts may leave some out; the numbers stay the parts' own."""
    there = listed((1, 7, E1), (2, MIN_PART, E2), (9, 1, E3))
    with ScriptedServer([there, DONE]) as server, connect(server) as client:
        done = client.complete_multipart_upload("docs", "k", "u", [(9, E3), (2, E2)])
        assert done.size == MIN_PART + 1
        body = server.requests[-1].body
        assert b"<PartNumber>2</PartNumber>" in body
        assert b"<PartNumber>9</PartNumber>" in body
        assert b"<PartNumber>1</PartNumber>" not in body


def sent_twice(*moments: str) -> Reply:
    """SeaweedFS's answer for a part that came more than once: each of them, in no order."""
    inside = "".join(
        f"<Part><PartNumber>1</PartNumber><Size>{size}</Size><ETag>{etag}</ETag>"
        f"<LastModified>2026-11-22T21:17:{moment}.000Z</LastModified></Part>"
        for size, etag, moment in zip((5, 6, 7), (E1, E2, E3), moments, strict=False)
    )
    return reply(200, f"<ListPartsResult>{inside}</ListPartsResult>".encode())


@both
@pytest.mark.parametrize(
    "moments, given, etag",
    [
        (("31", "32"), None, E2),
        (("32", "31"), None, E1),
        (("31", "33", "32"), None, E2),
        (("32", "31"), [(1, E2)], E2),  # whoever names one has it
        (("31", "31"), [(1, E1)], E1),
    ],
)
def test_of_a_part_that_was_sent_twice_the_newer_counts(
    connect: Connect, moments: tuple[str, ...], given: Any, etag: str
) -> None:
    with ScriptedServer([sent_twice(*moments), DONE]) as server, connect(server) as client:
        done = client.complete_multipart_upload("docs", "k", "u", given)
        assert done.size == {E1: 5, E2: 6}[etag]
        assert server.requests[-1].body.count(b"<Part>") == 1
        assert etag.encode() in server.requests[-1].body


@both
def test_which_of_two_is_the_newer_is_not_guessed(connect: Connect) -> None:
    """SeaweedFS tells whole seconds."""
    with ScriptedServer([sent_twice("31", "31")]) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match="part 1 .*newer") as caught:
            client.complete_multipart_upload("docs", "k", "u")
        assert "parts=" in str(caught.value)
        assert len(server.requests) == 1


@both
def test_a_list_of_parts_that_goes_on_nowhere_is_not_all_of_them(connect: Connect) -> None:
    """What is completed then would lack its end."""
    page = listed((1, MIN_PART, E1), more=True)
    with ScriptedServer([page, page]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="goes on, and not where"):
            client.complete_multipart_upload("docs", "k", "u")
        assert [request.method for request in server.requests] == ["GET", "GET"]


@both
def test_a_part_of_any_number_costs_nothing(connect: Connect) -> None:
    there = listed((1, MIN_PART, E1), (10**18, 7, E2))
    with ScriptedServer([there]) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match="part 2 of 1000000000000000000 has not arrived"):
            client.complete_multipart_upload("docs", "k", "u")


@both
@pytest.mark.parametrize("code", ["InvalidPart", "EntityTooSmall"])
def test_a_part_that_changes_after_the_look_is_no_object(connect: Connect, code: str) -> None:
    with ScriptedServer([WHOLE, s3_error(400, code, "No.")]) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match="changed while") as caught:
            client.complete_multipart_upload("docs", "k", "u")
        assert (caught.value.code, caught.value.status) == (code, 400)
        assert caught.value.operation == "CompleteMultipartUpload"


@both
def test_a_part_that_is_gone_after_a_lost_answer_tells_nothing(connect: Connect) -> None:
    """The first try may have made the object of it."""
    script: list[Any] = [WHOLE, drop_before_reply(), s3_error(400, "InvalidPart", "No.")]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(MinIOError, match="No.") as caught:
            client.complete_multipart_upload("docs", "k", "u")
        assert not isinstance(caught.value, IntegrityError)


@both
def test_a_lost_answer_is_settled_by_the_object(connect: Connect) -> None:
    """The second try hears of no such upload; the object with the ETag of these parts tells why."""
    etag = etag_of_parts([E1, E2])
    tries: list[int] = []

    def answer(request: Any) -> Any:
        if request.method == "GET":
            return WHOLE
        if request.method == "HEAD":
            return stored(bytes(MIN_PART + 7), {"ETag": f'"{etag}"'})
        tries.append(1)
        return drop_before_reply() if len(tries) == 1 else s3_error(404, "NoSuchUpload")

    with ScriptedServer(handler=answer) as server, connect(server) as client:
        done = client.complete_multipart_upload("docs", "k", "u")
        assert done.etag == etag


@both
def test_a_condition_holds_or_nothing_is_completed(connect: Connect) -> None:
    with ScriptedServer([WHOLE, stored(b"x")]) as server, connect(server) as client:
        with pytest.raises(PreconditionFailedError):
            client.complete_multipart_upload("docs", "k", "u", if_none_match="*")
        assert [r.method for r in server.requests] == ["GET", "HEAD"]


@both
def test_bad_arguments_are_refused_at_once(connect: Connect) -> None:
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("complete_multipart_upload", {"parts": []}, "parts="),
        ("complete_multipart_upload", {"parts": 5}, "parts="),
        ("complete_multipart_upload", {"parts": [E1]}, "parts="),
        ("complete_multipart_upload", {"parts": [(1, "")]}, "parts="),
        ("complete_multipart_upload", {"parts": [(0, E1)]}, "parts="),
        ("complete_multipart_upload", {"parts": [(10_001, E1)]}, "parts="),
        ("complete_multipart_upload", {"parts": [(1, E1), (1, E2)]}, "twice"),
        ("complete_multipart_upload", {"size": -1}, "size="),
        ("complete_multipart_upload", {"size": True}, "size="),
        ("complete_multipart_upload", {"if_none_match": "e"}, "if_none_match="),
        ("complete_multipart_upload", {"upload_id": ""}, "upload_id="),
        ("get_presigned_part_url", {"part_number": 0}, "part_number="),
        ("get_presigned_part_url", {"part_number": 10_001}, "part_number="),
        ("get_presigned_part_url", {"part_number": True}, "part_number="),
        ("get_presigned_part_url", {"part_number": "1"}, "part_number="),
        ("get_presigned_part_url", {"part_number": 1, "expiry_seconds": 0}, "expiry_seconds="),
        ("get_presigned_part_url", {"part_number": 1, "upload_id": ""}, "upload_id="),
        ("get_presigned_part_url", {"part_number": 1, "headers": {"host": "h"}}, "headers="),
    ]
    with ScriptedServer([]) as server, connect(server) as client:
        for method, given, why in bad:
            with pytest.raises(ValidationError, match=why):
                getattr(client, method)(**{"bucket": "docs", "key": "k", "upload_id": "u", **given})
        with pytest.raises(ValidationError, match="tags"):
            client.create_multipart_upload("docs", "k", tags={"": "b"})


@both
def test_a_customer_s_key_is_for_who_sends_the_part(connect: Connect) -> None:
    """The URL asks for its headers, and has no key in it; of a server's keys nothing is said with a part."""
    key = SseC(bytes(range(32)))
    with ScriptedServer([]) as server:
        with connect(server, allow_sse_c_over_http=True) as client:
            url = client.get_presigned_part_url("docs", "k", "u", 1, encryption=key)
            signed = dict(parse_qsl(urlsplit(url).query))["X-Amz-SignedHeaders"].split(";")
            assert sorted(key.headers()) == [name for name in signed if name != "host"]
            assert not any(value in url for value in map(str.__str__, key.headers().values()))
        with connect(server, encryption=SseS3()) as client:
            url = client.get_presigned_part_url("docs", "k", "u", 1)
            assert dict(parse_qsl(urlsplit(url).query))["X-Amz-SignedHeaders"] == "host"


def test_numbers_of_parts_on_the_wire() -> None:
    """Golden: those that are given, and 1 and on where none are."""
    operation = CompleteMultipartUpload(SAMPLES, "k", "u", ["a", "b"], 1, numbers=[2, 7])
    body = bytes(operation.request().body)  # type: ignore[arg-type]
    two = b"<Part><PartNumber>2</PartNumber><ETag>a</ETag></Part>"
    assert two + two.replace(b"2", b"7").replace(b"a<", b"b<") in body
    plain = bytes(CompleteMultipartUpload(SAMPLES, "k", "u", ["a", "b"], 1).request().body)  # type: ignore[arg-type]
    assert plain == body.replace(b">2<", b">1<").replace(b">7<", b">2<")
