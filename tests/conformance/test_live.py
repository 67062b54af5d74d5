"""Events as they happen, and rows of objects, told by real servers."""

from __future__ import annotations

import json
import threading

import pytest

from minio_sdk import AsyncMinIOClient, CsvInput
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Live events, and rows of objects"),
]


@pytest.mark.needs("S3 Select")
async def test_rows_of_an_object(client: AsyncMinIOClient, bucket: str) -> None:
    """Those that the question is about."""
    await client.put_object(bucket, "a b/ü.csv", b"name,age\nAda,36\nAlan,41\n")
    question = "SELECT s.name FROM s3object s WHERE s.age = '41'"
    found = client.select_object_content(
        bucket, "a b/ü.csv", question, CsvInput(file_header_info="USE")
    )
    assert json.loads(b"".join([block async for block in found])) == {"name": "Alan"}


@pytest.mark.needs("live events")
async def test_an_upload_is_told(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """By the tenant's own names, and none that wasn't asked for.

    There are builds of MinIO that hold back events until there are 4 KiB of them.
    """
    place, prefix = setting.place(bucket)
    done = threading.Event()

    def upload() -> None:
        number = 0
        while not done.wait(0.02):
            number += 1
            for name in ("in/a b+ü%41", "out/x"):
                setting.s3.put_object(
                    Bucket=place, Key=f"{prefix}{name}-{number}", Metadata={"long": "x" * 1500}
                )

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        events = client.listen_bucket(bucket, "in/", events=["s3:ObjectCreated:*"], ping=1)
        seen = [await events.__anext__() for _ in range(3)]
    finally:
        done.set()
        thread.join()
    for event in seen:
        assert (event.bucket, event.name) == (bucket, "s3:ObjectCreated:Put")
        assert event.key.startswith("in/a b+ü%41-")
        assert event.metadata["long"] == "x" * 1500
