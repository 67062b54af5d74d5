"""What is stored beside the bytes: the user's metadata and the content type."""

from __future__ import annotations

import pytest

from minio_sdk import AsyncMinIOClient, ValidationError

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Metadata and content types"),
]


async def test_metadata(client: AsyncMinIOClient, bucket: str) -> None:
    """Any text comes back, by its name in lower case; whole uploads and those in parts alike."""
    metadata = {
        "Colour": "blue",
        "x-amz-meta-owner": "Zoë, 日本 😀",
        "X-Amz-Meta-UPPER": "Value With Case",
        "edges": "  two blanks  ",
        "encoded": "=?UTF-8?B?4pyT?=",
        "long": "ü" * 400,
        "lines": "a\nb\tc",
    }
    expected = {name.lower().removeprefix("x-amz-meta-"): value for name, value in metadata.items()}
    in_parts = client.with_(multipart_threshold=0)
    await client.put_object(bucket, "whole", b"12345", metadata=metadata)
    await in_parts.put_object(bucket, "parts", b"12345", metadata=metadata)
    for key in ("whole", "parts"):
        found = await client.get_object_metadata(bucket, key)
        assert (key, dict(found.metadata)) == (key, expected)
        assert (found.key, found.size, found["size"]) == (key, 5, 5)


@pytest.mark.needs("empty metadata values")
async def test_an_empty_value(client: AsyncMinIOClient, bucket: str) -> None:
    """A name without a value is kept."""
    await client.put_object(bucket, "a", b"", metadata={"empty": ""})
    assert dict((await client.get_object_metadata(bucket, "a")).metadata) == {"empty": ""}


@pytest.mark.needs("application/octet-stream")
async def test_any_bytes(client: AsyncMinIOClient, bucket: str) -> None:
    """Who says that they are any bytes is believed, whatever the key looks like."""
    await client.put_object(bucket, "a.pdf", b"", content_type="application/octet-stream")
    found = await client.get_object_metadata(bucket, "a.pdf")
    assert found.content_type == "application/octet-stream"


async def test_no_metadata(client: AsyncMinIOClient, bucket: str) -> None:
    """An object that was given none has none."""
    response = await client.put_object(bucket, "a", b"")
    found = await client.get_object_metadata(bucket, "a")
    assert (dict(found.metadata), found.size, found.etag) == ({}, 0, response.etag)


@pytest.mark.parametrize("threshold", [1000, 0], ids=["whole", "in parts"])
async def test_content_type(client: AsyncMinIOClient, bucket: str, threshold: int) -> None:
    """It is guessed from the key, unless it is given; a compressed file is not what is inside."""
    client = client.with_(multipart_threshold=threshold)
    for key, given, expected in (
        ("report.pdf", None, "application/pdf"),
        ("a/b.c/page.HTML", None, "text/html"),
        ("data.csv.gz", None, "application/gzip"),
        ("no-suffix", None, "application/octet-stream"),
        ("report.pdf", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ):
        await client.put_object(bucket, key, b"1", content_type=given)
        found = await client.get_object_metadata(bucket, key)
        assert (key, found.content_type) == (key, expected)


async def test_the_tenants_own_keys_have_a_content_type(client: AsyncMinIOClient) -> None:
    """`upload` guesses as well."""
    await client.upload("picture.png", b"1")
    found = await client.get_object_metadata(client.config.bucket, "picture.png")
    assert found.content_type == "image/png"


@pytest.mark.parametrize(
    "metadata",
    [
        {"a b": "1"}, {"ü": "1"}, {"": "1"}, {"a:": "1"}, {"a": 1}, {"a": None}, {1: "a"},
        {"a": "1", "X-Amz-Meta-A": "2"}, {"a": "x" * 2048}, {"a": "\ud800"}, {"a\r\nb": "1"},
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
async def test_metadata_that_headers_cannot_carry(
    unplugged: AsyncMinIOClient, metadata: dict[str, str]
) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(ValidationError, match="metadata"):
        await unplugged.put_object("docs", "a", b"1", metadata=metadata)


@pytest.mark.parametrize("content_type", ["text", "text/ü", "a/b\r\nx: y", "", 5])
async def test_what_is_no_content_type(unplugged: AsyncMinIOClient, content_type: str) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(ValidationError, match="content_type="):
        await unplugged.put_object("docs", "a", b"1", content_type=content_type)
