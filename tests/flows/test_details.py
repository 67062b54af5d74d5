"""Attributes, access control lists, archives and unfinished uploads on servers that fail or mislead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import (
    BucketNotFoundError,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.operations import acl, object_attributes
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.flows.store import Store
from tests.scripted import Request, ScriptedServer, Step, reply, s3_error

OBJECT = "/acme-docs/a"
ASKING: dict[str, Callable[[MinIOClient], object]] = {
    "attributes": lambda client: client.get_object_attributes("docs", "a"),
    "acl": lambda client: client.get_object_acl("docs", "a"),
}
NOW = datetime.fromtimestamp(FakeClock().time(), timezone.utc)


@both
@pytest.mark.parametrize("what", ASKING)
@pytest.mark.parametrize("size", [10, 5000])
def test_an_object_in_place_of_an_answer_is_none(
    connect: Connect, what: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_attributes, "MAX_ANSWER", 100)
    monkeypatch.setattr(acl, "MAX_ANSWER", 100)
    store = Store({OBJECT: b"x" * size})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't know a"):
            ASKING[what](client)


@both
def test_attributes_are_read_to_the_last_part(connect: Connect) -> None:
    def page(number: int, more: bool) -> Step:
        body = (
            f"<GetObjectAttributesResponse><ETag>e</ETag><ObjectParts><PartsCount>2</PartsCount>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated><NextPartNumberMarker>{number}"
            f"</NextPartNumberMarker><Part><PartNumber>{number}</PartNumber><Size>5</Size></Part>"
            f"</ObjectParts><ObjectSize>10</ObjectSize></GetObjectAttributesResponse>"
        )
        return reply(200, body.encode())

    script = [page(1, True), page(2, False), page(1, True), page(1, True)]
    with ScriptedServer(script) as server, connect(server) as client:
        found = client.get_object_attributes("docs", "a")
        assert [part.part_number for part in found.parts] == [1, 2]
        assert found.parts_count == 2
        # A server that says that there is more, and sends the same again, is asked no more.
        assert len(client.get_object_attributes("docs", "a").parts) == 2
    sent = [request.header("x-amz-part-number-marker") for request in server.requests]
    assert sent == [None, "1", None, "1"]


@both
def test_a_wish_that_nobody_takes_is_no_success(connect: Connect) -> None:
    store = Store({OBJECT: b"x"}, fault=lambda r: reply(202) if r.method == "POST" else None)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="changed nothing") as info:
            client.restore_object("docs", "a", 3)
        assert info.value.operation == "RestoreObject"
        store.objects[OBJECT].headers["x-amz-restore"] = 'ongoing-request="true"'
        client.restore_object("docs", "a", 3)
        assert client.get_object_metadata("docs", "a").restore == 'ongoing-request="true"'


@both
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.restore_object("docs", "a", 0),
        lambda client: client.restore_object("docs", "a", "1"),
        lambda client: client.restore_object("docs", "a", 1, tier="Slow"),
        lambda client: client.restore_object("docs", "", 1),
        lambda client: client.get_object_attributes("docs", "a", version_id=""),
        lambda client: client.get_object_acl("docs", ""),
        lambda client: client.abort_multipart_upload("docs", "a", ""),
        lambda client: client.list_parts("docs", "a", "a\n"),
        lambda client: client.list_multipart_uploads("docs", 5),
        lambda client: client.abort_incomplete_uploads("docs", older_than=-1),
        lambda client: client.abort_incomplete_uploads("docs", older_than=True),
        lambda client: client.abort_incomplete_uploads("docs", older_than="1d"),
        lambda client: client.abort_incomplete_uploads("docs", older_than=float("nan")),
    ],
)
def test_bad_arguments_are_not_sent(connect: Connect, call: Callable[[Any], Any]) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError):
            call(client)


# -- unfinished uploads ----------------------------------------------------------------------------


class Unfinished:
    """A server with uploads of some ages, in hours; None is one whose age it doesn't tell."""

    def __init__(self, ages: dict[str, float | None], name: str = "AmazonS3") -> None:
        self.ages = ages
        self.name = name
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.gone: set[str] = set()
        self.refuses: Step | None = None

    def __call__(self, request: Request) -> Step:
        self.asked.append(f"{request.method} {request.target}")
        if request.method == "HEAD":
            return reply(200, headers={"ETag": '"e"', "Server": self.name})
        if request.method == "DELETE":
            key = request.path.rpartition("/")[2]
            if self.refuses:
                return self.refuses
            if key in self.gone:
                return s3_error(404, "NoSuchUpload")
            self.ended.append(key)
            return reply(204)
        lines = []
        for key, hours in self.ages.items():
            when = "" if hours is None else f"{NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
            lines.append(f"<Upload><Key>{key}</Key><UploadId>u</UploadId>"
                         f"<Initiated>{when}</Initiated></Upload>")  # fmt: skip
        body = f"<ListMultipartUploadsResult>{''.join(lines)}</ListMultipartUploadsResult>"
        return reply(200, body.encode(), headers={"Server": self.name})


@both
def test_only_what_is_old_is_ended(connect: Connect) -> None:
    behind = Unfinished({"old": 30, "young": 1, "of no age": None, "gone": 40})
    behind.gone.add("gone")
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        ended = client.abort_incomplete_uploads("docs")
        assert [upload.key for upload in ended] == ["old"]
        assert ended[0].initiated is not None
        assert behind.ended == ["old"]
        more = client.abort_incomplete_uploads("docs", older_than=timedelta(minutes=30))
        assert {upload.key for upload in more} == {"old", "young"}


@both
def test_a_refusal_to_end_one_is_told(connect: Connect) -> None:
    behind = Unfinished({"old": 30})
    behind.refuses = s3_error(403, "AccessDenied")
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        with pytest.raises(MinIOError, match="AbortMultipartUpload"):
            client.abort_incomplete_uploads("docs")


@both
def test_minio_is_asked_for_all_where_it_would_take_a_prefix_for_a_key(connect: Connect) -> None:
    behind = Unfinished({"a/1": 1, "b/1": 1, "a/2": 1}, "MinIO")
    with ScriptedServer(handler=behind) as server, connect(server) as client:
        found = [upload.key for upload in client.list_multipart_uploads("docs", "a/")]
        assert found == ["a/1", "a/2"]
        behind.name = "AmazonS3"
    assert behind.asked == ["GET /acme-docs?uploads="]


@both
def test_below_a_prefix_minio_can_list_none(connect: Connect) -> None:
    behind = Unfinished({}, "MinIO")
    with ScriptedServer(handler=behind) as server, connect(server, tenancy="prefix") as client:
        for call in (client.list_multipart_uploads, client.abort_incomplete_uploads):
            with pytest.raises(NotSupportedError, match="none by prefix"):
                list(call("docs"))
    assert not any("uploads" in line for line in behind.asked)


@both
def test_a_bucket_that_is_not_there_has_no_uploads(connect: Connect) -> None:
    with ScriptedServer(handler=lambda _: reply(404)) as server:
        with connect(server, tenancy="prefix") as client, pytest.raises(BucketNotFoundError):
            list(client.list_multipart_uploads("docs"))


@both
def test_a_listing_without_an_end_is_none(connect: Connect) -> None:
    body = (
        b"<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>"
    )
    with ScriptedServer([reply(200, body)]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="goes on, and not where"):
            list(client.list_multipart_uploads("docs"))


@both
def test_with_prefixes_the_list_of_a_bucket_is_refused_by_name(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(NotSupportedError, match="GetBucketAcl"):
            client.get_bucket_acl("docs")
