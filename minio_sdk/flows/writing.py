"""Writing an object bit by bit: nothing appears before `finish`, and after a failure nothing at all."""

from __future__ import annotations

from minio_sdk.config import MiB
from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, ValidationError
from minio_sdk.flows import quirks, uploads
from minio_sdk.flows.parts import grown
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import ObjectOperation, T
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    UploadPart,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.quirks import suspicious

PART = 16 * MiB
"""Bytes of each part, until there are many; one is in memory at a time."""


class Writer:
    """Collects an object's bytes, and sends them in parts when they are too many for one request.

    Args:
        engine: sends.
        bucket, key: where the object shall be.
        headers: what describes it; see `uploads.object_headers`.

    Attributes:
        bucket, key: the object.
        size: bytes written so far.

    Raises:
        ValidationError: a bad name.
    """

    def __init__(self, engine: Engine, bucket: str, key: str, headers: dict[str, str]) -> None:
        self.bucket = bucket
        self.key = key
        self.size = 0
        self._engine = engine
        self._place = engine.place(bucket)
        self._place.object_path(key)
        self._headers = headers
        self._buffer = bytearray()
        self._part = engine.config.part_size or PART
        self._most = max(self._part, engine.config.multipart_threshold)
        self._upload_id: str | None = None
        self._etags: list[str] = []
        self._failure: MinIOError | None = None

    @property
    def uploading(self) -> bool:
        """Whether there is an upload on the server that has to be ended."""
        return self._upload_id is not None

    async def write(self, data: memoryview) -> None:
        """Take more bytes; what fills a part is sent."""
        self._check()
        if len(self._buffer) + len(data) <= self._most:
            self._buffer += data
            self.size += len(data)
            return
        self._engine = self._engine.begin()
        try:
            while data:
                room = self._most - len(self._buffer)
                if self.uploading and not self._buffer and len(data) >= self._part:
                    room = self._part
                    await self._send(data[:room])
                elif room:
                    self._buffer += data[:room]
                else:
                    await self._send_full_parts()
                    continue
                self.size += len(data[:room])
                data = data[room:]
        except BaseException as error:
            await self._fail(error)
            raise

    async def finish(self) -> UploadResponse:
        """Make it an object."""
        self._check()
        self._engine = self._engine.begin()
        try:
            if not self.uploading and self.size <= self._engine.config.multipart_threshold:
                body = memoryview(self._buffer)
                operation = PutObject(self._place, self.key, body, self._headers)
                return await self._begin(operation)
            await self._send_full_parts()
            if self._buffer:
                await self._send(memoryview(self._buffer))
            assert self._upload_id is not None  # there was something to send
            return await uploads.complete(
                self._engine,
                CompleteMultipartUpload(
                    self._place, self.key, self._upload_id, self._etags, self.size
                ),
            )
        except BaseException as error:
            await self._fail(error)
            raise

    async def discard(self) -> None:
        """Drop what was written, here and on the server."""
        self._buffer = bytearray()
        upload_id, self._upload_id = self._upload_id, None
        if upload_id is not None:
            operation = AbortMultipartUpload(self._place, self.key, upload_id)
            await uploads.abort(self._engine, operation)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _fail(self, error: BaseException) -> None:
        if isinstance(error, MinIOError):
            self._failure = error
        else:
            self._failure = MinIOError(
                f"nothing of the object was stored, since writing it ended with {error!r}",
                hint="open it again and write it from its beginning",
            )
            self._engine.named(self._failure, PutObject(self._place, self.key, b""))
        await self.discard()

    async def _begin(self, operation: ObjectOperation[T]) -> T:
        """Send the first request."""
        if suspicious(self.key):
            await quirks.refuse(
                self._engine, PutObject(self._place, self.key, b""), empty=self.size == 0
            )
        return await uploads.begin(self._engine, operation, False)

    async def _send_full_parts(self) -> None:
        buffer, self._buffer = memoryview(self._buffer), bytearray()
        while len(buffer) >= self._part:
            size = self._part  # sending may let it grow
            await self._send(buffer[:size])
            buffer = buffer[size:]
        self._buffer += buffer
        self._most = self._part

    async def _send(self, body: memoryview) -> None:
        if self._upload_id is None:
            operation = CreateMultipartUpload(self._place, self.key, self._headers)
            self._upload_id = (await self._begin(operation)).upload_id
        number = len(self._etags) + 1
        if number > MAX_PARTS:
            raise ValidationError(f"the object is larger than S3 allows: over {self.size} bytes")
        part = UploadPart(self._place, self.key, self._upload_id, number, body)
        self._etags.append(await self._engine.send(part))
        if (size := grown(self._part, number)) != self._part:
            self._part = self._most = size
