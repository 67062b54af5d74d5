"""Names of events: mistakes are found before a server is asked, and new names are let through."""

from __future__ import annotations

import pytest

from minio_sdk import MinIOClient, ValidationError
from minio_sdk.models.event_names import KNOWN, check_event
from tests.both import Connect, both
from tests.scripted import ScriptedServer

NAMES = [
    ":".join(("s3", family, *([end] if end else [])))
    for family, ends in KNOWN.items()
    for end in ends or ("",)
]
NEW = [
    "s3:*",
    "s3:New:Thing",
    "s3:ObjectCreated:Patch",
    "s3:ObjectSynced:*",
    "s3:ObjectLifecycle:Expiration:*",
]
WRONG = {
    "s3:ObjectCreated": "s3:ObjectCreated:*",
    "s3:ObjectCreate:*": "s3:ObjectCreated:*",
    "s3:ObjectCreated:Putt": "s3:ObjectCreated:Put",
    "s3:objectcreated:put": "s3:ObjectCreated:Put",
    "s3:ObjectsRemoved:Delete": "s3:ObjectRemoved:Delete",
    "s3:Replicatoin:Other": "s3:Replication:*",
    "s3:IntelligentTierin": "s3:IntelligentTiering",
    "s3:ObjectAcls": "s3:ObjectAcl:Put",
}


@pytest.mark.parametrize("name", NAMES + NEW)
def test_what_may_be_an_event(name: str) -> None:
    assert check_event(name, "events") == name


@pytest.mark.parametrize("name", WRONG)
def test_what_is_an_event_with_a_mistake(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_event(name, "events")
    assert caught.value.message == f"events={name!r}: is no event, but {WRONG[name]!r} is"


def test_which_there_are() -> None:
    with pytest.raises(ValidationError, match="must be like") as caught:
        check_event("puts", "events")
    hint = str(caught.value.hint)
    assert all(f"s3:{family}" in hint for family in KNOWN)
    with pytest.raises(ValidationError) as caught:
        check_event("ObjectRemoved:Delete", "events")
    assert "s3:ObjectRemoved:DeleteMarkerCreated" in str(caught.value)


@both
def test_nothing_is_sent(connect: Connect) -> None:
    def listen(client: MinIOClient) -> None:
        client.listen_bucket("docs", events=["s3:ObjectCreated:Putt"])

    def rule(client: MinIOClient) -> None:
        queue = "arn:minio:sqs::1:webhook"
        client.set_bucket_notification("docs", [{"arn": queue, "events": ["s3:ObjectCreate:*"]}])

    with ScriptedServer([]) as server, connect(server) as client:
        for call in (listen, rule):
            with pytest.raises(ValidationError, match="is no event, but"):
                call(client)
    assert server.requests == []
