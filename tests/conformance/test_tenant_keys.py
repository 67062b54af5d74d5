"""The tenant's own keys: upload, download, list, delete, with no bucket to think about."""

from __future__ import annotations

import pytest

from minio_sdk import AsyncMinIOClient, ObjectNotFoundError, ValidationError
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("The tenant's own keys"),
]


async def test_before_the_first_upload(setting: Setting, client: AsyncMinIOClient) -> None:
    """A new tenant has no keys; asking for one, or deleting it, needs no bucket."""
    assert await client.list() == []
    assert await client.list("reports/") == []
    await client.delete("a.txt")
    with pytest.raises(ObjectNotFoundError):
        await client.download("a.txt")
    assert not await client.bucket_exists(setting.bucket("default"))


async def test_the_first_upload_makes_the_bucket(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """Nothing has to be set up: what goes up is listed and comes back, until it is deleted."""
    response = await client.upload("reports/a.txt", b"Hello!")

    assert (response.status, response.key, response.size) == ("uploaded", "reports/a.txt", 6)
    assert response.etag == "952d2c56d0485958336747bcdd98590d"
    assert response["size"] == dict(response)["size"] == 6
    assert await client.bucket_exists(setting.bucket("default"))
    assert await client.download("reports/a.txt") == b"Hello!"
    assert await client.list() == ["reports/a.txt"]
    await client.delete("reports/a.txt")
    await client.delete("reports/a.txt")
    assert await client.list() == []


async def test_the_first_upload_makes_the_shared_bucket(setting: Setting) -> None:
    """With prefix tenancy the bucket that all tenants share is made when it is missing."""
    client = setting.connect(shared_bucket=f"{setting.token}-all")
    assert await client.list() == []
    await client.upload("a", b"1")
    assert await client.download("a") == b"1"


async def test_the_first_upload_in_parts_makes_the_bucket(setting: Setting) -> None:
    """A large first upload does so too."""
    client = setting.connect(multipart_threshold=0)
    await client.upload("a", b"123")
    assert await client.download("a") == b"123"


async def test_list_by_prefix(client: AsyncMinIOClient) -> None:
    """`list(prefix)` gives the whole keys that begin with it, in byte order."""
    for key in ("b/2", "a", "b/10", "bc", "ü/日本"):
        await client.upload(key, b"")

    assert await client.list() == ["a", "b/10", "b/2", "bc", "ü/日本"]
    assert await client.list("b") == ["b/10", "b/2", "bc"]
    assert await client.list("b/") == ["b/10", "b/2"]
    assert await client.list("ü") == ["ü/日本"]
    assert await client.list("none/") == []


async def test_an_upload_replaces_what_was_there(client: AsyncMinIOClient) -> None:
    """The last upload of a key is what it holds."""
    await client.upload("a", b"first, and longer")
    await client.upload("a", b"second")
    assert await client.download("a") == b"second"
    assert await client.list() == ["a"]


async def test_a_missing_key_says_what_where_and_whose(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """The error of a missing key has its names and prints as one line, in the tenant's words."""
    await client.upload("there", b"")
    with pytest.raises(ObjectNotFoundError) as caught:
        await client.download("not\tthere")

    error = caught.value
    assert (error.code, error.status, error.operation) == ("NoSuchKey", 404, "GetObject")
    assert (error.bucket, error.key) == (setting.bucket("default"), "not\tthere")
    assert (error.tenant_id, error.endpoint) == (setting.tenant_id, setting.server.base_url)
    assert error.hint
    server_bucket, prefix = setting.place(setting.bucket("default"))
    if setting.tenancy != "plain":
        assert server_bucket not in str(error)
        assert not prefix or prefix not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("key", ["", "x" * 1025, "ü" * 513, "\ud800", b"bytes", None])
async def test_keys_that_s3_cannot_have(unplugged: AsyncMinIOClient, key: str) -> None:
    """They are refused before anything is sent."""
    with pytest.raises(ValidationError, match="key="):
        await unplugged.upload(key, b"")
    with pytest.raises(ValidationError, match="key="):
        await unplugged.download(key)
    with pytest.raises(ValidationError, match="key="):
        await unplugged.delete(key)
    if key:
        with pytest.raises(ValidationError, match="prefix="):
            await unplugged.list(key)
