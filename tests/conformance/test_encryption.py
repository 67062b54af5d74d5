"""Encryption of single objects: by the server's own keys, by a service's, by a customer's; and boto3's view.

MinIO takes customers' keys over TLS only, so its tests here are with a MinIO of its own.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
import requests

from minio_sdk import (
    AsyncMinIOClient,
    ComposeSource,
    CsvInput,
    EncryptionKeyError,
    MinIOError,
    PreconditionFailedError,
    SseC,
    SseKms,
    SseS3,
)
from minio_sdk.config import MiB
from minio_sdk.flows import copies
from minio_sdk.models.composing import ComposeItem
from minio_sdk.models.object_encryption import GivenEncryption
from tests.conformance.setting import Setting
from tests.servers import Server

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Encryption of objects"),
]
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])
by_prefix = pytest.mark.parametrize("tenancy", ["prefix"])

KEY, OTHER = SseC(bytes(range(32))), SseC(bytes(32))
BOTO = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY.key}
OPEN = {"allow_sse_c_over_http": True}  # SeaweedFS and moto have no TLS here


@pytest.fixture
def tested_server(encrypting: Server) -> Server:
    return encrypting


@pytest.fixture
def client(setting: Setting) -> AsyncMinIOClient:
    return setting.connect(**OPEN)


@pytest.mark.needs("keys of customers")
async def test_a_customers_key(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Nothing else opens the object; boto3 reads ours, and we read boto3's."""
    place, prefix = setting.place(bucket)
    stored = await client.put_object(bucket, "a b/ü", b"secret", encryption=KEY)
    assert stored.encryption is not None
    assert (stored.encryption.kind, stored.encryption.customer_key_md5) == ("SSE-C", KEY.key_md5)
    assert await client.get_object(bucket, "a b/ü", encryption=KEY) == b"secret"
    told = setting.s3.get_object(Bucket=place, Key=f"{prefix}a b/ü", **BOTO)
    assert told["Body"].read() == b"secret"
    setting.s3.put_object(Bucket=place, Key=f"{prefix}theirs", Body=b"theirs", **BOTO)
    found = await client.get_object_metadata(bucket, "theirs", encryption=KEY)
    assert (found.size, found.encryption) == (6, stored.encryption)
    assert await client.get_object(bucket, "theirs", range=(1, 3), encryption=KEY) == b"hei"
    assert await client.object_exists(bucket, "theirs", encryption=KEY)
    await client.put_object(bucket, "plain", b"1")
    for key, given in (("theirs", None), ("theirs", OTHER), ("plain", KEY)):
        with pytest.raises(EncryptionKeyError):
            await client.get_object(bucket, key, encryption=given)
        with pytest.raises(EncryptionKeyError):
            await client.get_object_metadata(bucket, key, encryption=given)
    with pytest.raises(PreconditionFailedError):
        await client.put_object(bucket, "theirs", b"2", if_none_match="*", encryption=OTHER)


@by_bucket
@pytest.mark.needs("keys of customers")
async def test_a_large_object_with_a_customers_key(
    setting: Setting, client: AsyncMinIOClient, bucket: str, tmp_path: Path
) -> None:
    """In parts, as a file, as a stream and in memory; a second run goes on with the same key."""
    client = setting.connect(
        **OPEN, part_size=5 * MiB, multipart_threshold=5 * MiB, state_dir=str(tmp_path / "state")
    )
    data = os.urandom(5 * MiB) + b"the end"
    path = tmp_path / "up"
    path.write_bytes(data)
    stored = await client.upload_file(bucket, "file", path, resume=True, encryption=KEY)
    assert stored.encryption is not None
    assert stored.encryption.customer_key_md5 == KEY.key_md5
    found = await client.download_file(bucket, "file", tmp_path / "down", encryption=KEY)
    assert (tmp_path / "down").read_bytes() == data
    assert found.encryption == stored.encryption
    buffer = bytearray(len(data))
    assert await client.download_into(bucket, "file", buffer, encryption=KEY) == len(data)
    assert buffer == data
    async with client.open(bucket, "written", "wb", encryption=KEY) as file:
        await file.write(data)
    async with client.open(bucket, "written", encryption=KEY) as file:
        await file.seek(5 * MiB)
        assert await file.read() == b"the end"
    assert setting.unfinished_uploads(bucket) == []


@by_bucket
@pytest.mark.needs("keys of customers")
async def test_copies_with_customers_keys(client: AsyncMinIOClient, bucket: str) -> None:
    """A copy keeps the key, gets another one, or none, and new metadata leave it as it is."""
    await client.put_object(bucket, "a", b"1", encryption=KEY)
    cases: list[tuple[str, GivenEncryption, SseC | None]] = [
        ("kept", None, KEY),
        ("other", OTHER, OTHER),
        ("none", False, None),
    ]
    for key, given, opens in cases:
        await client.copy_object(bucket, key, bucket, "a", source_encryption=KEY, encryption=given)
        assert await client.get_object(bucket, key, encryption=opens) == b"1"
    await client.copy_object(bucket, "a", bucket, "a", source_encryption=KEY, encryption=OTHER)
    await client.set_object_metadata(bucket, "a", {"b": "c"}, encryption=OTHER)
    found = await client.get_object_metadata(bucket, "a", encryption=OTHER)
    assert found.metadata == {"b": "c"}
    with pytest.raises(EncryptionKeyError, match="source_encryption"):
        await client.copy_object(bucket, "b", bucket, "a", source_encryption=KEY)
    # Sources of an object may have a key each.
    sources: list[ComposeItem] = [
        {"key": "kept", "encryption": KEY},
        ComposeSource(key="other", encryption=OTHER),
        "none",
    ]
    await client.compose_object(bucket, "all", sources, encryption=KEY)
    assert await client.get_object(bucket, "all", encryption=KEY) == b"111"


@by_bucket
@pytest.mark.needs("copies in parts with keys of customers")
async def test_copies_in_parts_with_customers_keys(
    setting: Setting, client: AsyncMinIOClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "LARGEST", 5 * MiB)
    monkeypatch.setattr(copies, "PART", 5 * MiB)
    data = os.urandom(5 * MiB) + b"the end"
    await client.put_object(bucket, "a", data, encryption=KEY)
    await client.copy_object(bucket, "b", bucket, "a", source_encryption=KEY, encryption=OTHER)
    assert await client.get_object(bucket, "b", encryption=OTHER) == data


@by_bucket
@pytest.mark.needs("copies in parts with keys of customers")
async def test_objects_made_of_others_with_a_customers_key(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """Composed, appended to, fanned out, looked into, and brought back."""
    data = os.urandom(5 * MiB)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.txt", b"hello")
    await client.put_object(bucket, "a.zip", packed.getvalue(), encryption=KEY)
    assert await client.read_archive(bucket, "a.zip", "a.txt", encryption=KEY) == b"hello"
    assert await client.fan_out(bucket, data, ["a", "b"], encryption=KEY)
    await client.compose_object(bucket, "c", ["a", "b"], source_encryption=KEY)
    await client.append_object(bucket, "c", b"the end", encryption=KEY)
    assert await client.get_object(bucket, "c", encryption=KEY) == data * 2 + b"the end"
    await client.set_bucket_versioning(bucket, True)
    await client.delete_object(bucket, "a.zip")
    found = await client.undelete_object(bucket, "a.zip", copy=True, encryption=KEY)
    assert (found.copied, found.size) == (True, len(packed.getvalue()))
    assert await client.read_archive(bucket, "a.zip", "a.txt", encryption=KEY) == b"hello"


@by_bucket
@pytest.mark.needs("S3 Select of what customers' keys encrypt")
async def test_rows_of_what_a_customers_key_encrypts(client: AsyncMinIOClient, bucket: str) -> None:
    await client.put_object(bucket, "a.csv", b"Ada,36\nAlan,41\n", encryption=KEY)
    question = "SELECT s._1 FROM s3object s WHERE s._2 = '41'"
    found = client.select_object_content(bucket, "a.csv", question, CsvInput(), encryption=KEY)
    assert b"".join([block async for block in found]) == b'{"_1":"Alan"}\n'
    for wrong in (None, OTHER):
        with pytest.raises(EncryptionKeyError):
            async for _ in client.select_object_content(
                bucket, "a.csv", question, CsvInput(), encryption=wrong
            ):
                pass


@by_bucket
async def test_keys_of_the_server(client: AsyncMinIOClient, bucket: str) -> None:
    """SSE-S3: nobody has to bring a key, and changes leave it so."""
    stored = await client.put_object(bucket, "a", b"1", encryption=SseS3())
    assert stored.encryption is not None
    assert stored.encryption.kind == "SSE-S3"
    await client.set_object_metadata(bucket, "a", {"b": "c"})
    await client.copy_object(bucket, "b", bucket, "a", encryption=SseS3())
    for key in ("a", "b"):
        found = await client.get_object_metadata(bucket, key)
        assert found.encryption == stored.encryption
    assert await client.get_object(bucket, "b") == b"1"


@by_bucket
@pytest.mark.needs("a key management service")
async def test_keys_of_a_service(client: AsyncMinIOClient, bucket: str) -> None:
    """SSE-KMS: with the key that is named, in a context of its own, and changes leave it so."""
    key = SseKms("test-key", {"department": "law"})
    stored = await client.put_object(bucket, "a", b"1", encryption=key)
    assert stored.encryption is not None
    assert (stored.encryption.kind, (stored.encryption.kms_key_id or "")[-8:]) == (
        "SSE-KMS",
        "test-key",
    )
    assert await client.get_object(bucket, "a") == b"1"
    await client.set_object_metadata(bucket, "a", {"b": "c"})
    found = await client.get_object_metadata(bucket, "a")
    assert (found.metadata, found.encryption) == ({"b": "c"}, stored.encryption)


@by_bucket
@pytest.mark.needs("encryption in forms")
async def test_a_form(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    form = await client.presigned_post(bucket, "a", encryption=SseS3(), storage_class="STANDARD")
    files = {"file": ("a", b"1")}
    verify = setting.server.ca_file
    requests.post(
        form.url, data=form.fields, files=files, verify=verify, timeout=30
    ).raise_for_status()
    found = await client.get_object_metadata(bucket, "a")
    assert found.encryption is not None


async def _sent_by_others(
    client: AsyncMinIOClient, bucket: str, given: GivenEncryption, headers: dict[str, str]
) -> None:
    """An object of two parts, each sent to a URL with these headers."""
    upload = await client.create_multipart_upload(bucket, "a", encryption=given)
    for number, data in ((1, bytes(5 * MiB)), (2, b"end")):
        url = await client.get_presigned_part_url(
            bucket, "a", upload.upload_id, number, encryption=given
        )
        assert "customer" not in url.partition("SignedHeaders")[0]
        verify = client.config.verify
        sent = requests.put(url, data=data, headers=headers, verify=verify, timeout=30)
        assert sent.status_code == 200
    done = await client.complete_multipart_upload(
        bucket, "a", upload.upload_id, size=5 * MiB + 3, encryption=given
    )
    assert done.encryption is not None


@by_bucket
@pytest.mark.needs("keys of customers")
async def test_parts_with_a_customers_key(client: AsyncMinIOClient, bucket: str) -> None:
    """The key is said by who sends a part, and by nobody else."""
    await _sent_by_others(client, bucket, KEY, KEY.headers())
    assert (await client.get_object(bucket, "a", encryption=KEY))[-4:] == b"\0end"
    with pytest.raises(EncryptionKeyError):
        await client.get_object(bucket, "a")


@by_bucket
async def test_parts_with_keys_of_the_server(client: AsyncMinIOClient, bucket: str) -> None:
    """That is said at the upload's beginning; who sends a part has nothing to say."""
    await _sent_by_others(client, bucket, SseS3(), {})
    found = await client.get_object_metadata(bucket, "a")
    assert found.encryption is not None


@by_prefix
@pytest.mark.needs("keys of customers")
async def test_a_tenant_with_a_key_of_its_own(setting: Setting, tmp_path: Path) -> None:
    """It is for all that is stored and read; buckets and tags are for clients without it, too."""
    mine = setting.connect(**OPEN, encryption=KEY)
    plain = setting.connect(**OPEN)
    bucket = setting.bucket()
    await mine.upload_object(bucket, "a", b"1")
    await mine.set_bucket_tags(bucket, {"a": "b"})
    assert await mine.get_object(bucket, "a") == b"1"
    assert (await mine.upload("k", b"2")).encryption is not None
    assert await mine.download("k") == b"2"
    done = await mine.copy_many([(bucket, "b", bucket, "a")])
    assert done.ok
    (tmp_path / "c").write_bytes(b"3")
    assert await mine.mirror(tmp_path, (bucket, "m"))
    assert (await mine.download_many([(bucket, "b"), (bucket, "m/c")])).results == (b"1", b"3")
    assert await mine.create_snapshot(bucket, "s")
    await mine.delete_object(bucket, "a")
    await mine.restore_snapshot(bucket, "s")
    assert await mine.get_object(bucket, "a") == b"1"
    assert await plain.bucket_exists(bucket)
    assert await plain.get_bucket_tags(bucket) == {"a": "b"}
    with pytest.raises(EncryptionKeyError):
        await plain.get_object(bucket, "a")


@by_bucket
async def test_a_storage_class_that_there_is_not(client: AsyncMinIOClient, bucket: str) -> None:
    """It is refused by the server's own word, and nothing is stored."""
    with pytest.raises(MinIOError, match="[Ss]torage class") as caught:
        await client.put_object(bucket, "a", b"1", storage_class="NO_SUCH_CLASS")
    assert caught.value.code == "InvalidStorageClass"
    assert not await client.object_exists(bucket, "a")
