"""How a bucket encrypts what is stored in it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minio_sdk.errors import ValidationError, invalid, veiled
from minio_sdk.models.given import listed, named
from minio_sdk.models.names import check_flag
from minio_sdk.models.record import Record

ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEncryption(Record):
    """How new objects are encrypted that say nothing of it themselves. A dict does as well.

    Attributes:
        algorithm: ``"AES256"`` with keys of the server's own (SSE-S3), ``"aws:kms"`` with those of a key
            management service (SSE-KMS), ``"aws:kms:dsse"`` with those twice over, on AWS.
        kms_key_id: the key in that service; None for its own choice.
        bucket_key_enabled: derive keys for the bucket, so that the service is asked less often; on AWS.
    """

    algorithm: str = "AES256"
    kms_key_id: str | None = None
    bucket_key_enabled: bool = False


def bucket_encryption(given: Any, argument: str = "encryption") -> BucketEncryption:
    """The encryption of a bucket as users give it, S3's own form included, checked.

    Raises:
        ValidationError: S3 would not take it.
    """
    if isinstance(given, Mapping):
        given = _plain(given, argument)
    values = named(given, argument, BucketEncryption)
    algorithm, key = values.get("algorithm", "AES256"), values.get("kms_key_id")
    if algorithm not in ALGORITHMS:
        raise invalid(
            f"{argument}.algorithm", veiled(algorithm), f"must be of {', '.join(ALGORITHMS)}"
        )
    if key is not None:
        if not isinstance(key, str) or not 1 <= len(key) <= 2048 or not key.isprintable():
            raise invalid(f"{argument}.kms_key_id", key, "must be 1 to 2048 printable characters")
        if algorithm == "AES256":
            raise ValidationError(
                f"{argument}.kms_key_id: goes with 'aws:kms', and not with 'AES256'"
            )
    check_flag(f"{argument}.bucket_key_enabled", values.get("bucket_key_enabled", False))
    return BucketEncryption(**values)


def _plain(given: Mapping[Any, Any], argument: str) -> Mapping[Any, Any]:
    """S3's own ``{"Rules": [{"ApplyServerSideEncryptionByDefault": {...}}]}`` as a dict of ours."""
    if set(given) != {"Rules"}:
        return given
    rules = listed(given["Rules"], f"{argument}.Rules", 1)
    if len(rules) != 1 or not isinstance(rules[0], Mapping):
        raise invalid(f"{argument}.Rules", rules, "must be one rule")
    rule = dict(rules[0])
    inner = rule.pop("ApplyServerSideEncryptionByDefault", None)
    if not isinstance(inner, Mapping):
        where = f"{argument}.Rules[0].ApplyServerSideEncryptionByDefault"
        raise invalid(where, inner, "must be a dict")
    names = {"SSEAlgorithm": "algorithm", "KMSMasterKeyID": "kms_key_id"}
    return {**rule, **{names.get(name, name): value for name, value in inner.items()}}
