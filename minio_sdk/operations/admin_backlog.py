"""What of a bucket isn't where its replication rules want it, which MinIO tells while it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.models.admin_sites import UnreplicatedVersion
from minio_sdk.operations.admin import OfBucket
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError


@dataclass(frozen=True, slots=True)
class AdminReplicationDiff(OfBucket[None]):
    """POST replication/diff.

    Attributes:
        prefix: only keys that begin with it.
        arn: only of this target; empty for all.
    """

    name: ClassVar[str] = "AdminReplicationDiff"

    prefix: str = ""
    arn: str = ""

    def request(self) -> Request:
        """POST it. It changes nothing, and is asked again as long as nothing has come."""
        query = {"bucket": self.place.server_bucket}
        if self.arn:
            query["arn"] = self.arn
        if self.prefix:
            query["prefix"] = self.prefix
        return self._ask("POST", "replication/diff", **query)

    def parse(self, reply: Reply) -> None:
        """Nothing: lines follow."""


def version_in(line: bytes) -> UnreplicatedVersion:
    """What a line tells.

    Raises:
        XmlError: it is none of MinIO's, or says that MinIO could not go on.
    """
    told = Told.read(line)
    if told.plain.get("error") is not None:
        raise XmlError("the server could not look any further")
    key = told.text("object")
    if not key:
        raise XmlError("it names no object")
    targets = told.by_name("targets")
    return UnreplicatedVersion(
        key=key,
        version_id=told.text("versionId") or None,
        status=_status(told),
        last_modified=told.moment("lastModified"),
        replicated=told.moment("replTimestamp"),
        delete_marker=told.flag("deletemarker"),
        targets={arn: _of_target(targets[arn]) for arn in targets},
    )


def _status(told: Told) -> str:
    return told.text("dStatus") or told.text("rStatus")


def _of_target(told: Told) -> str:
    return told.text("drStatus") or told.text("rStatus")
