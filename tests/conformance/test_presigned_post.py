"""Forms that browsers upload with, sent as browsers do: first the fields, in order, then the file."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

import pytest
import requests

from minio_sdk import AsyncMinIOClient, PresignedPost
from tests.clock import FakeClock
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Browser uploads by signed forms"),
]

KEYS = ("a.txt", "a b+c%2F", "ü/日本 😀", "#?&=;,", "$key ${file}", "%2e%2e/x", "'\"<>&~!*()")


def sent(
    post: PresignedPost,
    data: bytes = b"12345",
    name: str = "a.txt",
    changes: dict[str, str | None] | None = None,
) -> requests.Response:
    """The answer to a form, some of its fields changed, added or (None) left out."""
    fields = {**post.fields, **(changes or {})}
    return requests.post(
        post.url,
        data={field: value for field, value in fields.items() if value is not None},
        files={"file": (name, data)},
        timeout=30,
        allow_redirects=False,
    )


async def test_each_key(client: AsyncMinIOClient, bucket: str) -> None:
    """The file becomes the object that the form is for."""
    for key in KEYS:
        answer = sent(await client.presigned_post(bucket, key), key.encode())
        assert (key, answer.status_code) == (key, 204)
        assert await client.get_object(bucket, key) == key.encode()
    assert {item.key for item in await client.list_objects(bucket)} == set(KEYS)


async def test_the_file_s_name(client: AsyncMinIOClient, bucket: str) -> None:
    """``${filename}`` is the name of the file, below what stands before it."""
    post = await client.presigned_post(bucket, "in/${filename}")
    for name in ("a b+1.txt", "ü日.txt", "%2e%2e%2fx", "$", "../up.txt", "/etc/passwd", "c/d.txt"):
        assert (name, sent(post, name.encode(), name).status_code) == (name, 204)
    whole = await client.presigned_post(bucket, "${filename}")
    assert sent(whole, b"top", "top.txt").status_code == 204
    expected = {"top.txt", "in/a b+1.txt", "in/ü日.txt", "in/%2e%2e%2fx", "in/$"}
    expected |= {"in/up.txt", "in/passwd", "in/d.txt"}  # browsers send no path, servers take none
    assert {item.key for item in await client.list_objects(bucket)} == expected


async def test_what_the_form_says_of_the_object(client: AsyncMinIOClient, bucket: str) -> None:
    """Type and metadata are those of the form, whatever the file's own part says."""
    metadata = {"who": "Ada Lovelace", "title": "Grüße"}
    post = await client.presigned_post(bucket, "a", content_type="image/x-a", metadata=metadata)
    assert sent(post).status_code == 204
    found = await client.get_object_metadata(bucket, "a")
    assert (found.content_type, found.metadata, found.size) == ("image/x-a", metadata, 5)

    post = await client.presigned_post(bucket, "b", content_type="image/*")
    assert sent(post, changes={"Content-Type": "image/gif"}).status_code == 204
    assert (await client.get_object_metadata(bucket, "b")).content_type == "image/gif"


@pytest.mark.needs("tags of forms")
async def test_tags(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """The object has the form's tags."""
    tags = {"a b": "c+d", "k.v-1": "=:/@_"}
    assert sent(await client.presigned_post(bucket, "a", tags=tags)).status_code == 204
    server_bucket, prefix = setting.place(bucket)
    found = setting.s3.get_object_tagging(Bucket=server_bucket, Key=prefix + "a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == tags


async def test_what_the_browser_sees(client: AsyncMinIOClient, bucket: str) -> None:
    """A status, or another page."""
    for status in (200, 201, 204):
        post = await client.presigned_post(bucket, "a", success_action_status=status)
        assert sent(post).status_code == status
    target = "http://localhost:1/done"
    post = await client.presigned_post(bucket, "a", success_action_redirect=target)
    answer = sent(post)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(target + "?")


@pytest.mark.needs("limits of forms")
async def test_sizes(client: AsyncMinIOClient, bucket: str) -> None:
    """Both ends are included; what is outside is refused, and nothing is stored."""
    post = await client.presigned_post(bucket, "a", content_length_range=(2, 5))
    for size in (0, 1, 6, 70_000):
        refused = sent(post, b"x" * size)
        assert (size, refused.status_code) == (size, 400)
        assert ("EntityTooSmall" if size < 2 else "EntityTooLarge") in refused.text
        assert await client.list_objects(bucket) == []
    for size in (2, 5):
        assert (size, sent(post, b"x" * size).status_code) == (size, 204)


@pytest.mark.needs("limits of forms")
async def test_what_is_refused(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Another key, type or metadata, a field more or a required one less, a form that is over."""
    exact = await client.presigned_post(
        bucket, "a", content_type="image/png", metadata={"who": "Ada"}
    )
    kinds = await client.presigned_post(bucket, "a", content_type="image/*")
    earlier = setting.adopt(setting.client_class(client.config, clock=FakeClock(time.time() - 120)))
    over = await earlier.presigned_post(bucket, "a", 60)
    longer = await client.presigned_post(bucket, "a", 3600)
    refused = {
        "key": sent(exact, changes={"key": exact.fields["key"] + "b"}),
        "type": sent(exact, changes={"Content-Type": "image/gif"}),
        "no type": sent(exact, changes={"Content-Type": None}),
        "metadata": sent(exact, changes={"x-amz-meta-who": "Bob"}),
        "more metadata": sent(exact, changes={"x-amz-meta-more": "x"}),
        "another kind": sent(kinds, changes={"Content-Type": "text/html"}),
        "no kind": sent(kinds),
        "over": sent(over),
        "policy": sent(over, changes={"policy": longer.fields["policy"]}),
        "signature": sent(exact, changes={"x-amz-signature": "0" * 64}),
        "no signature": sent(exact, changes={"x-amz-signature": None, "policy": None}),
    }
    assert {why: answer.status_code for why, answer in refused.items() if answer.ok} == {}
    assert await client.list_objects(bucket) == []


@pytest.mark.needs("limits of forms")
async def test_nobody_gets_beyond_the_prefix(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """Whoever has a form for ``in/${filename}`` reaches what is below ``in/`` and nothing else: no other
    folder, no other bucket, no other tenant."""
    other = setting.connect(tenant_id=setting.new_tenant()) if setting.tenant_id else client
    theirs = setting.bucket("theirs")
    await other.create_bucket(theirs)
    other_place = setting.place(theirs, other.config.tenant_id)
    out = f"{setting.token}-out"
    post = await client.presigned_post(bucket, "in/${filename}")
    start = post.fields["key"].removesuffix("${filename}")
    for key in (
        f"{other_place[1]}{out}",
        f"{start}../../../{other_place[0]}/{other_place[1]}{out}",
        f"{start}../{out}",
        f"{start}..\\{out}",
        f"{start}./../{out}",
        f"{start}..",
        f"/{start}{out}",
        start.removesuffix("in/") + out,
        "${filename}",
        f"{start}${{filename}}/../../{out}",
    ):
        for name in (out, f"..\\..\\{out}"):
            answer = sent(post, name=name, changes={"key": key})
            assert (key, name, answer.ok) == (key, name, False)
    assert setting.stored(setting.token) == {}
    assert await client.list_objects(bucket) == await other.list_objects(theirs) == []


@pytest.mark.parametrize(
    "name",
    [
        'filename="grüße 日.txt"',
        "filename*=UTF-8''gr%C3%BC%C3%9Fe%20%E6%97%A5.txt",
        "filename=\"old.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%E6%97%A5.txt",
    ],
    ids=["browsers", "RFC 5987", "both"],
)
async def test_a_browser_s_form(client: AsyncMinIOClient, bucket: str, name: str) -> None:
    """Byte for byte what Chromium and Firefox send, and the other ways to write a file's name."""
    post = await client.presigned_post(
        bucket,
        "in/${filename}",
        content_type="text/*",
        content_length_range=(0, 100),
        metadata={"who": "Ada"},
        success_action_status=201,
    )
    fields = {**post.fields, "Content-Type": "text/plain"}
    data = b"\r\n--x\r\n\0"
    assert _browse(post.url, fields, name, "text/plain", data) == 201
    assert await client.get_object(bucket, "in/grüße 日.txt") == data
    metadata = await client.get_object_metadata(bucket, "in/grüße 日.txt")
    assert (metadata.content_type, metadata.metadata) == ("text/plain", {"who": "Ada"})


def _browse(url: str, fields: dict[str, str], name: str, content_type: str, data: bytes) -> int:
    """A form as the WHATWG's "multipart/form-data encoding algorithm" writes it."""
    boundary = "----WebKitFormBoundaryx7A9dQ2mZk3LpB1c"
    lines = []
    for field, value in fields.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{field}"', "", value]
    lines += [
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; {name}',
        f"Content-Type: {content_type}",
        "",
        "",
    ]
    body = "\r\n".join(lines).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request(
            "POST",
            parts.path,
            body,
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Origin": "http://localhost:8000",
                "Referer": "http://localhost:8000/",
                "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
                "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            },
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
