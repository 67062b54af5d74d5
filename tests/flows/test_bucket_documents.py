"""Documents of buckets on servers that lack, forget, refuse and change things in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    BucketDocument,
    BucketNotFoundError,
    BucketPlan,
    MinIOClient,
    MinIOError,
    NotSupportedError,
    PartlyAppliedError,
    PlanOutdatedError,
    ServerError,
    ValidationError,
)
from tests.both import Connect, at_once, both
from tests.flows.test_bucket_settings import CORS, ID, POLICY, RULES, Edit, Server, serve
from tests.scripted import Request, Step, drop_before_reply, reply, s3_error

DOCUMENT: dict[str, Any] = {
    "policy": POLICY, "lifecycle": RULES, "tags": {"a": "b"}, "versioning": True,
    "encryption": {"algorithm": "AES256"}, "cors": CORS,
}  # fmt: skip
ORDER = ["encryption", "cors", "versioning", "tagging", "lifecycle", "policy"]
EMPTY = {
    "versioning": b"<VersioningConfiguration/>",
    "notification": b"<NotificationConfiguration/>",
}
TAGS = b"<Tagging><TagSet><Tag><Key>%s</Key><Value>1</Value></Tag></TagSet></Tagging>"


class Whole(Server):
    """A server that also has what is never absent, and can make a bucket.

    Attributes:
        named: its ``Server`` header.
    """

    named = ""

    def __call__(self, request: Request) -> Step:
        if request.path.startswith("/minio/admin/"):
            return s3_error(404, "NoSuchBucket")
        return super().__call__(request)

    def _work(self, request: Request, kind: str) -> Step:
        if request.method == "PUT" and not kind and not self.bucket:
            self.bucket = True
            return reply(200, headers={"Location": "/acme-docs", **ID})
        if self.bucket and request.method == "GET" and kind not in self.kept:
            if kind in EMPTY:
                return reply(200, EMPTY[kind], headers={**ID, "Server": self.named})
            if kind == "object-lock":
                return s3_error(404, "ObjectLockConfigurationNotFoundError")
            if kind == "uploads":
                return reply(200, b"<ListMultipartUploadsResult/>", headers=ID)
        return super()._work(request, kind)

    @property
    def changed(self) -> list[str]:
        """What was set or removed, in order."""
        return [name.partition(" ")[2] for name in self.asked if name.startswith(("PUT", "DEL"))]


def planned(behind: Whole, client: MinIOClient, document: Any, **named: Any) -> BucketPlan:
    """A plan, for which nothing was changed."""
    plan = client.plan_bucket("docs", document, **named)
    assert behind.changed == []
    return plan


@both
def test_all_of_a_document_is_set_in_a_safe_order_and_then_there_is_nothing_to_do(
    connect: Connect,
) -> None:
    behind = Whole()
    with serve(behind) as server, connect(server) as client:
        plan = planned(behind, client, DOCUMENT)
        assert [change.action for change in plan.changes] == ["add"] * len(ORDER)
        assert client.apply_bucket("docs", plan) == plan
        assert behind.changed == ORDER
        assert not client.plan_bucket("docs", DOCUMENT)
        assert not client.apply_bucket("docs", DOCUMENT)
        assert not client.plan_bucket("docs", {})
        assert behind.changed == ORDER
        found = client.export_bucket("docs", sections=DOCUMENT)
        assert found == BucketDocument.from_dict(DOCUMENT)
        everything = dict.fromkeys(DOCUMENT)
        done = client.apply_bucket("docs", everything)
        assert {change.action for change in done.changes} == {"remove"}
        # Versions are kept until nothing ends objects by rule any more.
        last = ["encryption", "cors", "tagging", "lifecycle", "versioning", "policy"]
        assert behind.changed == ORDER + last
        assert not client.plan_bucket("docs", everything)


@both
@pytest.mark.parametrize(
    ("refused", "done", "left"),
    [
        ("encryption", (), 5),
        ("versioning", ("encryption", "cors"), 3),
        ("policy", ("encryption", "cors", "versioning", "tags", "lifecycle"), 0),
    ],
)
def test_a_failure_ends_it_and_is_told(
    connect: Connect, refused: str, done: tuple[str, ...], left: int
) -> None:
    behind = Whole()
    behind.faults[f"PUT {refused}", 0] = s3_error(400, "InvalidRequest")
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(MinIOError, match=f"{refused}: ") as caught:
            client.apply_bucket("docs", DOCUMENT)
        error = caught.value
        assert behind.changed[-1] == refused
        assert error.code == "InvalidRequest"
        if not done:
            assert not isinstance(error, PartlyAppliedError)
            assert "done before: nothing; not done: cors, versioning" in str(error)
            return
        assert isinstance(error, PartlyAppliedError)
        assert (error.done, error.failed, len(error.left)) == (done, refused, left)
        assert type(error.__cause__) is MinIOError
        rest = client.plan_bucket("docs", DOCUMENT)  # goes on from there
        assert [change.section for change in rest.changes] == [refused, *error.left]


@both
def test_an_answer_that_was_lost_is_told_as_such(connect: Connect) -> None:
    behind = Whole()
    behind.faults["PUT lifecycle", 0] = drop_before_reply()
    with serve(behind) as server, connect(server, max_retries=1) as client:
        with pytest.raises(PartlyAppliedError, match="whether lifecycle has changed is not known"):
            client.apply_bucket("docs", {"tags": {"a": "b"}, "lifecycle": RULES})


@both
def test_a_plan_for_another_state_is_refused(connect: Connect) -> None:
    behind = Whole()
    behind.kept["tagging"] = TAGS % b"old"
    with serve(behind) as server, connect(server) as client:
        plan = planned(behind, client, {"tags": {}, "policy": POLICY})
        behind.kept["tagging"] = TAGS % b"new"
        behind.kept["cors"] = b"<CORSConfiguration/>"  # which the plan says nothing of
        with pytest.raises(PlanOutdatedError, match="tags has changed; nothing was done"):
            client.apply_bucket("docs", plan)
        behind.bucket = False
        with pytest.raises(PlanOutdatedError, match="the bucket is gone"):
            client.apply_bucket("docs", plan)
        new = planned(behind, client, {"versioning": True}, create=True)
        assert new.creates
        behind.bucket = True
        with pytest.raises(PlanOutdatedError, match="the bucket is there"):
            client.apply_bucket("docs", new)
        assert behind.changed == []
        behind.kept["tagging"] = TAGS % b"old"
        assert client.apply_bucket("docs", plan) == plan


@both
def test_a_plan_is_for_one_bucket_of_one_tenant_on_one_server(connect: Connect) -> None:
    behind = Whole()
    with serve(behind) as server, connect(server) as client:
        plan = client.plan_bucket("docs", {"tags": {"a": "b"}})
        asked = len(behind.asked)
        with pytest.raises(ValidationError, match=r"plan\.bucket"):
            client.apply_bucket("other", plan)
        with pytest.raises(ValidationError, match=r"plan\.tenant_id"):
            client.with_(tenant_id="beta").apply_bucket("docs", plan)
        with pytest.raises(ValidationError, match=r"plan\.bucket"):
            client.apply_buckets({"other": plan})
        forged = BucketPlan(**{**plan, "changes": plan.changes * 2})
        with pytest.raises(ValidationError, match="twice"):
            client.apply_bucket("docs", forged)
        assert len(behind.asked) == asked


@both
@pytest.mark.parametrize(
    "document",
    [
        {"tags": {"": "x"}},
        {"tags": {"a": "\0"}},
        {"policy": {"Statement": [{"Effect": "Allow", "resource": "x"}]}},
        {"policy": {"Statement": [{"Resource": "arn:aws:s3:::beta-docs/*"}]}},
        {"replication": {"rules": [{"destination": "arn:aws:s3:::../x"}]}},
        {"lifecycle": [{"expiration": {"days": 1}, "filter": {"prefix": "\0"}}]},
        {"cors": 5},
        {"quota": 2**63},
        {"life_cycle": []},
    ],
)
def test_bad_documents_are_refused_before_anything_is_sent(connect: Connect, document: Any) -> None:
    behind = Whole()
    with serve(behind) as server, connect(server) as client:
        for call in (client.plan_bucket, client.apply_bucket):
            with pytest.raises(ValidationError):
                call("docs", {"versioning": True, **document})
        for calls in (client.plan_buckets, client.apply_buckets):
            with pytest.raises(ValidationError):
                calls({"docs": {"versioning": True}, "more": document})
        wrongs: tuple[Any, ...] = ([("docs", {})], None, "docs")
        for wrong in wrongs:
            with pytest.raises(ValidationError, match="must be a mapping"):
                client.apply_buckets(wrong)
        with pytest.raises(ValidationError, match="create"):
            client.apply_bucket("docs", {}, create=1)  # type: ignore[arg-type]
        with pytest.raises(ValidationError, match="sections"):
            client.export_bucket("docs", sections="tags")
    assert behind.asked == []


@both
def test_what_belongs_to_a_whole_bucket_is_refused_by_prefix(connect: Connect) -> None:
    behind = Whole()
    with serve(behind) as server, connect(server, tenancy="prefix") as client:
        for section in set(BucketDocument()) - {"tags"}:
            documents: list[dict[str, Any]] = [
                {section: None, "tags": {}},
                {section: DOCUMENT.get(section)},
            ]
            for document in documents:
                with pytest.raises(NotSupportedError, match=f"^.*{section}: .*whole bucket"):
                    client.apply_bucket("docs", document)
            with pytest.raises(NotSupportedError, match=f"{section}: "):
                client.export_bucket("docs", sections=[section])
    assert behind.asked == []


@both
def test_a_section_that_the_server_lacks_is_refused_before_anything_is_changed(
    connect: Connect,
) -> None:
    behind = Whole()
    behind.faults["GET cors", 0] = s3_error(501, "NotImplemented")
    behind.faults["GET encryption", 0] = reply(200, b"<ListBucketResult/>", headers=ID)
    with serve(behind) as server, connect(server) as client:
        for section in ("cors", "encryption"):
            with pytest.raises(NotSupportedError, match=f"{section}: "):
                client.apply_bucket("docs", {"tags": {"a": "b"}, section: DOCUMENT[section]})
            with pytest.raises(NotSupportedError, match=f"{section}: "):
                client.export_bucket("docs", sections=[section, "tags"])
        assert behind.changed == []
        # None is what it has.
        assert not client.apply_bucket("docs", {"cors": [], "encryption": None})
        found = client.export_bucket("docs")
        assert not {"cors", "encryption", "quota"} & set(found.sections)
        assert behind.changed == []


@both
@pytest.mark.parametrize(
    ("server_name", "section", "value"),
    [
        ("SeaweedFS 30GB 4.48", "replication", {"rules": [{"destination": "docs"}]}),
        ("SeaweedFS 30GB 4.48", "notification", [
            {"arn": "arn:minio:sqs::1:webhook", "events": ["s3:ObjectCreated:*"]},
        ]),
        ("SeaweedFS 30GB 4.48", "object_lock", {"mode": "GOVERNANCE", "days": 1}),
        ("MinIO", "cors", CORS),
    ],
)  # fmt: skip
def test_what_known_servers_only_seem_to_have(
    connect: Connect, server_name: str, section: str, value: Any
) -> None:
    behind = Whole()
    behind.named = server_name
    behind.faults["PUT cors", 0] = s3_error(501, "NotImplemented")
    first = reply(200, headers={**ID, "Server": server_name})
    behind.faults["HEAD", 1] = first
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match=f"{section}: "):
            client.apply_bucket("docs", {"tags": {"a": "b"}, section: value})
    assert behind.changed == (["cors"] if section == "cors" else [])
    assert "tagging" not in behind.kept


@both
def test_a_bucket_is_made_only_when_it_may_be(connect: Connect) -> None:
    behind = Whole(bucket=False)
    with serve(behind) as server, connect(server) as client:
        document = {"tags": {"a": "b"}}
        calls: dict[str, Callable[[], object]] = {
            "PlanBucket": lambda: client.plan_bucket("docs", document),
            "ApplyBucket": lambda: client.apply_bucket("docs", document),
        }
        for name, call in calls.items():
            with pytest.raises(BucketNotFoundError, match="create=True") as caught:
                call()
            assert caught.value.operation == name
        with pytest.raises(BucketNotFoundError, match="create=True") as caught:
            client.apply_buckets({"docs": document})
        assert caught.value.operation == "ApplyBucket"
        with pytest.raises(BucketNotFoundError, match="create_bucket") as caught:
            client.export_bucket("docs")
        assert caught.value.operation == "ExportBucket"
        assert "create=True" not in str(caught.value)
        assert not behind.bucket
        assert planned(behind, client, {"tags": {}}, create=True).changes == ()
        assert not behind.bucket
        done = client.apply_bucket("docs", {"tags": {"a": "b"}, "policy": {}}, create=True)
        assert done.creates
        assert [change.section for change in done.changes] == ["tags"]
        assert behind.bucket
        assert not client.apply_bucket("docs", {"tags": {"a": "b"}}, create=True)


@both
def test_another_client_that_makes_the_bucket_first(connect: Connect) -> None:
    """Then a document is about that bucket, and a plan is outdated."""
    behind = Whole(bucket=False)
    taken = s3_error(409, "BucketAlreadyOwnedByYou")
    with serve(behind) as server, connect(server) as client:
        plan = client.plan_bucket("docs", {"tags": {"a": "1"}}, create=True)

        def made(request: Request) -> Step:
            behind.bucket = True
            behind.kept["tagging"] = TAGS % b"a"
            return taken

        real, answered = behind._work, []

        def work(request: Request, kind: str) -> Step:
            if request.method == "PUT" and not kind and not behind.bucket:
                answered.append(1)
                return made(request)
            return real(request, kind)

        behind._work = work  # type: ignore[method-assign]
        with pytest.raises(PlanOutdatedError, match="the bucket is there; nothing was done"):
            client.apply_bucket("docs", plan)
        behind.bucket = False
        done = client.apply_bucket("docs", {"tags": {"a": "1"}}, create=True)
        assert not done  # the other one has set the same
        behind.bucket = False
        done = client.apply_bucket("docs", {"tags": {"b": "1"}}, create=True)
        assert [(change.section, change.action) for change in done.changes] == [("tags", "change")]
        assert len(answered) == 3


@both
def test_a_lock_is_never_taken_away(connect: Connect) -> None:
    behind = Whole()
    behind.kept["object-lock"] = (
        b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
        b"</ObjectLockConfiguration>"
    )
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="object_lock: a bucket keeps its lock for"):
            client.apply_bucket("docs", {"object_lock": None, "tags": {"a": "b"}})
        document = client.export_bucket("docs", sections=["object_lock"])
        assert not client.apply_bucket("docs", document.to_dict())
    assert behind.changed == []


@both
def test_what_cannot_be_given_back_is_no_document(connect: Connect) -> None:
    behind = Whole()
    behind.kept["cors"] = b"<CORSConfiguration><CORSRule/></CORSConfiguration>"
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(ServerError, match="cors: what is set can't be given back"):
            client.export_bucket("docs")
        assert "cors" not in client.export_bucket("docs", sections=["tags"]).sections


@both
def test_what_may_not_be_seen_is_an_error_that_names_it(connect: Connect) -> None:
    behind = Whole()
    behind.faults["GET policy", 0] = s3_error(403, "AccessDenied")
    with serve(behind) as server, connect(server) as client:
        for call in (client.plan_bucket, client.apply_bucket):
            with pytest.raises(AccessDeniedError, match="policy: "):
                call("docs", {"tags": {"a": "b"}, "policy": {}})
        with pytest.raises(AccessDeniedError, match="policy: "):
            client.export_bucket("docs")
    assert behind.changed == []


@both
def test_two_that_apply_the_same_at_once_do_no_harm(connect: Connect) -> None:
    behind = Whole()
    with serve(behind) as server, connect(server) as client:
        at_once(client, [lambda c: c.apply_bucket("docs", DOCUMENT)] * 2)
        assert not client.plan_bucket("docs", DOCUMENT)


@both
def test_several_buckets_are_all_planned_before_one_is_changed(connect: Connect) -> None:
    behind, other = Whole(), Whole()

    def shared(request: Request) -> Step:
        if request.path == "/acme-more":
            request.line = request.line.replace(b"/acme-more", b"/acme-docs", 1)
            return other(request)
        return behind(request)

    other.faults["GET policy", 1] = s3_error(403, "AccessDenied")
    wanted = {"docs": {"tags": {"a": "b"}}, "more": {"tags": {"c": "d"}, "policy": {}}}
    with serve(shared) as server, connect(server) as client:
        with pytest.raises(AccessDeniedError, match="policy: "):
            client.apply_buckets(wanted)
        assert behind.changed == other.changed == []
        plans = client.plan_buckets(wanted)
        assert list(plans) == ["docs", "more"]
        other.faults["PUT tagging", 0] = s3_error(400, "InvalidRequest")
        done = client.apply_buckets({"docs": plans["docs"], "more": wanted["more"]})
        assert done.results[0] == plans["docs"]
        assert (done.ok, done.succeeded, done.failed) == (False, 1, 1)
        assert "tags: " in str(done.errors[0])
        assert done.errors[0].bucket == "more"
        del other.faults["PUT tagging", 0]
        assert client.apply_buckets(wanted).ok
        assert not any(client.plan_buckets(wanted).values())


@both
def test_a_bucket_that_goes_in_the_middle_isnt_made_again(connect: Connect) -> None:
    behind = Whole()

    def gone() -> None:
        behind.bucket = False

    behind.faults["PUT cors", 1] = Edit(gone)
    with serve(behind) as server, connect(server) as client:
        with pytest.raises(PartlyAppliedError, match="cors: ") as caught:
            client.apply_bucket("docs", DOCUMENT)
        assert isinstance(caught.value.__cause__, MinIOError)
    assert behind.changed[:2] == ORDER[:2]
