"""Lifecycle rules as people write them: all forms of a rule are one, and none deletes more than it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    AbortIncompleteMultipartUpload,
    DelMarkerExpiration,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    NoncurrentVersionExpiration,
    NoncurrentVersionTransition,
    Transition,
    ValidationError,
)
from minio_sdk.models.lifecycle import essence, lifecycle_rules
from minio_sdk.operation import Place
from minio_sdk.operations.bucket_lifecycle import GetBucketLifecycle, PutBucketLifecycle
from minio_sdk.wire.message import Reply
from tests.strategies import MODERATE, xml_text

PLACE = Place("docs", "acme-docs", "", "/acme-docs")
DAYS = {"expiration": {"days": 7}}


def one(rule: Any) -> LifecycleRule:
    (found,) = lifecycle_rules([rule])
    return found


# -- forms -----------------------------------------------------------------------------------------


def test_the_rules_of_the_guide() -> None:
    rule = one(
        {"id": "tmp", "status": "Enabled", "expiration": {"days": 7}, "filter": {"prefix": "temp/"}}
    )
    assert rule == LifecycleRule(
        id="tmp", expiration=Expiration(days=7), filter=LifecycleFilter(prefix="temp/")
    )
    assert rule["expiration"]["days"] == 7


@pytest.mark.parametrize(
    "given_, meant",
    [
        (
            {
                "ID": "a",
                "Status": "Disabled",
                "Expiration": {"Days": 7},
                "Filter": {"Prefix": "t/"},
            },
            LifecycleRule(
                id="a",
                status="Disabled",
                expiration=Expiration(days=7),
                filter=LifecycleFilter(prefix="t/"),
            ),
        ),
        (
            {
                "Filter": {
                    "And": {
                        "Prefix": "p",
                        "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}],
                        "ObjectSizeGreaterThan": 1,
                        "ObjectSizeLessThan": 9,
                    }
                },
                "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
                "NoncurrentVersionTransitions": [{"NoncurrentDays": 0, "StorageClass": "COLD"}],
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                "Transitions": [{"Days": 0, "StorageClass": "COLD"}],
            },
            LifecycleRule(
                filter=LifecycleFilter(
                    prefix="p",
                    tags={"k": "v", "l": ""},
                    object_size_greater_than=1,
                    object_size_less_than=9,
                ),
                noncurrent_version_expiration=NoncurrentVersionExpiration(
                    noncurrent_days=3, newer_noncurrent_versions=2
                ),
                noncurrent_version_transitions=(
                    NoncurrentVersionTransition(storage_class="COLD", noncurrent_days=0),
                ),
                abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(
                    days_after_initiation=1
                ),
                transitions=(Transition(storage_class="COLD", days=0),),
            ),
        ),
        (
            {"Prefix": "old", "Transition": {"Date": "2031-01-31", "StorageClass": "COLD"}},
            LifecycleRule(
                filter=LifecycleFilter(prefix="old"),
                transitions=(
                    Transition(
                        storage_class="COLD", date=datetime(2031, 1, 31, tzinfo=timezone.utc)
                    ),
                ),
            ),
        ),
        (
            {"filter": {"tag": {"key": "k", "value": "v"}, "tags": {"l": "w"}}, **DAYS},
            LifecycleRule(
                filter=LifecycleFilter(tags={"k": "v", "l": "w"}), expiration=Expiration(days=7)
            ),
        ),
        ({"filter": None, **DAYS}, LifecycleRule(expiration=Expiration(days=7))),
        ({"prefix": "", **DAYS}, LifecycleRule(expiration=Expiration(days=7))),
        ({"filter": {"prefix": ""}, **DAYS}, LifecycleRule(expiration=Expiration(days=7))),
        (
            {"expiration": {"days": 7, "expired_object_delete_marker": False}},
            LifecycleRule(expiration=Expiration(days=7)),
        ),
        (
            {
                "expiration": {"days": 7, "expired_object_all_versions": True},
                "DelMarkerExpiration": {"Days": 2},
            },
            LifecycleRule(
                expiration=Expiration(days=7, expired_object_all_versions=True),
                del_marker_expiration=DelMarkerExpiration(days=2),
            ),
        ),
    ],
)
def test_every_form_is_the_same_rule(given_: dict[str, Any], meant: LifecycleRule) -> None:
    assert one(given_) == meant
    assert one(meant) == meant
    assert one(dict(meant)) == meant


@pytest.mark.parametrize(
    "when",
    [
        "2031-01-31",
        "2031-01-31T00:00:00Z",
        "2031-01-31T00:00:00.000Z",
        "2031-01-31T02:00:00+02:00",
        date(2031, 1, 31),
        datetime(2031, 1, 31),
        datetime(2031, 1, 31, 2, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_date_is_midnight_utc(when: Any) -> None:
    rule = one({"expiration": {"date": when}})
    assert rule.expiration == Expiration(date=datetime(2031, 1, 31, tzinfo=timezone.utc))


def test_rules_may_come_from_anything_that_yields_them() -> None:
    assert len(lifecycle_rules(DAYS for _ in range(3))) == 3
    assert lifecycle_rules([]) == ()


def test_rules_don_t_share_what_can_be_changed() -> None:
    assert LifecycleRule().filter is not LifecycleRule().filter


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule, message",
    [
        (5, "must be a dict or a LifecycleRule"),
        (Expiration(days=7), "must be a dict or a LifecycleRule"),
        ({}, "not what becomes of them"),
        ({"filter": {"prefix": "a"}}, "not what becomes of them"),
        ({"expiry": {"days": 7}}, "rules[0]='expiry': is not one of"),
        ({5: 7}, "is not one of"),
        ({**DAYS, "Expiration": {"Days": 8}}, "is there already"),
        ({**DAYS, "filter": {"prefx": "temp/"}}, "rules[0].filter='prefx': is not one of"),
        ({**DAYS, "filter": {"prefix": 5}}, "rules[0].filter.prefix=5: must be text"),
        ({**DAYS, "filter": "temp/"}, "must be a dict or a LifecycleFilter"),
        ({**DAYS, "prefix": "a", "filter": {"tags": {"k": "v"}}}, "has prefix beside filter"),
        ({**DAYS, "filter": {"and": {"prefix": "a"}, "prefix": "b"}}, "has conditions beside And"),
        ({**DAYS, "filter": {"tags": "k=v"}}, "must be a mapping, or a list"),
        ({**DAYS, "filter": {"tags": ["k"]}}, 'must be {"Key": ..., "Value": ...}'),
        ({**DAYS, "filter": {"tag": {"Key": "k"}}}, 'must be {"Key": ..., "Value": ...}'),
        ({**DAYS, "filter": {"tags": {"k": 5}}}, "names and values must be text"),
        ({**DAYS, "filter": {"tags": {"": "v"}}}, "names and values must be text"),
        (
            {**DAYS, "filter": {"tags": [{"Key": "k", "Value": v} for v in "ab"]}},
            "is the name of two tags",
        ),
        ({**DAYS, "filter": {"object_size_less_than": "9"}}, "must be a whole number"),
        ({**DAYS, "filter": {"object_size_less_than": -1}}, "of at least 0"),
        ({**DAYS, "status": "enabled"}, "must be 'Enabled' or 'Disabled'"),
        ({**DAYS, "id": ""}, "text of 1 to 255 characters"),
        ({**DAYS, "id": "x" * 256}, "text of 1 to 255 characters"),
        ({**DAYS, "id": 5}, "text of 1 to 255 characters"),
        ({"expiration": 7}, "must be a dict or a Expiration"),
        ({"expiration": {}}, "must have one of days, date and"),
        ({"expiration": {"days": 0}}, "of at least 1"),
        ({"expiration": {"days": -1}}, "of at least 1"),
        ({"expiration": {"days": True}}, "must be a whole number"),
        ({"expiration": {"days": 7.0}}, "must be a whole number"),
        ({"expiration": {"days": "7"}}, "must be a whole number"),
        ({"expiration": {"days": 7, "date": "2031-01-31"}}, "must have one of days, date and"),
        ({"expiration": {"expired_object_delete_marker": False}}, "must have one of days"),
        ({"expiration": {"expired_object_delete_marker": 1}}, "must be True or False"),
        ({"expiration": {"date": "tomorrow"}}, "must be a date such as"),
        ({"expiration": {"date": "2031-01-31T12:00:00"}}, "must be midnight UTC"),
        ({"expiration": {"date": "2031-01-31T00:00:00+02:00"}}, "must be midnight UTC"),
        (
            {"expiration": {"date": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}},
            "must be a date such as",
        ),
        ({"expiration": {"date": 20310131}}, "must be a date"),
        ({"transitions": [{"days": 3}]}, "lacks storage_class"),
        ({"transitions": [{"days": 3, "storage_class": ""}]}, "must be text such as 'GLACIER'"),
        ({"transitions": [{"storage_class": "COLD"}]}, "must have days or date"),
        ({"transitions": "COLD"}, "must be a list"),
        (
            {"transition": {}, "transitions": [{"days": 3, "storage_class": "COLD"}]},
            "has transition beside transitions",
        ),
        ({"noncurrent_version_expiration": {}}, "is empty"),
        ({"noncurrent_version_transitions": [{"storage_class": "COLD"}]}, "lacks noncurrent_days"),
        ({"abort_incomplete_multipart_upload": {}}, "lacks days_after_initiation"),
    ],
)
def test_a_rule_that_can_t_be_meant_is_refused_by_name(rule: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        lifecycle_rules([rule])
    assert message in str(caught.value)
    assert "rules[0]" in str(caught.value)


@pytest.mark.parametrize("rules", [None, 5, "rules", b"rules", DAYS, LifecycleRule()])
def test_rules_are_a_list(rules: Any) -> None:
    with pytest.raises(ValidationError, match="must be a list of rules"):
        lifecycle_rules(rules)


def test_rules_have_a_limit_and_ids_of_their_own() -> None:
    assert len(lifecycle_rules([DAYS] * 1000)) == 1000
    with pytest.raises(ValidationError, match="1001 of them, and S3 allows 1000"):
        lifecycle_rules([DAYS] * 1001)
    with pytest.raises(ValidationError, match="'a': is the id of two rules"):
        lifecycle_rules([{**DAYS, "id": "a"}, {**DAYS, "id": "b"}, {**DAYS, "id": "a"}])


# -- any rule --------------------------------------------------------------------------------------

_days = st.integers(1, 10**6)
_midnights = st.dates().map(lambda d: datetime(d.year, d.month, d.day, tzinfo=timezone.utc))
_names = xml_text.filter(bool)
_moves = st.one_of(
    st.builds(Transition, storage_class=_names, days=st.integers(0, 10**6)),
    st.builds(Transition, storage_class=_names, date=_midnights),
)
RULES = st.builds(
    LifecycleRule,
    id=st.none() | _names,
    status=st.sampled_from(["Enabled", "Disabled"]),
    filter=st.builds(
        LifecycleFilter,
        prefix=st.none() | _names,
        tags=st.dictionaries(_names, xml_text, max_size=3),
        object_size_greater_than=st.none() | _days,
        object_size_less_than=st.none() | _days,
    ),
    expiration=st.one_of(
        st.builds(Expiration, days=_days, expired_object_all_versions=st.none() | st.just(True)),
        st.builds(Expiration, date=_midnights),
        st.builds(Expiration, expired_object_delete_marker=st.just(True)),
    ),
    transitions=st.lists(_moves, max_size=2).map(tuple),
    noncurrent_version_expiration=st.none()
    | st.builds(
        NoncurrentVersionExpiration,
        noncurrent_days=_days,
        newer_noncurrent_versions=st.none() | _days,
    ),
    noncurrent_version_transitions=st.lists(
        st.builds(NoncurrentVersionTransition, storage_class=_names, noncurrent_days=_days),
        max_size=2,
    ).map(tuple),
    abort_incomplete_multipart_upload=st.none()
    | st.builds(AbortIncompleteMultipartUpload, days_after_initiation=_days),
    del_marker_expiration=st.none() | st.builds(DelMarkerExpiration, days=_days),
)


@MODERATE
@given(RULES)
def test_what_is_sent_is_read_back(rule: LifecycleRule) -> None:
    assert one(rule) == one(dict(rule)) == rule
    body = PutBucketLifecycle(PLACE, (rule,)).request().body
    assert isinstance(body, bytes)
    assert GetBucketLifecycle(PLACE).parse(Reply(200, {}, body)) == (rule,)


@MODERATE
@given(RULES, RULES)
def test_a_rule_says_the_same_by_any_name_and_in_any_order(
    rule: LifecycleRule, other: LifecycleRule
) -> None:
    turned = {**rule, "id": "renamed", "transitions": rule.transitions[::-1]}
    assert essence(one(turned)) == essence(rule)
    for name, value in other.items():
        changed = essence(one({**rule, name: value}))
        if name == "id":
            assert changed == essence(rule)
        elif isinstance(value, tuple):
            assert (changed == essence(rule)) is (set(value) == set(rule[name]))
        else:
            assert (changed == essence(rule)) is (value == rule[name])
