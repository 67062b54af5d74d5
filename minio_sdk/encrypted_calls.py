"""What the engine does for operations that have to do with encryption: saying, hearing, explaining.

The pure part of it is `minio_sdk.encrypting`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from minio_sdk.encrypting import Duty, cleared, duty_of, explained, is_doubtful, is_silent
from minio_sdk.errors import EncryptionError, MinIOError, reword
from minio_sdk.models.object_encryption import Encryption
from minio_sdk.operation import ObjectOperation, Operation, T
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.watching import Watcher
from minio_sdk.wire.message import Reply, Request


class EncryptedCalls:
    """A part of the engine.

    Attributes:
        api: what the server is.
        encryption: of what is stored and read.
        source_encryption: what opens the sources of copies.
    """

    __slots__ = ()
    api: Any
    encryption: Encryption | None
    source_encryption: Encryption | None

    def _looking(self) -> Watcher | None:
        raise NotImplementedError

    def _exchange(self, request: Request) -> Awaitable[Reply]:
        raise NotImplementedError

    def address(self, request: Request, operation: Operation[Any]) -> Request:
        """Say in a request of `operation` what the configuration has to say."""
        raise NotImplementedError

    async def _send(self, operation: Operation[T]) -> T:
        raise NotImplementedError

    def _result(self, operation: Operation[T], reply: Reply) -> T:
        raise NotImplementedError

    async def _send_sealed(self, request: Request, operation: Operation[T]) -> T:
        """Send what says, or may say, something of encryption, and hear whether the server obeys."""
        duty = duty_of(operation, self.encryption, self.source_encryption)
        if duty is not None:
            duty.seal(request)
        try:
            watcher = self._looking()
            if watcher is None:
                return await self._heard(operation, duty, await self._exchange(request))
            with watcher.watch(request, operation) as watch:
                watch.reply = await self._exchange(request)
                watch.result = result = await self._heard(operation, duty, watch.reply)
                return result
        except MinIOError as error:
            if duty is None:
                raise
            found = await self._understood(error, operation, duty)
            if found is error:
                raise
            raise found from None

    async def _understood(
        self, error: MinIOError, operation: Operation[Any], duty: Duty | None
    ) -> MinIOError:
        """A refusal as what it is, which may have to be asked for."""
        if duty is not None:
            duty.mask(error)
        if isinstance(error, EncryptionError):
            return error
        found = explained(error, operation, duty)
        if found is error and is_doubtful(error, duty):
            found = await self._cleared(error, operation)
        if found is error and duty is None and is_silent(error, operation):
            found = await self._said(error, operation)
        return found

    async def _heard(self, operation: Operation[T], duty: Duty | None, reply: Reply) -> T:
        """The result, when the server says that it has encrypted as it was told.

        Raises:
            EncryptionError: it doesn't. A version that was made so is removed, since nobody else can mean
                it; without versions, what has the key now may already be somebody else's, and stays.
        """
        if duty is None or reply.status not in operation.ok:
            return self._result(operation, reply)
        kind = type(duty.encryption).__name__
        part = operation.encrypts == "stores a part"
        wrong = duty.wrong(reply, lenient=part and kind in self.api.echoes)
        if wrong is not None:
            await self._take_back(wrong, operation, reply.headers.get("x-amz-version-id"))
            raise wrong
        if operation.encrypts == "begins" and duty.is_told(reply):
            self.api.echoes.add(kind)
        return self._result(operation, reply)

    async def _take_back(
        self, wrong: EncryptionError, operation: Operation[Any], version_id: str | None
    ) -> None:
        if operation.encrypts not in ("stores", "copies") or not isinstance(
            operation, ObjectOperation
        ):
            return
        if version_id in (None, "null"):
            wrong.message += "; it has replaced what was there"
            return
        try:
            await self._send(DeleteObject(operation.place, operation.key, version_id))
        except MinIOError:
            wrong.message += f"; its version {version_id} could not be removed"
        else:
            wrong.message += "; its version was removed again"
            wrong.hint = "a server with SSE"

    async def _said(self, error: MinIOError, operation: Operation[Any]) -> MinIOError:
        """A refusal of HEAD, whose answer has no words, after asking for the reason with GET."""
        assert isinstance(operation, ObjectOperation)
        version_id: str | None = getattr(operation, "version_id", None)
        get = GetObjectPart(operation.place, operation.key, 0, 0, version_id)
        try:
            reply = await self._exchange(self.address(get.request(), get))
            if reply.status != 400:
                return error
            told = get.failure(reply)
            assert isinstance(told, MinIOError)
            reword(told, operation.place.text_back(told.message))
            found = explained(told, operation, None)
        except MinIOError:
            return error
        return error if found is told else found

    async def _cleared(self, error: MinIOError, operation: Operation[Any]) -> MinIOError:
        """A refusal that may come of the wrong key, after asking without one."""
        if not isinstance(operation, ObjectOperation):
            return error
        version_id: str | None = getattr(operation, "version_id", None)
        head = HeadObject(operation.place, operation.key, version_id)
        try:
            return cleared(error, await self._exchange(self.address(head.request(), head)))
        except MinIOError:
            return error
