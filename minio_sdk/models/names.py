"""Rules for the names that users write: tenants, buckets, keys, prefixes.

Bucket rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
Key rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from __future__ import annotations

import re

from minio_sdk.errors import invalid

MAX_BUCKET = 63
MAX_KEY_BYTES = 1024

_PART = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_LOOSE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{1,253}[A-Za-z0-9_]", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_tenant_id(value: object) -> str:
    """A tenant id: 1 to 256 printable ASCII characters, no blank at either end."""
    if not isinstance(value, str):
        raise invalid("tenant_id", value, "must be text (None means: no tenancy)")
    if not 1 <= len(value) <= 256:
        raise invalid("tenant_id", value, "must have 1 to 256 characters")
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        raise invalid(
            "tenant_id", value, "must be printable ASCII characters without a blank at either end"
        )
    return value


def check_account(value: object, argument: str = "expected_bucket_owner") -> str:
    """The id of an AWS account: 12 digits."""
    if not isinstance(value, str) or not _ACCOUNT.fullmatch(value):
        raise invalid(argument, value, "must be 12 digits as text, the id of an AWS account")
    return value


def check_part_number(value: object, argument: str = "part_number") -> int:
    """The number of a part of an upload: 1 to 10,000."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10_000:
        raise invalid(argument, value, "must be a whole number from 1 to 10000")
    return value


def check_bucket_part(value: object, argument: str = "bucket") -> str:
    """A tenant's own bucket name: 1-63 of ``a-z 0-9 . -``, beginning and ending with letter or digit."""
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not _PART.fullmatch(value):
        raise invalid(
            argument,
            value,
            "must be 1 to 63 of a-z, 0-9, '.' and '-', beginning and ending with a letter or digit",
        )
    return value


def check_whole_bucket(value: str, shown_as: str, argument: str = "bucket") -> str:
    """A bucket name as the server gets it, against all of S3's rules; `shown_as` is the user's word."""

    def fail(rule: str) -> Exception:
        return invalid(argument, shown_as, rule)

    if len(value) > MAX_BUCKET:
        room = MAX_BUCKET - (len(value) - len(shown_as))
        raise fail(
            f"S3 allows {MAX_BUCKET} characters, and this one has {len(value)} on the server"
            + (f"; at most {room} are left for your part of it" if room < MAX_BUCKET else "")
        )
    if len(value) < 3:
        raise fail("must have at least 3 characters")
    if not _PART.fullmatch(value):
        raise fail("must be of a-z, 0-9, '.' and '-', beginning and ending with a letter or digit")
    if ".." in value:
        raise fail("must not have two dots in a row")
    if _IPV4.fullmatch(value):
        raise fail("must not look like an IP address")
    if value.startswith(_RESERVED_STARTS) or value.endswith(_RESERVED_ENDS):
        raise fail("begins or ends with a word that S3 keeps for itself")
    return value


def check_existing_bucket(value: object, argument: str = "bucket") -> str:
    """A bucket name that goes to the server as it is; old names with capitals or ``_`` may exist."""
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not _LOOSE.fullmatch(value) or ".." in value:
        raise invalid(
            argument,
            value,
            "must be 3 to 255 letters, digits, '.', '-' or '_', without two dots in a row",
        )
    return value


def check_region(value: object) -> str:
    """A region: 1 to 64 letters, digits and dashes."""
    if not isinstance(value, str) or not _REGION.fullmatch(value):
        raise invalid("region", value, "must be letters, digits and '-', such as 'us-east-1'")
    return value


def check_user_agent(value: object) -> str:
    """What is added to a header: 1 to 256 printable ASCII characters, no blank at either end."""
    rule = "must be 1 to 256 printable ASCII characters, without a blank at either end"
    if not isinstance(value, str) or not 1 <= len(value) <= 256:
        raise invalid("user_agent", value, rule)
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise invalid("user_agent", value, rule)
    return value


def check_key(value: object, argument: str = "key") -> str:
    """An object key: 1 to 1,024 bytes of UTF-8, any characters."""
    if type(value) is not str and not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not value:
        raise invalid(argument, value, "must not be empty")
    # Four bytes is the most one character takes: only long or odd keys pay for the exact count.
    if len(value) > MAX_KEY_BYTES // 4 or not value.isascii():
        _check_bytes(value, argument)
    return value if type(value) is str else plain(value)


def plain(value: str) -> str:
    """The text that a member of an enumeration, or another kind of `str`, is, however it is shown."""
    return str.__str__(value)


def check_prefix(value: object, argument: str = "prefix") -> str:
    """A key prefix: like a key, and it may be empty."""
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    return check_key(value, argument) if value else ""


def check_concurrency(value: object) -> None:
    """How much may be done side by side; None leaves it open."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise invalid("concurrency", value, "must be a whole number of at least 1, or None")


def check_flag(argument: str, value: object) -> bool:
    """A flag: True or False, and no text that would count as True."""
    if not isinstance(value, bool):
        raise invalid(argument, value, "must be True or False")
    return value


def check_revoke_type(value: object, argument: str = "token_revoke_type") -> str:
    """What MinIO notes of a session; it goes into the token, and so into each request's head."""
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not 1 <= len(value) <= 128 or not value.isprintable():
        raise invalid(argument, value, "must have 1 to 128 printable characters")
    return value


def check_version_id(value: object, argument: str = "version_id") -> str:
    """A version id: the server's own word, 1 to 1,024 printable characters."""
    if not isinstance(value, str):
        raise invalid(argument, value, f"must be text, not {type(value).__name__}")
    if not 1 <= len(value) <= MAX_KEY_BYTES or not value.isprintable():
        raise invalid(argument, value, f"must have 1 to {MAX_KEY_BYTES} printable characters")
    return value


def _check_bytes(value: str, argument: str) -> None:
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise invalid(
            argument, value, "has half of a surrogate pair, which UTF-8 can't carry"
        ) from error
    if size > MAX_KEY_BYTES:
        raise invalid(argument, value, f"S3 allows {MAX_KEY_BYTES} bytes of UTF-8, this is {size}")


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def canonical_tenant(tenant_id: str) -> str:
    """The one spelling of a tenant: a UUID in lower case, everything else as it is."""
    return tenant_id.lower() if _UUID.fullmatch(tenant_id) else tenant_id


def is_uuid(tenant_id: str) -> bool:
    """Whether it is a UUID in its 36-character form, in either letter case."""
    return _UUID.fullmatch(tenant_id) is not None
