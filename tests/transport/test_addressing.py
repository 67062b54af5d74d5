"""Buckets before the host's name: what is sent where, over which connections, and for which region."""

from __future__ import annotations

import asyncio
import socket
import threading
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    Config,
    ConfigurationError,
    Credentials,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
)
from minio_sdk.models.addresses import is_address
from minio_sdk.wire.addressing import hosted, is_virtual
from minio_sdk.wire.url import parse_endpoint
from tests.both import Connect, both, stored
from tests.clock import FakeClock
from tests.oracle import moment_of, s3_of
from tests.scripted import Request, ScriptedServer, reply
from tests.servers import Server

KEYS = Credentials("AKACME", "the-secret-of-acme")
AWS = "https://s3.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What lies below localhost is this machine, whatever its resolver says; the names asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        asked.append(name)
        if name.endswith(".nowhere.localhost"):
            raise socket.gaierror(-2, "Name or service not known")
        return real("127.0.0.1" if name.endswith("localhost") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def url_of(server: ScriptedServer) -> str:
    parts = urlsplit(server.url)
    return f"{parts.scheme}://localhost:{parts.port}"


# -- which way -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url, virtual",
    [
        ("https://s3.amazonaws.com", True),
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://s3.dualstack.eu-west-1.amazonaws.com", True),
        ("https://s3-fips.us-gov-west-1.amazonaws.com", True),
        ("https://s3-accelerate.amazonaws.com", True),
        ("https://s3-accelerate.dualstack.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com", True),
        ("https://sts.eu-west-1.amazonaws.com", False),
        ("https://s3.amazonaws.com.example.org", False),
        ("https://mys3.example.org", False),
        ("https://notamazonaws.com", False),
        ("http://localhost:9000", False),
        ("http://127.0.0.1:9000", False),
        ("http://[::1]:9000", False),
    ],
)
def test_auto_is_virtual_on_aws_only(url: str, virtual: bool) -> None:
    assert is_virtual("auto", url) is virtual
    assert not is_virtual("path", url)
    assert is_virtual("virtual", url) is not is_address(parse_endpoint(url).host)


@pytest.mark.parametrize(
    "url, bucket, addressing, host",
    [
        (AWS, "acme-docs", "auto", "acme-docs.s3.eu-west-1.amazonaws.com"),
        (AWS, "a.b", "auto", None),
        (AWS, "a.b", "virtual", None),  # no certificate is for it
        ("http://h:9000", "a.b", "virtual", "a.b.h"),
        ("http://h:9000", "a.b", "auto", None),
        ("http://h:9000", "a..b", "virtual", None),
        ("http://h:9000", "a.-b", "virtual", None),
        (AWS, "Upper", "virtual", None),
        (AWS, "under_score", "virtual", None),
        (AWS, "ab", "virtual", None),
        (AWS, "a" * 63, "virtual", "a" * 63 + ".s3.eu-west-1.amazonaws.com"),
        (AWS, "a" * 64, "virtual", None),
        (AWS, "evil/../x", "virtual", None),
        (AWS, "evil@x", "virtual", None),
        ("https://" + "h" * 62 + ("." + "h" * 62) * 3, "acme-docs", "virtual", None),
    ],
)
def test_a_name_that_no_host_can_have_stays_in_the_path(
    url: str, bucket: str, addressing: str, host: str | None
) -> None:
    found = hosted(parse_endpoint(url), bucket, addressing)
    assert (found and found.host) == host


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"base_url": "http://127.0.0.1:9000", "addressing": "virtual"}, "an IP address"),
        ({"base_url": "http://[::1]:9000", "addressing": "virtual"}, "an IP address"),
        ({"base_url": "http://127.1:9000", "addressing": "virtual"}, "an IP address"),
        (
            {"base_url": "https://s3-accelerate.amazonaws.com", "addressing": "path"},
            "by their hosts only",
        ),
        (
            {"base_url": "http://a.example,http://example", "addressing": "virtual"},
            "could be a bucket's host",
        ),
    ],
)
def test_what_can_t_be_asked_so_is_refused(fields: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Config(tenant_id=None, **fields)


# -- as botocore does ------------------------------------------------------------------------------


@cache
def boto3_of(url: str, addressing: str, region: str) -> Any:
    return s3_of(url, KEYS, addressing=addressing, region=region)


CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("head_object", {"Key": "a b+c%2F/ü"}, ("object_exists", "a b+c%2F/ü")),
    ("get_object", {"Key": "/x//y"}, ("get_object", "/x//y")),
    ("head_bucket", {}, ("bucket_exists",)),
    ("get_bucket_versioning", {}, ("get_bucket_versioning",)),
]


@both
@pytest.mark.parametrize("addressing", ["virtual", "auto"])
def test_requests_go_where_botocore_sends_them(connect: Connect, addressing: str) -> None:
    """Host and path of each; botocore's "auto" is virtual for any server, so it is asked what ours means."""

    buckets = ("acme-docs", "acme-docs.old")

    def answer(request: Request) -> Any:
        if "versioning" in request.target:
            return reply(200, b"<VersioningConfiguration/>")
        return stored(b"x")

    with ScriptedServer(handler=answer) as server:
        url = url_of(server)
        theirs = "path" if addressing == "auto" else addressing
        boto3 = s3_of(url, KEYS, addressing=theirs)
        for bucket in buckets:
            for operation, arguments, _ in CALLS:
                getattr(boto3, operation)(Bucket=bucket, **arguments)
        wanted = [(r.header("host"), r.path) for r in server.requests]
        count = len(wanted)
        with connect(url, credentials=KEYS, addressing=addressing, api="s3") as client:
            for bucket in buckets:
                for _, _, (method, *rest) in CALLS:
                    getattr(client, method)(bucket.removeprefix("acme-"), *rest)
        assert [(r.header("host"), r.path) for r in server.requests[count:]] == wanted
        assert ("acme-docs" in urlsplit(f"//{wanted[0][0]}").netloc) is (theirs == "virtual")


@both
@pytest.mark.parametrize(
    "url, addressing", [(AWS, "auto"), (AWS, "path"), ("http://h.example:9000", "virtual")]
)
@pytest.mark.parametrize("name", ["docs", "docs.old"])
def test_urls_and_forms_are_botocore_s(
    connect: Connect, url: str, addressing: str, name: str
) -> None:
    # For what is signed ahead, botocore's "auto" is "path".
    boto3 = boto3_of(url, "virtual" if addressing == "auto" else addressing, "eu-west-1")
    names = {"Bucket": f"acme-{name}", "Key": "a b/ü"}
    theirs = boto3.generate_presigned_url("get_object", names, 77)
    query = dict(part.split("=") for part in theirs.partition("?")[2].split("&"))
    clock = FakeClock(moment_of(query["X-Amz-Date"]))
    fields: Any = {"credentials": KEYS, "addressing": addressing, "region": "eu-west-1"}
    with connect(url, clock=clock, **fields) as client:
        ours = client.get_presigned_url(name, "a b/ü", 77)
    assert ours.partition("?")[0] == theirs.partition("?")[0]
    assert sorted(ours.partition("?")[2].split("&")) == sorted(theirs.partition("?")[2].split("&"))
    # Elsewhere, as those see it who are given it.
    if addressing != "virtual":
        with connect("http://127.0.0.1:1", public_url=url, clock=clock, **fields) as client:
            assert client.get_presigned_url(name, "a b/ü", 77) == ours
            form = client.presigned_post(name, "k")
            assert form.url.rstrip("/") == boto3.generate_presigned_post(f"acme-{name}", "k")[
                "url"
            ].rstrip("/")


# -- connections -----------------------------------------------------------------------------------


@both
def test_each_host_has_its_connections(connect: Connect, names: list[str]) -> None:
    """And no request takes one that leads to another's, on any of the ways."""
    with ScriptedServer(handler=lambda request: stored(request.path.encode())) as server:
        with connect(url_of(server), addressing="virtual", api="s3") as client:
            for _ in range(3):
                for bucket in ("one", "two"):
                    assert client.get_object(bucket, "k") == b"/k"
            items = [{"bucket": b, "key": f"k{n}"} for n in range(8) for b in ("one", "two")]
            found = client.download_many(items, concurrency=4)
            assert [bytes(each) for each in found] == [f"/{item['key']}".encode() for item in items]
        hosts: dict[int, set[str | None]] = {}
        for request in server.requests:
            hosts.setdefault(request.connection, set()).add(request.header("host"))
        assert all(len(each) == 1 for each in hosts.values())
        assert len({r.connection for r in server.requests[:6]}) == 2
        assert {"acme-one.localhost", "acme-two.localhost"} <= set(names)


@both
def test_hosts_and_their_idle_connections_are_bounded(connect: Connect) -> None:
    with ScriptedServer(handler=lambda _: stored(b"x")) as server:
        with connect(url_of(server), addressing="virtual", api="s3", pool_size=4) as client:
            for number in range(40):
                assert client.get_object(f"bucket{number}", "k") == b"x"
            engine: Any = getattr(client, "_client", client)._engine
            connections = engine.transport.connections
            if isinstance(client, MinIOClient):
                assert len(connections._hosts) == 16
                pools = [pool.pool._items for _, pool in connections._hosts.values()]
                assert sum(c is not None and c.sock is not None for p in pools for c in p) <= 16
            else:
                (here,) = connections._here.values()
                assert len(here.lines._all) <= 4


@pytest.mark.asyncio
async def test_hosts_share_the_places_of_a_loop() -> None:
    """One for all hosts: who waits for it gets it, also after somebody has given up."""
    with ScriptedServer(handler=lambda r: stored(str(r.header("host")).encode())) as server:
        config = Config(
            url_of(server), "acme", credentials=KEYS, addressing="virtual", api="s3", pool_size=1
        )
        async with AsyncMinIOClient(config) as client:
            await client.get_object("bucket0", "k")
            given_up = [asyncio.ensure_future(client.get_object(f"b{n}xx", "k")) for n in range(3)]
            await asyncio.sleep(0)
            for each in given_up:
                each.cancel()
            ended = await asyncio.gather(*given_up, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended)
            found = await asyncio.gather(
                *(client.get_object(f"bucket{n % 3}", "k") for n in range(12))
            )
            assert [each.decode().partition(".")[0] for each in found] == [
                f"acme-bucket{n % 3}" for n in range(12)
            ]
            transport: Any = client._engine.transport
            (here,) = transport.connections._here.values()
            assert here.lines.at_work == 0
            assert len(here.lines._idle) == 1


def test_a_host_that_is_let_go_of_may_still_be_used() -> None:
    """By those who had it before."""
    with ScriptedServer(handler=lambda _: stored(b"x")) as server:
        config = Config(url_of(server), "acme", credentials=KEYS, addressing="virtual", api="s3")
        with MinIOClient(config) as client:
            client.get_object("first", "k")
            transport: Any = client._engine.transport
            connections = transport.connections
            place = hosted(connections.endpoint, "acme-first", "virtual")
            pool = connections.pool(place)
            held = pool.take_open()
            assert held is not None
            for number in range(16):
                client.get_object(f"bucket{number}", "k")
            assert connections.pool(place) is not pool
            pool.give_back(held)
            assert pool.urlopen("GET", "/").status == 200
            pool.drain()


def test_many_threads_and_more_hosts_than_are_kept() -> None:
    with ScriptedServer(
        handler=lambda request: stored(str(request.header("host")).encode())
    ) as server:
        url = url_of(server)
        config = Config(
            url, "acme", credentials=KEYS, addressing="virtual", api="s3", max_retries=0
        )
        wrong: list[Any] = []

        def work(start: int) -> None:
            for number in range(start, start + 30):
                bucket = f"bucket{number % 24}"
                try:
                    said = client.get_object(bucket, "k").decode()
                    if said.partition(".")[0] != f"acme-{bucket}":
                        wrong.append((bucket, said))
                except MinIOError as error:
                    wrong.append(error)

        with MinIOClient(config) as client:
            threads = [threading.Thread(target=work, args=(7 * n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert wrong == []


@both
def test_a_host_that_can_t_be_found_is_named(connect: Connect) -> None:
    with connect(
        "http://nowhere.localhost:1", addressing="virtual", api="s3", max_retries=0
    ) as client:
        with pytest.raises(MinIOConnectionError, match="acme-docs.nowhere.localhost") as caught:
            client.get_object("docs", "k")
    assert "addressing='path'" in str(caught.value.hint)


@both
def test_the_certificate_has_to_be_for_the_bucket_s_host(connect: Connect) -> None:
    """Which one for localhost isn't; a bucket with dots stays in the path, for which it is."""
    with ScriptedServer(handler=lambda _: stored(b"x"), tls=True, strict=False) as server:
        fields: Any = {"verify": server.ca_file, "addressing": "virtual", "api": "s3"}
        with connect(url_of(server), max_retries=0, **fields) as client:
            assert client.get_object("docs.old", "k") == b"x"
            with pytest.raises(MinIOConnectionError, match="certificate"):
                client.get_object("docs", "k")
        assert [request.path for request in server.requests] == ["/acme-docs.old/k"]


@both
def test_a_proxy_is_told_the_bucket_s_host(connect: Connect) -> None:
    with ScriptedServer([stored(b"x")] * 2) as proxy:
        fields: Any = {"proxies": {"http": proxy.url}, "addressing": "virtual", "api": "s3"}
        with connect("http://store.example:9000", **fields) as client:
            for bucket in ("one", "two"):
                assert client.get_object(bucket, "k") == b"x"
        assert [(r.target, r.header("host")) for r in proxy.requests] == [
            (f"http://acme-{b}.store.example:9000/k", f"acme-{b}.store.example:9000")
            for b in ("one", "two")
        ]


@both
def test_several_endpoints_and_hooks(connect: Connect) -> None:
    """Each has hosts of its own for a bucket."""
    with (
        ScriptedServer(handler=lambda _: reply(503)) as bad,
        ScriptedServer(
            handler=lambda request: stored(str(request.header("host")).encode())
        ) as good,
    ):
        urls = [url_of(bad), url_of(good)]
        with connect(",".join(urls), addressing="virtual", api="s3") as client:
            host = urlsplit(urls[1]).netloc
            assert client.get_object("docs", "k").decode() == f"acme-docs.{host}"
            if isinstance(client, MinIOClient):
                seen: list[str] = []
                hooks: Any = client._engine.transport.session.hooks  # type: ignore[attr-defined]
                hooks["response"].append(lambda response, **_: seen.append(response.url))
                assert client.get_object("docs", "k").decode() == f"acme-docs.{host}"
                assert seen[-1] == f"http://acme-docs.{host}/k"
        assert {request.header("host") for request in bad.requests} == {
            f"acme-docs.{urlsplit(urls[0]).netloc}"
        }


# -- regions ---------------------------------------------------------------------------------------


def malformed(region: str) -> Any:
    body = (
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong</Message>"
        f"<Region>{region}</Region></Error>"
    )
    return reply(400, body.encode(), headers={"Content-Type": "application/xml"})


def region_in(request: Request) -> str:
    return str(request.header("authorization")).split("/")[2]


@both
@pytest.mark.parametrize("addressing", ["path", "virtual"])
def test_a_wrong_region_is_followed_once(connect: Connect, addressing: str) -> None:
    def answer(request: Request) -> Any:
        if region_in(request) == "eu-west-1":
            return stored(b"x")
        if request.method == "HEAD":
            return reply(400, headers={"x-amz-bucket-region": "eu-west-1"})
        return malformed("eu-west-1")

    with ScriptedServer(handler=answer) as server:
        with connect(url_of(server), addressing=addressing, api="s3") as client:
            assert client.put_object("docs", "k", b"body").etag == "e1"
            assert client.get_object("docs", "k") == b"x"
            assert client.object_exists("docs", "k")
            url = client.get_presigned_url("docs", "k")
        assert "eu-west-1" in url
        assert [region_in(r) for r in server.requests] == ["us-east-1", *["eu-west-1"] * 3]
        assert [r.body for r in server.requests if r.method == "PUT"] == [b"body"] * 2


@both
@pytest.mark.parametrize("region", ["us-east-1", "", "a/b", "x\r\ny", "ä" * 3, "e" * 100])
def test_a_region_that_can_t_be_or_is_the_same_is_not_followed(
    connect: Connect, region: str
) -> None:
    with ScriptedServer(
        handler=lambda _: malformed(region.replace("\r\n", "&#13;&#10;"))
    ) as server:
        with connect(url_of(server), api="s3") as client, pytest.raises(AccessDeniedError):
            client.get_object("docs", "k")
        assert len(server.requests) == 1


@both
def test_a_server_that_never_agrees_is_asked_twice(connect: Connect) -> None:
    turn = iter(range(100))
    with ScriptedServer(handler=lambda _: malformed(f"eu-west-{next(turn)}")) as server:
        with connect(url_of(server), api="s3") as client, pytest.raises(AccessDeniedError):
            client.get_object("docs", "k")
        assert len(server.requests) == 2


@both
def test_a_refusal_for_another_reason_moves_nothing(connect: Connect) -> None:
    """MinIO names its region in each."""
    body = b"<Error><Code>AccessDenied</Code><Region>eu-west-1</Region></Error>"
    with ScriptedServer([reply(403, body)] * 2) as server:
        with connect(url_of(server), api="s3") as client:
            for _ in range(2):
                with pytest.raises(AccessDeniedError) as caught:
                    client.get_object("docs", "k")
                assert "region" not in str(caught.value.hint)
        assert {region_in(r) for r in server.requests} == {"us-east-1"}


@both
def test_another_place_is_named_and_not_gone_to(connect: Connect) -> None:
    moved = reply(301, headers={"x-amz-bucket-region": "eu-west-1", "Location": "http://evil/"})
    with ScriptedServer([moved]) as server:
        with connect(url_of(server), api="s3") as client, pytest.raises(MinIOError) as caught:
            client.get_object("docs", "k")
    assert str(caught.value.hint).startswith("region='eu-west-1'")


# -- real servers ----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_real_server(server: Server) -> None:
    """Signatures of hosts, keys of any kind, copies, listings and deletions, by both clients."""
    if server.kind == "external":
        pytest.skip("its domain is its own")
    url = f"http://localhost:{urlsplit(server.base_url).port}"
    keys = Credentials(server.access_key, server.secret_key)
    config = Config(url, "vhost", credentials=keys, addressing="virtual")
    with MinIOClient(config) as client:
        client.create_bucket("one")
        client.create_bucket("two")
        client.put_object("one", "a b/ü+%41", b"hello")
        client.copy_object("two", "b", "one", "a b/ü+%41")
        assert client.get_object("two", "b") == b"hello"
        assert [each.key for each in client.list_objects("one")] == ["a b/ü+%41"]
        with client.with_(addressing="path") as same:
            assert same.get_object("one", "a b/ü+%41") == b"hello"
    async with AsyncMinIOClient(config) as other:
        assert await other.get_object("one", "a b/ü+%41") == b"hello"
        result = await other.delete_objects("one", ["a b/ü+%41"])
        assert not result.errors
        await other.delete_bucket("one")
        await other.delete_bucket("two", force=True)
