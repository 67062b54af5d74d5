"""Signatures are those of AWS: its documented examples, and botocore as an oracle for everything else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import Credentials
from minio_sdk.wire.message import EMPTY_SHA256, UNSIGNED_PAYLOAD
from minio_sdk.wire.sigv4 import Signer, SigningKey, signed_headers, timestamp
from minio_sdk.wire.url import query_string, quote_path
from tests.strategies import FEW, MODERATE, keys, seconds

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#example-signature-calculations
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
DAY = datetime(2013, 5, 24, tzinfo=timezone.utc).timestamp()
HOST = {"host": "examplebucket.s3.amazonaws.com"}


# -- the examples of the documentation -------------------------------------------------------------


@pytest.mark.parametrize(
    "path, query, headers, names, signature",
    [
        pytest.param(
            "/test.txt",
            [],
            {"range": "bytes=0-9"},
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            id="GetObject",
        ),
        pytest.param(
            "/",
            [("lifecycle", "")],
            {},
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            id="GetBucketLifecycle",
        ),
        pytest.param(
            "/",
            [("max-keys", "2"), ("prefix", "J")],
            {},
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            id="ListObjects",
        ),
    ],
)
def test_the_documented_requests_get_the_documented_signature(
    path: str, query: list[tuple[str, str]], headers: dict[str, str], names: str, signature: str
) -> None:
    signer = Signer(EXAMPLE, "us-east-1")
    added = signer.sign("GET", path, query_string(query), HOST | headers, EMPTY_SHA256, DAY)
    assert added == {
        "x-amz-content-sha256": EMPTY_SHA256,
        "x-amz-date": "20130524T000000Z",
        "authorization": (
            "AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            f"SignedHeaders={names}, Signature={signature}"
        ),
    }


def test_the_documented_put_gets_the_documented_signature() -> None:
    """Its `Date` header is one that this package never sends or signs, so it is put in by hand."""
    canonical = (
        f"PUT\n/{quote_path('test$file.text')}\n\ndate:Fri, 24 May 2013 00:00:00 GMT\n"
        "host:examplebucket.s3.amazonaws.com\n"
        "x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
        "x-amz-date:20130524T000000Z\nx-amz-storage-class:REDUCED_REDUNDANCY\n\n"
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
        + hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    )
    key = SigningKey(EXAMPLE, "20130524", "us-east-1", "s3")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    assert digest == "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d"
    signature = key.sign(f"AWS4-HMAC-SHA256\n20130524T000000Z\n{key.scope}\n{digest}")
    assert signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"


def test_the_documented_presigned_url_gets_the_documented_signature() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    query = Signer(EXAMPLE, "us-east-1").presign("GET", "/test.txt", (), HOST, 86400, DAY)
    assert query == (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_the_documented_policy_gets_the_documented_signature() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html; its lines end in CRLF."""
    policy = """{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}""".replace("\n", "\r\n")
    key = SigningKey(EXAMPLE, "20151229", "us-east-1", "s3")
    signature = key.sign(base64.b64encode(policy.encode()).decode())
    assert signature == "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"


# -- botocore as an oracle -------------------------------------------------------------------------

printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
credentials = st.builds(
    Credentials,
    access_key=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abc-_.", min_size=1, max_size=20),
    secret_key=printable | st.text("aé日 b", min_size=1).filter(lambda s: s == s.strip()),
    session_token=st.none() | printable,
)
regions = st.sampled_from(["us-east-1", "eu-central-1", "local", "x"])
# Blanks and tabs in the middle of a value, which the canonical form makes one.
values = st.text(
    st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from(" \t"), max_size=30
)
names = st.sampled_from(
    [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "range",
        "x-amz-acl",
        "x-amz-copy-source",
        "x-amz-meta-a",
        "x-amz-meta-a-b",
        "x-amz-storage-class",
        "x-minio-source-mtime",
        "x-tenant-id",
    ]
)
headers_made = st.dictionaries(names, values, max_size=6)
hosts = st.sampled_from(["localhost:9000", "s3.example.com", "[::1]:9000", "xn--bcher-kva.example"])
paths = st.one_of(st.just("/"), keys.map(lambda key: "/bucket/" + quote_path(key)))
queries = st.dictionaries(keys, keys | st.just(""), max_size=4)


@contextlib.contextmanager
def botocore_at(when: float) -> Iterator[None]:
    """botocore's clock stands at `when`."""
    moment = datetime.fromtimestamp(int(when), timezone.utc).replace(tzinfo=None)
    fixed = SimpleNamespace(utcnow=lambda: moment, strptime=datetime.strptime)
    value: Any
    name, value = "datetime", SimpleNamespace(datetime=fixed)  # before botocore 1.40.30
    if hasattr(botocore.auth, "get_current_datetime"):
        name, value = "get_current_datetime", mock.Mock(return_value=moment)
    with mock.patch.object(botocore.auth, name, value):
        yield


def boto(keys: Credentials) -> Any:
    return BotoCredentials(keys.access_key, str(keys.secret_key), keys.session_token)


@MODERATE
@given(
    keys=credentials,
    region=regions,
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    host=hosts,
    path=paths,
    query=queries,
    headers=headers_made,
    body=st.binary(max_size=20),
    signed_body=st.booleans(),
    when=seconds,
)
@example(
    keys=EXAMPLE,
    region="us-east-1",
    method="PUT",
    host="h",
    path="/b/k",
    query={},
    headers={"content-type": "text/plain;\tcharset=utf-8", "x-amz-meta-a": "  a   b  "},
    body=b"",
    signed_body=True,
    when=0.0,
)
def test_headers_are_signed_as_botocore_signs_them(
    keys: Credentials,
    region: str,
    method: str,
    host: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    signed_body: bool,
    when: float,
) -> None:
    headers = headers | {"host": host}
    encoded = query_string(query.items())
    payload_hash = hashlib.sha256(body).hexdigest() if signed_body else UNSIGNED_PAYLOAD
    ours = Signer(keys, region).sign(method, path, encoded, headers, payload_hash, when)

    request = AWSRequest(method, f"http://{host}{path}?{encoded}", headers=headers, data=body)
    settings = SimpleNamespace(s3={"payload_signing_enabled": signed_body})
    request.context["client_config"] = settings
    with botocore_at(when):
        botocore.auth.S3SigV4Auth(boto(keys), "s3", region).add_auth(request)
    assert ours == {name.lower(): request.headers[name] for name in ours}


@MODERATE
@given(
    keys=credentials,
    region=regions,
    method=st.sampled_from(["GET", "PUT", "DELETE"]),
    host=hosts,
    path=paths,
    query=queries,
    headers=headers_made,
    expires=st.integers(1, 604800),
    when=seconds,
)
def test_urls_are_presigned_as_botocore_presigns_them(
    keys: Credentials,
    region: str,
    method: str,
    host: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    expires: int,
    when: float,
) -> None:
    headers = headers | {"host": host}
    ours = Signer(keys, region).presign(method, path, tuple(query.items()), headers, expires, when)

    url = f"https://{host}{path}?{query_string(query.items())}"
    request = AWSRequest(method, url, headers=headers)
    auth = botocore.auth.S3SigV4QueryAuth(boto(keys), "s3", region, expires=expires)
    with botocore_at(when):
        auth.add_auth(request)
    theirs = str(request.url).partition("?")[2]
    pairs = parse_qsl(ours, keep_blank_values=True, strict_parsing=True)
    assert sorted(pairs) == sorted(parse_qsl(theirs, keep_blank_values=True))
    assert pairs[-1][0] == "X-Amz-Signature"


@FEW
@given(
    keys=credentials,
    region=regions,
    fields=st.dictionaries(st.sampled_from(["bucket", "key", "Content-Type", "acl"]), printable),
    expires=st.integers(1, 604800),
    when=seconds,
)
def test_policies_are_made_and_signed_as_botocore_does(
    keys: Credentials, region: str, fields: dict[str, str], expires: int, when: float
) -> None:
    ours = Signer(keys, region).post_policy(fields, [], expires, when)

    document = json.loads(base64.b64decode(ours["policy"]))
    end = datetime.fromtimestamp(int(when) + expires, timezone.utc)
    assert document["expiration"] == end.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    request = AWSRequest("POST", "https://h/")
    request.context["s3-presign-post-fields"] = dict(fields)
    request.context["s3-presign-post-policy"] = {
        "expiration": document["expiration"],
        "conditions": [{name: value} for name, value in fields.items()],
    }
    with botocore_at(when):
        botocore.auth.S3SigV4PostAuth(boto(keys), "s3", region).add_auth(request)
    theirs = request.context["s3-presign-post-fields"]
    theirs.pop("bucket", None)
    assert ours == theirs


def test_a_policy_has_the_further_conditions_and_each_field_of_the_form() -> None:
    conditions = [["content-length-range", 0, 1024], ["starts-with", "$key", "up/"]]
    fields = {"bucket": "b", "Content-Type": "text/plain"}
    form = Signer(EXAMPLE, "us-east-1").post_policy(fields, conditions, 60, DAY)
    document = json.loads(base64.b64decode(form["policy"]))
    assert document["expiration"] == "2013-05-24T00:01:00.000Z"
    assert {"bucket": "b"} in document["conditions"]
    assert all(condition in document["conditions"] for condition in conditions)
    said = set(form) - {"policy", "x-amz-signature"}
    assert said == {"Content-Type", "x-amz-algorithm", "x-amz-credential", "x-amz-date"}
    assert all({name: form[name]} in document["conditions"] for name in said)


# -- what is ours ----------------------------------------------------------------------------------


def test_one_signer_goes_from_one_day_to_the_next_and_back() -> None:
    signer = Signer(EXAMPLE, "us-east-1")
    before, after = DAY - 1, DAY

    def sign(when: float, by: Signer) -> str:
        return by.sign("GET", "/", "", HOST, EMPTY_SHA256, when)["authorization"]

    kept = [sign(when, signer) for when in (before, after, before, after)]
    fresh = [sign(when, Signer(EXAMPLE, "us-east-1")) for when in (before, after)]
    assert kept == fresh * 2
    assert "/20130523/" in kept[0]
    assert "/20130524/" in kept[1]


def test_the_key_of_the_day_is_derived_once_for_all_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    class Counted(SigningKey):
        def __init__(self, keys: Credentials, day: str, region: str, service: str) -> None:
            made.append(day)
            super().__init__(keys, day, region, service)

    monkeypatch.setattr("minio_sdk.wire.sigv4.SigningKey", Counted)
    signer = Signer(EXAMPLE, "us-east-1")
    for second in range(5):
        signer.sign("GET", "/", "", HOST, EMPTY_SHA256, DAY + second)
    signer.presign("GET", "/", (), HOST, 60, DAY)
    assert made == ["20130524"]


def test_what_proxies_and_libraries_change_is_not_signed_and_the_tenant_is() -> None:
    sent = {
        "host": "h",
        "x-tenant-id": "acme",
        "x-amz-meta-a": "1",
        "range": "bytes=0-1",
        "user-agent": "me",
        "accept-encoding": "identity",
        "content-length": "5",
        "connection": "keep-alive",
        "transfer-encoding": "chunked",
        "expect": "100-continue",
        "traceparent": "00-1-2-3",
    }
    assert set(signed_headers(sent)) == {"host", "x-tenant-id", "x-amz-meta-a", "range"}


def test_a_service_of_another_name_is_signed_for_under_it() -> None:
    added = Signer(EXAMPLE, "us-east-1", "sts").sign("POST", "/", "", HOST, EMPTY_SHA256, DAY)
    assert "/us-east-1/sts/aws4_request" in added["authorization"]


@pytest.mark.parametrize(
    "when, text",
    [
        (0.0, "19700101T000000Z"),
        (DAY - 0.5, "20130523T235959Z"),
        (DAY - 1e-6, "20130523T235959Z"),
        (DAY + 0.9, "20130524T000000Z"),
    ],
)
def test_a_timestamp_is_utc_to_the_second_cut_not_rounded(when: float, text: str) -> None:
    assert timestamp(when) == text


def test_the_security_token_is_in_the_signature_and_the_query() -> None:
    temporary = Credentials("AK", "secret", "token/+=")
    signer = Signer(temporary, "us-east-1")
    added = signer.sign("GET", "/", "", HOST, EMPTY_SHA256, DAY)
    assert added["x-amz-security-token"] == "token/+="
    assert "x-amz-security-token" in added["authorization"]
    assert "X-Amz-Security-Token=token%2F%2B%3D" in signer.presign("GET", "/", (), HOST, 60, DAY)
