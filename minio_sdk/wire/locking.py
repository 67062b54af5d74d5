"""Object lock in headers: with uploads, and in what HEAD tells."""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.models.object_lock import Retention
from minio_sdk.wire.headers import iso_date

MODE = "x-amz-object-lock-mode"
UNTIL = "x-amz-object-lock-retain-until-date"
HOLD = "x-amz-object-lock-legal-hold"
BYPASS = {"x-amz-bypass-governance-retention": "true"}


def lock_headers(retention: Retention | None, legal_hold: bool) -> dict[str, str]:
    """The headers that lock a new object."""
    headers: dict[str, str] = {}
    if retention is not None:
        headers[MODE] = retention.mode
        headers[UNTIL] = retention.retain_until_date.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    if legal_hold:
        headers[HOLD] = "ON"
    return headers


def retention_in(headers: Mapping[str, str]) -> Retention | None:
    """The retention that headers tell."""
    mode, until = headers.get(MODE), iso_date(headers.get(UNTIL))
    if not mode or until is None:
        return None
    return Retention(mode=mode.upper(), retain_until_date=until)


def is_held(headers: Mapping[str, str]) -> bool:
    """Whether headers tell of a legal hold."""
    return headers.get(HOLD, "").upper() == "ON"


def asks_for_lock(headers: Mapping[str, str]) -> bool:
    """Whether the headers of an upload lock the object."""
    return MODE in headers or HOLD in headers
