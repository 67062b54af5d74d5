"""Object lock: what keeps versions of objects from being removed.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.given import named, whole
from minio_sdk.models.record import Record

MOST_DAYS, MOST_YEARS = 36_500, 100
"""How long a bucket's default retention may last; S3 and MinIO have the same limits."""

MODES = ("GOVERNANCE", "COMPLIANCE")
_MODE = "must be 'GOVERNANCE' or 'COMPLIANCE'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Record):
    """Until when a version of an object can't be removed. A dict does as well wherever one is taken.

    Attributes:
        mode: ``"GOVERNANCE"``, which those may pass by who are allowed to, or ``"COMPLIANCE"``, which
            nobody may.
        retain_until_date: the end, with a time zone; S3 counts whole seconds, so a part of one is made
            a whole one.
    """

    mode: str
    retain_until_date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLock(Record):
    """What a bucket gives to new objects that say nothing of it themselves. A dict does as well.

    Attributes:
        mode: ``"GOVERNANCE"`` or ``"COMPLIANCE"``; None gives them no retention.
        days, years: how long it lasts; one of the two where there is a mode.
    """

    mode: str | None = None
    days: int | None = None
    years: int | None = None


def whole_second(moment: datetime) -> datetime:
    """The moment in UTC, or the next one that is a whole second."""
    utc = moment.astimezone(timezone.utc)
    return utc.replace(microsecond=0) + timedelta(seconds=1) if utc.microsecond else utc


def retention_of(given: Any, argument: str = "retention") -> Retention:
    """A retention as users give it, checked.

    Raises:
        ValidationError: S3 would not take it.
    """
    values = named(given, argument, Retention)
    mode, until = values.get("mode"), values.get("retain_until_date")
    if mode not in MODES:
        raise invalid(f"{argument}.mode", mode, _MODE)
    where = f"{argument}.retain_until_date"
    if not isinstance(until, datetime):
        raise invalid(where, until, "must be a datetime")
    if until.tzinfo is None:
        raise invalid(where, until, "must have a time zone, such as timezone.utc")
    try:
        return Retention(mode=mode, retain_until_date=whole_second(until))
    except OverflowError:
        raise invalid(where, until, "must lie within the years 1 to 9999 in UTC") from None


def object_lock_of(given: Any, argument: str = "lock") -> ObjectLock:
    """The lock of a bucket as users give it, S3's own form included, checked.

    Raises:
        ValidationError: S3 would not take it.
    """
    values = named(given, argument, ObjectLock, ("object_lock_enabled", "rule"))
    if values.pop("object_lock_enabled", "Enabled") != "Enabled":
        raise ValidationError(f"{argument}.object_lock_enabled: can't be anything but 'Enabled'")
    if "rule" in values:
        rule = values.pop("rule")
        if values or not isinstance(rule, Mapping) or set(rule) != {"DefaultRetention"}:
            raise invalid(f"{argument}.rule", rule, "must be {'DefaultRetention': {...}} and alone")
        values = named(rule["DefaultRetention"], f"{argument}.rule", ObjectLock)
    mode, days, years = (values.get(name) for name in ("mode", "days", "years"))
    if mode is not None and mode not in MODES:
        raise invalid(f"{argument}.mode", mode, _MODE)
    if (days is not None) + (years is not None) != (mode is not None):
        raise ValidationError(
            f"{argument}: mode={mode!r}, days={days!r}, years={years!r}: must be a mode and one of days "
            "and years, or none of the three"
        )
    for name, value, most in (("days", days, MOST_DAYS), ("years", years, MOST_YEARS)):
        if value is not None:
            whole(value, f"{argument}.{name}", 1, most)
    return ObjectLock(mode=mode, days=days, years=years)
