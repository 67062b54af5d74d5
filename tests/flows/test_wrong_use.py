"""Calls that can't be meant: each is refused by the name of what is wrong, and nothing is sent.

By the names of issue 7's features; what other modules try of the same isn't here again.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from minio_sdk import (
    BucketPlan,
    CsvInput,
    JsonInput,
    SseKms,
    SseS3,
    Statement,
    ValidationError,
)
from tests.both import Connect, both
from tests.scripted import ScriptedServer

NAIVE = datetime(2020, 1, 1)
LATER = datetime.now(timezone.utc) + timedelta(days=9)
EVIL = "a\r\nX-Evil: 1"
HALF = "\ud800"
ARN = "arn:aws:sqs:us-east-1:123456789012:queue"
CSV = CsvInput()
KMS = {"algorithm": "aws:kms"}


def lock(**values: Any) -> Callable[[Any], object]:
    return lambda c: c.set_bucket_object_lock("docs", {"mode": "GOVERNANCE", **values})


def retention(value: Any, **more: Any) -> Callable[[Any], object]:
    return lambda c: c.set_object_retention("docs", "k", value, **more)


def compose(*sources: Any, **more: Any) -> Callable[[Any], object]:
    return lambda c: c.compose_object("docs", "k", sources, **more)


def append(data: Any, **more: Any) -> Callable[[Any], object]:
    return lambda c: c.append_object("docs", "k", data, **more)


def prompt(question: Any = "?", **more: Any) -> Callable[[Any], object]:
    return lambda c: c.prompt_object("docs", "k", question, **more)


def select(*given: Any, **more: Any) -> Callable[[Any], object]:
    return lambda c: c.select_object_content("docs", "k", *given, **more)


def put(**more: Any) -> Callable[[Any], object]:
    return lambda c: c.upload_object("docs", "k", b"", **more)


def replication(*rules: Any) -> Callable[[Any], object]:
    given = [{"destination": "docs2", **rule} for rule in rules]
    return lambda c: c.set_bucket_replication("docs", {"rules": given})


def notification(*rules: Any) -> Callable[[Any], object]:
    given = [{"arn": ARN, "events": ["s3:ObjectCreated:*"], **rule} for rule in rules]
    return lambda c: c.set_bucket_notification("docs", given)


WRONG: list[tuple[str, Callable[[Any], object]]] = [
    # object lock
    ("lock.days=10000000: must be at most 36500", lock(days=10**7)),
    ("lock.years=101: must be at most 100", lock(years=101)),
    ("lock.days=True", lock(days=True)),
    ("lock: mode=", lock(days=1, years=1)),
    ("retention=False", retention(False)),
    ("retention='x': is not one of", retention({"mode": "COMPLIANCE", "x": LATER})),
    ("retention.retain_until_date=", retention({"mode": "COMPLIANCE", "retain_until_date": NAIVE})),
    ("bypass_governance='yes'", retention(None, bypass_governance="yes")),
    ("legal_hold='on'", put(legal_hold="on")),
    ("version_id=", lambda c: c.enable_object_legal_hold("docs", "k", version_id=EVIL)),
    ("bypass_governance=True: goes with force=True",
     lambda c: c.delete_bucket("docs", bypass_governance=True)),
    # encryption
    ("encryption: must be SseS3", put(encryption=True)),
    ("encryption: must be SseS3", put(encryption=SseS3)),
    ("encryption='key_id': goes with 'aws:kms'", put(encryption={"key": bytes(32), "key_id": "x"})),
    ("encryption.key_id=", put(encryption={**KMS, "key_id": EVIL})),
    ("encryption.context: must be", put(encryption={**KMS, "context": {"a": 1}})),
    ("source_encryption: must be SseC(key), or False for none, not SseS3",
     lambda c: c.copy_object("docs", "l", "docs", "k", source_encryption=SseS3())),
    ("source_encryption: must be SseC(key), or False for none, not SseKms",
     lambda c: c.copy_many([], source_encryption=KMS | {"key_id": "k"})),
    ("sources[0].encryption: must be SseC(key)", compose({"key": "a", "encryption": SseKms("k")})),
    ("encryption.kms_key_id: goes with",
     lambda c: c.set_bucket_encryption("docs", {"algorithm": "AES256", "kms_key_id": "x"})),
    # replication, notifications, live events
    ("replication.rules[1].id='a': is there already",
     replication({"id": "a", "priority": 1}, {"id": "a", "priority": 2})),
    ("replication.rules[1].priority=1: is there already", replication({"priority": 1}, {"priority": 1})),
    ("replication.rules[1].priority=2: is there already", replication({"priority": 2}, {})),
    ("replication.rules[0].status='On'", replication({"status": "On"})),
    ("rules[1].id='a': is there already", notification({"id": "a"}, {"id": "a"})),
    ("rules[0].events=", notification({"events": "s3:ObjectCreated:*"})),
    ("rules[0].events='s3:<x>'", notification({"events": ["s3:<x>"]})),
    ("events=", lambda c: c.listen_bucket("docs", events="s3:ObjectCreated:*")),
    ("reconnect_for=nan", lambda c: c.listen_bucket("docs", reconnect_for=math.nan)),
    ("on_reconnect=5", lambda c: c.listen_bucket("docs", on_reconnect=5)),
    # S3 Select
    ("sql=", select(HALF, CSV)),
    ("input=None", select("?", None)),
    ("input=", select("?", {"CSV": {}, "JSON": {}})),
    ("scan_range=(5, 1)", select("?", CSV, scan_range=(5, 1))),
    ("scan_range=(0, 9): goes with what is not compressed",
     select("?", CsvInput(compression_type="GZIP"), scan_range=(0, 9))),
    ("scan_range=(0, None): goes with what is not compressed",
     select("?", JsonInput(json_type="LINES", compression_type="ZSTD"), scan_range=(0, None))),
    # objects made of others
    ("sources={'a'}: has no order", lambda c: c.compose_object("docs", "k", {"a"})),
    ("sources=frozenset({'a'}): has no order",
     lambda c: c.compose_object("docs", "k", frozenset("a"))),
    ("sources[0].offset=1.5", compose({"key": "a", "offset": 1.5})),
    ("if_modified_since=", compose({"key": "a", "if_modified_since": NAIVE})),
    ("if_match='e': can't go together", compose("a", if_match="e", if_none_match="*")),
    ("bucket='../acme2-docs'", compose(("../acme2-docs", "a"))),
    ("storage_class=", compose("a", storage_class=EVIL)),
    ("data=frozenset({b'a'})", append(frozenset([b"a"]))),
    ("data={b'a': 1}", append({b"a": 1})),
    ("data[1]='b': must be bytes, not str", append([b"a", "b"])),
    ("content_type=", append(b"", content_type=EVIL)),
    ("items[2].key=''", lambda c: c.fan_out("docs", b"", ["a", "b", ""])),
    ("items[0].metadata=", lambda c: c.fan_out("docs", b"", [{"key": "a", "metadata": {"a": 5}}])),
    # prompts, archives, attributes, restores, uploads
    ("parameters={'t': nan}", prompt(parameters={"t": math.nan})),
    ("parameters='prompt'", prompt(parameters={"prompt": "x"})),
    ("version_id=", prompt(version_id=EVIL)),
    ("lambda_arn=", prompt(lambda_arn=HALF)),
    ("max_size=-1", lambda c: c.read_archive("docs", "k", "a", max_size=-1)),
    ("days=1000000000000: must be at most", lambda c: c.restore_object("docs", "k", 10**12)),
    ("tier=5", lambda c: c.restore_object("docs", "k", 1, tier=5)),
    ("upload_id=", lambda c: c.list_parts("docs", "k", HALF)),
    ("older_than=nan", lambda c: c.abort_incomplete_uploads("docs", older_than=math.nan)),
    # what was there at a moment
    ("at=", lambda c: c.get_object("docs", "k", at=NAIVE)),
    ("at=nan", lambda c: c.object_exists("docs", "k", at=math.nan)),
    ("at='2020-13-01'", lambda c: c.list_objects("docs", at="2020-13-01")),
    ("at, version_id", lambda c: c.get_object("docs", "k", at="2020-01-01", version_id="v")),
    ("version_id, at: go with mode", lambda c: c.open("docs", "k", "wb", at="2020-01-01")),
    ("dry_run='x'", lambda c: c.undelete_object("docs", "k", dry_run="x")),
    # policies, documents, capabilities, quotas
    ("actions='s3:Nope'",
     lambda c: Statement(effect="Allow", actions=["s3:Nope"], resources=["docs/*"])),
    ("document='colour': is not one of", lambda c: c.plan_bucket("docs", {"colour": 1})),
    ("documents['docs']=5", lambda c: c.plan_buckets({"docs": 5})),
    ("create='x'", lambda c: c.plan_buckets({}, create="x")),
    ("create=1", lambda c: c.apply_buckets({}, create=1)),
    ("plan.bucket='other'",
     lambda c: c.apply_bucket("docs", BucketPlan(bucket="other", changes=()))),
    ("probe='all'", lambda c: c.get_capabilities(probe="all")),
    ("size=True", lambda c: c.admin.set_bucket_quota("docs", True)),
]  # fmt: skip


@both
def test_each_is_refused_by_its_name_and_nothing_is_sent(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        for begins, call in WRONG:
            with pytest.raises(ValidationError) as caught:
                result = call(client)
                getattr(result, "read", lambda: None)()  # a selection is asked when it is read
            assert str(caught.value).startswith(begins), (begins, str(caught.value))
            assert server.requests == [], begins


@both
@pytest.mark.parametrize("encryption", [SseS3(), None])
def test_a_source_is_opened_by_what_the_settings_say(connect: Connect, encryption: Any) -> None:
    """Only an argument is refused that can do nothing: the same settings are for all calls."""
    with ScriptedServer() as server, connect(server, encryption=encryption) as client:
        assert client.copy_many([]).ok


RAW = bytes(range(65, 97))
TEXT = b64encode(RAW).decode()


def leaks(key: Any) -> list[Callable[[Any], object]]:
    """Calls with a key in the wrong place."""
    sealed = {"key": key}
    item: dict[str, Any] = {"key": "a", "encryption": sealed}
    return [
        lambda c: c.compose_object("docs", "k", item),
        compose(("docs", "a", None, sealed)),
        compose({"key": sealed}),
        compose({"key": "a", "encryption": key}),
        compose({"key": "a", "encryption": {key: 1}}),
        compose([sealed]),
        lambda c: c.upload_many(item),
        lambda c: c.copy_many({**item, "source_encryption": key}),
        lambda c: c.fan_out("docs", b"", item),
        put(encryption=key),
        put(encryption=[sealed]),
        put(encryption={key: "key"}),
        put(encryption={"algorithm": key}),
        put(encryption={"algorithm": "aws:kms", "key_id": key, "bucket_key": 5}),
        lambda c: c.set_bucket_encryption("docs", {"algorithm": key}),
        prompt(parameters={"key": key, "x": {1}}),
    ]


@both
def test_no_refusal_shows_a_key(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        for key in (RAW, TEXT):
            for number, call in enumerate(leaks(key)):
                with pytest.raises(ValidationError) as caught:
                    call(client)
                text = str(caught.value) + repr(caught.value)
                assert TEXT not in text, number
                assert RAW.decode()[:26] not in text, number
