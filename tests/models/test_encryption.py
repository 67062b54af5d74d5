"""Encryption of buckets as people write it."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import BucketEncryption, ValidationError
from minio_sdk.models.encryption import bucket_encryption

KMS = BucketEncryption(algorithm="aws:kms", kms_key_id="my-key", bucket_key_enabled=True)
BY_DEFAULT = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "my-key"}


def test_every_form_is_the_same_encryption() -> None:
    rule = {"ApplyServerSideEncryptionByDefault": BY_DEFAULT, "BucketKeyEnabled": True}
    for form in (KMS, dict(KMS), {"Rules": [rule]}):
        assert bucket_encryption(form) == KMS
    for form in (BucketEncryption(), {}, {"algorithm": "AES256"}):
        assert bucket_encryption(form) == BucketEncryption()


@pytest.mark.parametrize(
    "given, message",
    [
        (None, "must be a dict or a BucketEncryption"),
        ("AES256", "must be a dict or a BucketEncryption"),
        ({"algorithm": "aes256"}, "must be of AES256, aws:kms"),
        ({"algorithm": "aws:kms", "kms_key_id": ""}, "1 to 2048 printable"),
        ({"algorithm": "aws:kms", "kms_key_id": "a\n"}, "1 to 2048 printable"),
        ({"kms_key_id": "k"}, "goes with 'aws:kms'"),
        ({"bucket_key_enabled": "yes"}, "must be True or False"),
        ({"key": "k"}, "is not one of"),
        ({"Rules": []}, "must be one rule"),
        ({"Rules": [5]}, "must be one rule"),
        ({"Rules": [{}, {}]}, "S3 allows 1"),
        ({"Rules": [{"BucketKeyEnabled": True}]}, "must be a dict"),
    ],
)
def test_an_encryption_that_s3_would_not_take(given: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        bucket_encryption(given)
