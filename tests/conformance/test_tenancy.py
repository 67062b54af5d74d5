"""Tenants on one server: nothing that one does or says reaches what is another's."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    BucketNotFoundError,
    MinIOError,
    NotFoundError,
    ObjectNotFoundError,
    ValidationError,
)
from tests.conformance.setting import Setting, errors_of

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Tenants kept apart"),
]
scoped = pytest.mark.parametrize("tenancy", ["bucket", "prefix"])


@scoped
async def test_a_stranger_sees_nothing(setting: Setting) -> None:
    """No call of B's shows or changes anything of A's, by the same names or by the server's."""
    secret = f"secret-{setting.token}"  # other tests have theirs on this server
    a, b = setting.connect(), setting.connect(tenant_id=setting.new_tenant(1))
    await a.upload(secret, b"A's")
    await a.create_bucket("docs")
    await a.put_object("docs", secret, b"A's")
    before = setting.stored(secret)
    server_bucket, _ = setting.place("docs")

    assert await b.list() == []
    assert await b.list_buckets() == []
    with pytest.raises(ObjectNotFoundError):
        await b.download(secret)
    await b.delete(secret)
    for bucket in ("docs", "default", server_bucket):
        if bucket == server_bucket and len(bucket) > 25:
            continue  # together with B's own mark it is longer than S3 allows
        assert not await b.bucket_exists(bucket)
        assert not await b.object_exists(bucket, secret)
        errors = await errors_of(
            b.get_object(bucket, secret),
            b.get_object_metadata(bucket, secret),
            b.put_object(bucket, secret, b"B's"),
            b.delete_object(bucket, secret),
            b.delete_objects(bucket, [secret]),
            b.list_objects(bucket),
            b.get_bucket_info(bucket),
            b.delete_bucket(bucket, force=True),
        )
        assert all(isinstance(error, BucketNotFoundError) for error in errors), errors
    assert setting.stored(secret) == before


@scoped
async def test_the_same_names(setting: Setting) -> None:
    """Two tenants use the same bucket and key, and each has its own."""
    a, b = setting.connect(), setting.connect(tenant_id=setting.new_tenant(3))
    for client, data in ((a, b"A's"), (b, b"B's")):
        await client.create_bucket("docs")
        await client.put_object("docs", "k", data)
        await client.upload("k", data)
    assert await a.get_object("docs", "k") == await a.download("k") == b"A's"
    assert await b.get_object("docs", "k") == await b.download("k") == b"B's"

    await b.delete_bucket("docs", force=True)
    await b.delete("k")
    assert await a.get_object("docs", "k") == await a.download("k") == b"A's"
    assert [bucket.name for bucket in await a.list_buckets()] == ["default", "docs"]
    assert [bucket.name for bucket in await b.list_buckets()] == ["default"]


@scoped
async def test_names_that_could_run_into_each_other(setting: Setting) -> None:
    """Tenant acme's bucket b-c is not tenant acme-b's bucket c; nor do ids meet that are alike."""
    acme = setting.token
    ids = [acme, f"{acme}-b", f"{acme}_b", f"{acme}/b", acme.upper()]
    clients = [setting.connect(tenant_id=setting.known_tenant(name)) for name in ids]
    for number, client in enumerate(clients):
        for bucket in ("b-c", "c"):
            await client.create_bucket(bucket)
            await client.put_object(bucket, f"k{number}", b"")
    for number, client in enumerate(clients):
        assert [bucket.name for bucket in await client.list_buckets()] == ["b-c", "c"]
        for bucket in ("b-c", "c"):
            assert [item.key for item in await client.list_objects(bucket)] == [f"k{number}"]


@scoped
async def test_a_uuid_is_one_tenant_in_either_case(setting: Setting) -> None:
    """How somebody writes it makes no difference."""
    lower = setting.new_tenant(1)
    await setting.connect(tenant_id=lower).upload("a", b"1")
    upper = setting.connect(tenant_id=lower.upper())
    assert await upper.download("a") == b"1"
    assert [bucket.name for bucket in await upper.list_buckets()] == ["default"]


@scoped
async def test_where_it_lies(setting: Setting) -> None:
    """A tenant's objects lie where the design says, so that a policy can name the place."""
    client = setting.connect()
    await client.create_bucket("docs")
    await client.put_object("docs", f"k/{setting.token}", b"1")
    server_bucket, prefix = setting.place("docs")
    assert list(setting.stored(setting.token)) == [f"{server_bucket}/{prefix}k/{setting.token}"]


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_folders_that_other_programs_make(setting: Setting, client: AsyncMinIOClient) -> None:
    """An object that is a tenant's place itself, as consoles make them, is no key and no bucket."""
    await client.create_bucket("docs")
    server_bucket, prefix = setting.place("docs")
    for folder in (prefix, prefix.replace("docs", ".buckets")):
        setting.s3.put_object(Bucket=server_bucket, Key=folder)
    assert await client.list_objects("docs") == []
    assert [bucket.name for bucket in await client.list_buckets()] == ["docs"]
    await client.delete_bucket("docs")
    assert await client.list_buckets() == []


def _spellings(path: str) -> Iterator[str]:
    """Ways to write a path upwards that something on the way could take for it."""
    yield path
    yield f"./{path}"
    yield f"x/../{path}"
    yield f"mine/{path}"
    yield f"/{path}"
    yield f"//{path}"
    yield path.replace("/", "//")
    yield path.replace("/", "\\")
    yield path.replace("/", "%2f")
    yield path.replace("/", "%5c")
    yield path.replace("..", "%2e%2e")
    yield path.replace("..", "%252e%252e")
    yield path.replace("..", "..\0")
    yield path.replace("..", ".. ")
    yield path.replace("..", "..;")
    yield path.replace("..", "\uff0e\uff0e")
    yield path.replace("..", "\u2025")
    yield path.replace("/", "\u2215")
    yield path.replace("/", "\uff0f")


@scoped
async def test_hostile_keys_and_prefixes(setting: Setting) -> None:
    """Whatever B calls its keys: A's stay as they are, and nothing appears outside B's place."""
    secret = f"secret-{setting.token}"
    a = setting.connect()
    await a.create_bucket("docs")
    await a.put_object("docs", secret, b"A's")
    b_id = setting.new_tenant(2)
    b = setting.connect(tenant_id=b_id)
    await b.create_bucket("docs")
    await b.put_object("docs", "mine", b"B's")
    before = setting.stored(setting.token)
    home = "/".join(setting.place("docs", b_id))
    target = "/".join(setting.place("docs")).rstrip("/")
    paths = ["../" * (home.strip("/").count("/") + 1) + target]
    if setting.tenancy == "prefix":  # from one tenant to the other without leaving their bucket
        paths.append("../../" + target.partition("/")[2])

    for path in paths:
        for folder in _spellings(path):
            await _attack(b, folder, secret)
            assert (folder, await a.get_object("docs", secret)) == (folder, b"A's")

    now = setting.stored(setting.token)
    assert {name: tag for name, tag in now.items() if not name.startswith(home)} == before
    assert [item.key for item in await a.list_objects("docs")] == [secret]
    assert [bucket.name for bucket in await a.list_buckets()] == ["docs"]
    assert [bucket.name for bucket in await b.list_buckets()] == ["docs"]
    assert await b.get_object("docs", "mine") == b"B's"


async def _attack(client: AsyncMinIOClient, folder: str, secret: str) -> None:
    """Every call with a hostile key, each as if the one before had succeeded."""
    key = f"{folder}/{secret}"
    for prefix, recursive in ((folder, True), (f"{folder}/", False), (key, True)):
        try:
            found = await client.list_objects("docs", prefix, recursive=recursive)
        except MinIOError:
            continue
        assert secret not in [item.key for item in found]
    assert await _fetched(client, key) != b"A's"
    try:
        assert await client.get_object("docs", key) != b"A's"
    except MinIOError:
        pass
    changes = [
        client.delete_objects("docs", [key, f"{folder}/"]),
        client.delete_object("docs", key),
        client.put_object("docs", key, b"B's"),
        client.get_object_metadata("docs", key),
        client.delete_objects("docs", [key]),
    ]
    # moto can't list its unfinished uploads any more when there is one of these
    if "\0" not in key:
        changes.append(client.with_(multipart_threshold=0).put_object("docs", key, b"B's"))
    await errors_of(*changes)  # refused or done: what counts is what A finds afterwards


async def _fetched(client: AsyncMinIOClient, key: str) -> bytes:
    """A presigned URL's bytes; asked for as it is, where `requests` would tidy it."""
    url = urlsplit(await client.get_presigned_url("docs", key))
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    try:
        connection.request("GET", f"{url.path}?{url.query}")
        return connection.getresponse().read()
    finally:
        connection.close()


@scoped
async def test_hostile_buckets(setting: Setting) -> None:
    """A bucket's name is a name: what looks like a path, or only looks like a name, is refused."""
    a, b = setting.connect(), setting.connect(tenant_id=setting.new_tenant())
    await a.create_bucket("docs")
    await a.put_object("docs", "k", b"A's")
    server_bucket, prefix = setting.place("docs")
    slug = (prefix or server_bucket.replace("-", "/")).partition("/")[0]
    for bucket in (
        f"../{slug}/docs", f"x/../../{slug}/docs", f"{slug}/docs", f"/{server_bucket}", "..", ".",
        f"%2e%2e%2f{slug}%2fdocs", "docs\0", "docs ", " docs", "docs/", "dосs", "ｄocs", "DOCS",
        f"..\\{slug}\\docs", ".buckets", "docs?x", "docs#", "",
    ):  # fmt: skip
        errors = await errors_of(
            b.get_object(bucket, "k"),
            b.put_object(bucket, "k", b"B's"),
            b.list_objects(bucket),
            b.delete_bucket(bucket, force=True),
            b.create_bucket(bucket),
            b.bucket_exists(bucket),
            b.get_presigned_url(bucket, "k"),
        )
        for error in errors:
            assert isinstance(error, ValidationError), bucket
            assert "bucket=" in str(error)
    for bucket in ("..", "a/b", "ａ"):
        with pytest.raises(ValueError, match="bucket="):
            b.with_(bucket=bucket)
    with pytest.raises(NotFoundError):
        await b.get_object("docs", "k")
    assert await a.get_object("docs", "k") == b"A's"
