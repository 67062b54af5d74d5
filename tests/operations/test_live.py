"""Listening and S3 Select, as they are asked and answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minio_sdk import (
    CsvInput,
    CsvOutput,
    JsonInput,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ParquetInput,
    ServerError,
    ValidationError,
)
from minio_sdk.models.select import scan_range_of, select_input, select_output
from minio_sdk.wire.event_stream import Decoder
from minio_sdk.wire.message import Reply
from tests.samples import Asked, answered, asked, refused, replayed
from tests.samples.live import LISTEN, SELECT


@pytest.mark.parametrize("origin", ["minio", "moto"])
def test_selected_rows(origin: str) -> None:
    replayed("SelectObjectContent", origin, SELECT)
    body = answered("SelectObjectContent", origin).body
    found = list(Decoder().feed(body))
    assert [m.headers[":event-type"] for m in found] == ["Records", "Stats", "End"]
    assert found[0].payload == b'{"name":"Alan"}\n'


def test_refusals() -> None:
    missing, wrong = replace(SELECT, key="nothing"), replace(SELECT, sql="SELEKT")
    for origin in ("minio", "moto"):
        error = refused("SelectObjectContent-missing", origin, missing)
        assert isinstance(error, ObjectNotFoundError)
    error = refused("SelectObjectContent-wrong", "minio", wrong)
    assert (type(error), error.code) == (MinIOError, "ParseSelectFailure")
    for case, operation in (("", SELECT), ("-missing", missing), ("-wrong", wrong)):
        error = refused(f"SelectObjectContent{case}", "seaweedfs", operation)
        assert isinstance(error, NotSupportedError)


def test_listening_where_there_is_none() -> None:
    assert Asked.of(LISTEN.request()) == asked("ListenBucketNotification")
    error = refused("ListenBucketNotification", "seaweedfs", LISTEN)
    assert isinstance(error, NotSupportedError)
    with pytest.raises(NotSupportedError, match="application/xml"):
        LISTEN.parse(answered("ListenBucketNotification", "moto"))


def test_the_head_of_events() -> None:
    LISTEN.parse(Reply(200, {"content-type": "text/event-stream; charset=utf-8"}))
    with pytest.raises(ServerError, match="web page|no stream"):
        LISTEN.parse(Reply(200, {"content-type": "text/html"}))
    with pytest.raises(NotSupportedError):
        LISTEN.parse(Reply(200, {}))


def test_forms_as_boto3_has_them() -> None:
    assert select_input({"CSV": {"FileHeaderInfo": "USE"}, "CompressionType": "GZIP"}) == CsvInput(
        file_header_info="USE", compression_type="GZIP"
    )
    assert select_input({"JSON": {"Type": "DOCUMENT"}}) == JsonInput(json_type="DOCUMENT")
    assert select_input({"Parquet": {}, "CompressionType": "NONE"}) == ParquetInput()
    assert select_output({"CSV": {"QuoteFields": "ALWAYS"}}) == CsvOutput(quote_fields="ALWAYS")
    assert b"<Parquet></Parquet>" in bytes(replace(SELECT, input=ParquetInput()).request().body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "csv",
        {},
        {"CSV": {}, "JSON": {}},
        {"Avro": {}},
        {"CSV": None},
        {"CSV": {"Nonsense": "x"}},
        {"CSV": {}, "CompressionType": "RAR"},
        {"Parquet": {}, "CompressionType": "GZIP"},
        CsvOutput(),
        CsvInput(file_header_info="use"),
        CsvInput(field_delimiter=""),
        CsvInput(field_delimiter="abc"),
        CsvInput(allow_quoted_record_delimiter="true"),  # type: ignore[arg-type]
        JsonInput(json_type="XML"),
    ],
)
def test_inputs_that_are_none(given: object) -> None:
    with pytest.raises(ValidationError, match="input"):
        select_input(given)


@pytest.mark.parametrize(
    "given", [5, "12", (1,), (1, 2, 3), (None, None), (2, 1), (-1, 2), (True, 2), (0.5, 1)]
)
def test_ranges_that_are_none(given: object) -> None:
    with pytest.raises(ValidationError, match="scan_range"):
        scan_range_of(given)


@pytest.mark.parametrize("sql", ["", " ", None, "x" * (256 * 1024 + 1), "SELECT \0"])
def test_questions_that_are_none(sql: str) -> None:
    with pytest.raises(ValidationError):
        replace(SELECT, sql=sql).request()
