"""Addresses signed ahead, used as their receivers use them: with plain `requests` and nothing else."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from minio_sdk import (
    AsyncMinIOClient,
    ConfigurationError,
    IntegrityError,
    NotSupportedError,
    UploadNotFoundError,
    ValidationError,
)
from tests.clock import FakeClock
from tests.conformance.gaps import key_gaps
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Presigned URLs"),
]

KEYS = ("a.txt", "a b+c%2F", "ü/日本", "#?&=", "%2e%2e/x", "'\"<>&~!*()")


async def test_get_head_put_and_delete(client: AsyncMinIOClient, bucket: str) -> None:
    """Each address is good for its method and its key, whatever characters that has."""
    for key in KEYS:
        data = f"the bytes of {key}".encode()
        put = requests.put(await client.get_presigned_put_url(bucket, key), data=data, timeout=30)
        assert (key, put.status_code) == (key, 200)
        assert await client.get_object(bucket, key) == data
        got = requests.get(await client.get_presigned_url(bucket, key), timeout=30)
        assert (key, got.status_code, got.content) == (key, 200, data)
        url = await client.get_presigned_url(bucket, key, 60, method="HEAD")
        head = requests.head(url, timeout=30)
        assert (key, head.headers["content-length"]) == (key, str(len(data)))
        url = await client.get_presigned_url(bucket, key, 60, method="DELETE")
        assert (key, requests.delete(url, timeout=30).status_code) == (key, 204)
    assert await client.list_objects(bucket) == []


async def test_what_is_signed(client: AsyncMinIOClient, bucket: str) -> None:
    """Only the host: who gets the address sends no header of ours."""
    url = await client.get_presigned_url(bucket, "a", 7 * 24 * 3600)
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert query["X-Amz-Expires"] == ["604800"]
    assert "X-Amz-Expires=1&" in await client.get_presigned_url(bucket, "a", 1)


@pytest.mark.needs("signatures")
async def test_what_is_not_signed(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Another method, another key, another expiry, a time that is over: each is refused."""
    await client.put_object(bucket, "a", b"1")
    await client.put_object(bucket, "b", b"2")
    url = await client.get_presigned_url(bucket, "a", 60)
    earlier = setting.adopt(setting.client_class(client.config, clock=FakeClock(time.time() - 120)))
    assert requests.get(url, timeout=30).status_code == 200
    for refused in (
        requests.put(url, data=b"3", timeout=30),
        requests.delete(url, timeout=30),
        requests.get(url.replace("/a?", "/b?"), timeout=30),
        requests.get(url.replace("Expires=60", "Expires=600"), timeout=30),
        requests.get(await earlier.get_presigned_url(bucket, "a", 60), timeout=30),
    ):
        assert refused.status_code == 403, refused.request.method
    assert await client.get_object(bucket, "a") == b"1"


async def test_public_url(client: AsyncMinIOClient, bucket: str) -> None:
    """The address names the server as its receiver sees it."""
    await client.put_object(bucket, "a", b"1")
    public = client.config.endpoints[0].replace("127.0.0.1", "localhost")
    url = await client.with_(public_url=public).get_presigned_url(bucket, "a")
    assert url.startswith(public + "/")
    assert requests.get(url, timeout=30).content == b"1"


async def test_keys_that_servers_fold(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """What comes by a URL lies where the URL says, or isn't taken; a server that is known to keep such
    a key elsewhere gets no URL for it."""
    fates = key_gaps(setting.server.kind, setting.tenancy)
    for key in ("a//b", "a\\b", "a//", "/lead", "trail/"):
        fate = fates.get(key, "kept")
        try:
            url = _as_it_is(await client.get_presigned_put_url(bucket, key))
        except NotSupportedError as error:
            assert (key, fate) != (key, "kept")
            assert "would" in error.message
            continue
        assert fate in ("kept", "refused")
        status = requests.Session().send(url, timeout=30).status_code
        assert (key, status == 200) == (key, fate == "kept")
        found = [item.key for item in await client.list_objects(bucket)]
        assert found == ([key] if fate == "kept" else [])
        await client.delete_objects(bucket, found)


def _as_it_is(url: str) -> requests.PreparedRequest:
    """A PUT of a URL that `requests` has not tidied."""
    prepared = requests.Request("PUT", url, data=b"1").prepare()
    prepared.url = url
    return prepared


@pytest.mark.parametrize("tenancy", ["plain", "bucket"])
async def test_one_version(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """A URL can be for one version, to read it or to remove it."""
    setting.s3.put_bucket_versioning(
        Bucket=setting.place(bucket)[0], VersioningConfiguration={"Status": "Enabled"}
    )
    old = (await client.put_object(bucket, "a b", b"old")).version_id
    await client.put_object(bucket, "a b", b"newer")
    assert old is not None
    url = await client.get_presigned_url(bucket, "a b", version_id=old)
    assert requests.get(url, timeout=30).content == b"old"
    head = await client.get_presigned_url(bucket, "a b", method="HEAD", version_id=old)
    assert requests.head(head, timeout=30).headers["content-length"] == "3"
    remove = await client.get_presigned_url(bucket, "a b", method="DELETE", version_id=old)
    assert requests.delete(remove, timeout=30).status_code == 204
    assert requests.get(url, timeout=30).status_code == 404
    assert await client.get_object(bucket, "a b") == b"newer"


async def test_response_headers(client: AsyncMinIOClient, bucket: str) -> None:
    """The answer has the headers that the URL says, in place of those that are stored."""
    await client.put_object(bucket, "a", b"1", content_type="text/plain")
    wanted = {
        "content-type": "application/x-a; charset=utf-8",
        "content-disposition": "attachment; filename*=UTF-8''%C3%BC%20b.txt",
        "content-language": "de",
        "cache-control": "no-store",
        "expires": "Thu, 01 Jan 2032 00:00:00 GMT",
    }
    url = await client.get_presigned_url(bucket, "a", response_headers=wanted)
    answer = requests.get(url, timeout=30)
    assert answer.content == b"1"
    assert {name: answer.headers.get(name) for name in wanted} == wanted


@pytest.mark.needs("response headers of HEAD")
async def test_response_headers_of_head(client: AsyncMinIOClient, bucket: str) -> None:
    """The same without the bytes."""
    await client.put_object(bucket, "a", b"1", content_type="text/plain")
    wanted = {"content-type": "text/x-a"}
    url = await client.get_presigned_url(bucket, "a", method="HEAD", response_headers=wanted)
    assert requests.head(url, timeout=30).headers["content-type"] == "text/x-a"


async def test_signed_headers(client: AsyncMinIOClient, bucket: str) -> None:
    """What the URL's user sends as it was signed describes the object."""
    headers = {"Content-Type": "text/x-a", "x-amz-meta-who": "Ada  L.", "Content-Length": "4"}
    url = await client.get_presigned_put_url(bucket, "a", headers=headers)
    assert requests.put(url, data=b"1234", headers=headers, timeout=30).status_code == 200
    metadata = await client.get_object_metadata(bucket, "a")
    assert metadata.content_type == "text/x-a"
    assert metadata.metadata["who"].split() == ["Ada", "L."]


@pytest.mark.needs("signatures")
async def test_signed_headers_that_are_not_sent_so(client: AsyncMinIOClient, bucket: str) -> None:
    """Left out or changed, they are refused; so are bytes that another size or digest was signed for."""
    headers = {
        "Content-Type": "text/x-a",
        "x-amz-meta-who": "Ada",
        "Content-MD5": "gdyb21LQTcIANtvYMT7QVQ==",  # of b"1234"
        "Content-Length": "4",
    }
    url = await client.get_presigned_put_url(bucket, "a", headers=headers)
    for name in headers:
        sent = {**headers, name: "QQ==" if name == "Content-MD5" else "5"}
        data = b"12345" if name == "Content-Length" else b"1234"
        refused = requests.put(url, data=data, headers=sent, timeout=30)
        assert (name, refused.status_code in (400, 403)) == (name, True)
        del sent[name]
        refused = requests.put(url, data=data, headers=sent, timeout=30)
        assert (name, refused.status_code in (400, 403)) == (name, True)
    refused = requests.put(url, data=b"4321", headers=headers, timeout=30)
    assert refused.status_code == 400
    assert await client.list_objects(bucket) == []
    assert requests.put(url, data=b"1234", headers=headers, timeout=30).status_code == 200


async def test_a_moment_that_has_been(client: AsyncMinIOClient, bucket: str) -> None:
    """What began an hour ago is good for as long as it was to be, and the same when asked for again."""
    began = datetime.now(timezone.utc) - timedelta(hours=1)
    put = await client.get_presigned_put_url(bucket, "a", 7200, request_date=began)
    assert requests.put(put, data=b"1", timeout=30).status_code == 200
    url = await client.get_presigned_url(bucket, "a", 7200, request_date=began)
    assert requests.get(url, timeout=30).content == b"1"
    assert await client.get_presigned_url(bucket, "a", 7200, request_date=began) == url


@pytest.mark.needs("URLs of later refused until then")
async def test_a_moment_that_is_to_come(client: AsyncMinIOClient, bucket: str) -> None:
    """What begins in an hour isn't good yet."""
    await client.put_object(bucket, "a", b"1")
    begins = datetime.now(timezone.utc) + timedelta(hours=1)
    url = await client.get_presigned_url(bucket, "a", 7200, request_date=begins)
    assert requests.get(url, timeout=30).status_code == 403


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, "60", None, True])
async def test_expiries_that_s3_does_not_have(unplugged: AsyncMinIOClient, seconds: int) -> None:
    """1 second to 7 days, in whole seconds."""
    with pytest.raises(ValidationError, match="expiry_seconds="):
        await unplugged.get_presigned_url("docs", "a", seconds)
    with pytest.raises(ValidationError, match="expiry_seconds="):
        await unplugged.get_presigned_put_url("docs", "a", seconds)


async def test_other_arguments_that_are_refused(unplugged: AsyncMinIOClient) -> None:
    """Methods that S3 doesn't have for objects, bad names, and signing without a key to sign with."""
    for method in ("PATCH", "get", "GET /", ""):
        with pytest.raises(ValidationError, match="method="):
            await unplugged.get_presigned_url("docs", "a", method=method)
    with pytest.raises(ValidationError, match="key="):
        await unplugged.get_presigned_url("docs", "")
    with pytest.raises(ValidationError, match="bucket="):
        await unplugged.get_presigned_url("../docs", "a")
    anonymous = unplugged.with_(access_key=None, secret_key=None, credentials=lambda: None)
    with pytest.raises(ConfigurationError, match="credentials"):
        await anonymous.get_presigned_url("docs", "a")


MIB5 = 5 << 20


async def test_parts_that_others_send(client: AsyncMinIOClient, bucket: str) -> None:
    """The parts come with plain PUTs, in any order, one twice; the object is as it was begun, and whole."""
    key = "a b/ü+c.bin"
    upload = await client.create_multipart_upload(
        bucket, key, content_type="video/mp4", metadata={"author": "Ada"}
    )
    first, last = b"1" * MIB5, b"the end"
    etags = {}
    for number, data in ((2, last), (1, b"other"), (1, first)):
        url = await client.get_presigned_part_url(bucket, key, upload.upload_id, number, 60)
        sent = requests.put(url, data=data, timeout=30)
        assert (number, sent.status_code) == (number, 200)
        etags[number] = sent.headers["etag"]
    for wrong, why in (
        ({"parts": etags.items(), "size": 1}, "should have"),
        ({"parts": [(1, "0" * 32)]}, "another one"),
        ({"parts": [*etags.items(), (3, "e")]}, "part 3"),
    ):
        given: dict[str, Any] = wrong
        with pytest.raises(IntegrityError, match=why):
            await client.complete_multipart_upload(bucket, key, upload.upload_id, **given)
    assert await client.object_exists(bucket, key) is False
    done = await client.complete_multipart_upload(
        bucket, key, upload.upload_id, etags.items(), size=MIB5 + 7
    )
    assert (done.key, done.size) == (key, MIB5 + 7)
    assert await client.get_object(bucket, key) == first + last
    told = await client.get_object_metadata(bucket, key)
    assert (told.content_type, told.metadata) == ("video/mp4", {"author": "Ada"})
    assert told.etag == done.etag
    with pytest.raises(UploadNotFoundError):
        await client.complete_multipart_upload(bucket, key, upload.upload_id)


async def test_parts_that_are_too_few_or_too_small(client: AsyncMinIOClient, bucket: str) -> None:
    """What isn't whole is no object, whatever the server would make of it; and it can be dropped."""
    upload = await client.create_multipart_upload(bucket, "a")
    with pytest.raises(IntegrityError, match="no part"):
        await client.complete_multipart_upload(bucket, "a", upload.upload_id)
    for number in (2, 3):
        url = await client.get_presigned_part_url(bucket, "a", upload.upload_id, number)
        assert requests.put(url, data=b"x", timeout=30).ok
    with pytest.raises(IntegrityError, match="part 1 of 3 has not arrived"):
        await client.complete_multipart_upload(bucket, "a", upload.upload_id)
    parts = [part async for part in client.list_parts(bucket, "a", upload.upload_id)]
    with pytest.raises(IntegrityError, match="part 2 has 1 bytes"):
        await client.complete_multipart_upload(bucket, "a", upload.upload_id, parts)
    done = await client.complete_multipart_upload(bucket, "a", upload.upload_id, parts[1:])
    assert (done.size, await client.get_object(bucket, "a")) == (1, b"x")
    upload = await client.create_multipart_upload(bucket, "b")
    await client.abort_multipart_upload(bucket, "b", upload.upload_id)
    url = await client.get_presigned_part_url(bucket, "b", upload.upload_id, 1)
    assert not requests.put(url, data=b"x", timeout=30).ok


@pytest.mark.needs("signatures")
async def test_a_part_s_url_is_for_that_part_only(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """No other part, upload, key or size."""
    one = await client.create_multipart_upload(bucket, "a")
    url = await client.get_presigned_part_url(
        bucket, "a", one.upload_id, 1, headers={"content-length": "3"}
    )
    changed = [url.replace("partNumber=1", "partNumber=2"), url.replace("/a?", "/b?")]
    for other in changed:
        assert requests.put(other, data=b"123", timeout=30).status_code == 403
    assert requests.put(url, data=b"12345", timeout=30).status_code in (400, 403)
    assert requests.put(url, data=b"123", timeout=30).status_code == 200
    await client.abort_multipart_upload(bucket, "a", one.upload_id)
