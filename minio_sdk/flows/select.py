"""S3 Select: rows of an object, read while they come."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ServerError,
    invalid,
    reword,
)
from minio_sdk.flows import buckets, quirks
from minio_sdk.models.names import check_flag
from minio_sdk.models.select import (
    CsvOutput,
    JsonOutput,
    SelectStats,
    scan_range_of,
    select_input,
    select_output,
)
from minio_sdk.operations.select_object_content import SelectObjectContent
from minio_sdk.wire.event_stream import Decoder, Message
from minio_sdk.wire.failure import class_of, is_web_page, not_s3, unmasked
from minio_sdk.wire.message import Reply
from minio_sdk.wire.quirks import suspicious

_MAX_OTHER = 64 * 1024
MAX_ROW = 16 * 1024 * 1024
"""Bytes; S3's limit is 1 MiB."""
_NUMBER = re.compile(rb"<(BytesScanned|BytesProcessed|BytesReturned)>\s*(-?[0-9]{1,19})\s*</")


def selection(
    engine: Engine,
    bucket: str,
    key: str,
    sql: str,
    input: object,
    output: object,
    scan_range: object,
    progress: bool,
) -> Selection:
    """A question to an object, not asked yet.

    Raises:
        ValidationError: a bad argument.
    """
    given, scanned = select_input(input), scan_range_of(scan_range)
    if scanned is not None and getattr(given, "compression_type", None) not in (None, "NONE"):
        rule = "goes with what is not compressed, of which S3 can read a part"
        raise invalid("scan_range", scan_range, rule)
    operation = SelectObjectContent(
        engine.place(bucket),
        key,
        sql,
        given,
        select_output(JsonOutput() if output is None else output),
        scanned,
        check_flag("progress", progress),
    )
    operation.request()
    return Selection(engine, operation)


class Selection:
    """An answer of S3 Select, block by block.

    Attributes:
        stats: what it has taken; None before its end.
        progress: how far it is, as far as the server tells.
    """

    def __init__(self, engine: Engine, operation: SelectObjectContent) -> None:
        self._engine = engine
        self._operation = operation
        self._feed = engine.transport.feed()
        self._decoder = Decoder()
        self._coming: Iterator[Message] = iter(())
        self._asked = self._begun = self._over = False
        self.stats: SelectStats | None = None
        self.progress: SelectStats | None = None

    def close(self) -> None:
        """End it, from anywhere."""
        self._feed.close()

    def __del__(self) -> None:
        # Here and not where it is used: an iterator of rows needs nothing but this.
        self._feed.close()

    async def open(self) -> None:
        """Ask, unless it was asked already."""
        if self._asked:
            return
        self._asked = True
        try:
            if suspicious(self._operation.key):
                await quirks.expect(self._engine, self._operation)
            await self._engine.open(self._operation, self._feed, self._engine.config.timeout)
        except ObjectNotFoundError:
            # Whether the bucket is there, no answer about a key in a shared one tells.
            await buckets.check(self._engine, self._operation, now=True)
            raise

    async def enter(self) -> None:
        """Ask; a failure leaves nothing open."""
        try:
            await self.open()
        except BaseException:
            self.close()
            raise

    async def next(self) -> bytes | None:
        """The next bytes of rows; None at the end, and after a failure that was told.

        Raises:
            MinIOConnectionError: it was closed before its end: what has come is not all there is.
        """
        if self._over:
            return None
        try:
            if self._feed.closed:
                raise _closed()
            await self.open()
            block = await self._understood_block()
        except MinIOError as error:
            early = self._feed.closed
            self._over = not early
            self.close()
            told = _closed() if early else error
            self._engine.named(told, self._operation)
            if early:
                raise told from None
            raise
        except BaseException:
            self.close()
            raise
        if block is None:
            self.close()
        return block

    async def blocks(self) -> AsyncIterator[bytes]:
        """All that is left."""
        while (block := await self.next()) is not None:
            yield block

    async def rest(self) -> bytes:
        """All that is left, at once."""
        return b"".join([block async for block in self.blocks()])

    async def _understood_block(self) -> bytes | None:
        try:
            return await self._block()
        except MinIOError as error:
            found = await self._engine.understood(error, self._operation)
            if found is error:
                raise
            raise found from None

    async def _block(self) -> bytes | None:
        while True:
            for message in self._coming:
                block = self._taken(message)
                if block or self._over:
                    return block or None
            data = await self._feed.read()
            if not data:
                raise self._cut_off()
            if not self._begun:
                self._begun = True
                if data[:1] in (b"<", b"{"):
                    raise await self._other_answer(data)
            self._coming = self._decoder.feed(data)

    def _taken(self, message: Message) -> bytes:
        """The rows of a message; what else it tells is remembered.

        Raises:
            MinIOError: it tells of a failure.
        """
        kind = message.headers.get(":message-type")
        event = message.headers.get(":event-type")
        if kind != "event":
            raise self._refused(message)
        if event == "Records":
            return message.payload
        if event == "End":
            self._over = True
        elif event in ("Stats", "Progress"):
            found = _stats(message.payload)
            if event == "Stats":
                self.stats = found
            self.progress = found or self.progress
        return b""

    def _refused(self, message: Message) -> MinIOError:
        headers = message.headers
        code = str(headers.get(":error-code") or headers.get(":exception-type") or "") or None
        text = str(headers.get(":error-message") or "") or message.payload[:300].decode(
            errors="replace"
        )
        error = class_of(code or "", ServerError)(text or "the server failed", code=code)
        reword(error, self._operation.place.text_back(error.message))
        return error

    def _cut_off(self) -> MinIOError:
        if not self._begun:
            return NotSupportedError("the server knows no S3 Select: it answered nothing")
        return MinIOConnectionError(
            "the answer ended before the server said that it was whole",
            hint="ask again, and use none of it",
        )

    async def _other_answer(self, data: bytes) -> Exception:
        """The error for a success that is no answer of S3 Select's."""
        while len(data) < _MAX_OTHER and (more := await self._feed.read()):
            data += more
        reply = unmasked(Reply(200, {}, data[:_MAX_OTHER]))
        if reply.status != 200:
            return self._operation.failure(reply)
        if is_web_page(reply):
            return not_s3(reply, "the answer is none of S3 Select's")
        return NotSupportedError(
            "the server knows no S3 Select: it answered with another document", status=200
        )

    def rows(self, names: Sequence[str] | None) -> AsyncIterator[dict[str, Any]]:
        """All rows that are left, as dicts.

        Args:
            names: of the fields of CSV; None numbers them as S3 does.

        Raises:
            ValidationError: they can't be made of this output.
        """
        check_rows(self._operation.output, names)
        return self._rows(names)

    async def _rows(self, names: Sequence[str] | None) -> AsyncIterator[dict[str, Any]]:
        output = self._operation.output
        split = _Split(output)
        read = _csv_row(output, names) if isinstance(output, CsvOutput) else _json_row
        async for block in self.blocks():
            for text in split.feed(block):
                yield read(text)
        last = split.rest()
        if last:
            yield read(last)


def _closed() -> MinIOConnectionError:
    return MinIOConnectionError(
        "it was closed before its end, and what has come is not all there is", hint="ask again"
    )


def check_rows(output: object, names: object) -> None:
    """Refuse what rows can't be made of.

    Raises:
        ValidationError: a form of CSV that Python doesn't read, or names that are none.
    """
    if names is not None and (
        isinstance(names, (str, bytes))
        or not isinstance(names, Sequence)
        or not all(isinstance(name, str) for name in names)
    ):
        raise invalid("names", names, "must be a list of names")
    if isinstance(output, JsonOutput):
        if names is not None:
            raise invalid("names", names, "rows of JSON have names of their own")
        return
    assert isinstance(output, CsvOutput)  # there are two
    escape = output.quote_escape_character
    if escape not in (None, output.quote_character or '"'):
        raise invalid(
            "output.quote_escape_character", escape, "rows() needs the default; blocks need nothing"
        )
    for name in ("field_delimiter", "quote_character"):
        if len(getattr(output, name) or ",") != 1:
            raise invalid(f"output.{name}", getattr(output, name), "rows() needs one character")


class _Split:
    """Splits blocks into rows, none of which ends within quotes."""

    def __init__(self, output: CsvOutput | JsonOutput) -> None:
        self._end = (output.record_delimiter or "\n").encode()
        quoted = isinstance(output, CsvOutput)
        self._quote = (output.quote_character or '"').encode() if quoted else b""  # type: ignore[union-attr]
        self._rest = b""
        self._open: list[bytes] = []
        self._size = 0
        self._quotes = 0

    def feed(self, block: bytes) -> Iterator[str]:
        """The rows that have come to their end; empty ones are left out."""
        *pieces, self._rest = (self._rest + block).split(self._end)
        for piece in pieces:
            self._open.append(piece)
            self._size += len(piece)
            if self._quote:
                self._quotes += piece.count(self._quote)
            if self._quotes % 2:
                continue  # the delimiter stands in quotes
            row = self._end.join(self._open)
            self._open, self._size, self._quotes = [], 0, 0
            if row.strip():
                yield _text(row)
        if len(self._rest) + self._size > MAX_ROW:
            raise ServerError(f"a row of more than {MAX_ROW} bytes")

    def rest(self) -> str:
        """What had no end."""
        return _text(self._end.join([*self._open, self._rest]))


def _text(row: bytes) -> str:
    try:
        return row.decode()
    except UnicodeDecodeError:
        raise ServerError(
            "a row is not UTF-8", hint="read blocks, and decode them as the object is written"
        ) from None


def _json_row(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ServerError("a row is not JSON", hint="read blocks to see it") from None
    return found if isinstance(found, dict) else {"_1": found}


def _csv_row(output: CsvOutput, names: Sequence[str] | None) -> Any:
    options: dict[str, Any] = {
        "delimiter": output.field_delimiter or ",",
        "quotechar": output.quote_character or '"',
        "strict": False,
    }

    def read(text: str) -> dict[str, Any]:
        try:
            # In one piece: line by line it would take a field's own line ends for the row's.
            fields = next(csv.reader([text], **options), [])
        except csv.Error as error:
            raise ServerError(f"a row is not CSV: {error}", hint="read blocks to see it") from None
        if names is not None and len(fields) > len(names):
            raise ServerError(
                f"a row has {len(fields)} fields, and there are {len(names)} names",
                hint="more names, or none",
            )
        found = names or [f"_{number}" for number in range(1, len(fields) + 1)]
        return dict(zip(found, fields, strict=False))

    return read


def _stats(document: bytes) -> SelectStats | None:
    # Not as XML: what MinIO sends as progress begins with <Progress> and ends with </Stats>.
    found = {name: int(value) for name, value in _NUMBER.findall(document)}
    if len(found) < 3:
        return None
    return SelectStats(
        bytes_scanned=found[b"BytesScanned"],
        bytes_processed=found[b"BytesProcessed"],
        bytes_returned=found[b"BytesReturned"],
    )
