"""Documents of buckets: what is left out, what says none, and what they are written as."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    LEFT_OUT,
    BucketChange,
    BucketDocument,
    BucketEncryption,
    BucketPlan,
    CorsRule,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    NotificationRule,
    ObjectLock,
    Replication,
    ReplicationRule,
    Transition,
    ValidationError,
)
from minio_sdk.models.bucket_document import SECTIONS, lines_of
from minio_sdk.models.lifecycle import lifecycle_rules
from tests.strategies import MANY

NONE: dict[str, Any] = {
    "versioning": False, "object_lock": None, "encryption": None, "tags": {}, "policy": {}, "cors": (),
    "lifecycle": (), "notification": (), "replication": None, "quota": None,
}  # fmt: skip
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}
FULL: dict[str, list[Any]] = {
    "versioning": [True, False],
    "object_lock": [None, ObjectLock(), ObjectLock(mode="GOVERNANCE", days=1)],
    "encryption": [None, BucketEncryption(), BucketEncryption(algorithm="aws:kms", kms_key_id="k")],
    "tags": [{}, {"a": "b", "c": ""}],
    "policy": [{}, POLICY],
    "cors": [(), (CorsRule(allowed_origins=("*",), allowed_methods=("GET",), max_age_seconds=0),)],
    "lifecycle": [
        (),
        lifecycle_rules(
            [
                LifecycleRule(
                    id="a",
                    filter=LifecycleFilter(prefix="x/", tags={"t": ""}),
                    expiration=Expiration(date=datetime(2035, 1, 31, tzinfo=timezone.utc)),
                    transitions=(Transition(storage_class="GLACIER", days=0),),
                )
            ]
        ),
    ],
    "notification": [
        (),
        (NotificationRule(arn="arn:minio:sqs::1:webhook", events=("s3:ObjectCreated:*",)),),
    ],
    "replication": [None, Replication(rules=(ReplicationRule(destination="b", priority=1),))],
    "quota": [None, 1],
}

documents = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in FULL.items()}
).filter(lambda d: not (d.get("object_lock") and d.get("versioning") is False))


@MANY
@given(documents)
def test_what_is_written_is_read_back(sections: dict[str, Any]) -> None:
    document = BucketDocument(**sections)
    assert document.sections == tuple(name for name in SECTIONS if name in sections)
    assert BucketDocument.from_dict(document.to_dict()) == document
    assert BucketDocument.from_json(document.to_json()) == document
    assert BucketDocument.from_dict(dict(document)) == document
    assert BucketDocument(**document) == pickle.loads(pickle.dumps(document)) == document
    assert set(json.loads(document.to_json(indent=None))) == set(sections)
    assert hash(document.only()) == hash(BucketDocument())


@pytest.mark.parametrize("section", SECTIONS)
def test_left_out_and_none_are_two_things(section: str) -> None:
    assert BucketDocument()[section] is LEFT_OUT
    empties: list[Any] = [None]
    if section not in ("versioning", "quota"):
        empties += [{}] if section == "tags" else [{}, []]
    for empty in empties:
        document = BucketDocument.from_dict({section: empty})
        assert document[section] == NONE[section]
        assert document.sections == (section,)
        assert document != BucketDocument()
        assert section in document.to_dict()
    assert pickle.loads(pickle.dumps(BucketDocument()))[section] is LEFT_OUT


def test_left_out_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="is LEFT_OUT"):
        bool(BucketDocument().tags)
    assert repr(BucketDocument().tags) == "LEFT_OUT"


def test_a_lock_without_a_default_is_not_none() -> None:
    """`{}` would be none."""
    document = BucketDocument(object_lock=ObjectLock(), encryption=BucketEncryption())
    written = document.to_dict()
    assert written == {
        "object_lock": {"object_lock_enabled": "Enabled"}, "encryption": {"algorithm": "AES256"},
    }  # fmt: skip
    assert BucketDocument.from_dict(written) == document


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tag": {}}, "is not one of"),
        ({"Tags": {}, "tags": {}}, "is there already"),
        ([], "must be a dict or a BucketDocument"),
        (None, "must be a dict or a BucketDocument"),
        ({"versioning": "Enabled"}, "versioning"),
        ({"versioning": 1}, "versioning"),
        ({"versioning": False, "object_lock": {"mode": "GOVERNANCE", "days": 1}}, "must be on"),
        ({"tags": [("a", "b")]}, "must be a mapping"),
        ({"tags": {"a": 1}}, "must be text"),
        ({"tags": "a=b"}, "must be a mapping"),
        ({"policy": "nonsense"}, "is not JSON"),
        ({"policy": '{"Version": "a", "Version": "b"}'}, "twice"),
        ({"policy": {"a": float("nan")}}, "JSON"),
        ({"policy": 5}, "JSON text or a dict"),
        ({"cors": [{"allowed_methods": ["GET"]}]}, "cors: rules"),
        ({"lifecycle": {"id": "a"}}, "lifecycle: rules"),
        ({"lifecycle": [{"id": "a"}]}, "lifecycle: rules"),
        ({"notification": [{"arn": "x", "events": []}]}, "notification: rules"),
        ({"replication": {"rules": []}}, "replication"),
        ({"encryption": {"algorithm": "ROT13"}}, "encryption.algorithm"),
        ({"object_lock": {"mode": "GOVERNANCE"}}, "object_lock"),
        ({"quota": 0}, "quota"),
        ({"quota": True}, "quota"),
        ({"quota": 2**63}, "quota"),
        ({"quota": "1GiB"}, "quota"),
    ],
)
def test_what_is_no_document(given: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        BucketDocument.from_dict(given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"tags": {}, "tags": {"a": "b"}}', "twice"),
        ('{"tags": {"a": "1", "a": "2"}}', "twice"),
        ("[]", "must be a dict"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (5, "must be JSON text"),
    ],
)
def test_what_is_no_json_of_one(text: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        BucketDocument.from_json(text)


def test_only_some_sections() -> None:
    document = BucketDocument(versioning=True, tags={"a": "b"}, policy={})
    assert document.only("policy", "tags", "cors") == BucketDocument(tags={"a": "b"}, policy={})
    for wrong in ("tag", 5, ["tags"]):
        with pytest.raises(ValidationError, match="is not one of"):
            document.only(wrong)  # type: ignore[arg-type]


def test_a_policy_is_a_copy() -> None:
    given: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    document = BucketDocument(policy=given)
    given["Statement"][0]["Effect"] = "Deny"
    assert document.to_dict()["policy"]["Statement"] == [{"Effect": "Allow"}]


def test_a_plan_is_shown_as_a_diff() -> None:
    old, new = lines_of({"a": "1", "b": "2"}), lines_of({"a": "1", "b": "\x1b[2J\u202e"})
    change = BucketChange(section="tags", action="change", before={}, after={}, old=old, new=new)
    plan = BucketPlan(bucket="docs", changes=(change,))
    assert plan
    assert str(plan).splitlines() == [
        "bucket docs: change tags",
        "--- tags (as it is)",
        "+++ tags (as planned)",
        "@@ -1,4 +1,4 @@",
        " {",
        '   "a": "1",',
        '-  "b": "2"',
        '+  "b": "\\u001b[2J\\u202e"',
        " }",
    ]
    assert str(BucketPlan(bucket="docs", creates=True)) == "bucket docs: to be created"
    nothing = BucketPlan(bucket="docs")
    assert not nothing
    assert str(nothing) == "bucket docs: nothing to do"
    assert "\x1b" not in str(BucketDocument(tags={"a": "\x1b[2J"}))
