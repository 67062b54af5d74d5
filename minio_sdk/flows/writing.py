"""Writing an object bit by bit: nothing appears before `finish`, and after a failure nothing at all.

What fills a part is sent by a crew while the user writes on. An error of a part is told by the next
`write`, or by `finish`. Memory is asked for and never waited for, but for what this object's own parts on
their way give back, or for one's turn to send what lies in a temporary file: a user may write to any number
of objects in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, ValidationError
from minio_sdk.flows import in_parts, quirks
from minio_sdk.flows.checked import sent
from minio_sdk.flows.conditions import Condition, check_condition
from minio_sdk.flows.drafts import Draft
from minio_sdk.flows.leases import Lease
from minio_sdk.flows.parts import DEFAULT_PART, GRACE, Sent, at_once, grown, send_part
from minio_sdk.flows.uploads import put_whole
from minio_sdk.models.results import UploadResponse
from minio_sdk.operations.multipart import (
    MAX_PARTS,
    AbortMultipartUpload,
    Begun,
    CreateMultipartUpload,
)
from minio_sdk.operations.put_object import PutObject
from minio_sdk.protocols import Crew
from minio_sdk.wire.crc import crc32
from minio_sdk.wire.quirks import suspicious


class Writer:
    """Collects an object's bytes, and sends them in parts when they are too many for one request.

    Args:
        engine: sends.
        bucket, key: where the object shall be.
        headers: what describes it; see `uploads.object_headers`.
        condition: what must hold of the object that is there, or isn't.

    Attributes:
        bucket, key: the object.
        size: bytes written so far.

    Raises:
        ValidationError: a bad name.
    """

    def __init__(
        self,
        engine: Engine,
        bucket: str,
        key: str,
        headers: dict[str, str],
        condition: Condition | None = None,
    ) -> None:
        self.bucket = bucket
        self.key = key
        self.size = 0
        self._engine = engine
        self._place = engine.place(bucket)
        self._place.object_path(key)
        self._condition = condition
        self._create = CreateMultipartUpload(self._place, key, headers)
        self._part = engine.config.part_size or DEFAULT_PART
        # Whole parts, so that none but the last is smaller.
        threshold = engine.config.multipart_threshold
        self._most = max(1, -(-threshold // self._part)) * self._part
        self._lease = Lease(engine.transport.memory)
        self._draft = Draft(engine.transport, self._lease, self._most, eager=False)
        self._begun: list[Begun] = []
        self._crew: Crew[Sent] | None = None
        self._number = 0
        self._failure: MinIOError | None = None

    @property
    def uploading(self) -> bool:
        """Whether there is an upload on the server that has to be ended."""
        return bool(self._begun)

    async def write(self, data: memoryview) -> None:
        """Take more bytes; what fills a part is sent."""
        if self._failure is not None:
            raise self._failure
        self._engine = self._engine.begin()
        try:
            if self._crew is not None and self._crew.failed:
                await self._crew.end()
            while data:
                room = self._most - self._draft.size
                if room:
                    await self._add(data[:room])
                    data = data[room:]
                else:
                    await self._send()
        except BaseException as error:
            await self._fail(error)
            raise

    async def finish(self) -> UploadResponse:
        """Make it an object."""
        if self._failure is not None:
            raise self._failure
        self._engine = self._engine.begin()
        try:
            if self._crew is None and self.size <= self._engine.config.multipart_threshold:
                stored = await self._store_whole()
            else:
                await self._send()
                assert self._crew is not None  # there was something to send
                parts = await self._crew.end()
                conditional = await self._conditional()
                operation = in_parts.completion(
                    self._create, self._begun[0], parts, self.size, conditional
                )
                stored = await in_parts.complete(self._engine, operation)
        except BaseException as error:
            await self._fail(error)
            raise
        self._begun.clear()
        self._draft.drop()
        self._lease.close()
        return stored

    async def discard(self) -> None:
        """Drop what was written, here and on the server."""
        crew, self._crew = self._crew, None
        try:
            self._draft.drop()
            if crew is not None:
                await crew.stop()
        finally:
            self._lease.close()
            while self._begun:
                upload_id = self._begun.pop().upload_id
                operation = AbortMultipartUpload(self._place, self.key, upload_id)
                await in_parts.abort(self._engine, operation)

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

    async def _add(self, data: memoryview) -> None:
        """To the draft; in memory, if there is some, or will be when a part of this object is sent."""
        while not self._draft.put(data):
            if self._draft.aside or self._crew is None or not await self._crew.rest():
                await self._draft.put_aside(data)
                break
        self.size += len(data)

    async def _store_whole(self) -> UploadResponse:
        await self._refuse()
        headers = {**self._create.headers, **await self._conditional()}
        body = await self._draft.part(1, 0, self.size)

        async def store(operation: PutObject) -> UploadResponse:
            return await put_whole(self._engine, operation, create_bucket=False)

        operation = PutObject(self._place, self.key, body, headers)
        return (await sent(self._engine, operation, store))[0]

    async def _send(self) -> None:
        """Have all of the draft sent, and begin another one."""
        if self._crew is None:
            await self._refuse()
            await self._conditional()  # in vain, maybe: then nothing needs to be sent
            await in_parts.start(self._engine, self._create, self._begun)
            limit = at_once(self._engine)
            self._crew = self._engine.transport.crew(limit, grace=GRACE)
        draft, most = self._draft, self._part
        for offset in range(0, draft.size, most):
            self._number += 1
            if self._number > MAX_PARTS:
                raise ValidationError(
                    f"the object is larger than S3 allows: over {self.size} bytes"
                )
            await self._crew.begin(await self._work(offset, min(most, draft.size - offset)))
            self._part = grown(self._part, self._number)
        draft.drop()
        self._most = self._part
        self._draft = Draft(self._engine.transport, self._lease, self._most, eager=True)

    async def _work(self, offset: int, size: int) -> Callable[[], Coroutine[Any, Any, Sent]]:
        """What sends a part; nothing else holds its bytes, so that they go when it is done."""
        body = await self._draft.part(self._number, offset, size)
        return partial(self._send_part, self._engine, self._number, body)

    async def _send_part(self, engine: Engine, number: int, body: memoryview) -> Sent:
        """The crew's work, beside whatever else this does."""
        begun = self._begun[0]
        try:
            crc = None if begun.checksums is None else crc32(body)
            return await send_part(engine, self._place, self.key, begun, number, body, crc)
        finally:
            self._lease.give(number)

    async def _conditional(self) -> dict[str, str]:
        """The header for the condition, which holds now: some servers don't look at the header."""
        if self._condition is None:
            return {}
        await check_condition(self._engine, self._place, self.key, self._condition)
        return self._condition.headers()

    async def _refuse(self) -> None:
        """Say so where the server would store the key as another one."""
        if suspicious(self.key):
            operation = PutObject(self._place, self.key, b"")
            await quirks.refuse(self._engine, operation, empty=self.size == 0)
