"""Rules of replication and notifications as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import NotificationRule, Replication, ReplicationRule, ValidationError
from minio_sdk.models.notification import essence, notification_rules
from minio_sdk.models.replication import replication_of

QUEUE = {"arn": "arn:minio:sqs::1:webhook", "events": ["s3:ObjectCreated:*"]}


def test_every_form_is_the_same_replication() -> None:
    meant = Replication(
        role="r",
        rules=(
            ReplicationRule(destination="a", priority=1, prefix="x/", tags={"k": "v"}),
            ReplicationRule(destination="b", priority=9, deletes=True),
        ),
    )
    plain = {
        "role": "r",
        "rules": [
            {"destination": "a", "prefix": "x/", "tags": {"k": "v"}},
            {"Destination": "b", "Priority": 9, "Deletes": True, "prefix": ""},
        ],
    }
    for form in (meant, dict(meant), plain):
        assert replication_of(form) == meant


@pytest.mark.parametrize(
    "given, message",
    [
        (None, "must be a dict or a Replication"),
        ({}, "is empty; delete_bucket_replication"),
        ({"rules": [{}]}, "name or ARN of a bucket"),
        ({"rules": [{"destination": "a"}], "role": ""}, "must be an ARN"),
        ({"rules": [{"destination": "a", "status": "On"}]}, "'Enabled' or 'Disabled'"),
        ({"rules": [{"destination": "a", "priority": -1}]}, "at least 0"),
        ({"rules": [{"destination": "a", "prefix": 5}]}, "must be text"),
        ({"rules": [{"destination": "a", "tags": ["k"]}]}, "mapping of texts"),
        ({"rules": [{"destination": "a", "tags": {"k": 1}}]}, "mapping of texts"),
        ({"rules": [{"destination": "a", "storage_class": 1}]}, "must be text"),
        ({"rules": [{"destination": "a", "deletes": None}]}, "True or False"),
        ({"rules": [{"destination": "a", "existing_objects": "yes"}]}, "True or False"),
        ({"rules": [{"destination": "a", "id": ""}]}, "1 to 255"),
        ({"rules": [{"destination": "a", "bucket": "b"}]}, "is not one of"),
    ],
)
def test_a_replication_that_s3_would_not_take(given: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        replication_of(given)


def test_every_form_is_the_same_notification() -> None:
    meant = NotificationRule(arn=str(QUEUE["arn"]), events=("s3:ObjectCreated:*",), suffix=".csv")
    forms: list[Any] = [meant, {**QUEUE, "suffix": ".csv"}, {**dict(meant), "prefix": None}]
    assert meant.kind == "sqs"
    for form in forms:
        assert notification_rules([form]) == (meant,)
    assert essence(meant) == essence(NotificationRule(**{**meant, "id": "a", "prefix": ""}))


@pytest.mark.parametrize(
    "given, message",
    [
        (5, "must be a dict or a NotificationRule"),
        ({}, "the ARN of a queue"),
        ({**QUEUE, "arn": "arn:aws:s3:::docs"}, "the ARN of a queue"),
        ({**QUEUE, "arn": "arn:aws:sqs:r:1:a b"}, "the ARN of a queue"),
        ({**QUEUE, "events": []}, "a list of events"),
        ({**QUEUE, "events": "s3:ObjectCreated:*"}, "a list of events"),
        ({**QUEUE, "events": ["ObjectCreated"]}, "must be like 's3:"),
        ({**QUEUE, "events": [5]}, "must be like 's3:"),
        ({**QUEUE, "prefix": 5}, "must be text"),
        ({**QUEUE, "id": 5}, "1 to 255"),
        ({**QUEUE, "filter": {}}, "is not one of"),
    ],
)
def test_a_notification_that_s3_would_not_take(given: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        notification_rules([given])
