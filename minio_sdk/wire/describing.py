"""Headers that describe an object and come back with it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#SysMetadata
"""

from __future__ import annotations

import re
from datetime import datetime

from minio_sdk.errors import invalid
from minio_sdk.wire.conditions import date_header

DESCRIBING = (
    "content_type",
    "content_encoding",
    "content_disposition",
    "content_language",
    "cache_control",
    "expires",
)
"""The arguments; each header's name is the same with dashes."""

_STORAGE_CLASS = re.compile(r"[A-Z0-9_-]{1,64}", re.ASCII)


def describing_header(argument: str, value: object) -> str:
    """The value of a header as it is sent.

    Args:
        argument: one of `DESCRIBING`.
        value: text; for ``expires`` a datetime as well.

    Raises:
        ValidationError: a header can't carry it.
    """
    if argument == "expires" and isinstance(value, datetime):
        return date_header(value, argument)
    if (
        not isinstance(value, str)
        or not value
        or not value.isascii()
        or not value.isprintable()
        or value != value.strip()
    ):
        raise invalid(argument, value, "must be text of printable ASCII, as headers are")
    if argument == "content_type" and "/" not in value:
        raise invalid(argument, value, "must be like 'text/plain'")
    return value


def check_storage_class(value: object) -> str:
    """A storage class.

    Raises:
        ValidationError: no name of one.
    """
    if not isinstance(value, str) or not _STORAGE_CLASS.fullmatch(value):
        raise invalid("storage_class", value, "must be a name such as 'STANDARD_IA'")
    return value
