"""How one object is encrypted by the server: what a caller asks for, and what the server tells of it.

Rule of this file: a customer's key is never shown, and neither is the context of a KMS key, which may name
what nobody else is to know.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

import binascii
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from minio_sdk.errors import ValidationError, invalid, reword, veiled
from minio_sdk.models.names import check_flag
from minio_sdk.models.record import Record
from minio_sdk.models.secret import FrozenDict, Secret, SecretBytes

KEY_BYTES = 32
"""AES-256, which is all that SSE-C knows."""

MAX_CONTEXT = 8192
"""Characters of a context as it is sent; servers allow a head of about so much."""

SERVER = "x-amz-server-side-encryption"
KMS_KEY_ID = f"{SERVER}-aws-kms-key-id"
CONTEXT = f"{SERVER}-context"
BUCKET_KEY = f"{SERVER}-bucket-key-enabled"
_CUSTOMER = "server-side-encryption-customer"


@dataclass(frozen=True, slots=True)
class SseS3:
    """Encrypt with keys that the server keeps itself (SSE-S3)."""

    @property
    def is_secret(self) -> bool:
        """Whether what is sent must not be seen on the way."""
        return False

    def headers(self) -> dict[str, str]:
        """What a request that stores an object says of it."""
        return {SERVER: "AES256"}


@dataclass(frozen=True, slots=True)
class SseKms:
    """Encrypt with a key of a key management service (SSE-KMS).

    Args:
        key_id: the key's id, ARN or alias there; None for the server's own choice.
        context: names and values that the service has to be told again to decrypt; the server keeps them.
        bucket_key: derive keys for the bucket, so that the service is asked less often; None leaves it to
            the bucket. On AWS.
        dual_layer: encrypt twice (DSSE-KMS). On AWS.

    Raises:
        ValidationError: an argument that S3 doesn't take.
    """

    key_id: str | None = None
    context: Mapping[str, str] | None = field(default=None, repr=False)
    bucket_key: bool | None = None
    dual_layer: bool = False

    def __post_init__(self) -> None:
        key = self.key_id
        if key is not None and not (
            isinstance(key, str) and 1 <= len(key) <= 2048 and key.isascii() and key.isprintable()
        ):
            rule = "must be 1 to 2048 printable ASCII characters"
            raise invalid("encryption.key_id", veiled(key), rule)
        if key is not None and key != key.strip():
            raise invalid("encryption.key_id", key, "begins or ends with a blank")
        if self.context is not None:
            object.__setattr__(self, "context", FrozenDict(_checked_context(self.context)))
        if self.bucket_key is not None:
            check_flag("encryption.bucket_key", self.bucket_key)
        check_flag("encryption.dual_layer", self.dual_layer)

    @property
    def is_secret(self) -> bool:
        """Whether what is sent must not be seen on the way: a context may be."""
        return bool(self.context)

    def headers(self) -> dict[str, str]:
        """What a request that stores an object says of it."""
        headers = {SERVER: "aws:kms:dsse" if self.dual_layer else "aws:kms"}
        if self.key_id is not None:
            headers[KMS_KEY_ID] = self.key_id
        if self.context:
            headers[CONTEXT] = Secret(_context_text(self.context))
        if self.bucket_key is not None:
            headers[BUCKET_KEY] = "true" if self.bucket_key else "false"
        return headers


@dataclass(frozen=True, slots=True, init=False)
class SseC:
    """Encrypt with a key of your own, which the server uses and forgets (SSE-C).

    Every later read of the object has to bring the same key. **Without it the object is lost**: nobody has
    another copy of it.

    Args:
        key: 32 bytes, or their base64 form as text.

    Raises:
        ValidationError: it isn't that; the message doesn't show it.
    """

    key: bytes
    _headers: Mapping[str, str] = field(repr=False, compare=False)

    def __init__(self, key: bytes | bytearray | memoryview | str) -> None:
        checked = SecretBytes(_checked_key(key))
        object.__setattr__(self, "key", checked)
        digest = b64encode(hashlib.md5(checked, usedforsecurity=False).digest()).decode()
        headers = {
            f"{_CUSTOMER}-algorithm": "AES256",
            f"{_CUSTOMER}-key": Secret(b64encode(checked).decode()),
            f"{_CUSTOMER}-key-md5": digest,
        }
        object.__setattr__(self, "_headers", FrozenDict(headers))

    @classmethod
    def generate(cls) -> SseC:
        """One with a new key from the system's source of randomness."""
        return cls(os.urandom(KEY_BYTES))

    @property
    def is_secret(self) -> bool:
        """Whether what is sent must not be seen on the way."""
        return True

    @property
    def key_md5(self) -> str:
        """The MD5 of the key in base64, by which servers name it; it doesn't tell the key."""
        return self._headers[f"{_CUSTOMER}-key-md5"]

    def headers(self) -> dict[str, str]:
        """What a request says that stores or reads such an object, and what the user of a URL has to send."""
        return {f"x-amz-{name}": value for name, value in self._headers.items()}

    def source_headers(self) -> dict[str, str]:
        """What a copy says of its source."""
        return {f"x-amz-copy-source-{name}": value for name, value in self._headers.items()}


Encryption = SseS3 | SseKms | SseC
GivenEncryption = Encryption | Mapping[str, Any] | Literal[False] | None
"""What callers give: a value, a dict, False for none, and None for what the client's settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEncryption(Record):
    """What a server tells of how an object is encrypted.

    Attributes:
        kind: ``"SSE-S3"``, ``"SSE-KMS"``, ``"DSSE-KMS"`` or ``"SSE-C"``.
        algorithm: the server's own word, such as ``"AES256"`` or ``"aws:kms"``.
        kms_key_id: the key in the key management service, as the server names it.
        bucket_key: whether keys are derived for the bucket, as far as the server tells.
        customer_key_md5: the MD5 of the customer's key; see `SseC.key_md5`.
    """

    kind: str
    algorithm: str
    kms_key_id: str | None = None
    bucket_key: bool = False
    customer_key_md5: str | None = None


# --- what callers write ---------------------------------------------------------------------------------


def _checked_key(key: object) -> bytes:
    rule = f"must be {KEY_BYTES} bytes, or their base64 form as text"
    if isinstance(key, str):
        try:
            key = b64decode(key.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            raise ValidationError(f"encryption.key: {rule}") from None
    if not isinstance(key, (bytes, bytearray, memoryview)):
        raise ValidationError(f"encryption.key: a {type(key).__name__}; {rule}")
    found = bytes(key)
    if len(found) != KEY_BYTES:
        raise ValidationError(f"encryption.key: {len(found)} bytes; {rule}")
    return found


def _checked_context(context: object) -> dict[str, str]:
    if isinstance(context, str):  # as S3 has it in a header
        try:
            context = json.loads(b64decode(context.encode("ascii"), validate=True))
        except (UnicodeEncodeError, ValueError, RecursionError):
            context = None
    if not isinstance(context, Mapping) or not all(
        isinstance(text, str) and text for pair in context.items() for text in pair
    ):
        raise ValidationError("encryption.context: must be a mapping of texts to texts")
    found = dict(context)
    try:
        too_long = len(_context_text(found)) > MAX_CONTEXT
    except UnicodeEncodeError:
        raise ValidationError("encryption.context: has half a character") from None
    if too_long:
        raise ValidationError(f"encryption.context: is longer than {MAX_CONTEXT} characters")
    return found


def _context_text(context: Mapping[str, str]) -> str:
    text = json.dumps(dict(context), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return b64encode(text.encode()).decode()


_NAMES = {
    "algorithm": "algorithm",
    "ServerSideEncryption": "algorithm",
    "SSEAlgorithm": "algorithm",
    "key_id": "key_id",
    "kms_key_id": "key_id",
    "SSEKMSKeyId": "key_id",
    "KMSMasterKeyID": "key_id",
    "context": "context",
    "SSEKMSEncryptionContext": "context",
    "bucket_key": "bucket_key",
    "bucket_key_enabled": "bucket_key",
    "BucketKeyEnabled": "bucket_key",
    "dual_layer": "dual_layer",
    "key": "key",
    "SSECustomerKey": "key",
    "SSECustomerAlgorithm": "customer_algorithm",
    "SSECustomerKeyMD5": "key_md5",
}
"""What dicts may have: our names, and those of boto3's arguments."""

_OF_KMS = frozenset({"key_id", "context", "bucket_key", "dual_layer"})
_KMS = {"aws:kms": False, "aws:kms:dsse": True}


def encryption_of(given: object, argument: str = "encryption") -> Encryption | None:
    """What a caller gives as one of the three values; None for False, which asks for none.

    Raises:
        ValidationError: it is none of them; never shows a key.
    """
    if given is False:
        return None
    if isinstance(given, (SseS3, SseKms, SseC)):
        return given
    if isinstance(given, Mapping):
        try:
            return _from_dict(given)
        except ValidationError as error:
            reword(error, argument + error.message.removeprefix("encryption"))
            raise
    what = given.__name__ if isinstance(given, type) else type(given).__name__
    # Not its value: it may well be the key.
    raise ValidationError(
        f"{argument}: must be SseS3(), SseKms(...), SseC(key), a dict, or False for none; not {what}"
    )


def _from_dict(given: Mapping[Any, Any]) -> Encryption:
    # What is wrong is said of "encryption", as the classes do; `encryption_of` knows the argument.
    values: dict[str, Any] = {}
    for name, value in given.items():
        short = _NAMES.get(name) if isinstance(name, str) else None
        if short is None:
            known = ", ".join(sorted(set(_NAMES) - {"kms_key_id", "bucket_key_enabled"}))
            raise invalid("encryption", veiled(name), f"is not one of {known}")
        if short in values:
            raise invalid("encryption", name, f"is {short}, which is there already")
        values[short] = value
    if "key" in values:
        return _customers(values)
    algorithm = values.pop("algorithm", "aws:kms" if values else None)
    if algorithm == "AES256" and not values:
        return SseS3()
    if not isinstance(algorithm, str) or algorithm not in _KMS:
        rule = "must be 'AES256', or 'aws:kms' where there is more than that"
        raise invalid("encryption.algorithm", veiled(algorithm), rule)
    if not values.keys() <= _OF_KMS:
        raise ValidationError("encryption: a customer's key is missing")
    values.setdefault("dual_layer", _KMS[algorithm])
    return SseKms(**values)


def _customers(values: dict[str, Any]) -> SseC:
    algorithm = values.pop("customer_algorithm", None) or values.pop("algorithm", "AES256")
    if algorithm != "AES256":
        raise invalid(
            "encryption.algorithm", veiled(algorithm), "must be 'AES256' with a customer's key"
        )
    found, digest = SseC(values.pop("key")), values.pop("key_md5", None)
    if values:
        raise invalid("encryption", min(values), "goes with 'aws:kms', not with a customer's key")
    if digest not in (None, found.key_md5):
        raise ValidationError("encryption.key_md5: is not the MD5 of the key")
    return found
