"""Notifications: which events of a bucket the server tells to whom.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minio_sdk.errors import invalid
from minio_sdk.models.event_names import check_event
from minio_sdk.models.given import listed, named, rule_id, unique
from minio_sdk.models.names import check_prefix
from minio_sdk.models.record import Record

MAX_RULES = 100
_ARN = re.compile(r"arn:[a-z0-9-]+:(sqs|sns|lambda):[^\s:]*:[^\s:]*:[^\s]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRule(Record):
    """One rule. A dict with the same names does as well wherever a rule is taken.

    Attributes:
        arn: whom it tells: a queue (``sqs``), a topic (``sns``) or a function (``lambda``); on MinIO
            ``"arn:minio:sqs::{id}:webhook"`` and the like, which its operator has set up.
        events: what it tells, such as ``"s3:ObjectCreated:*"``.
        prefix, suffix: only of keys that begin or end with it.
        id: a name for the rule; None lets the server choose one.
    """

    arn: str
    events: tuple[str, ...]
    prefix: str | None = None
    suffix: str | None = None
    id: str | None = None

    @property
    def kind(self) -> str:
        """``"sqs"``, ``"sns"`` or ``"lambda"``."""
        return self.arn.split(":")[2]


def notification_rules(given: Any, argument: str = "rules") -> tuple[NotificationRule, ...]:
    """Rules as users give them, checked.

    Raises:
        ValidationError: S3 would not take one.
    """
    found = listed(given, argument, MAX_RULES)
    rules = tuple(_rule(rule, f"{argument}[{number}]") for number, rule in enumerate(found))
    unique((rule.id for rule in rules), argument, "id")
    return rules


def _rule(given: Any, where: str) -> NotificationRule:
    values = named(given, where, NotificationRule)
    arn, events = values.get("arn"), values.get("events")
    if not isinstance(arn, str) or not _ARN.fullmatch(arn):
        raise invalid(f"{where}.arn", arn, "must be the ARN of a queue, a topic or a function")
    if (
        isinstance(events, str)
        or not isinstance(events, (list, tuple, set, frozenset))
        or not events
    ):
        raise invalid(f"{where}.events", events, "must be a list of events")
    for event in events:
        check_event(event, f"{where}.events")
    for name in ("prefix", "suffix"):
        if values.get(name) is not None:
            check_prefix(values[name], f"{where}.{name}")
    rule_id(values.get("id"), where)
    return NotificationRule(**{**values, "events": tuple(sorted(events))})


def essence(rule: NotificationRule) -> Mapping[str, object]:
    """What a rule says, however it is written; its id says nothing."""
    return {
        "arn": rule.arn,
        "events": frozenset(rule.events),
        "prefix": rule.prefix or "",
        "suffix": rule.suffix or "",
    }
