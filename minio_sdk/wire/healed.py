"""What MinIO tells of something that it has healed, or looked at."""

from __future__ import annotations

from minio_sdk.models.admin_jobs import HealedItem
from minio_sdk.wire.told import Told


def healed_item(told: Told) -> HealedItem:
    """What was found, and what became of it. Names are the server's."""
    before, after = (told.told(name).each("drives") for name in ("before", "after"))
    return HealedItem(
        kind=told.text("type"),
        bucket=told.text("bucket"),
        key=told.text("object"),
        version_id=told.text("versionId"),
        detail=told.text("detail"),
        size=max(told.number("objectSize"), 0),
        before=sum(drive.text("state") == "ok" for drive in before),
        after=sum(drive.text("state") == "ok" for drive in after),
        drives=len(before),
    )
