"""Multipart uploads: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import IntegrityError, ServerError, UploadNotFoundError, UploadResponse
from minio_sdk.operations.multipart import (
    AbortMultipartUpload,
    Begun,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    ListMultipartUploads,
    ListParts,
    StoredPart,
    Upload,
    UploadPart,
    UploadsPage,
)
from minio_sdk.wire.failure import unmasked
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import BELOW, KEY, SAMPLES, SERVERS, refused, replayed

every_origin = pytest.mark.parametrize("origin", SERVERS)
ETAG = '"f4c9385f1902f7334b00b9b4ecd164de"'
WRONG = '"00000000000000000000000000000000"'


@every_origin
def test_an_upload_is_begun_and_gets_an_id(origin: str) -> None:
    operation = CreateMultipartUpload(SAMPLES, KEY, {"content-type": "text/plain"})
    assert replayed("CreateMultipartUpload", origin, operation) == Begun("UPLOAD-ID")


@pytest.mark.parametrize(
    "body",
    [b"", b"<X/>", b"<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>"],
)
def test_an_upload_without_an_id_was_not_begun(body: bytes) -> None:
    with pytest.raises(XmlError):
        CreateMultipartUpload(SAMPLES, KEY).parse(Reply(200, {}, body))


@every_origin
def test_a_part_gives_the_etag_as_it_is_written(origin: str) -> None:
    operation = UploadPart(SAMPLES, KEY, "UPLOAD-ID", 1, b"part")
    assert replayed("UploadPart", origin, operation) == ETAG


def test_a_part_without_an_etag_was_not_stored() -> None:
    with pytest.raises(XmlError, match="without an ETag"):
        UploadPart(SAMPLES, KEY, "u", 1, b"").parse(Reply(200, {}))


@every_origin
def test_the_parts_become_one_object(origin: str) -> None:
    operation = CompleteMultipartUpload(SAMPLES, KEY, "UPLOAD-ID", [ETAG], 4)
    done = replayed("CompleteMultipartUpload", origin, operation)
    assert done == UploadResponse(
        key=KEY,
        size=4,
        etag="1819d1a8700e59901a48215b8577ac07-1",
        bucket="samples",
        version_id="null" if origin == "moto" else None,
    )
    assert operation.request().error_in_ok


def test_parts_are_numbered_from_one_in_their_order() -> None:
    body = CompleteMultipartUpload(SAMPLES, KEY, "u", ['"a"', '"b"'], 4).request().body
    assert isinstance(body, bytes)
    assert body.index(b'<PartNumber>1</PartNumber><ETag>"a"</ETag>') < body.index(
        b'<PartNumber>2</PartNumber><ETag>"b"</ETag>'
    )


@every_origin
def test_a_part_that_isn_t_there_is_an_error(origin: str) -> None:
    operation = CompleteMultipartUpload(SAMPLES, KEY, "UPLOAD-ID", [WRONG], 4)
    error = refused("CompleteMultipartUpload-wrong-part", origin, operation)
    assert (error.code, error.status) == ("InvalidPart", 400)


def test_an_error_behind_a_200_is_one() -> None:
    operation = CompleteMultipartUpload(SAMPLES, KEY, "u", [ETAG], 4)
    hidden = Reply(
        200, {}, b" \n \n<Error><Code>InternalError</Code><Message>late</Message></Error>"
    )
    reply = unmasked(hidden)
    assert reply.status not in operation.ok
    error = operation.failure(reply)
    assert isinstance(error, ServerError)
    assert error.message == "late"


@pytest.mark.parametrize("body", [b"", b"   ", b"<InitiateMultipartUploadResult/>", b"<html/>"])
def test_another_document_is_no_end_of_an_upload(body: bytes) -> None:
    with pytest.raises(XmlError):
        CompleteMultipartUpload(SAMPLES, KEY, "u", [ETAG], 4).parse(Reply(200, {}, body))


@every_origin
def test_an_upload_is_ended(origin: str) -> None:
    replayed("AbortMultipartUpload", origin, AbortMultipartUpload(SAMPLES, KEY, "UPLOAD-ID"))


@pytest.mark.parametrize("origin", ["moto", "seaweedfs"])
def test_an_upload_that_isn_t_there_can_t_be_ended(origin: str) -> None:
    """MinIO answers 204."""
    operation = AbortMultipartUpload(SAMPLES, KEY, "UPLOAD-ID")
    assert type(refused("AbortMultipartUpload-missing", origin, operation)) is UploadNotFoundError


@pytest.mark.parametrize(
    "operation",
    [
        UploadPart(SAMPLES, KEY, "u", 1, b""),
        CompleteMultipartUpload(SAMPLES, KEY, "u", [], 0),
        AbortMultipartUpload(SAMPLES, KEY, "u"),
    ],
    ids=lambda operation: str(operation.name),
)
def test_a_404_without_a_code_is_about_the_upload(
    operation: UploadPart | CompleteMultipartUpload | AbortMultipartUpload,
) -> None:
    assert type(operation.failure(Reply(404, {"x-amz-request-id": "1"}))) is UploadNotFoundError


@every_origin
def test_unfinished_uploads_are_listed(origin: str) -> None:
    page = replayed("ListMultipartUploads", origin, ListMultipartUploads(SAMPLES, "a b"))
    # MinIO lists those of one whole key only.
    assert [(u.key, u.upload_id) for u in page.uploads] == (
        [] if origin == "minio" else [(KEY, "UPLOAD-ID")]
    )
    assert all(upload.initiated is not None for upload in page.uploads)
    assert (page.is_truncated, page.next_key_marker, page.next_upload_id_marker) == (
        False,
        None,
        None,
    )


def listed(key: str, marker: str) -> Reply:
    return Reply(
        200,
        {},
        f"<ListMultipartUploadsResult><Upload><Key>{key}</Key><UploadId>u</UploadId></Upload>"
        f"<IsTruncated>true</IsTruncated><NextKeyMarker>{marker}</NextKeyMarker>"
        "<NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>".encode(),
    )


def test_below_a_prefix_names_go_through_it_and_markers_as_they_are() -> None:
    page = ListMultipartUploads(BELOW).parse(listed("acme/samples/k", "acme/samples/k"))
    assert page == UploadsPage((Upload("k", "u", None),), True, "acme/samples/k", "u")
    query = ListMultipartUploads(BELOW, "p", "acme/samples/k", "u").request().query
    assert query == (
        "key-marker=acme%2Fsamples%2Fk&prefix=acme%2Fsamples%2Fp&upload-id-marker=u&uploads="
    )


def test_what_does_not_begin_with_the_prefix_is_left_out() -> None:
    for place, key in ((SAMPLES, "pk"), (BELOW, "acme/samples/pk")):
        for prefix, uploads in (("p", 1), ("q", 0)):
            page = ListMultipartUploads(place, prefix).parse(listed(key, key))
            assert [u.key for u in page.uploads] == ["pk"] * uploads
            assert page.next_key_marker == key


@pytest.mark.parametrize(
    "key, marker",
    [("other/secret-name", "acme/samples/k"), ("acme/samples/k", "other/secret-name")],
)
def test_a_key_that_is_not_the_tenant_s_is_an_error_and_nothing_is_shown(
    key: str, marker: str
) -> None:
    with pytest.raises(ServerError) as caught:
        ListMultipartUploads(BELOW).parse(listed(key, marker))
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<ListBucketResult/>", b"<html/>"])
def test_another_document_is_no_list_of_uploads(body: bytes) -> None:
    with pytest.raises(XmlError):
        ListMultipartUploads(SAMPLES).parse(Reply(200, {}, body))


# -- parts that are there --------------------------------------------------------------------------


@every_origin
def test_the_parts_of_an_upload(origin: str) -> None:
    page = replayed("ListParts", origin, ListParts(SAMPLES, KEY, "UPLOAD-ID"))
    (part,) = page.parts
    assert part == StoredPart(1, part.etag, 4, part.last_modified)
    assert page.parts[0].etag == ETAG
    assert not page.is_truncated


@every_origin
def test_the_parts_of_an_upload_that_is_gone(origin: str) -> None:
    operation = ListParts(SAMPLES, KEY, "UPLOAD-ID")
    assert isinstance(refused("ListParts-missing", origin, operation), UploadNotFoundError)


def test_a_list_of_parts_that_is_none() -> None:
    with pytest.raises(XmlError, match="not a list of parts"):
        ListParts(SAMPLES, KEY, "u").parse(Reply(200, {}, b"<Other></Other>"))
    assert ListParts(SAMPLES, KEY, "u", 7).request().query == "part-number-marker=7&uploadId=u"


# -- checksums -------------------------------------------------------------------------------------


def test_a_part_with_a_checksum() -> None:
    operation = UploadPart(SAMPLES, KEY, "u", 1, b"x", crc32=5)
    assert operation.request().headers == {"x-amz-checksum-crc32": "AAAABQ=="}
    headers = {"etag": '"e"', "x-amz-checksum-crc32": "AAAABQ=="}
    assert operation.parse(Reply(200, headers)) == '"e"'
    with pytest.raises(IntegrityError, match="CRC32 00000006, and not 00000005"):
        operation.parse(Reply(200, {**headers, "x-amz-checksum-crc32": "AAAABg=="}))


def test_a_completion_with_checksums() -> None:
    operation = CompleteMultipartUpload(
        SAMPLES, KEY, "u", ['"e"', '"f"'], 4, crc32s=(1, 2), crc32=3
    )
    request = operation.request()
    assert request.headers["x-amz-checksum-crc32"] == "AAAAAw=="
    assert request.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert b"<ChecksumCRC32>AAAAAQ==</ChecksumCRC32>" in bytes(request.body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told, kind",
    [
        ({}, None),
        ({"x-amz-checksum-algorithm": "CRC32"}, "COMPOSITE"),
        ({"x-amz-checksum-algorithm": "SHA256"}, None),
        (
            {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"},
            "FULL_OBJECT",
        ),
    ],
)
def test_what_becomes_of_the_parts_checksums(told: dict[str, str], kind: str | None) -> None:
    body = b"<I><UploadId>u</UploadId></I>"
    asked = CreateMultipartUpload(SAMPLES, KEY, {"x-amz-checksum-algorithm": "CRC32"})
    assert asked.parse(Reply(200, told, body)) == Begun("u", kind)
    assert CreateMultipartUpload(SAMPLES, KEY).parse(Reply(200, told, body)) == Begun("u")
