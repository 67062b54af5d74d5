"""A user's headers and parameters, and the expected owner of buckets: on each request, never shown."""

from __future__ import annotations

import io
import logging
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import pytest

from minio_sdk import (
    AccessDeniedError,
    Cache,
    ConfigurationError,
    TraceRequests,
    ValidationError,
)
from tests.both import Connect, both, stored
from tests.operations.test_samples import names
from tests.scripted import Request, ScriptedServer, redirect, reply, s3_error

CANARY = "can" + "ary"
OWNER = "123456789012"


def signed_names(request: Request) -> list[str]:
    signature = request.header("authorization") or ""
    return signature.partition("SignedHeaders=")[2].partition(",")[0].split(";")


@both
def test_each_try_of_each_operation_has_them_signed(connect: Connect) -> None:
    script = [reply(503), stored(b"x"), stored(b"y"), reply(503), stored()]
    with ScriptedServer(script) as server, connect(server) as client:
        view = client.with_extras({"X-Request-Id": "4711", "traceparent": "00-1"}, {"trace": "a b"})
        assert view.get_object("docs", "a") == b"x"
        assert client.get_object("docs", "a") == b"y"
        view.put_object("docs", "a", b"1")
    first, again, plain, *puts = server.requests
    for request in (first, again, *puts):
        assert request.header("x-request-id") == "4711"
        assert "x-request-id" in signed_names(request)
        assert "traceparent" not in signed_names(request)  # which proxies make anew
        assert request.query == "trace=a%20b"
    assert plain.query == ""
    assert plain.header("x-request-id") is None


@both
def test_bulk_jobs_and_transfers_have_them(connect: Connect) -> None:
    with ScriptedServer(handler=lambda _: stored()) as server, connect(server) as client:
        view = client.with_extras({"x-a": "1"}, {"t": "1"})
        assert view.upload_many([("a", b"1"), ("b", b"2"), ("c", b"3")], bucket="docs")
        assert len(server.requests) >= 3
        for request in server.requests:
            assert request.header("x-a") == "1"
            assert ("t", "1") in parse_qsl(request.query)


@both
def test_views_add_to_each_other(connect: Connect) -> None:
    with ScriptedServer([stored(b"")] * 3) as server, connect(server) as client:
        first = client.with_extras({"x-a": "1", "x-b": "1"}, {"p": "1"})
        second = first.with_extras({"X-B": "2"}).with_extras(query={"q": "2"})
        second.get_object("docs", "k")
        second.with_(tenant_id="beta").get_object("docs", "k")
        second.with_(extra_headers=None, extra_query_params=None).get_object("docs", "k")
    both_of, beta, none = server.requests
    for request in (both_of, beta):
        assert (request.header("x-a"), request.header("x-b")) == ("1", "2")
        assert request.query == "p=1&q=2"
    assert beta.path.startswith("/beta-docs/")
    assert (none.header("x-a"), none.query) == (None, "")


@both
def test_bad_ones_are_refused_at_once(connect: Connect) -> None:
    with ScriptedServer([]) as server, connect(server) as client:
        with pytest.raises(ValidationError, match="headers='X-Tenant-ID'"):
            client.with_extras({"X-Tenant-ID": "beta"})
        with pytest.raises(ValidationError, match="query='versionId'"):
            client.with_extras(query={"versionId": "1"})
        with pytest.raises(ConfigurationError, match="extra_headers='Host'"):
            client.with_(extra_headers={"Host": "evil"})


@both
def test_values_get_into_no_log(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Any] = []
    written = io.StringIO()
    caplog.set_level(logging.DEBUG, "minio_sdk")
    with ScriptedServer([s3_error(403, "AccessDenied", "No.")]) as server:
        with connect(server, hooks=(events.append, TraceRequests(written))) as client:
            view = client.with_extras({"x-key": CANARY}, {"p": CANARY})
            with pytest.raises(AccessDeniedError) as caught:
                view.get_object("docs", "a")
            shown = repr(view.config) + repr(view) + repr(caught.value)
        assert server.requests[0].header("x-key") == CANARY
        assert server.requests[0].query == f"p={CANARY}"
    shown += repr(events) + written.getvalue() + caplog.text
    assert CANARY not in shown
    assert "p=***" in shown
    assert "x-key: ***" in shown


@both
def test_a_redirect_gets_none(connect: Connect) -> None:
    """A signature is for one place: nothing follows a redirect, with or without them."""
    with ScriptedServer([]) as other, ScriptedServer([redirect(f"{other.url}/b/k")]) as server:
        with connect(server, max_retries=0) as client:
            with pytest.raises(Exception, match="redirect|307"):
                client.with_extras({"x-key": CANARY}).get_object("docs", "a")
        assert other.requests == []


@both
def test_a_view_with_them_has_no_cache(connect: Connect) -> None:
    """What they change isn't known; but what such a view writes is forgotten by the others."""
    answers = [stored(b"1"), stored(b"2"), stored(b"3"), stored(), stored(b"4")]
    with ScriptedServer(answers) as server, connect(server, cache=Cache(trust=60)) as client:
        view = client.with_extras({"x-a": "1"})
        assert client.get_object("docs", "k") == client.get_object("docs", "k") == b"1"
        assert view.get_object("docs", "k") == b"2"
        assert view.get_object("docs", "k") == b"3"
        assert client.get_object("docs", "k") == b"1"
        view.put_object("docs", "k", b"x")
        assert client.get_object("docs", "k") == b"4"
        assert len(server.requests) == 5


@both
def test_presigned_urls_have_the_parameters(connect: Connect) -> None:
    """They are part of the signature. Headers are for who uses a URL to send, and forms have neither."""
    with ScriptedServer([]) as server, connect(server) as client:
        view = client.with_extras({"x-key": CANARY}, {"trace": "a b", "Z": "1"})
        for url in (
            view.get_presigned_url("docs", "k"),
            view.get_presigned_put_url("docs", "k"),
        ):
            asked = dict(parse_qsl(urlsplit(url).query))
            assert (asked["trace"], asked["Z"]) == ("a b", "1")
            assert asked["X-Amz-SignedHeaders"] == "host"
            assert CANARY not in url
        form = view.presigned_post("docs", "k")
        assert "trace" not in f"{form.url} {dict(form.fields)}"


# -- the expected owner -----------------------------------------------------------------------------


@both
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_every_operation_on_a_bucket_names_its_owner(connect: Connect, tenancy: str) -> None:
    with ScriptedServer(handler=lambda _: stored(b"")) as server:
        with connect(server, tenancy=tenancy, expected_bucket_owner=OWNER) as client:
            client.get_object("docs", "k")
            client.put_object("docs", "k", b"1")
            client.delete_object("docs", "k")
            client.bucket_exists("docs")
        assert len(server.requests) >= 4
        for request in server.requests:
            assert request.header("x-amz-expected-bucket-owner") == OWNER
            assert "x-amz-expected-bucket-owner" in signed_names(request)
            assert request.header("x-amz-source-expected-bucket-owner") is None


@both
def test_a_copy_names_the_owner_of_its_source(connect: Connect) -> None:
    head = stored(headers={"Server": "AmazonS3"})
    answer = b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"
    copied = reply(200, answer, headers={"Server": "AmazonS3", "x-amz-request-id": "R"})
    with ScriptedServer(handler=lambda r: head if r.method == "HEAD" else copied) as server:
        with connect(server, expected_bucket_owner=OWNER) as client:
            client.copy_object("docs", "to", "docs", "from")
        first, *_, copy = server.requests
        assert first.header("x-amz-source-expected-bucket-owner") is None
        assert copy.header("x-amz-source-expected-bucket-owner") == OWNER
        assert copy.header("x-amz-expected-bucket-owner") == OWNER


@both
def test_what_makes_or_lists_buckets_names_nobody(connect: Connect) -> None:
    buckets = reply(200, b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")
    with ScriptedServer([stored(), buckets]) as server:
        with connect(server, expected_bucket_owner=OWNER) as client:
            client.create_bucket("docs")
            client.list_buckets()
        for request in server.requests:
            assert request.header("x-amz-expected-bucket-owner") is None


def test_s3_takes_it_wherever_it_is_sent() -> None:
    """botocore's model of S3 has it for all operations on a bucket that we know, but CreateBucket."""
    model = botocore.session.get_session().get_service_model("s3")
    theirs: Any = model.operation_names
    known = set(names()) & set(theirs)
    assert len(known) > 50
    silent = set()
    for name in known:
        shape: Any = model.operation_model(name).input_shape
        if shape is None or "ExpectedBucketOwner" not in shape.members:
            silent.add(name)
    assert silent == {"CreateBucket", "ListBuckets"}


@both
def test_a_bucket_of_another_account_is_said_so(connect: Connect) -> None:
    with ScriptedServer([s3_error(403, "AccessDenied", "Access Denied")]) as server:
        with connect(server, expected_bucket_owner=OWNER) as client:
            with pytest.raises(
                AccessDeniedError, match="another account than expected_bucket_owner"
            ):
                client.get_object("docs", "k")


@both
def test_what_names_no_owner_is_refused_for_other_reasons(connect: Connect) -> None:
    refusal = s3_error(403, "AccessDenied", "Access Denied")
    with ScriptedServer([refusal, refusal]) as server:
        with connect(server, expected_bucket_owner=OWNER) as client:
            for call in (client.list_buckets, lambda: client.create_bucket("docs")):
                with pytest.raises(AccessDeniedError) as caught:
                    call()
                assert "expected_bucket_owner" not in str(caught.value)


@both
def test_a_presigned_url_names_the_owner_in_small_letters(connect: Connect) -> None:
    """In capitals, AWS lets it pass."""
    with ScriptedServer([]) as server, connect(server, expected_bucket_owner=OWNER) as client:
        url = client.get_presigned_put_url("docs", "k")
        assert f"&x-amz-expected-bucket-owner={OWNER}&" in url
        assert "owner" not in repr(client.presigned_post("docs", "k"))
