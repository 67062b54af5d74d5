"""MinIOs beside the one that most tests share, and how long to wait for what they do in their own time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from minio_sdk import AsyncMinIOClient, BatchJob, BatchJobStatus, Config, NotFoundError
from tests.conformance.setting import Setting
from tests.servers import Server

T = TypeVar("T")

PATIENCE = 60.0  # seconds, for a machine with much else to do


def client_of(
    setting: Setting, server: Server, access_key: str = "", secret_key: str = ""
) -> AsyncMinIOClient:
    """The client under test for another server, without a tenant."""
    config = Config(
        server.base_url,
        None,
        access_key=access_key or server.access_key,
        secret_key=secret_key or server.secret_key,
        verify=server.ca_file or True,
        base_delay=0.05,
    )
    return setting.adopt(setting.client_class(config))


async def eventually(ask: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
    """The first answer that fits; the last one when the time is up."""
    end = time.monotonic() + PATIENCE
    while not fits(answer := await ask()) and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return answer


async def outcome_of(client: AsyncMinIOClient, job: BatchJob) -> BatchJobStatus:
    """The state of a job when it has gone through all."""

    async def status() -> BatchJobStatus | None:
        try:
            return await client.admin.batch_job_status(job.id)
        except NotFoundError:  # it has not been taken up yet
            return None

    found = await eventually(
        status, lambda told: told is not None and (told.complete or told.failed)
    )
    assert found is not None, "nobody has taken it up"
    return found
