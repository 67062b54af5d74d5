"""ListenBucketNotification, MinIO's own: what happens in a bucket, told while it happens.

https://docs.min.io/community/minio-object-store/developers/python/API.html#listen_bucket_notification
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minio_sdk.models.names import check_prefix
from minio_sdk.operation import Operation
from minio_sdk.wire.failure import check_stream
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string


@dataclass(frozen=True, slots=True)
class ListenNotification(Operation[None]):
    """Events of a place, in an answer without end.

    Attributes:
        events: which, such as ``"s3:ObjectCreated:*"``.
        prefix: only of keys that begin with it.
        suffix: only of keys that end with it.
        ping: seconds between two signs of life.
    """

    name: ClassVar[str] = "ListenBucketNotification"

    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    ping: int = 10

    def request(self) -> Request:
        """GET the events."""
        pairs = [("events", event) for event in self.events]
        pairs += [
            ("ping", str(self.ping)),
            ("prefix", self.place.prefix_out(self.prefix)),
            ("suffix", check_prefix(self.suffix, "suffix")),
        ]
        # Who listens asks again by rules of its own, since this is lost only after it has gone well.
        return Request("GET", self.place.path, query_string(pairs), retry=False)

    def parse(self, reply: Reply) -> None:
        """Nothing: what the head has to say is that events follow.

        Raises:
            NotSupportedError: it is another answer, as a listing of the bucket is.
        """
        check_stream(
            reply, "live events", "MinIO has them; set_bucket_notification() is what S3 has"
        )
