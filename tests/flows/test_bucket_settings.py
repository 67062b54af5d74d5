"""Servers that don't know a setting, keep a part of it, or take the question for another one."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    BucketNotFoundError,
    ConflictError,
    CorsRule,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    MinIOClient,
    MinIOConnectionError,
    MinIOTimeoutError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.flows.settings import SETTLES_IN
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.scripted import Reply, Request, ScriptedServer, Step, reply, s3_error

ID = {"x-amz-request-id": "r"}
LISTING = b"<ListBucketResult><Name>acme-docs</Name></ListBucketResult>"
NEVER = b"<VersioningConfiguration/>"
RULES = [
    {"id": "tmp", "status": "Enabled", "expiration": {"days": 7}, "filter": {"prefix": "temp/"}}
]
OLD = [LifecycleRule(id="old", expiration=Expiration(days=90), filter=LifecycleFilter(prefix="a/"))]
CORS = [CorsRule(allowed_origins=("https://example.com",), allowed_methods=("GET",))]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::docs/public/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        }
    ],
}
NOTHING = {
    "tagging": "NoSuchTagSet",
    "policy": "NoSuchBucketPolicy",
    "lifecycle": "NoSuchLifecycleConfiguration",
    "cors": "NoSuchCORSConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "replication": "ReplicationConfigurationNotFoundError",
}
EMPTY: dict[str, Any] = {
    "tagging": {},
    "policy": {},
    "lifecycle": [],
    "cors": [],
    "encryption": None,
    "replication": None,
}
VALUES: dict[str, Any] = {
    "tagging": {"a": "b"}, "policy": POLICY, "lifecycle": RULES, "cors": CORS,
    "encryption": {"algorithm": "aws:kms", "kms_key_id": "k"},
    "replication": {"rules": [{"destination": "backup", "prefix": "a/"}]},
}  # fmt: skip
METHODS = {"tagging": "tags"}
every_kind = pytest.mark.parametrize("kind", NOTHING)


def call(client: MinIOClient, verb: str, kind: str) -> Any:
    """`set_bucket_tags` and so on, of bucket "docs"."""
    method = getattr(client, f"{verb}_bucket_{METHODS.get(kind, kind)}")
    return method("docs", VALUES[kind]) if verb == "set" else method("docs")


@dataclass(frozen=True)
class Edit:
    """A fault that changes the server and lets it answer."""

    change: Callable[[], None]


class Server:
    """A server with one bucket and its documents; `faults` answer in its place.

    Attributes:
        bucket: whether the bucket is there.
        kept: the documents by sub-resource.
        asked: what came, as ``"PUT cors"``.
        keep: what becomes of a document that is set; None keeps it.
        faults: answers by what is asked and how often it was: ``("GET cors", 2)``; 0 is always.
    """

    def __init__(self, *, bucket: bool = True, knows: bool = True, lists: bool = True) -> None:
        self.bucket = bucket
        self.knows = knows
        self.lists = lists
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.keep: Callable[[bytes], bytes] | None = None
        self.faults: dict[tuple[str, int], Step | Edit] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Step:
        with self._lock:
            assert request.path == "/acme-docs"
            kind = request.query.partition("=")[0]
            name = f"{request.method} {kind}".strip()
            self.asked.append(name)
            fault = self.faults.get((name, self.asked.count(name))) or self.faults.get((name, 0))
            if isinstance(fault, Edit):
                fault.change()
            elif fault is not None:
                return fault
            return self._work(request, kind)

    def _work(self, request: Request, kind: str) -> Step:
        method = request.method
        if method == "PUT" and not (kind and self.knows):
            self.bucket = True  # which is what is feared
            return reply(200, headers={"Location": "/acme-docs", **ID})
        if not self.bucket:
            return reply(404, headers=ID) if method == "HEAD" else s3_error(404, "NoSuchBucket")
        if method == "HEAD":
            return reply(200, headers=ID)
        if not self.knows:
            if method == "DELETE":
                self.bucket = False
                return reply(204, headers=ID)
            return reply(200, LISTING, headers=ID) if self.lists else s3_error(404, "NoSuchKey")
        if method == "PUT":
            self.kept[kind] = self.keep(request.body) if self.keep else request.body
            return reply(200, headers=ID)
        if method == "DELETE":
            self.kept.pop(kind, None)
            return reply(204, headers=ID)
        if kind not in self.kept:
            return s3_error(404, NOTHING[kind])
        return reply(200, self.kept[kind], headers=ID)


def serve(behind: Callable[[Request], Step]) -> ScriptedServer:
    return ScriptedServer(handler=behind, strict=False)


# -- servers that don't know it --------------------------------------------------------------------


@both
@every_kind
@pytest.mark.parametrize("verb", ["set", "get", "delete"])
def test_a_server_that_lists_the_bucket_is_asked_for_nothing_else(
    connect: Connect, kind: str, verb: str
) -> None:
    behind = Server(knows=False)
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't know this question") as caught:
            call(client, verb, kind)
        assert caught.value.bucket == "docs"
    assert behind.asked == [f"GET {kind}"]
    assert behind.bucket


@both
@every_kind
def test_a_server_that_takes_it_for_the_bucket_loses_none_and_makes_none(
    connect: Connect, kind: str
) -> None:
    """It knows no sub-resource: PUT is CreateBucket, DELETE is DeleteBucket, GET finds nothing."""
    behind = Server(knows=False, lists=False)
    with serve(behind) as server, connect(server) as client:
        assert call(client, "get", kind) == EMPTY[kind]
        call(client, "delete", kind)
        assert f"DELETE {kind}" not in behind.asked
        assert behind.bucket
        with pytest.raises(NotSupportedError, match="answered that it did, and changed nothing"):
            call(client, "set", kind)
    behind.bucket = False
    behind.asked.clear()
    with serve(behind) as server, connect(server) as client:
        for verb in ("set", "get", "delete"):
            with pytest.raises(BucketNotFoundError) as caught:
                call(client, verb, kind)
            assert str(caught.value.operation).startswith(
                {"set": "Put", "get": "Get", "delete": "Delete"}[verb]
            )
    assert not behind.bucket
    assert set(behind.asked) == {f"GET {kind}"}


@both
@every_kind
def test_nothing_set_of_a_missing_bucket_is_a_missing_bucket(connect: Connect, kind: str) -> None:
    """MinIO says of the tags of any bucket that there are none."""
    behind = Server(bucket=False)
    behind.faults["GET " + kind, 0] = s3_error(404, NOTHING[kind])
    with serve(behind) as server, connect(server) as client:
        for verb in ("set", "get", "delete"):
            with pytest.raises(BucketNotFoundError):
                call(client, verb, kind)
    assert not behind.bucket
    assert set(behind.asked) == {f"GET {kind}", "HEAD"}


@both
@every_kind
def test_who_may_not_look_for_the_bucket_is_told_nothing_set_and_sets_nothing(
    connect: Connect, kind: str
) -> None:
    behind = Server()
    behind.faults["HEAD", 0] = reply(403, headers=ID)
    with serve(behind) as server, connect(server) as client:
        assert not call(client, "get", kind)
        call(client, "delete", kind)
        with pytest.raises(AccessDeniedError):
            call(client, "set", kind)
    assert f"PUT {kind}" not in behind.asked


@both
def test_a_server_that_says_no_says_why(connect: Connect) -> None:
    behind = Server()
    behind.faults["PUT cors", 0] = s3_error(501, "NotImplemented", "not on this server")
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="not on this server") as caught:
            client.set_bucket_cors("docs", CORS)
        assert (caught.value.operation, caught.value.code) == ("PutBucketCors", "NotImplemented")


# -- servers that keep something else --------------------------------------------------------------


def without_filter(body: bytes) -> bytes:
    return re.sub(rb"<Filter>.*?</Filter>", b"<Filter/>", body)


DISTORTIONS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("lifecycle", without_filter, "number 1: filter"),
    ("lifecycle", lambda body: body.replace(b"<Days>7<", b"<Days>1<"), "number 1: expiration"),
    ("lifecycle", lambda body: body.replace(b"Enabled", b"Disabled"), "number 1: status"),
    ("lifecycle", lambda _: b"<LifecycleConfiguration/>", "changed nothing"),
    ("policy", lambda body: re.sub(rb',"Condition":.*?}}', b"", body), "number 1: Condition"),
    ("policy", lambda body: body.replace(b"/public/*", b"/*"), "number 1: Resource"),
    ("cors", lambda body: body.replace(b"https://example.com", b"*"), "allowed_origins"),
    ("tagging", lambda body: body.replace(b">b<", b">c<"), "tag 'a'"),
    (
        "tagging",
        lambda body: body.replace(b"</TagSet>", b"<Tag><Key>x</Key></Tag></TagSet>"),
        "tag 'x'",
    ),
]


@both
@pytest.mark.parametrize("kind, keep, lost", DISTORTIONS)
def test_what_is_kept_only_in_part_is_taken_back(
    connect: Connect, kind: str, keep: Callable[[bytes], bytes], lost: str
) -> None:
    behind = Server()
    behind.keep = keep
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError) as caught:
            call(client, "set", kind)
        if behind.kept:  # an empty document is as good as none
            assert not call(client, "get", kind)
    assert lost in str(caught.value)
    assert caught.value.bucket == "docs"
    assert behind.bucket


@both
def test_what_was_there_before_is_put_back(connect: Connect) -> None:
    behind = Server()
    with serve(behind) as server, connect(server) as client:
        client.set_bucket_lifecycle("docs", OLD)
        behind.keep = lambda body: body if b"<ID>old</ID>" in body else without_filter(body)
        with pytest.raises(NotSupportedError, match="; what was there before is back"):
            client.set_bucket_lifecycle("docs", RULES)
        assert client.get_bucket_lifecycle("docs") == OLD
        assert "DELETE lifecycle" not in behind.asked


@both
@pytest.mark.parametrize("answer", [s3_error(403, "AccessDenied"), s3_error(501, "NotImplemented")])
def test_what_can_t_be_taken_back_is_said(connect: Connect, answer: Step) -> None:
    behind = Server()
    behind.keep = without_filter
    behind.faults["DELETE lifecycle", 0] = answer
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="and taking it back failed: DeleteBucketLifec"):
            client.set_bucket_lifecycle("docs", RULES)
    behind.faults["DELETE lifecycle", 0] = reply(204, headers=ID)
    behind.kept.clear()
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="and that could not be taken back"):
            client.set_bucket_lifecycle("docs", OLD)


@both
def test_rules_in_another_order_and_with_other_names_are_the_same(connect: Connect) -> None:
    def turned(body: bytes) -> bytes:
        rules = re.findall(rb"<Rule>.*?</Rule>", body)
        text = b"".join(re.sub(rb"<ID>.*?</ID>", b"<ID>made-up</ID>", r) for r in rules[::-1])
        return b"<LifecycleConfiguration>" + text + b"</LifecycleConfiguration>"

    behind = Server()
    behind.keep = turned
    with serve(behind) as server, connect(server) as client:
        client.set_bucket_lifecycle("docs", [*RULES, *OLD])
        assert [rule.filter.prefix for rule in client.get_bucket_lifecycle("docs")] == [
            "a/",
            "temp/",
        ]


@both
def test_a_change_may_take_its_time_to_show(connect: Connect) -> None:
    behind = Server()
    late = s3_error(404, "NoSuchLifecycleConfiguration")
    behind.faults.update({("GET lifecycle", 2): late, ("GET lifecycle", 3): late})
    clock = FakeClock()
    with serve(behind) as server, connect(server, clock=clock) as client:
        client.set_bucket_lifecycle("docs", RULES)
        assert clock.slept == list(SETTLES_IN[:2])
        assert behind.asked.count("PUT lifecycle") == 1
        stale = reply(200, behind.kept["lifecycle"], headers=ID)
        number = behind.asked.count("GET lifecycle")
        behind.faults["GET lifecycle", number + 2] = stale
        client.delete_bucket_lifecycle("docs")
    assert behind.asked.count("DELETE lifecycle") == 1
    assert clock.slept == [*SETTLES_IN[:2], SETTLES_IN[0]]


@both
def test_waiting_for_a_change_ends_with_the_deadline(connect: Connect) -> None:
    behind = Server()
    behind.faults["GET tagging", 0] = s3_error(404, "NoSuchTagSet")
    behind.faults["GET versioning", 0] = reply(200, NEVER, headers=ID)
    calls: list[Callable[[MinIOClient], None]] = [
        lambda client: client.set_bucket_tags("docs", {"a": "b"}),
        lambda client: client.set_bucket_versioning("docs"),
    ]
    for call_ in calls:
        clock = FakeClock()
        with serve(behind) as server, connect(server, clock=clock, deadline=0.5) as client:
            with pytest.raises(MinIOTimeoutError):
                call_(client)
        assert clock.slept == [0.25, 0.25]


# -- others at work --------------------------------------------------------------------------------


@both
def test_another_client_s_change_at_the_same_moment_is_not_taken_for_the_server_s(
    connect: Connect,
) -> None:
    behind = Server()
    other = b"<Tagging><TagSet><Tag><Key>other</Key><Value>1</Value></Tag></TagSet></Tagging>"
    behind.faults["GET tagging", 2] = reply(200, other, headers=ID)
    with serve(behind) as server, connect(server) as client:
        client.set_bucket_tags("docs", {"a": "b"})
        assert client.get_bucket_tags("docs") == {"a": "b"}
        assert behind.asked.count("PUT tagging") == 2

        number = behind.asked.count("GET tagging")
        behind.faults["GET tagging", number + 2] = reply(200, other, headers=ID)
        third = other.replace(b">1<", b">2<")
        behind.faults["GET tagging", number + 3] = reply(200, third, headers=ID)
        with pytest.raises(ConflictError, match="somebody else"):
            client.set_bucket_tags("docs", {"a": "c"})
        assert behind.asked.count("PUT tagging") == 4  # nothing is put back
        assert "DELETE tagging" not in behind.asked


@both
@every_kind
def test_what_somebody_else_has_removed_is_removed(connect: Connect, kind: str) -> None:
    behind = Server()
    with serve(behind) as server, connect(server) as client:
        call(client, "set", kind)
        behind.faults["DELETE " + kind, 1] = s3_error(404, NOTHING[kind])
        call(client, "delete", kind)


@both
@every_kind
def test_what_is_not_removed_is_an_error(connect: Connect, kind: str) -> None:
    behind = Server()
    with serve(behind) as server, connect(server) as client:
        call(client, "set", kind)
        behind.faults["DELETE " + kind, 1] = reply(204, headers=ID)
        with pytest.raises(NotSupportedError, match="changed nothing") as caught:
            call(client, "delete", kind)
    assert str(caught.value.operation).startswith("DeleteBucket")


@both
def test_a_bucket_that_went_with_it_is_not_kept_quiet(connect: Connect) -> None:
    behind = Server()
    with serve(behind) as server, connect(server) as client:
        client.set_bucket_tags("docs", {"a": "b"})
        behind.faults["DELETE tagging", 1] = Edit(lambda: setattr(behind, "bucket", False))
        with pytest.raises(BucketNotFoundError):
            client.delete_bucket_tags("docs")


@both
def test_a_policy_that_shuts_its_author_out_is_in_force(connect: Connect) -> None:
    behind = Server()
    behind.faults["GET policy", 2] = s3_error(403, "AccessDenied")
    behind.faults["GET tagging", 2] = s3_error(403, "AccessDenied")
    with serve(behind) as server, connect(server) as client:
        client.set_bucket_policy("docs", POLICY)
        assert behind.kept["policy"]
        with pytest.raises(AccessDeniedError):  # no tags could do that
            client.set_bucket_tags("docs", {"a": "b"})


@both
@every_kind
def test_who_may_not_read_it_sets_nothing(connect: Connect, kind: str) -> None:
    behind = Server()
    behind.faults["GET " + kind, 0] = s3_error(403, "AccessDenied")
    with serve(behind) as server, connect(server) as client:
        for verb in ("set", "get", "delete"):
            with pytest.raises(AccessDeniedError):
                call(client, verb, kind)
    assert set(behind.asked) == {f"GET {kind}"}


# -- policies of others ----------------------------------------------------------------------------


@both
def test_a_policy_that_names_others_is_not_shown_and_can_be_replaced(connect: Connect) -> None:
    behind = Server()
    theirs = json.dumps(POLICY).replace(":::docs", ":::other-secret").encode()
    behind.kept["policy"] = theirs
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(ServerError, match="names another bucket") as caught:
            client.get_bucket_policy("docs")
        assert "other-secret" not in str(caught.value)
        client.set_bucket_policy("docs", POLICY)
        assert client.get_bucket_policy("docs") == POLICY
        assert b"arn:aws:s3:::acme-docs/public/*" in behind.kept["policy"]
        behind.kept["policy"] = theirs
        client.delete_bucket_policy("docs")
        assert client.get_bucket_policy("docs") == {}


# -- arguments -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "method, value, message",
    [
        ("set_bucket_versioning", "yes", "enabled='yes'"),
        ("set_bucket_versioning", 1, "enabled=1"),
        ("set_bucket_versioning", None, "enabled=None"),
        ("set_bucket_tags", None, "tags="),
        ("set_bucket_tags", [("a", "b")], "tags="),
        ("set_bucket_tags", {"a": 1}, "must be text"),
        ("set_bucket_tags", {1: "a"}, "must be text"),
        ("set_bucket_tags", {"": "a"}, "1 to 128"),
        ("set_bucket_tags", {"k" * 129: "a"}, "1 to 128"),
        ("set_bucket_tags", {"k": "v" * 257}, "at most 256"),
        ("set_bucket_tags", {"k": "\x01"}, "XML can't carry"),
        ("set_bucket_tags", {str(n): "" for n in range(51)}, "51 of them, and S3 allows 50"),
        ("set_bucket_policy", None, "policy=None"),
        ("set_bucket_policy", "not JSON", "is not JSON"),
        ("set_bucket_policy", json.dumps(POLICY).replace(":docs", ":acme-docs"), "acme-docs"),
        ("set_bucket_policy", {**POLICY, "Id": "x" * 20_480}, "S3 allows 20480"),
        ("set_bucket_lifecycle", RULES[0], "must be a list of rules"),
        ("set_bucket_lifecycle", [{"id": "x"}], "not what becomes of them"),
        ("set_bucket_lifecycle", [{**RULES[0], "id": "\x01"}], "XML can't carry"),
        ("set_bucket_cors", "*", "must be a list of rules"),
        ("set_bucket_cors", [{}], "allowed_origins: is missing"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_sent(
    connect: Connect, method: str, value: Any, message: str
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError) as caught:
            getattr(client, method)("docs", value)
        assert message in str(caught.value)
        with pytest.raises(ValidationError, match="bucket="):
            getattr(client, method)("no/bucket", value)


@both
@pytest.mark.parametrize("kind", [kind for kind in NOTHING if EMPTY[kind] is not None])
def test_nothing_given_removes_what_is_set(connect: Connect, kind: str) -> None:
    behind = Server()
    with serve(behind) as server, connect(server) as client:
        call(client, "set", kind)
        getattr(client, f"set_bucket_{METHODS.get(kind, kind)}")("docs", type(VALUES[kind])())
        assert not call(client, "get", kind)
    assert behind.asked.count(f"PUT {kind}") == 1
    assert behind.asked.count(f"DELETE {kind}") == 1


# -- versioning ------------------------------------------------------------------------------------


def status(word: str) -> Step:
    text = f"<VersioningConfiguration><Status>{word}</Status></VersioningConfiguration>"
    return reply(200, text.encode(), headers=ID)


@both
def test_versioning_that_doesn_t_come_on_is_an_error(connect: Connect) -> None:
    behind = Server()
    behind.faults["GET versioning", 0] = reply(200, NEVER, headers=ID)
    clock = FakeClock()
    with serve(behind) as server, connect(server, clock=clock) as client:
        with pytest.raises(NotSupportedError, match="changed nothing"):
            client.set_bucket_versioning("docs")
        assert clock.slept == list(SETTLES_IN)
        client.set_bucket_versioning("docs", enabled=False)  # it is not on, as was asked
        assert client.get_bucket_versioning("docs") is False


@both
def test_versioning_may_take_its_time(connect: Connect) -> None:
    behind = Server()
    for number in range(1, 6):
        behind.faults["GET versioning", number] = status("Suspended")
    behind.faults["GET versioning", 6] = status("Enabled")
    clock = FakeClock()
    with serve(behind) as server, connect(server, clock=clock) as client:
        client.set_bucket_versioning("docs")
    assert clock.slept == list(SETTLES_IN)
    assert behind.asked.count("PUT versioning") == 1


@both
def test_a_missing_bucket_is_not_made_by_versioning(connect: Connect) -> None:
    """MinIO answers 200 to it."""
    behind = Server(bucket=False)
    behind.faults["GET versioning", 0] = reply(200, NEVER, headers=ID)
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(BucketNotFoundError):
            client.set_bucket_versioning("docs")
    assert "PUT versioning" not in behind.asked


@both
def test_a_server_without_versions_is_not_asked_to_keep_them(connect: Connect) -> None:
    behind = Server(knows=False)
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError):
            client.set_bucket_versioning("docs")
        with pytest.raises(NotSupportedError):
            client.get_bucket_versioning("docs")
    assert set(behind.asked) == {"HEAD", "GET versioning"}


@both
@pytest.mark.parametrize("answer", [s3_error(404, "NoSuchKey"), reply(404, headers=ID)])
def test_a_server_that_knows_no_versions_has_none(connect: Connect, answer: Step) -> None:
    behind = Server()
    behind.faults["GET versioning", 0] = answer
    with serve(behind) as server, connect(server) as client:
        assert client.get_bucket_versioning("docs") is False
        with pytest.raises(NotSupportedError, match="PutBucketVersioning .* doesn't know it"):
            client.set_bucket_versioning("docs")
        behind.bucket = False
        for call_ in (client.get_bucket_versioning, client.set_bucket_versioning):
            with pytest.raises(BucketNotFoundError):
                call_("docs")
    assert "PUT versioning" not in behind.asked


LISTED = reply(200, b"<ListAllMyBucketsResult/>", headers=ID)


@both
@pytest.mark.parametrize(
    "answer, told",
    [
        (status("Enabled"), "Enabled"),
        (status("Suspended"), "Suspended"),
        (reply(200, NEVER, headers=ID), None),
        (reply(200, LISTING, headers=ID), None),
        (reply(200, b"<html>", headers=ID), None),
        (s3_error(403, "AccessDenied"), None),
        (s3_error(400, "InvalidRequest"), None),
        (s3_error(501, "NotImplemented"), None),
        (s3_error(404, "NoSuchKey"), None),
        (reply(404, headers=ID), None),
    ],
)
def test_info_tells_of_versions_what_the_server_does(
    connect: Connect, answer: Step, told: str | None
) -> None:
    with (
        ScriptedServer([reply(200, headers=ID), LISTED, answer]) as server,
        connect(server) as client,
    ):
        info = client.get_bucket_info("docs")
        assert (info.versioning, info["versioning"]) == (told, told)


@both
def test_info_of_a_server_that_fails_is_an_error(connect: Connect) -> None:
    with (
        ScriptedServer([reply(200, headers=ID), LISTED, s3_error(500, "InternalError")]) as server,
        connect(server, max_retries=0) as client,
        pytest.raises(ServerError),
    ):
        client.get_bucket_info("docs")


# -- prefix tenancy --------------------------------------------------------------------------------

MARKER = "/tenants/acme/.buckets/docs"
SHELF = "/tenants/acme/.bucket-tags/docs"


class Objects:
    """A server with the shared bucket, and what is in it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {MARKER: b""}
        self.asked: list[str] = []
        self.faults: dict[str, Step] = {}

    def __call__(self, request: Request) -> Step:
        name = f"{request.method} {request.path}"
        self.asked.append(name)
        if name in self.faults:
            return self.faults[name]
        if request.method == "GET" and request.path == "/tenants":
            return reply(200, b"<ListBucketResult/>", headers=ID)
        if request.method == "PUT":
            self.kept[request.path] = request.body
            return reply(200, headers={"ETag": '"e"'})
        if request.method == "DELETE":
            self.kept.pop(request.path, None)
            return reply(204, headers=ID)
        body = self.kept.get(request.path)
        if body is None:
            return (
                reply(404, headers=ID) if request.method == "HEAD" else s3_error(404, "NoSuchKey")
            )
        return reply(200, body, headers={"ETag": '"e"'})


@both
def test_tags_of_a_bucket_below_a_prefix_lie_beside_its_marker(connect: Connect) -> None:
    behind = Objects()
    with serve(behind) as server, connect(server, tenancy="prefix") as client:
        assert client.get_bucket_tags("docs") == {}
        client.set_bucket_tags("docs", {"b": "ü", "a": ""})
        assert json.loads(behind.kept[SHELF]) == {"a": "", "b": "ü"}
        assert client.get_bucket_tags("docs") == {"b": "ü", "a": ""}
        client.set_bucket_tags("docs", {})
        assert SHELF not in behind.kept
        client.delete_bucket_tags("docs")
        client.set_bucket_tags("docs", {"a": "b"})
        behind.asked.clear()
        client.delete_bucket("docs")
        # The marker last: what fails in between leaves a bucket, and no tags for the next of its name.
        assert behind.asked[-2:] == [f"DELETE {SHELF}", f"DELETE {MARKER}"]
        assert behind.kept == {}
        for verb in ("set", "get", "delete"):
            with pytest.raises(BucketNotFoundError) as caught:
                call(client, verb, "tagging")
            assert (caught.value.bucket, caught.value.key) == ("docs", None)
        assert behind.kept == {}


@both
def test_tags_left_behind_by_a_bucket_that_is_gone_are_not_shown(connect: Connect) -> None:
    behind = Objects()
    behind.kept = {SHELF: b'{"a": "b"}'}
    with serve(behind) as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(BucketNotFoundError):
            client.get_bucket_tags("docs")


@both
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a": 1}', b"null", b"[" * 100_000])
def test_something_else_in_the_place_of_tags_is_an_error(connect: Connect, body: bytes) -> None:
    behind = Objects()
    behind.kept[SHELF] = body
    with serve(behind) as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(ServerError, match="holds something else") as caught:
            client.get_bucket_tags("docs")
        assert (caught.value.operation, caught.value.bucket) == ("GetBucketTagging", "docs")
        client.set_bucket_tags("docs", {"a": "b"})
        assert client.get_bucket_tags("docs") == {"a": "b"}


@both
@pytest.mark.parametrize("verb, method", [("set", "PUT"), ("get", "GET"), ("delete", "DELETE")])
def test_an_error_of_tags_below_a_prefix_has_the_names_of_tags(
    connect: Connect, verb: str, method: str
) -> None:
    behind = Objects()
    behind.faults[f"{method} {SHELF}"] = s3_error(403, "AccessDenied", "no /acme/.bucket-tags/docs")
    with serve(behind) as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(AccessDeniedError) as caught:
            call(client, verb, "tagging")
    assert caught.value.operation == f"{method.title()}BucketTagging"
    assert (caught.value.bucket, caught.value.key) == ("docs", None)


@both
@pytest.mark.parametrize("kind", ["policy", "lifecycle", "cors", "versioning"])
@pytest.mark.parametrize("verb", ["set", "get", "delete"])
def test_what_belongs_to_a_whole_bucket_is_refused_by_name(
    connect: Connect, kind: str, verb: str
) -> None:
    if (verb, kind) == ("delete", "versioning"):
        kind = "policy"
    values = {**VALUES, "versioning": True}
    with ScriptedServer() as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(NotSupportedError, match="all tenants share one") as caught:
            method = getattr(client, f"{verb}_bucket_{kind}")
            method("docs", values[kind]) if verb == "set" else method("docs")
    error = caught.value
    assert str(error.operation).lower().startswith(f"{verb.replace('set', 'put')}bucket{kind}")
    assert (error.bucket, error.tenant_id, error.hint) == ("docs", "acme", "tenancy='bucket'")


@both
def test_without_a_server_it_is_a_connection_error(connect: Connect) -> None:
    with ScriptedServer() as server:
        url = server.url
    with connect(url, max_retries=0) as client:
        for kind in NOTHING:
            for verb in ("set", "get", "delete"):
                with pytest.raises(MinIOConnectionError):
                    call(client, verb, kind)


@both
def test_aws_has_no_bucket_without_encryption(connect: Connect) -> None:
    """Removing what it does of itself would change nothing, and is none of a failure."""
    behind = Server()
    behind.kept["encryption"] = (
        b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        b"<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
        b"</ServerSideEncryptionConfiguration>"
    )

    def aws(request: Request) -> Step:
        step = behind(request)
        assert isinstance(step, Reply)
        return reply(step.status, step.body, headers=[*step.headers, ("Server", "AmazonS3")])

    with serve(aws) as server, connect(server) as client:
        client.delete_bucket_encryption("docs")
    assert behind.asked == ["GET encryption"]
    with serve(behind) as server, connect(server) as client:
        client.delete_bucket_encryption("docs")
    assert behind.kept == {}


# -- replication and notifications -----------------------------------------------------------------


def replicated(*destinations: str, role: str = "", condition: str = "") -> bytes:
    rules = "".join(
        f"<Rule><Status>Enabled</Status><Filter>{condition}</Filter><Destination><Bucket>{bucket}"
        "</Bucket></Destination></Rule>"
        for bucket in destinations
    )
    root = "ReplicationConfiguration"
    return f"<{root}><Role>{role}</Role>{rules}</{root}>".encode()


@both
def test_replication_goes_to_the_tenant_s_buckets_by_its_own_names(connect: Connect) -> None:
    behind = Server()
    forms = {
        "backup": "backup",
        "arn:aws:s3:::backup": "backup",
        "arn:minio:replication::id-1:backup": "arn:minio:replication::id-1:backup",
    }
    with serve(behind) as server, connect(server) as client:
        for given, shown in forms.items():
            client.set_bucket_replication("docs", {"rules": [{"destination": given}]})
            assert b":acme-backup</Bucket>" in behind.kept["replication"]
            found = client.get_bucket_replication("docs")
            assert found is not None
            assert [rule.destination for rule in found.rules] == [shown]
            client.set_bucket_replication("docs", found)


@both
@pytest.mark.parametrize(
    "replication",
    [
        {"rules": [{"destination": name}]}
        for name in (
            "arn:aws:s3:::", "arn:aws:s3:::a/../b", "arn:aws:s3:us-east-1:1:backup", "*", "UPPER", "",
            "arn:minio:replication::id:a:b", "arn:minio:sqs::1:webhook", "http://other/backup",
        )
    ]
    + [
        {"rules": [{"destination": "backup"}], "role": role}
        for role in ("arn:minio:replication::id:beta-docs", "arn:aws:s3:::beta-docs", "beta")
    ],
)  # fmt: skip
def test_what_could_be_another_s_is_not_sent(connect: Connect, replication: Any) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError):
            client.set_bucket_replication("docs", replication)


@both
def test_replication_to_another_s_bucket_is_not_shown(connect: Connect) -> None:
    behind = Server()
    for destination in ("arn:aws:s3:::beta-docs", "beta-docs", "arn:x:beta-docs"):
        behind.kept["replication"] = replicated("arn:aws:s3:::acme-a", destination)
        with serve(behind) as server, connect(server) as client:
            with pytest.raises(ServerError, match="isn't this tenant's") as info:
                client.get_bucket_replication("docs")
            assert "beta" not in str(info.value)
            assert info.value.operation == "GetBucketReplication"
    role = "arn:minio:replication::id:beta-docs"
    behind.kept["replication"] = replicated("arn:aws:s3:::acme-a", role=role)
    with serve(behind) as server, connect(server) as client:
        found = client.get_bucket_replication("docs")
        assert found is not None
        assert found.role is None
        client.delete_bucket_replication("docs")


@both
def test_a_condition_of_replication_that_nobody_here_knows_is_not_passed_over(
    connect: Connect,
) -> None:
    behind = Server()
    behind.kept["replication"] = replicated("arn:aws:s3:::acme-a", condition="<Size>1</Size>")
    with serve(behind) as server, connect(server) as client:
        for call_ in (client.get_bucket_replication, client.delete_bucket_replication):
            with pytest.raises(NotSupportedError, match="a condition that this SDK doesn't know"):
                call_("docs")


@both
def test_a_server_that_takes_replication_for_the_bucket_says_that_it_is_there(
    connect: Connect,
) -> None:
    """SeaweedFS does, for replication and notifications; a bucket that is not there isn't made."""
    refusal = s3_error(409, "BucketAlreadyOwnedByYou")
    behind = Server()
    behind.faults["PUT replication", 0] = behind.faults["PUT notification", 0] = refusal
    behind.faults["GET notification", 0] = reply(200, b"<NotificationConfiguration/>", headers=ID)
    rules = [{"arn": "arn:minio:sqs::1:webhook", "events": ["s3:ObjectCreated:*"]}]
    with serve(behind) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(NotSupportedError, match="took it for CreateBucket"):
                client.set_bucket_replication("docs", VALUES["replication"])
            with pytest.raises(NotSupportedError, match="took it for CreateBucket"):
                client.set_bucket_notification("docs", rules)
        behind.bucket = False
        behind.asked.clear()
        with pytest.raises(BucketNotFoundError):
            client.set_bucket_notification("docs", rules)
    assert behind.asked == ["GET notification", "HEAD"]


@both
def test_notifications_are_replaced_and_removed_as_a_document(connect: Connect) -> None:
    """There is no operation that removes them."""
    behind = Server()
    behind.kept["notification"] = b"<NotificationConfiguration/>"
    rule = {"arn": "arn:minio:sqs::1:webhook", "events": {"s3:ObjectCreated:*"}, "prefix": "in/"}
    with serve(behind) as server, connect(server) as client:
        assert client.get_bucket_notification("docs") == []
        client.delete_bucket_notification("docs")
        client.set_bucket_notification("docs", [rule])
        (found,) = client.get_bucket_notification("docs")
        assert (found.arn, found.events, found.prefix) == (
            rule["arn"],
            ("s3:ObjectCreated:*",),
            "in/",
        )
        client.set_bucket_notification("docs", [found])
        client.delete_bucket_notification("docs")
        client.set_bucket_notification("docs", [rule])
        client.set_bucket_notification("docs", [])
        assert client.get_bucket_notification("docs") == []
        behind.keep = lambda body: re.sub(rb"<Filter>.*</Filter>", b"", body)
        with pytest.raises(NotSupportedError, match="prefix"):
            client.set_bucket_notification("docs", [rule])
    assert "DELETE notification" not in behind.asked


@both
def test_a_notification_of_a_kind_that_nobody_here_knows_is_not_removed(connect: Connect) -> None:
    behind = Server()
    body = b"<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    behind.kept["notification"] = body
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="<EventBridgeConfiguration>"):
            client.set_bucket_notification("docs", [])
    assert behind.kept["notification"] == body
