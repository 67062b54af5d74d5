"""What isn't replicated yet, told while MinIO looks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOConnectionError, MinIOError, ServerError
from minio_sdk.flows.admin_calls import known
from minio_sdk.flows.bucket_services import destination_back, destination_out
from minio_sdk.flows.settings import own_place
from minio_sdk.models.admin_sites import UnreplicatedVersion
from minio_sdk.models.names import check_prefix
from minio_sdk.operations.admin_backlog import AdminReplicationDiff, version_in
from minio_sdk.operations.admin_targets import check_arn
from minio_sdk.wire.event_lines import Lines
from minio_sdk.wire.xml import XmlError

PATIENCE = 30.0
"""Seconds of silence; MinIO shows twice a second that it looks."""


def asked(engine: Engine, bucket: str, prefix: str, arn: str | None) -> AdminReplicationDiff:
    """The question.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """
    place = own_place(engine, bucket, AdminReplicationDiff.name)
    theirs = "" if arn is None else destination_out(engine, check_arn(arn), "arn")
    operation = AdminReplicationDiff(place, check_prefix(prefix), theirs)
    operation.request()
    return operation


async def backlog(
    engine: Engine, operation: AdminReplicationDiff
) -> AsyncIterator[UnreplicatedVersion]:
    """Each version, as it comes."""
    await known(engine, operation)
    feed = engine.transport.feed()
    lines = Lines()
    try:
        await engine.open(operation, feed, PATIENCE)
        while block := await feed.read():
            for line in lines.feed(block):
                yield _own(engine, operation, line)
        if lines.partial:
            raise MinIOConnectionError("the answer ends in the middle of a line")
    except MinIOError as error:
        engine.named(error, operation)
        raise
    finally:
        feed.close()


def _own(engine: Engine, operation: AdminReplicationDiff, line: bytes) -> UnreplicatedVersion:
    try:
        version = version_in(line)
    except XmlError as reason:
        raise ServerError(f"the answer can't be read: {reason}") from None
    if not version.key.startswith(operation.prefix):
        raise ServerError("it tells of a key that wasn't asked for")
    return replace(
        version,
        targets={destination_back(engine, arn): state for arn, state in version.targets.items()},
    )
