"""What answers tell of the encryption of an object."""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.models.object_encryption import BUCKET_KEY, KMS_KEY_ID, SERVER, ObjectEncryption

CUSTOMER_ALGORITHM = "x-amz-server-side-encryption-customer-algorithm"
CUSTOMER_KEY = "x-amz-server-side-encryption-customer-key"
CUSTOMER_KEY_MD5 = "x-amz-server-side-encryption-customer-key-md5"
SOURCE_KEY = "x-amz-copy-source-server-side-encryption-customer-key"

_KINDS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}


def told(headers: Mapping[str, str]) -> ObjectEncryption | None:
    """How an object is encrypted by what an answer says; None where it says nothing."""
    customer, server = headers.get(CUSTOMER_ALGORITHM), headers.get(SERVER)
    if customer:
        # SeaweedFS says the MD5 twice.
        digests = {text.strip() for text in headers.get(CUSTOMER_KEY_MD5, "").split(",")}
        digest = digests.pop() if len(digests) == 1 else None
        return ObjectEncryption(kind="SSE-C", algorithm=customer, customer_key_md5=digest or None)
    if not server:
        return None
    return ObjectEncryption(
        kind=_KINDS.get(server, server),
        algorithm=server,
        kms_key_id=headers.get(KMS_KEY_ID) or None,
        bucket_key=headers.get(BUCKET_KEY, "").lower() == "true",
    )
