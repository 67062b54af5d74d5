"""Records read both ways, never change, and travel between processes."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest

import minio_sdk
from minio_sdk import (
    BucketInfo,
    DeletedObject,
    DeleteError,
    DeleteResult,
    HealthStatus,
    ObjectEncryption,
    ObjectInfo,
    ObjectMetadata,
    Retention,
    ServerInfo,
    UndeletedObject,
    UploadResponse,
)
from minio_sdk.models import results
from minio_sdk.models.record import Record

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
RECORDS: list[Any] = [
    UploadResponse(key="k", size=5, etag="e", version_id="v", bucket="b"),
    HealthStatus(healthy=True, status="healthy", latency=0.1, details={"a": 1}),
    ServerInfo(status="online", version="1", performance={"latency": 0.1}),
    BucketInfo(name="b", creation_date=NOW, region="r", owner_id="o"),
    ObjectInfo(key="k", size=1, last_modified=NOW, etag="e", storage_class="s"),
    ObjectMetadata(key="k", size=1, metadata={"a": "b"}, last_modified=NOW),
    Retention(mode="GOVERNANCE", retain_until_date=NOW),
    DeletedObject(key="k", delete_marker=True),
    DeleteError(key="k", code="AccessDenied", message="no"),
    DeleteResult(deleted=(DeletedObject(key="k"),)),
    ObjectEncryption(kind="SSE-S3", algorithm="AES256"),
    UndeletedObject(bucket="b", key="k", version_id="v", removed=("m",)),
]
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)


OWN = [
    value
    for value in vars(results).values()
    if isinstance(value, type) and issubclass(value, Record) and value is not Record
]


def test_every_record_is_tried_here_and_is_a_public_name() -> None:
    assert {type(record) for record in RECORDS} == set(OWN)
    assert {record.__name__ for record in OWN} <= set(minio_sdk.__all__)


@every_record
def test_a_field_is_an_attribute_and_an_item(record: Any) -> None:
    names = [field.name for field in dataclasses.fields(record)]
    assert list(record) == list(record.keys()) == names
    assert len(record) == len(names)
    for name in names:
        assert name in record
        assert record[name] is record.get(name) is getattr(record, name)
    assert list(record.values()) == [getattr(record, name) for name in names]
    assert list(record.items()) == [(name, getattr(record, name)) for name in names]


@every_record
def test_a_record_becomes_a_dict_and_arguments(record: Any) -> None:
    def collect(**fields: Any) -> dict[str, Any]:
        return fields

    assert dict(record) == collect(**record) == {**record} == dict(record.items())
    assert type(record)(**record) == record


@every_record
def test_what_is_no_field_is_a_key_error_and_no_method_is_an_item(record: Any) -> None:
    for name in ("nothing", "keys", "_asdict", "__class__", 0, None):
        assert name not in record
        with pytest.raises(KeyError):
            record[name]
        assert record.get(name) is None
        assert record.get(name, "default") == "default"


@every_record
def test_a_record_never_changes(record: Any) -> None:
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, "other")
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(record, name)
    with pytest.raises((AttributeError, TypeError)):
        record.something_new = 1
    with pytest.raises(TypeError):
        record[name] = "other"


@every_record
def test_a_record_travels(record: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(record, protocol)) == record
    assert copy.copy(record) == copy.deepcopy(record) == record
    assert dataclasses.replace(record) == record


@every_record
def test_a_record_is_as_good_as_its_fields(record: Any) -> None:
    assert record == type(record)(**record)
    assert record != dict(record)
    name = type(record).__name__
    assert repr(record).startswith(f"{name}(")
    assert json.loads(json.dumps(dict(record), default=str))


@pytest.mark.parametrize("record", OWN, ids=lambda record: record.__name__)
def test_no_field_has_the_name_of_a_method(record: type[Record]) -> None:
    names = {field.name for field in dataclasses.fields(record)}
    assert not names & {name for name in dir(Record) if not name.startswith("__")}


def test_a_record_is_hashable_where_its_fields_are() -> None:
    assert len({ObjectInfo(key="a"), ObjectInfo(key="a"), ObjectInfo(key="b")}) == 2


# -- truth -----------------------------------------------------------------------------------------


def test_health_is_true_when_healthy() -> None:
    assert HealthStatus(healthy=True, status="healthy", latency=0.0)
    assert not HealthStatus(healthy=False, status="unreachable", latency=0.0)


def test_a_result_of_deleting_is_true_without_errors() -> None:
    assert DeleteResult()
    assert not DeleteResult(errors=(DeleteError(key="k"),))


@every_record
def test_every_other_record_is_true_though_it_has_a_length(record: Any) -> None:
    assert record


@pytest.mark.parametrize(
    "record, name",
    [
        (ObjectMetadata(key="k", size=1, metadata={"a": "b"}), "metadata"),
        (HealthStatus(healthy=True, status="healthy", latency=0.1, details={"a": "b"}), "details"),
        (ServerInfo(status="online", version="1", performance={}, details={"a": "b"}), "details"),
        (minio_sdk.MirrorResult(failed={"a": "b"}), "failed"),  # type: ignore[dict-item]
        (minio_sdk.LifecycleFilter(tags={"a": "b"}), "tags"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_mapping_in_a_record_is_one_that_cannot_change(record: Any, name: str) -> None:
    mapping = record[name]
    with pytest.raises(TypeError, match="can't be changed"):
        mapping["a"] = "c"
    assert mapping == dict(record)[name] == {"a": "b"}
    assert json.dumps(mapping) == '{"a": "b"}'
    assert {**mapping, "c": "d"} == mapping | {"c": "d"} == {"a": "b", "c": "d"}
    twin = pickle.loads(pickle.dumps(record))
    assert twin == record
    assert dataclasses.replace(record) == record
    with pytest.raises(TypeError, match="can't be changed"):
        twin[name]["a"] = "c"
    changed = dict(mapping)
    changed["a"] = "c"
    assert mapping["a"] == "b"
