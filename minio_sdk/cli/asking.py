"""`sql`: rows of objects, found by the server (S3 Select)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import click

from minio_sdk.cli.addresses import Remote, object_at, remote
from minio_sdk.cli.choosing import How, chosen
from minio_sdk.cli.completing import REMOTE
from minio_sdk.cli.session import Session, command, customer_key
from minio_sdk.cli.streams import pour
from minio_sdk.cli.values import RANGE, human
from minio_sdk.errors import MinIOError, NotSupportedError
from minio_sdk.models.select import (
    COMPRESSIONS,
    HEADERS,
    CsvInput,
    CsvOutput,
    JsonInput,
    JsonOutput,
    ParquetInput,
    SelectInput,
    SelectOutput,
    SelectStats,
)

LACKING = "a server with S3 Select, such as MinIO"
EVERYTHING = "SELECT * FROM S3Object"
# How an object is read, and what ends its fields, by what its name ends with.
KINDS = {
    ".csv": ("csv", None),
    ".json": ("json", None),
    ".jsonl": ("jsonl", None),
    ".ndjson": ("jsonl", None),
    ".parquet": ("parquet", None),
    ".tab": ("csv", "\t"),
    ".tsv": ("csv", "\t"),
}
PACKED = {
    ".bz2": "BZIP2", ".gz": "GZIP", ".lz4": "LZ4", ".s2": "S2", ".snappy": "SNAPPY", ".zst": "ZSTD",
}  # fmt: skip
ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r\\n": "\r\n"}


@click.command()
@click.argument("address", type=REMOTE)
@click.argument("query", default="")
@click.option("-e", "--query", "asked", help="The same as QUERY, for those who know mc.")
@click.option("-r", "--recursive", is_flag=True, help="Ask all objects below a folder.")
@click.option(
    "--input",
    "kind",
    type=click.Choice(["csv", "json", "jsonl", "parquet"]),
    help="What the object is; by default its name tells.",
)
@click.option("--compression", type=click.Choice([each.lower() for each in COMPRESSIONS]))
@click.option(
    "--header",
    type=click.Choice([each.lower() for each in HEADERS]),
    default="use",
    show_default=True,
    help="Whether the first line of a CSV names its fields; none: they are _1, _2.",
)
@click.option("--delimiter", help=r"What ends a field of a CSV: a comma, else such as ';' or '\t'.")
@click.option("--quote", help="What a field of a CSV with delimiters in it stands in.")
@click.option(
    "--output",
    "form",
    type=click.Choice(["csv", "json"]),
    help="How rows are written; by default CSV for CSV, else JSON, one a line.",
)
@click.option("--range", "part", type=RANGE, help="Look at some bytes: 0-99, 100-, or -50.")
@click.option("--stats", is_flag=True, help="Tell what it took even where nobody looks on.")
@customer_key
@command
def sql(
    session: Session,
    address: str,
    query: str,
    asked: str | None,
    recursive: bool,
    form: str | None,
    part: tuple[int | None, int | None] | None,
    stats: bool,
    **reading: str | None,
) -> None:
    """Ask for rows of objects with SQL, answered by the server (S3 Select).

    QUERY is like "SELECT s.name FROM S3Object s WHERE s.age > '40'"; without it, all rows are wanted. ADDRESS
    is an object, or a pattern of several. MinIO has S3 Select, SeaweedFS and new accounts of AWS don't.
    """
    if session.screen.as_json and form == "csv":
        raise click.UsageError("--json and --output csv contradict each other")
    if query and asked:
        raise click.UsageError("QUERY and --query are the same: give one of them")
    question = asked or query or EVERYTHING
    total = SelectStats(bytes_scanned=0, bytes_processed=0, bytes_returned=0)
    with session.work(f"Asking {address}") as work:
        for place in _objects(session, address, recursive, work):
            try:
                given = input_of(place.key, **reading)
                output = output_of(given, "json" if session.screen.as_json else form)
                found = session.client(place).select_object_content(
                    place.bucket, place.key, question, given, output, scan_range=part
                )
                with found:
                    pour(work, found)
            except MinIOError as error:
                if isinstance(error, NotSupportedError) and error.hint is None:
                    error.hint = LACKING
                session.screen.fail(error)
            else:
                if (new := found.stats) is not None:
                    total = SelectStats(**{name: total[name] + new[name] for name in total})
    _tell(session, total, stats)


def _objects(session: Session, address: str, recursive: bool, work: Any) -> Iterator[Remote]:
    place = remote(address)
    if not recursive and not place.is_pattern:
        yield object_at(address)  # whether it is there, its own answer says
        return
    if not place.bucket:
        raise click.UsageError(f"{address!r} names no bucket")
    for found in chosen(session, place, How(recursive=recursive), work):
        assert isinstance(found.address, Remote)
        yield found.address


def input_of(
    key: str,
    kind: str | None,
    compression: str | None,
    header: str | None,
    delimiter: str | None,
    quote: str | None,
) -> SelectInput:
    """How an object is to be read: as options say, else as its name tells.

    Raises:
        MinIOError: neither does.
    """
    name = PurePosixPath(key.lower())
    if compression is None and name.suffix in PACKED:
        compression = PACKED[name.suffix]
        name = name.with_suffix("")
    guessed, ends = KINDS.get(name.suffix, (None, None))
    kind = kind or guessed
    packed = compression.upper() if compression is not None else None
    if kind is None:
        raise MinIOError(
            f"{key!r}: its name doesn't tell what it is", hint="--input csv, json, jsonl or parquet"
        )
    if kind == "parquet":
        return ParquetInput()
    if kind != "csv":
        return JsonInput(
            json_type="LINES" if kind == "jsonl" else "DOCUMENT", compression_type=packed
        )
    return CsvInput(
        file_header_info=(header or "use").upper(),
        compression_type=packed,
        field_delimiter=ESCAPES.get(delimiter, delimiter) if delimiter else ends,
        quote_character=quote,
    )


def output_of(given: SelectInput, form: str | None) -> SelectOutput:
    """How rows are to be written."""
    if form == "json" or (form is None and not isinstance(given, CsvInput)):
        return JsonOutput()
    ends = given.field_delimiter if isinstance(given, CsvInput) else None
    return CsvOutput(field_delimiter=ends)


def _tell(session: Session, stats: SelectStats, always: bool) -> None:
    text = (
        f"Scanned {human(stats.bytes_scanned)}, processed {human(stats.bytes_processed)}, "
        f"returned {human(stats.bytes_returned)}"
    )
    if always:
        session.screen.aside({"type": "stats", **stats}, text)
    elif stats.bytes_scanned:
        session.screen.remark(text)
