"""SelectObjectContent. https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from minio_sdk.errors import invalid
from minio_sdk.models.select import (
    CsvInput,
    CsvOutput,
    JsonInput,
    JsonOutput,
    ParquetInput,
    SelectInput,
    SelectOutput,
)
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.operations.documents import put_document
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.xml import writable, xml

ROOT = "SelectObjectContentRequest"


@dataclass(frozen=True, slots=True)
class CsvInputDocument:
    """``<CSV>`` of an object."""

    allow_quoted_record_delimiter: bool | None = None
    comments: str | None = None
    field_delimiter: str | None = None
    file_header_info: str | None = None
    quote_character: str | None = None
    quote_escape_character: str | None = None
    record_delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class JsonInputDocument:
    """``<JSON>`` of an object."""

    type: str | None = None


@dataclass(frozen=True, slots=True)
class ParquetInputDocument:
    """``<Parquet>``, which is empty."""


@dataclass(frozen=True, slots=True)
class InputDocument:
    """``<InputSerialization>``."""

    compression_type: str | None = None
    csv: CsvInputDocument | None = field(default=None, metadata=xml("CSV"))
    json: JsonInputDocument | None = field(default=None, metadata=xml("JSON"))
    parquet: ParquetInputDocument | None = None


@dataclass(frozen=True, slots=True)
class CsvOutputDocument:
    """``<CSV>`` of rows."""

    field_delimiter: str | None = None
    quote_character: str | None = None
    quote_escape_character: str | None = None
    quote_fields: str | None = None
    record_delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class JsonOutputDocument:
    """``<JSON>`` of rows."""

    record_delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class OutputDocument:
    """``<OutputSerialization>``."""

    csv: CsvOutputDocument | None = field(default=None, metadata=xml("CSV"))
    json: JsonOutputDocument | None = field(default=None, metadata=xml("JSON"))


@dataclass(frozen=True, slots=True)
class ScanRangeDocument:
    """``<ScanRange>``."""

    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class RequestProgressDocument:
    """``<RequestProgress>``."""

    enabled: bool = False


@dataclass(frozen=True, slots=True)
class SelectDocument:
    """``<SelectObjectContentRequest>``."""

    expression: str
    expression_type: str
    input: InputDocument = field(metadata=xml("InputSerialization"))
    output: OutputDocument = field(metadata=xml("OutputSerialization"))
    request_progress: RequestProgressDocument | None = None
    scan_range: ScanRangeDocument | None = None


def _input(given: SelectInput) -> InputDocument:
    if isinstance(given, ParquetInput):
        return InputDocument(parquet=ParquetInputDocument())
    if isinstance(given, JsonInput):
        return InputDocument(given.compression_type, json=JsonInputDocument(given.json_type))
    assert isinstance(given, CsvInput)  # there are three
    members = {name: value for name, value in given.items() if name != "compression_type"}
    return InputDocument(given.compression_type, csv=CsvInputDocument(**members))


def _output(given: SelectOutput) -> OutputDocument:
    if isinstance(given, JsonOutput):
        return OutputDocument(json=JsonOutputDocument(given.record_delimiter))
    assert isinstance(given, CsvOutput)  # there are two
    return OutputDocument(csv=CsvOutputDocument(**given))


@dataclass(frozen=True, slots=True)
class SelectObjectContent(ObjectOperation[None]):
    """A question to the rows of an object; the answer is read while it comes.

    Attributes:
        sql: the question.
        input: how the object is read.
        output: how rows are written.
        scan_range: the first and the last byte that are looked at.
        progress: whether the server is to tell how far it is.
    """

    name: ClassVar[str] = "SelectObjectContent"
    encrypts: ClassVar[Encrypts] = "needs the key"

    sql: str
    input: SelectInput
    output: SelectOutput
    scan_range: tuple[int | None, int | None] | None = None
    progress: bool = False

    @property
    def changes(self) -> tuple[str, ...] | None:
        """None: it reads."""
        return ()

    def request(self) -> Request:
        """POST the question."""
        path = self.place.object_path(self.key)
        if not isinstance(self.sql, str) or not self.sql.strip() or len(self.sql) > MAX_SQL:
            raise invalid("sql", self.sql, f"must be a question of at most {MAX_SQL} characters")
        if not writable(self.sql):
            raise invalid("sql", self.sql, "has a character that XML can't carry")
        model = SelectDocument(
            self.sql,
            "SQL",
            _input(self.input),
            _output(self.output),
            RequestProgressDocument(True) if self.progress else None,
            ScanRangeDocument(*self.scan_range) if self.scan_range else None,
        )
        request = put_document(path, "select=&select-type=2", model, ROOT)
        request.method = "POST"
        return request

    def parse(self, reply: Reply) -> None:
        """Nothing: only what follows the head tells whether it is an answer."""


MAX_SQL = 256 * 1024
"""Characters, S3's limit."""
