"""S3 Select: how an object is to be read, how rows are to be written, and what it took.

The names are those of S3, which minio-py has too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minio_sdk.errors import invalid
from minio_sdk.models.given import named, whole
from minio_sdk.models.record import Record

COMPRESSIONS = ("NONE", "GZIP", "BZIP2", "ZSTD", "LZ4", "S2", "SNAPPY")
"""What an object may be compressed with; those behind BZIP2 are MinIO's."""
HEADERS = ("USE", "IGNORE", "NONE")
JSON_TYPES = ("LINES", "DOCUMENT")
QUOTES = ("ASNEEDED", "ALWAYS")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvInput(Record):
    """An object of lines with fields; what is None is as S3 has it by default.

    Attributes:
        file_header_info: ``"USE"`` when the first line names the fields, ``"IGNORE"`` to pass over it,
            ``"NONE"`` where there is no such line; fields are then ``_1``, ``_2``.
        compression_type: ``"NONE"``, ``"GZIP"`` or ``"BZIP2"``; on MinIO also ``"ZSTD"``, ``"LZ4"``, ``"S2"``
            and ``"SNAPPY"``.
        record_delimiter, field_delimiter: what ends a line, and a field.
        quote_character, quote_escape_character: what a field with delimiters stands in, and what stands
            before such a character in it.
        comments: what a line begins with that is none.
        allow_quoted_record_delimiter: whether a field in quotes may hold line ends.
    """

    file_header_info: str | None = None
    compression_type: str | None = None
    record_delimiter: str | None = None
    field_delimiter: str | None = None
    quote_character: str | None = None
    quote_escape_character: str | None = None
    comments: str | None = None
    allow_quoted_record_delimiter: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonInput(Record):
    """An object of JSON.

    Attributes:
        json_type: ``"LINES"`` for a value on each line, ``"DOCUMENT"`` for values of any form.
        compression_type: as of `CsvInput`.
    """

    json_type: str = "LINES"
    compression_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetInput(Record):
    """An object of Apache Parquet. On MinIO its operator has to allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOutput(Record):
    """Rows as lines with fields; what is None is as S3 has it by default.

    Attributes:
        quote_fields: ``"ASNEEDED"`` or ``"ALWAYS"``.
        record_delimiter, field_delimiter, quote_character, quote_escape_character: as of `CsvInput`.
    """

    quote_fields: str | None = None
    record_delimiter: str | None = None
    field_delimiter: str | None = None
    quote_character: str | None = None
    quote_escape_character: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOutput(Record):
    """Rows as objects of JSON.

    Attributes:
        record_delimiter: what ends each; a line's end by default.
    """

    record_delimiter: str | None = None


SelectInput = CsvInput | JsonInput | ParquetInput
SelectOutput = CsvOutput | JsonOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectStats(Record):
    """What a question to an object has taken so far.

    Attributes:
        bytes_scanned: bytes of the object that were read.
        bytes_processed: the same after decompression.
        bytes_returned: bytes of rows.
    """

    bytes_scanned: int
    bytes_processed: int
    bytes_returned: int


_KINDS: dict[str, dict[str, type[Any]]] = {
    "input": {"CSV": CsvInput, "JSON": JsonInput, "Parquet": ParquetInput},
    "output": {"CSV": CsvOutput, "JSON": JsonOutput},
}
_CHOICES = {
    "file_header_info": HEADERS,
    "compression_type": COMPRESSIONS,
    "json_type": JSON_TYPES,
    "quote_fields": QUOTES,
}


def select_input(given: Any) -> SelectInput:
    """How an object is to be read, as users give it: a record, or a dict in boto3's form.

    Raises:
        ValidationError: neither, or with a value that S3 doesn't know.
    """
    found: SelectInput = _checked(given, "input")
    return found


def select_output(given: Any) -> SelectOutput:
    """How rows are to be written, as users give it.

    Raises:
        ValidationError: no record nor dict of that kind, or with a value that S3 doesn't know.
    """
    found: SelectOutput = _checked(given, "output")
    return found


def _checked(given: Any, where: str) -> Any:
    kinds = _KINDS[where]
    if not isinstance(given, tuple(kinds.values())):
        given = _of_dict(given, where, kinds)
    for name, value in given.items():
        argument = f"{where}.{name}"
        choices = _CHOICES.get(name)
        if value is None:
            continue
        if name == "allow_quoted_record_delimiter":
            if not isinstance(value, bool):
                raise invalid(argument, value, "must be True or False")
        elif choices is not None:
            if value not in choices:
                raise invalid(argument, value, f"must be one of {', '.join(choices)}")
        elif not isinstance(value, str) or not 1 <= len(value) <= 2:
            raise invalid(argument, value, "must be text of one or two characters")
    return given


def _of_dict(given: Any, where: str, kinds: Mapping[str, type[Any]]) -> Any:
    """A record of what boto3 takes: ``{"CSV": {...}, "CompressionType": "GZIP"}``."""
    if not isinstance(given, Mapping):
        names = ", ".join(cls.__name__ for cls in kinds.values())
        raise invalid(where, given, f"must be one of {names}, or a dict in S3's form")
    rest = dict(given)
    compression = rest.pop("CompressionType", None) if where == "input" else None
    if len(rest) != 1 or next(iter(rest)) not in kinds:
        raise invalid(where, given, f"must have one of {', '.join(kinds)}")
    ((kind, members),) = rest.items()
    cls = kinds[kind]
    if cls is JsonInput and isinstance(members, Mapping) and "Type" in members:
        members = {**members, "json_type": members["Type"]}
        del members["Type"]
    values = named(members, f"{where}.{kind}", cls)
    if compression not in (None, "NONE") or (compression and cls is not ParquetInput):
        if cls is ParquetInput:
            raise invalid("input.CompressionType", compression, "Parquet has its own: NONE")
        values["compression_type"] = compression
    return cls(**values)


def scan_range_of(given: Any) -> tuple[int | None, int | None] | None:
    """Which bytes are looked at, as users give it: a pair of the first and the last byte.

    Raises:
        ValidationError: no such pair.
    """
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise invalid("scan_range", given, "must be a pair: the first byte and the last one")
    start, end = given
    for value in (start, end):
        if value is not None:
            whole(value, "scan_range", 0)
    if start is None and end is None:
        raise invalid("scan_range", given, "must say where to begin, or where to end")
    if start is not None and end is not None and start > end:
        raise invalid("scan_range", given, "must begin before it ends")
    return start, end
