"""Locks as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from minio_sdk import ObjectLock, Retention, ValidationError
from minio_sdk.models.object_lock import object_lock_of, retention_of, whole_second
from minio_sdk.wire.locking import asks_for_lock, is_held, lock_headers, retention_in
from tests.strategies import MODERATE, moments

UNTIL = datetime(2050, 1, 31, 12, tzinfo=timezone.utc)
RETENTION = Retention(mode="GOVERNANCE", retain_until_date=UNTIL)


def test_every_form_is_the_same_retention() -> None:
    east = UNTIL.astimezone(timezone(timedelta(hours=9)))
    for form in (
        RETENTION,
        dict(RETENTION),
        {"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL},
        {"mode": "GOVERNANCE", "retain_until_date": east},
        {"mode": "GOVERNANCE", "retain_until_date": UNTIL - timedelta(microseconds=1)},
    ):
        assert retention_of(form) == RETENTION


@pytest.mark.parametrize(
    "given_, message",
    [
        (5, "must be a dict or a Retention"),
        ("GOVERNANCE", "must be a dict or a Retention"),
        ({}, r"retention\.mode=None"),
        ({"mode": "governance", "retain_until_date": UNTIL}, "'GOVERNANCE' or 'COMPLIANCE'"),
        ({"mode": "GOVERNANCE"}, "must be a datetime"),
        ({"mode": "GOVERNANCE", "retain_until_date": "2050-01-31"}, "must be a datetime"),
        ({"mode": "GOVERNANCE", "retain_until_date": datetime(2050, 1, 1)}, "a time zone"),
        ({"mode": "GOVERNANCE", "retain_until_date": UNTIL, "days": 1}, "is not one of"),
        (
            {"mode": "GOVERNANCE", "retain_until_date": datetime.max.replace(tzinfo=timezone.utc)},
            "within the years",
        ),
    ],
)
def test_a_retention_that_s3_would_not_take(given_: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        retention_of(given_)


def test_every_form_is_the_same_lock() -> None:
    default = {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}
    for form in (
        ObjectLock(mode="COMPLIANCE", years=2),
        {"mode": "COMPLIANCE", "years": 2, "days": None},
        {"ObjectLockEnabled": "Enabled", "Rule": default},
    ):
        assert object_lock_of(form) == ObjectLock(mode="COMPLIANCE", years=2)
    for nothing in (ObjectLock(), {}, {"ObjectLockEnabled": "Enabled"}):
        assert object_lock_of(nothing) == ObjectLock()


@pytest.mark.parametrize(
    "given_, message",
    [
        (None, "must be a dict or a ObjectLock"),
        ({"mode": "GOVERNANCE"}, "one of days and years"),
        ({"mode": "GOVERNANCE", "days": 1, "years": 1}, "one of days and years"),
        ({"days": 1}, "one of days and years"),
        ({"mode": "GOVERNANCE", "days": 0}, "at least 1"),
        ({"mode": "GOVERNANCE", "years": "1"}, "whole number"),
        ({"mode": "Governance", "days": 1}, "'GOVERNANCE' or 'COMPLIANCE'"),
        ({"object_lock_enabled": "Disabled"}, "anything but 'Enabled'"),
        ({"rule": {}}, "DefaultRetention"),
        ({"rule": {"DefaultRetention": {}}, "mode": "GOVERNANCE"}, "and alone"),
    ],
)
def test_a_lock_that_s3_would_not_take(given_: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        object_lock_of(given_)


@MODERATE
@given(moments)
def test_a_retention_comes_back_from_headers_and_is_never_shorter(moment: datetime) -> None:
    whole = whole_second(moment)
    assert timedelta(0) <= whole - moment < timedelta(seconds=1)
    retention = retention_of({"mode": "COMPLIANCE", "retain_until_date": moment})
    headers = lock_headers(retention, True)
    assert retention_in(headers) == retention
    assert is_held(headers)
    assert asks_for_lock(headers)


def test_headers_without_a_lock() -> None:
    assert lock_headers(None, False) == {}
    assert retention_in({"x-amz-object-lock-mode": "GOVERNANCE"}) is None
    assert not is_held({"x-amz-object-lock-legal-hold": "OFF"})
    assert not asks_for_lock({"content-type": "text/plain"})
