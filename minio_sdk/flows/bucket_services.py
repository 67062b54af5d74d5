"""What a server does of itself with the objects of a bucket: encrypts them, copies them, tells of them.

How it is set safely is in `flows.settings`. With prefix tenancy a bucket of the server is many tenants', and
none of them may set it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, ServerError, invalid
from minio_sdk.flows.settings import Kind, lost_rules, own_place, read, read_before, remove, write
from minio_sdk.models import notification as notification_models
from minio_sdk.models import replication as replication_models
from minio_sdk.models.encryption import BucketEncryption, bucket_encryption
from minio_sdk.models.notification import NotificationRule, notification_rules
from minio_sdk.models.replication import Replication, replication_of
from minio_sdk.models.showing import RecordList
from minio_sdk.operations.bucket_encryption import (
    DeleteBucketEncryption,
    GetBucketEncryption,
    PutBucketEncryption,
)
from minio_sdk.operations.bucket_notification import (
    GetBucketNotification,
    PutBucketNotification,
)
from minio_sdk.operations.bucket_replication import (
    DeleteBucketReplication,
    GetBucketReplication,
    PutBucketReplication,
)
from minio_sdk.wire.policy import ARN
from minio_sdk.wire.quirks import is_aws

# -- encryption ------------------------------------------------------------------------------------


def _lost_encryption(wanted: BucketEncryption | None, found: BucketEncryption | None) -> str | None:
    return None if wanted == found else "how objects are encrypted"


ENCRYPTION: Kind[BucketEncryption | None] = Kind(
    GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption, None, _lost_encryption
)


async def set_encryption(engine: Engine, bucket: str, encryption: object) -> None:
    """Replace the encryption of a bucket."""
    place = own_place(engine, bucket, PutBucketEncryption.name)
    await write(engine, ENCRYPTION, place, bucket_encryption(encryption))


async def get_encryption(engine: Engine, bucket: str) -> BucketEncryption | None:
    """The encryption of a bucket; None where there is none."""
    return await read(engine, ENCRYPTION, own_place(engine, bucket, GetBucketEncryption.name))


async def delete_encryption(engine: Engine, bucket: str) -> None:
    """Remove the encryption of a bucket."""
    place = own_place(engine, bucket, DeleteBucketEncryption.name)
    found = await read_before(engine, ENCRYPTION, DeleteBucketEncryption(place))
    if found == BucketEncryption() and is_aws(engine.api.server):
        return  # it has no bucket without
    await remove(engine, ENCRYPTION, place)


# -- replication -----------------------------------------------------------------------------------

_DESTINATION = re.compile(
    r"((?:arn:aws(?:-[a-z-]+)?:s3:::|arn:minio:replication:[a-z0-9-]*:[A-Za-z0-9-]+:)?)([^:/]+)",
    re.ASCII,
)
_ROLE = re.compile(r"arn:aws(?:-[a-z-]+)?:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)


def _lost_replication(wanted: Replication | None, found: Replication | None) -> str | None:
    if wanted is None or found is None:
        return None if wanted is found else "all of it"
    if wanted.role is not None and wanted.role != found.role:
        return "role"
    return lost_rules(wanted.rules, found.rules, replication_models.essence)


REPLICATION: Kind[Replication | None] = Kind(
    GetBucketReplication, PutBucketReplication, DeleteBucketReplication, None, _lost_replication
)


def destination_out(engine: Engine, destination: str, where: str) -> str:
    """A destination with the server's name of the bucket; it can be no other tenant's."""
    parts = _DESTINATION.fullmatch(destination)
    if parts is None:
        rule = "must be the name of a bucket, 'arn:aws:s3:::...' or 'arn:minio:replication:...'"
        raise invalid(where, destination, rule)
    return (parts[1] or ARN) + engine.place(parts[2]).server_bucket


def destination_back(engine: Engine, destination: str) -> str:
    """A destination with the tenant's own name of the bucket.

    Raises:
        ServerError: it is a bucket of somebody else's.
    """
    parts = _DESTINATION.fullmatch(destination)
    bucket = parts and engine.scope.own(parts[2])
    if parts is None or bucket is None:
        raise ServerError(
            "a rule that another program has set names a bucket that isn't this tenant's",
            hint="delete_bucket_replication() removes it, or ask who has set it",
        )
    return bucket if parts[1] == ARN else parts[1] + bucket


async def set_replication(engine: Engine, bucket: str, replication: object) -> None:
    """Replace the replication of a bucket, written with the tenant's names."""
    place = own_place(engine, bucket, PutBucketReplication.name)
    await write(engine, REPLICATION, place, replication_out(engine, replication))


def replication_out(engine: Engine, replication: object) -> Replication:
    """A replication with the server's names of buckets.

    Raises:
        ValidationError: S3 would not take it, or it names what isn't the tenant's.
    """
    wanted = replication_of(replication)
    # Elsewhere than on AWS a role may be the ARN of a target, which is a bucket of anybody's.
    if wanted.role and engine.config.tenant_id is not None and not _ROLE.fullmatch(wanted.role):
        rule = "must be the ARN of a role, such as 'arn:aws:iam::123456789012:role/copies'"
        raise invalid("replication.role", wanted.role, rule)
    rules = tuple(
        replace(
            rule,
            destination=destination_out(
                engine, rule.destination, f"replication.rules[{number}].destination"
            ),
        )
        for number, rule in enumerate(wanted.rules)
    )
    return replace(wanted, rules=rules)


async def get_replication(engine: Engine, bucket: str) -> Replication | None:
    """The replication of a bucket with the tenant's names; None where there is none."""
    place = own_place(engine, bucket, GetBucketReplication.name)
    found = await read(engine, REPLICATION, place)
    if found is None:
        return None
    try:
        rules = tuple(
            replace(rule, destination=destination_back(engine, rule.destination))
            for rule in found.rules
        )
    except MinIOError as error:
        engine.named(error, GetBucketReplication(place))
        raise
    shown = engine.config.tenant_id is None or _ROLE.fullmatch(found.role or "")
    return Replication(rules=rules, role=found.role if shown else None)


async def delete_replication(engine: Engine, bucket: str) -> None:
    """Remove the replication of a bucket."""
    await remove(engine, REPLICATION, own_place(engine, bucket, DeleteBucketReplication.name))


# -- notifications ---------------------------------------------------------------------------------


def _lost_notification(
    wanted: tuple[NotificationRule, ...], found: tuple[NotificationRule, ...]
) -> str | None:
    return lost_rules(wanted, found, notification_models.essence)


NOTIFICATION: Kind[tuple[NotificationRule, ...]] = Kind(
    GetBucketNotification,
    PutBucketNotification,
    lambda place: PutBucketNotification(place, ()),
    (),
    _lost_notification,
)


async def set_notification(engine: Engine, bucket: str, rules: object) -> None:
    """Replace the notifications of a bucket; none removes them."""
    place = own_place(engine, bucket, PutBucketNotification.name)
    await write(engine, NOTIFICATION, place, notification_rules(rules))


async def get_notification(engine: Engine, bucket: str) -> RecordList[NotificationRule]:
    """The notifications of a bucket; none is an empty list."""
    place = own_place(engine, bucket, GetBucketNotification.name)
    found = await read(engine, NOTIFICATION, place)
    return RecordList(found)


async def delete_notification(engine: Engine, bucket: str) -> None:
    """Remove the notifications of a bucket."""
    await remove(engine, NOTIFICATION, own_place(engine, bucket, PutBucketNotification.name))
