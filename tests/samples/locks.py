"""Locks of objects in the samples."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from minio_sdk import ObjectLock, Retention
from minio_sdk.operation import Place
from minio_sdk.wire.locking import lock_headers

LOCKED = Place("locked", "acme-locked", "", "/acme-locked")
LOCK = ObjectLock(mode="GOVERNANCE", days=30)
RETENTION = Retention(
    mode="GOVERNANCE", retain_until_date=datetime(2050, 1, 31, 12, tzinfo=timezone.utc)
)
SHORTER = Retention(
    mode="GOVERNANCE", retain_until_date=RETENTION.retain_until_date - timedelta(days=1)
)
HEADERS = {"content-type": "text/plain", **lock_headers(RETENTION, True)}
