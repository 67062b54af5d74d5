"""GetBucketNotificationConfiguration, PutBucketNotificationConfiguration.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import NotSupportedError
from minio_sdk.models.notification import NotificationRule
from minio_sdk.operations.documents import ChangeDocument, GetDocument, put_document, root_of
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import read, xml

ROOT = "NotificationConfiguration"
_PARTS = ("QueueConfiguration", "TopicConfiguration", "CloudFunctionConfiguration")


@dataclass(frozen=True, slots=True)
class FilterRuleDocument:
    """``<FilterRule>``: ``prefix`` or ``suffix``."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class NotificationDocument:
    """``<QueueConfiguration>`` and its like, but for whom it tells."""

    id: str | None = None
    events: tuple[str, ...] = field(default=(), metadata=xml("Event"))
    filters: tuple[FilterRuleDocument, ...] = field(
        default=(), metadata=xml("Filter/S3Key/FilterRule")
    )


@dataclass(frozen=True, slots=True)
class QueueDocument(NotificationDocument):
    """``<QueueConfiguration>``."""

    arn: str = field(default="", metadata=xml("Queue"))


@dataclass(frozen=True, slots=True)
class TopicDocument(NotificationDocument):
    """``<TopicConfiguration>``."""

    arn: str = field(default="", metadata=xml("Topic"))


@dataclass(frozen=True, slots=True)
class FunctionDocument(NotificationDocument):
    """``<CloudFunctionConfiguration>``."""

    arn: str = field(default="", metadata=xml("CloudFunction"))


@dataclass(frozen=True, slots=True)
class NotificationsDocument:
    """``<NotificationConfiguration>``."""

    topics: tuple[TopicDocument, ...] = field(default=(), metadata=xml("TopicConfiguration"))
    queues: tuple[QueueDocument, ...] = field(default=(), metadata=xml("QueueConfiguration"))
    functions: tuple[FunctionDocument, ...] = field(
        default=(), metadata=xml("CloudFunctionConfiguration")
    )


def _filters(rule: NotificationRule) -> tuple[FilterRuleDocument, ...]:
    pairs = (("prefix", rule.prefix), ("suffix", rule.suffix))
    return tuple(FilterRuleDocument(name, value) for name, value in pairs if value)


def _back(found: QueueDocument | TopicDocument | FunctionDocument) -> NotificationRule:
    filters = {rule.name.lower(): rule.value for rule in found.filters}
    return NotificationRule(
        arn=found.arn,
        events=tuple(sorted(found.events)),
        prefix=filters.get("prefix") or None,
        suffix=filters.get("suffix") or None,
        id=found.id or None,
    )


@dataclass(frozen=True, slots=True)
class GetBucketNotification(GetDocument[tuple[NotificationRule, ...]]):
    """The notifications of a bucket."""

    name: ClassVar[str] = "GetBucketNotificationConfiguration"
    # S3 has no such code, since it always answers; but it is no word on the bucket.
    not_found: ClassVar[str] = "NoSuchNotificationConfiguration"
    sub_resource: ClassVar[str] = "notification"

    def parse(self, reply: Reply) -> tuple[NotificationRule, ...]:
        """The rules.

        Raises:
            NotSupportedError: there is a rule of another kind, which setting them would remove.
        """
        # moto calls it by another name.
        root = root_of(reply, ROOT, "GetBucketNotificationResponse")
        found = read(NotificationsDocument, root)
        for node in root.children:
            if node.tag not in _PARTS:
                raise NotSupportedError(
                    f"there is a notification that this SDK doesn't know: <{node.tag[:80]}>",
                    hint="change the notifications with the program that set them",
                )
        return (
            *(_back(topic) for topic in found.topics),
            *(_back(queue) for queue in found.queues),
            *(_back(function) for function in found.functions),
        )


@dataclass(frozen=True, slots=True)
class PutBucketNotification(ChangeDocument):
    """Replace the notifications of a bucket; there is no operation that removes them."""

    name: ClassVar[str] = "PutBucketNotificationConfiguration"

    rules: tuple[NotificationRule, ...]

    def request(self) -> Request:
        """PUT the document."""
        of = {kind: [r for r in self.rules if r.kind == kind] for kind in ("sns", "sqs", "lambda")}
        model = NotificationsDocument(
            tuple(TopicDocument(r.id, r.events, _filters(r), r.arn) for r in of["sns"]),
            tuple(QueueDocument(r.id, r.events, _filters(r), r.arn) for r in of["sqs"]),
            tuple(FunctionDocument(r.id, r.events, _filters(r), r.arn) for r in of["lambda"]),
        )
        return put_document(self.place.path, "notification=", model, ROOT)
