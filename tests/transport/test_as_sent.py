"""What was signed is what goes out, and what is stored is what comes back; whatever surrounds it."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from minio_sdk import MinIOError, ServerError
from tests.both import Connect, both, stored
from tests.scripted import ScriptedServer, Step, dribble, raw, redirect, reply

SIGNED = "host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;x-tenant-id"


@both
def test_a_request_has_the_headers_it_needs_and_no_others(connect: Connect) -> None:
    with ScriptedServer([stored(), stored()]) as server, connect(server) as client:
        client.get_object("docs", "a")
        client.put_object("docs", "a.txt", b"x", metadata={"color": "red"})
    get, put = server.requests
    names = {name.lower() for name, _ in get.headers}
    assert len(names) == len(get.headers)
    # requests' libraries keep connections alive with and without saying so
    assert names - {"connection"} == {
        "host",
        "user-agent",
        "accept-encoding",
        "x-tenant-id",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-checksum-mode",
        "authorization",
    }
    assert f"SignedHeaders={SIGNED}," in (get.header("Authorization") or "")
    assert get.header("Host") == f"127.0.0.1:{server.port}"
    assert get.header("Accept-Encoding") == "identity"
    assert {name.lower() for name, _ in put.headers} - names == {
        "content-type",
        "content-length",
        "x-amz-meta-color",
    }


@both
@pytest.mark.parametrize(
    "key, path",
    [
        ("a b+c%2F", "a%20b%2Bc%252F"),
        ("ü/日本", "%C3%BC/%E6%97%A5%E6%9C%AC"),
        ("#?&=", "%23%3F%26%3D"),
        ("/", "/"),
        ("//a//", "//a//"),
        (".", "."),
        ("..", ".."),
        ("a/../../other-tenant/b", "a/../../other-tenant/b"),
        ("%2e%2e/x", "%252e%252e/x"),
        ("~user/[x]!(y)*'", "~user/%5Bx%5D%21%28y%29%2A%27"),
        ("x" * 1024, "x" * 1024),
    ],
)
def test_keys_arrive_byte_for_byte(connect: Connect, key: str, path: str) -> None:
    with ScriptedServer([stored(), stored()]) as server, connect(server) as client:
        client.bucket_exists("docs")  # or the server would be asked first what it does to odd keys
        client.get_object("docs", key)
    assert server.requests[1].target == f"/acme-docs/{path}"


@both
def test_a_base_path_stands_before_each_path(connect: Connect) -> None:
    with ScriptedServer([stored()]) as server, connect(server.url + "/s3/v1/") as client:
        client.get_object("docs", "../a")
    assert server.requests[0].target == "/s3/v1/acme-docs/../a"


@both
@pytest.mark.parametrize("signed", [True, False])
def test_netrc_changes_nothing(
    connect: Connect, signed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "machine 127.0.0.1 login somebody password else\ndefault login some password body\n"
    for name in (".netrc", "_netrc"):
        Path(tmp_path, name).write_text(entry)
        Path(tmp_path, name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    fields = {} if signed else {"credentials": lambda: None}
    with ScriptedServer([stored()]) as server, connect(server, **fields) as client:
        client.get_object("docs", "a")
    found = server.requests[0].header("Authorization")
    assert found is None or found.startswith("AWS4-HMAC-SHA256 ")
    assert (found is not None) == signed


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(connect: Connect, status: int) -> None:
    """Neither elsewhere, where a signature would be leaked, nor to another path on the same server."""
    with ScriptedServer() as other, ScriptedServer([]) as server:
        for location in (f"{other.url}/acme-docs/a", "/acme-docs/b"):
            server._script.append(redirect(location, status))
            with connect(server) as client:
                with pytest.raises(MinIOError, match="sends elsewhere") as caught:
                    client.put_object("docs", "a", b"x")
            assert caught.value.status == status
            assert "Try: check base_url" in str(caught.value)
    assert other.requests == []
    assert [request.target for request in server.requests] == ["/acme-docs/a"] * 2


@both
@pytest.mark.parametrize(
    "location",
    [b"http://[", b"\xff\xfe", b"", b"//", b"http://a:b:c/", b"ftp://x", b"http://" + b"x" * 300],
)
def test_a_redirect_to_nowhere_is_an_error_of_ours(connect: Connect, location: bytes) -> None:
    answer = b"HTTP/1.1 307 Go\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer([raw(answer)]) as server, connect(server) as client:
        with pytest.raises(MinIOError, match="sends elsewhere"):
            client.get_object("docs", "a")


@both
def test_a_redirect_of_s3_names_the_region(connect: Connect) -> None:
    headers = {"x-amz-bucket-region": "eu-west-1", "Location": "https://b.s3.eu-west-1.example/"}
    with ScriptedServer([reply(301, headers=headers)]) as server, connect(server) as client:
        with pytest.raises(MinIOError, match="Try: region='eu-west-1'"):
            client.get_object("docs", "a")


@both
def test_cookies_are_never_sent_back(connect: Connect) -> None:
    baked = {"Set-Cookie": "session=1; Path=/"}
    steps: list[Step] = [stored(b"", baked), reply(503, headers=baked), stored(b"", baked)]
    with ScriptedServer(steps) as server, connect(server) as client:
        client.get_object("docs", "a")
        client.with_(tenant_id="other").get_object("docs", "a")
    assert [request.header("Cookie") for request in server.requests] == [None] * 3


@both
@pytest.mark.parametrize("limit", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br", "aws-chunked"])
def test_a_stored_content_encoding_is_not_decoded(
    connect: Connect, encoding: str, limit: bool
) -> None:
    body = {"gzip": gzip.compress(b"x" * 5000), "deflate": zlib.compress(b"x" * 5000)}.get(
        encoding, b"these are no encoded bytes"
    )
    answer = stored(body, {"Content-Encoding": encoding})
    with ScriptedServer([answer, dribble(answer, step=700)]) as server, connect(server) as client:
        assert client.get_object("docs", "a.gz") == body
        assert client.get_object("docs", "a.gz") == body


@both
def test_a_listing_that_came_compressed_though_nobody_asked_is_told(connect: Connect) -> None:
    document = gzip.compress(b"<ListBucketResult></ListBucketResult>")
    answer = reply(200, document, headers={"Content-Encoding": "gzip"})
    with ScriptedServer([answer]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="the answer is not S3"):
            client.list_objects("docs")


@both
def test_calls_one_after_another_use_one_connection(connect: Connect) -> None:
    """After answers with a body, without, refusals and answers to HEAD as well."""
    steps: list[Step] = [
        stored(b"x" * 100_000),
        reply(204),
        reply(404, headers={"x-amz-request-id": "R1"}),
        reply(200, b"<ListBucketResult/>"),
        reply(200, b"<ListBucketResult/>", chunked=True),
        reply(503),
        stored(b"x" * 10, {}),
        stored(b""),
    ]
    with ScriptedServer(steps) as server, connect(server) as client:
        client.get_object("docs", "a")
        client.delete_object("docs", "a")
        assert not client.object_exists("docs", "a")
        client.list_objects("docs")
        client.list_objects("docs")
        assert client.object_exists("docs", "a")
        client.put_object("docs", "a", b"x" * 100_000)
    assert [request.connection for request in server.requests] == [1] * len(steps)
