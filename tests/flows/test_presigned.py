"""URLs and forms are those that botocore makes; none is made that would fail or reach too far."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from minio_sdk import (
    AuditRecord,
    ConfigurationError,
    Credentials,
    MinIOClient,
    NotSupportedError,
    ValidationError,
)
from tests.both import ACCESS_KEY, SECRET_KEY, TOKEN, Connect, both, stored
from tests.clock import FakeClock
from tests.oracle import moment_of, s3_of
from tests.scripted import ScriptedServer, s3_error

NOWHERE = "http://127.0.0.1:1"
KEYS = Credentials(ACCESS_KEY, SECRET_KEY, TOKEN)
NOW = FakeClock().time()


def taken_apart(url: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return place, sorted(parse_qsl(parts.query, keep_blank_values=True))


def policy_of(fields: Any) -> Any:
    return json.loads(base64.b64decode(fields["policy"]))


def as_set(conditions: list[Any]) -> set[str]:
    return {json.dumps(condition, sort_keys=True) for condition in conditions}


# -- as botocore makes them ------------------------------------------------------------------------

OVERRIDES = {
    "content-type": "text/plain",
    "content-disposition": "attachment; filename*=UTF-8''%C3%BC.txt",
    "content-encoding": "identity",
    "content-language": "de",
    "cache-control": "no-store",
}


@both
@pytest.mark.parametrize(
    "public_url", [None, "https://files.example.com", "https://e.com:8443/s3/a"]
)
@pytest.mark.parametrize(
    "operation, parameters, asked",
    [
        ("get_object", {}, {}),
        ("head_object", {"VersionId": "v1+/="}, {"version_id": "v1+/="}),
        ("delete_object", {"VersionId": "null"}, {"version_id": "null"}),
        (
            "get_object",
            {"Response" + n.title().replace("-", ""): v for n, v in OVERRIDES.items()},
            {"response_headers": OVERRIDES},
        ),
        (
            "put_object",
            {
                "ContentType": "text/plain",
                "Metadata": {"who": "Ada"},
                "ContentMD5": "x" * 22 + "==",
            },
            {
                "headers": {
                    "Content-Type": "text/plain",
                    "x-amz-meta-who": "Ada",
                    "content-md5": "x" * 22 + "==",
                }
            },
        ),
    ],
)
def test_urls(
    connect: Connect, operation: str, parameters: Any, asked: Any, public_url: str | None
) -> None:
    method = operation.partition("_")[0].upper()
    boto3 = s3_of(public_url or NOWHERE, KEYS)
    for key in ("a", "a b+c%2F/ü日/#?&=~'\"*\\", "x//y", "./../x", "\r\n"):
        names = {"Bucket": "acme-docs", "Key": key, **parameters}
        theirs = taken_apart(boto3.generate_presigned_url(operation, names, 77))
        clock = FakeClock(moment_of(dict(theirs[1])["X-Amz-Date"]))
        with connect(NOWHERE, public_url=public_url, credentials=KEYS, clock=clock) as client:
            ours = client.get_presigned_url("docs", key, 77, method=method, **asked)
        assert taken_apart(ours) == theirs
        with connect(NOWHERE, public_url=public_url, credentials=KEYS) as client:
            then = datetime.fromtimestamp(clock.time(), timezone.utc)
            later = client.get_presigned_url(
                "docs", key, 77, method=method, request_date=then, **asked
            )
        assert later == ours


@both
@pytest.mark.parametrize("public_url", [None, "https://files.example.com/s3"])
def test_parts(connect: Connect, public_url: str | None) -> None:
    """URLs for the parts of an upload are boto3's, byte for byte."""
    boto3 = s3_of(public_url or NOWHERE, KEYS)
    for key, upload_id, number in (("a b+c%2F/ü", "u+1/==", 1), ("k", "u", 10_000)):
        names = {"Bucket": "acme-docs", "Key": key, "UploadId": upload_id, "PartNumber": number}
        theirs = taken_apart(boto3.generate_presigned_url("upload_part", names, 77))
        clock = FakeClock(moment_of(dict(theirs[1])["X-Amz-Date"]))
        with connect(NOWHERE, public_url=public_url, credentials=KEYS, clock=clock) as client:
            ours = client.get_presigned_part_url("docs", key, upload_id, number, 77)
        assert taken_apart(ours) == theirs


@both
@pytest.mark.parametrize("public_url", [None, "https://files.example.com/s3"])
def test_forms(connect: Connect, public_url: str | None) -> None:
    boto3 = s3_of(public_url or NOWHERE, KEYS)
    cases: list[tuple[str, dict[str, Any], dict[str, str], list[Any]]] = [
        ("a", {}, {}, []),
        (
            "ü/a b",
            {
                "content_type": "image/png",
                "metadata": {"who": "Ada"},
                "success_action_status": 201,
                "content_length_range": (1, 5),
            },
            {"Content-Type": "image/png", "x-amz-meta-who": "Ada", "success_action_status": "201"},
            [["content-length-range", 1, 5]],
        ),
        (
            "in/${filename}",
            {"content_type": "image/*", "success_action_redirect": "https://example.com/"},
            {"success_action_redirect": "https://example.com/"},
            [["starts-with", "$Content-Type", "image/"]],
        ),
    ]
    for key, asked, fields, conditions in cases:
        exact = [{name: value} for name, value in fields.items()]
        theirs = boto3.generate_presigned_post("acme-docs", key, fields, [*exact, *conditions], 60)
        now = moment_of(theirs["fields"]["x-amz-date"])
        with connect(
            NOWHERE, public_url=public_url, credentials=KEYS, clock=FakeClock(now)
        ) as client:
            ours = client.presigned_post("docs", key, 60, **asked)
        assert ours.url == theirs["url"] + "/"  # where SeaweedFS heeds the bucket's CORS rules
        own, other = policy_of(ours.fields), policy_of(theirs["fields"])
        assert as_set(own["conditions"]) == as_set(other["conditions"])
        end = datetime.fromtimestamp(now + 60, timezone.utc)
        assert own["expiration"] == end.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        varies = {"policy", "x-amz-signature"}  # the order of conditions is anybody's
        assert set(ours.fields) == set(theirs["fields"])
        assert {n: v for n, v in ours.fields.items() if n not in varies} == {
            n: v for n, v in theirs["fields"].items() if n not in varies
        }


@both
def test_a_form_is_a_record_that_shows_no_permission(connect: Connect) -> None:
    with connect(NOWHERE, credentials=KEYS) as client:
        post = client.presigned_post("docs", "${filename}")
    assert dict(post) == {"url": "http://127.0.0.1:1/acme-docs/", "fields": post.fields}
    assert next(iter(post.fields)) == "key"
    assert repr(post) == "PresignedPost(url='http://127.0.0.1:1/acme-docs/')"
    assert repr(post.fields["x-amz-security-token"]) == repr(TOKEN)  # a page has to show it
    assert pickle.loads(pickle.dumps(post)) == post


@both
def test_the_tenant_is_in_the_place_and_in_no_header(connect: Connect) -> None:
    with connect(NOWHERE, tenancy="prefix", shared_bucket="all") as client:
        url = client.get_presigned_url("docs", "k", headers={"X-Amz-Acl": "private"})
        exact = client.presigned_post("docs", "k")
        any_name = client.presigned_post("docs", "${filename}")
    assert url.startswith(f"{NOWHERE}/all/acme/docs/k?")
    assert ("X-Amz-SignedHeaders", "host;x-amz-acl") in taken_apart(url)[1]
    assert {"key": "acme/docs/k"} in policy_of(exact.fields)["conditions"]
    assert ["starts-with", "$key", "acme/docs/"] in policy_of(any_name.fields)["conditions"]
    for post in (exact, any_name):
        assert post.url == f"{NOWHERE}/all/"
        assert {"bucket": "all"} in policy_of(post.fields)["conditions"]
        assert "x-tenant-id" not in post.fields
    assert any_name.fields["key"] == "acme/docs/${filename}"


# -- not made --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "sign",
    [
        lambda client, moment: client.get_presigned_url("docs", "k", 7200, request_date=moment),
        lambda client, moment: client.get_presigned_put_url("docs", "k", 7200, request_date=moment),
        lambda client, moment: client.get_presigned_part_url(
            "docs", "k", "u", 1, 7200, request_date=moment
        ),
    ],
    ids=["url", "put_url", "part_url"],
)
def test_the_moment_from_which_a_url_is_good(
    connect: Connect, sign: Callable[[MinIOClient, Any], str]
) -> None:
    """Seconds are counted from it; while one moment is said, there is one URL."""
    hour = datetime.fromtimestamp(NOW // 3600 * 3600, timezone.utc)
    clock = FakeClock(hour.timestamp() + 1)
    with connect(NOWHERE, credentials=KEYS, clock=clock) as client:
        first = sign(client, hour)
        assert dict(taken_apart(first)[1])["X-Amz-Date"] == f"{hour:%Y%m%dT%H%M%SZ}"
        last = datetime.max.replace(tzinfo=timezone.utc)
        for wrong in (hour.replace(tzinfo=None), "yesterday", NOW, object(), last):
            with pytest.raises(ValidationError, match="^request_date="):
                sign(client, wrong)
        clock.advance(7198)
        assert sign(client, hour + timedelta(microseconds=999_999)) == first
        assert sign(client, hour.isoformat()) == first
        clock.advance(1)
        with pytest.raises(ValidationError, match="^request_date=.* has ended"):
            sign(client, hour)


@both
def test_a_url_of_later_does_not_outlive_the_keys_that_sign_it(connect: Connect) -> None:
    ends = datetime.fromtimestamp(NOW + 600, timezone.utc)
    keys = Credentials(ACCESS_KEY, SECRET_KEY, TOKEN, ends)
    with connect(NOWHERE, credentials=keys, clock=FakeClock(NOW + 0.5)) as client:
        assert client.get_presigned_url("docs", "k", 60, request_date=ends - timedelta(seconds=60))
        assert client.get_presigned_url(
            "docs", "k", 900, request_date=ends - timedelta(seconds=900)
        )
        with pytest.raises(ValidationError, match="expiry_seconds=61"):
            client.get_presigned_url("docs", "k", 61, request_date=ends - timedelta(seconds=60))


@both
def test_an_audit_tells_when_a_url_of_later_ends(connect: Connect) -> None:
    told: list[AuditRecord] = []
    later = datetime.fromtimestamp(NOW + 3600, timezone.utc)
    with connect(NOWHERE, credentials=KEYS, clock=FakeClock(NOW), audit=told.append) as client:
        client.get_presigned_url("docs", "k", 60, request_date=later)
    assert [record.expires for record in told] == [later + timedelta(seconds=60)]


Sign = Callable[[MinIOClient, int], object]
each_kind = pytest.mark.parametrize(
    "sign",
    [
        lambda client, seconds: client.get_presigned_url("docs", "k", seconds),
        lambda client, seconds: client.get_presigned_put_url("docs", "k", seconds),
        lambda client, seconds: client.presigned_post("docs", "k", seconds),
    ],
    ids=["url", "put_url", "post"],
)


@both
@each_kind
def test_nothing_outlives_the_keys_that_sign_it(connect: Connect, sign: Sign) -> None:
    ends = datetime.fromtimestamp(NOW + 600, timezone.utc)
    keys = Credentials(ACCESS_KEY, SECRET_KEY, TOKEN, ends)
    clock = FakeClock()
    with connect(NOWHERE, credentials=keys, clock=clock) as client:
        assert sign(client, 600)
        with pytest.raises(ValidationError, match=r"expiry_seconds=601\b.* end in 600 seconds"):
            sign(client, 601)
        clock.advance(599)
        assert sign(client, 1)
        clock.advance(1)
        with pytest.raises(ConfigurationError, match="ended at 2023-11-14T22:23:20") as caught:
            sign(client, 1)
    assert SECRET_KEY not in str(caught.value)


@both
@each_kind
def test_what_has_no_keys_signs_nothing(connect: Connect, sign: Sign) -> None:
    with connect(NOWHERE, credentials=lambda: None) as client:
        with pytest.raises(ConfigurationError, match="needs credentials"):
            sign(client, 60)
    with connect(NOWHERE, api="enterprise") as client:
        with pytest.raises(NotSupportedError, match="api='s3'"):
            sign(client, 60)


@both
@pytest.mark.parametrize(
    "server, key",
    [
        ("SeaweedFS", "a//b"), ("SeaweedFS", "a\\b"), ("SeaweedFS", "/a"), ("SeaweedFS", "a/"),
        ("MinIO", "/a"),
    ],
)  # fmt: skip
def test_a_key_that_a_known_server_keeps_elsewhere_is_not_written(
    connect: Connect, server: str, key: str
) -> None:
    answers = [s3_error(404, "NoSuchKey", headers={"Server": server})]
    with ScriptedServer(answers) as scripted, connect(scripted) as client:
        assert client.get_presigned_put_url("docs", key)  # who serves it isn't known yet
        assert client.object_exists("docs", "x") is False
        writes: list[Callable[[], object]] = [
            lambda: client.get_presigned_put_url("docs", key),
            lambda: client.presigned_post("docs", key),
            lambda: client.get_presigned_url("docs", key, method="POST"),
        ]
        if key != "a/":  # the folder itself can be removed
            writes.append(lambda: client.get_presigned_url("docs", key, method="DELETE"))
        for write in writes:
            with pytest.raises(NotSupportedError) as caught:
                write()
            assert (caught.value.bucket, caught.value.key) == ("docs", key)
        assert client.get_presigned_url("docs", key)
        assert client.get_presigned_put_url("docs", "a")
    assert len(scripted.requests) == 1


@both
def test_a_server_that_keeps_all_keys_gets_all(connect: Connect) -> None:
    with ScriptedServer([stored(headers={"Server": "AmazonS3"})]) as scripted:
        with connect(scripted) as client:
            assert client.object_exists("docs", "x")
            for key in ("a//b", "a\\b", "/a", "a/"):
                assert client.get_presigned_put_url("docs", key)
                assert client.presigned_post("docs", key)


@both
@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"method": "PUT", "version_id": "v"}, "version_id"),
        ({"method": "POST", "version_id": "v"}, "version_id"),
        ({"version_id": ""}, "version_id"),
        ({"version_id": 5}, "version_id"),
        ({"method": "PUT", "response_headers": {"expires": "0"}}, "response_headers"),
        ({"method": "DELETE", "response_headers": {"expires": "0"}}, "response_headers"),
        ({"response_headers": {"etag": "x"}}, "response_headers"),
        ({"headers": {"Host": "h"}}, "headers"),
        ({"headers": {"X-Tenant-ID": "other"}}, "headers"),
        ({"method": None}, "method"),
        ({"method": ["GET"]}, "method"),
    ],
)
def test_arguments_that_are_refused(connect: Connect, arguments: Any, named: str) -> None:
    with connect(NOWHERE) as client:
        with pytest.raises(ValidationError, match=f"^{named}="):
            client.get_presigned_url("docs", "k", **arguments)


@both
@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"key": "${filename}.txt"}, "key"),
        ({"key": ""}, "key"),
        ({"bucket": "a/b"}, "bucket"),
        ({"expiry_seconds": 604801}, "expiry_seconds"),
        ({"content_length_range": (2, 1)}, "content_length_range"),
        ({"content_type": "*"}, "content_type"),
        ({"metadata": {"": "x"}}, "metadata"),
        ({"tags": {"": "x"}}, "tags"),
        ({"success_action_status": 500}, "success_action_status"),
        ({"success_action_redirect": "javascript:x"}, "success_action_redirect"),
    ],
)
def test_forms_that_are_refused(connect: Connect, arguments: Any, named: str) -> None:
    given = {"bucket": "docs", "key": "k", **arguments}
    with connect(NOWHERE) as client:
        with pytest.raises(ValidationError, match=f"^{named}="):
            client.presigned_post(**given)
