"""Bringing back all that was deleted below a prefix."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.flows import buckets, bulk, moments
from minio_sdk.flows.bulk import Job
from minio_sdk.flows.undeleting import Deleted
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.moments import Moment, moment_of
from minio_sdk.models.names import check_flag, check_prefix
from minio_sdk.operations.list_objects import ListObjectVersions


async def undelete(
    engine: Engine,
    bucket: str,
    prefix: str,
    since: Moment | None,
    copy: bool,
    dry_run: bool,
    job: Job,
) -> BulkResult:
    """Bring back every object that is deleted.

    Raises:
        NotSupportedError: the bucket keeps no versions.
    """
    check_flag("copy", copy)
    check_flag("dry_run", dry_run)
    moment = None if since is None else moment_of(since, "since")
    question = ListObjectVersions(engine.place(bucket), check_prefix(prefix))
    await buckets.check(engine, question)
    await moments.expect_versions(engine, question)
    how = {"bucket": bucket, "copy": copy, "dry_run": dry_run}
    async with aclosing(_deleted(engine, question, moment, how)) as items:
        return await bulk.perform(engine, "undelete", items, job)


async def _deleted(
    engine: Engine, question: ListObjectVersions, since: datetime | None, how: dict[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    walked = moments.histories(engine, question.place, question.prefix, Deleted)
    async with aclosing(walked) as pages:
        async for _, known in pages:
            for key, each in known.items():
                if isinstance(each, Deleted) and each.restorable and each.went_after(since):
                    yield {**how, "key": key}
