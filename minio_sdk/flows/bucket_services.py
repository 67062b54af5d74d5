"""What a server does of itself with the objects of a bucket: encrypts them.

How it is set safely is in `flows.settings`. With prefix tenancy a bucket of the server is many tenants', and
none of them may set it.
"""

from __future__ import annotations

from minio_sdk.engine import Engine
from minio_sdk.flows.settings import Kind, own_place, read, read_before, remove, write
from minio_sdk.models.encryption import BucketEncryption, bucket_encryption
from minio_sdk.operation import Place
from minio_sdk.operations.bucket_encryption import (
    DeleteBucketEncryption,
    GetBucketEncryption,
    PutBucketEncryption,
)
from minio_sdk.wire.quirks import is_aws

# -- encryption ------------------------------------------------------------------------------------


def _put_encryption(place: Place, wanted: BucketEncryption | None) -> PutBucketEncryption:
    return PutBucketEncryption(place, wanted or BucketEncryption())


def _lost_encryption(wanted: BucketEncryption | None, found: BucketEncryption | None) -> str | None:
    return None if wanted == found else "how objects are encrypted"


ENCRYPTION: Kind[BucketEncryption | None] = Kind(
    GetBucketEncryption, _put_encryption, DeleteBucketEncryption, None, _lost_encryption
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
