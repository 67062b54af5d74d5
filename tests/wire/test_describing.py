"""Headers that describe an object: what they can carry."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import ValidationError
from minio_sdk.wire.describing import DESCRIBING, check_storage_class, describing_header


@pytest.mark.parametrize(
    "argument, value",
    [
        ("content_type", "text/plain; charset=utf-8"),
        ("content_encoding", "gzip"),
        ("content_disposition", 'attachment; filename="a b.txt"'),
        ("content_language", "de-CH, en"),
        ("cache_control", "no-cache"),
        ("expires", "0"),
    ],
)
def test_text_goes_as_it_is(argument: str, value: str) -> None:
    assert argument in DESCRIBING
    assert describing_header(argument, value) == value


def test_a_moment_goes_as_http_writes_it() -> None:
    when = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))
    assert describing_header("expires", when) == "Mon, 03 Feb 2031 03:05:06 GMT"


@pytest.mark.parametrize(
    "argument, value",
    [
        *((argument, value) for argument in DESCRIBING for value in ("", " a/b", "ü/ü", "a/b\r\n", 5)),
        ("content_type", "text"),
        ("expires", datetime(2031, 1, 1)),
        ("cache_control", datetime(2031, 1, 1, tzinfo=timezone.utc)),
    ],
)  # fmt: skip
def test_what_a_header_can_t_carry_is_refused_by_name(argument: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=f"^{argument}="):
        describing_header(argument, value)


def test_storage_classes() -> None:
    assert check_storage_class("STANDARD_IA") == "STANDARD_IA"
    for value in ("", "standard", "A B", "Ä", "A" * 65, 5, None):
        with pytest.raises(ValidationError, match="^storage_class="):
            check_storage_class(value)
