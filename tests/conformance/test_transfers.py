"""Large files up and down, whole or in two runs, with checksums that the server itself has compared."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, TransferProgress
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Large files, and going on after an interruption"),
]

MiB = 1 << 20
DATA = random.Random(1).randbytes(11 * MiB)


class Interrupted(Exception):
    """What a progress function ends the transfer with."""


@pytest.fixture
def large(client: AsyncMinIOClient, tmp_path: Path) -> AsyncMinIOClient:
    """A client that sends parts of 5 MiB."""
    (tmp_path / "file").write_bytes(DATA)
    return client.with_(
        part_size=5 * MiB, multipart_threshold=MiB, state_dir=str(tmp_path / "state")
    )


@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_an_upload_in_two_runs(
    setting: Setting, bucket: str, large: AsyncMinIOClient, tmp_path: Path
) -> None:
    """What the first run has sent is not sent again, and the object is what the file is."""

    def interrupt(now: TransferProgress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await large.upload_file(
            bucket, "a", tmp_path / "file", resume=True, progress=interrupt, tags={"a": "b"}
        )
    (found,) = await large.list_transfers()
    assert (found.bucket, found.key, found.size) == (bucket, "a", len(DATA))
    seen: list[TransferProgress] = []
    stored = await large.upload_file(
        bucket, "a", tmp_path / "file", resume=True, progress=seen.append, tags={"a": "b"}
    )
    assert (stored.size, seen[-1].bytes_done) == (len(DATA), len(DATA))
    assert await large.get_object(bucket, "a") == DATA
    assert await large.list_transfers() == []
    assert setting.unfinished_uploads(bucket) == []


@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_an_upload_that_is_discarded(
    setting: Setting, bucket: str, large: AsyncMinIOClient, tmp_path: Path
) -> None:
    """Its parts are gone from the server."""

    def interrupt(now: TransferProgress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await large.upload_file(bucket, "a", tmp_path / "file", resume=True, progress=interrupt)
    assert len(setting.unfinished_uploads(bucket)) == 1
    (found,) = await large.list_transfers()
    await large.discard_transfer(found.id)
    assert setting.unfinished_uploads(bucket) == []


class Killed(BaseException):
    """The end of the process."""


async def killed(
    large: AsyncMinIOClient, bucket: str, path: Path, patch: pytest.MonkeyPatch, at: str
) -> None:
    """Leave what a process leaves that is killed where it writes the journal."""

    async def end(*_: object) -> None:
        raise Killed

    async def nothing(*_: object) -> None:
        """A process that is dead ends no upload."""

    with patch.context() as patched:
        patched.setattr(f"minio_sdk.flows.transfers.Resuming.{at}", end)
        patched.setattr("minio_sdk.flows.in_parts.abort", nothing)
        with pytest.raises(Killed):
            await large.upload_file(bucket, "a", path, resume=True)


@pytest.mark.parametrize("style", ["sync"])
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
@pytest.mark.needs("the moment at which uploads began")
async def test_an_upload_whose_id_nobody_has_learned_is_ended_when_it_is_old(
    setting: Setting,
    bucket: str,
    large: AsyncMinIOClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has no parts, and is of this very key."""
    await killed(large, bucket, tmp_path / "file", monkeypatch, "began")
    assert len(setting.unfinished_uploads(bucket)) == 1
    for module in ("strays", "transfers"):
        monkeypatch.setattr(f"minio_sdk.flows.{module}.QUIET", -60)
    await large.upload_file(bucket, "a", tmp_path / "file", resume=True)
    assert await large.list_transfers() == []
    assert setting.unfinished_uploads(bucket) == []


@pytest.mark.parametrize("style", ["sync"])
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_an_upload_that_was_stored_before_the_end_is_not_sent_again(
    setting: Setting,
    bucket: str,
    large: AsyncMinIOClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or the condition would find what the first run has stored."""
    await killed(large, bucket, tmp_path / "file", monkeypatch, "ended")
    before = await large.get_object_metadata(bucket, "a")
    stored = await large.upload_file(bucket, "a", tmp_path / "file", resume=True, if_none_match="*")
    assert (stored.etag, stored.size) == (before.etag, len(DATA))
    assert (await large.get_object_metadata(bucket, "a")).last_modified == before.last_modified
    assert await large.list_transfers() == []


@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_a_download_in_two_runs(bucket: str, large: AsyncMinIOClient, tmp_path: Path) -> None:
    """The file appears with the second, and nothing stays beside it."""
    await large.upload_file(bucket, "a", tmp_path / "file")
    target = tmp_path / "folder" / "target"
    target.parent.mkdir()

    def interrupt(now: TransferProgress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await large.download_file(bucket, "a", target, resume=True, progress=interrupt)
    (found,) = await large.list_transfers()
    assert (found.kind, found.size, found.bytes_done) == ("download", len(DATA), 8 * MiB)
    await large.download_file(bucket, "a", target, resume=True)
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("tenancy", ["bucket"])
@pytest.mark.needs("checksums that are compared")
async def test_the_server_has_the_checksum_of_the_whole(
    setting: Setting, bucket: str, large: AsyncMinIOClient, tmp_path: Path
) -> None:
    """Put together here from those of the parts, and compared there."""
    import base64
    import zlib

    await large.put_object(bucket, "first", b"1")  # tells which server it is
    await large.upload_file(bucket, "a", tmp_path / "file")
    place, prefix = setting.place(bucket)
    found: Any = setting.s3.head_object(Bucket=place, Key=f"{prefix}a", ChecksumMode="ENABLED")
    crc = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()
    assert found["ChecksumCRC32"] == crc
    await large.download_file(bucket, "a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == DATA
