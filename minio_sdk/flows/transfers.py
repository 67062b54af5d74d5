"""Uploads that go on after they were interrupted, and what is left of those that did not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    ConflictError,
    EncryptionError,
    IntegrityError,
    MinIOError,
    NotFoundError,
    PreconditionFailedError,
    UploadNotFoundError,
    ValidationError,
)
from minio_sdk.flows.held import held
from minio_sdk.flows.journal import (
    Journal,
    check_id,
    folder_of,
    growing_path,
    transfers,
    warn_of_restart,
)
from minio_sdk.flows.parts import part_size
from minio_sdk.flows.sources import FileSlices
from minio_sdk.flows.strays import QUIET, end_strays, end_upload, stored_parts
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.models.showing import RecordList
from minio_sdk.models.transfers import Transfer
from minio_sdk.operation import Place
from minio_sdk.operations.get_object import GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import Begun, StoredPart


def _digest(engine: Engine, place: Place, key: str, headers: Mapping[str, str]) -> str:
    """What tells one way of storing the object from another; of a secret, nobody can tell more by it."""
    text = json.dumps(sorted(headers.items())).encode()
    if engine.encryption is None:
        return hashlib.sha256(text).hexdigest()
    # A key of 32 random bytes can't be guessed; that of a context can, so the object's name is the salt.
    salt = json.dumps([place.server_bucket, place.prefix, key]).encode()
    said = json.dumps(sorted(engine.encryption.headers().items())).encode()
    return hashlib.pbkdf2_hmac("sha256", said, salt + text, 1000).hex()


HOPELESS = (
    EncryptionError,
    IntegrityError,
    PreconditionFailedError,
    UploadNotFoundError,
    ValidationError,
)
"""After these, going on later would end in the same way."""


class Resuming:
    """What an upload with ``resume=True`` had done before, and where it writes down what it does.

    Attributes:
        begun: the upload that goes on; None for a new one.
        there: the parts that the server has of it, by number.
        stored: what an earlier run has stored, and been killed before it could say so.
    """

    def __init__(
        self, engine: Engine, place: Place, key: str, slices: FileSlices, headers: Mapping[str, str]
    ) -> None:
        self.begun: Begun | None = None
        self.there: dict[int, StoredPart] = {}
        self.stored: UploadResponse | None = None
        self._engine = engine
        self._place = place
        self._key = key
        self._journal: Journal | None = None
        self._asked: list[float] = []
        self._facts: dict[str, Any] = {
            "kind": "upload",
            "bucket": place.bucket,
            "key": key,
            "path": slices.path,
            "size": slices.size,
            "headers": _digest(engine, place, key, headers),
            "mark": [*slices.mark, slices.changed],
            "part": part_size(engine, slices.size),
        }

    async def look(self) -> None:
        """Find what an earlier run has done; of another source it is undone."""
        facts = self._facts
        config, names = self._engine.config, (facts["bucket"], self._key, facts["path"])
        journal = self._journal = await held(
            self._engine.transport, lambda: Journal.of(config, "upload", *names)
        )
        entry = journal.entry
        if entry is None:
            return
        upload_id = entry["upload_id"]
        self._asked = entry["asked"]
        await self._end_strays(upload_id, last=False)
        if upload_id is None:
            return
        why = None
        if entry["mark"] != facts["mark"]:
            why = "the file has changed"
        elif (entry["headers"], entry["part"]) != (facts["headers"], facts["part"]):
            why = "it is to be stored in another way"
        if why is None:
            there = await stored_parts(self._engine, self._place, self._key, upload_id)
            if there is not None:
                self.begun = Begun(upload_id, entry["checksums"])
                self.there = there
                return
            self.stored = await self._stored_before(entry)
            if self.stored is not None:
                return
        await end_upload(self._engine, self._place, self._key, upload_id)
        await self._engine.transport.finish(self._forget)
        if why is not None:  # else the server has dropped it, which is no news of the source
            warn_of_restart(entry, why)

    async def _stored_before(self, entry: Mapping[str, Any]) -> UploadResponse | None:
        """The object, where it is what an earlier run has told the server to make of the parts."""
        if entry["etag"] is None:
            return None
        return await stored_by_us(
            self._engine, self._place, self._key, entry["etag"], entry["size"]
        )

    async def _end_strays(self, ours: str | None, *, last: bool) -> None:
        """End what killed runs have begun and never known of, where that is sure by now.

        What isn't there yet may still be on its way to the server, so that only the `last` look, or one
        that comes late, says that there is nothing.
        """
        if not self._asked:
            return
        asked = self._asked
        try:
            left = await end_strays(self._engine, self._place, self._key, asked, ours)
        except MinIOError:  # a later run will look again; this one is about something else
            return
        late = self._engine.transport.signing.now() - QUIET
        self._asked = [moment for moment in asked if moment in left or (moment > late and not last)]

    async def asks(self) -> None:
        """Write down that an upload is asked for, of which the answer may never come."""
        self._asked.append(self._engine.transport.signing.now())
        await self._save(upload_id=None)

    async def began(self, begun: Begun) -> None:
        """Write down the upload that was begun."""
        self._asked.pop()
        await self._save(upload_id=begun.upload_id, checksums=begun.checksums)

    async def refused(self, error: MinIOError) -> None:
        """Nothing was begun, if that is what the error tells."""
        if error.attempts == 0 or (error.attempts == 1 and error.status is not None):
            self._asked.pop()
            try:
                await self._engine.transport.finish(self._forget)
            except OSError:  # the refusal is the news
                return

    async def completes(self, etag: str | None) -> None:
        """Write down what the object will be, since the upload is gone once it is."""
        assert self._journal is not None  # it was looked at first
        entry = self._journal.entry or {}
        await self._save(upload_id=entry["upload_id"], checksums=entry["checksums"], etag=etag)

    async def _save(
        self, upload_id: str | None, checksums: str | None = None, etag: str | None = None
    ) -> None:
        assert self._journal is not None  # it was looked at first
        facts = {**self._facts, "upload_id": upload_id, "checksums": checksums, "etag": etag}
        facts["asked"] = self._asked
        await self._engine.transport.finish(lambda journal: journal.save(**facts), self._journal)

    @property
    def kept(self) -> bool:
        """Whether a later run will find the upload."""
        entry = None if self._journal is None else self._journal.entry
        return entry is not None and entry["upload_id"] is not None

    async def ended(self) -> None:
        """There is nothing to go on with, and maybe something to look for still."""
        await self._end_strays(None, last=True)
        try:
            await self._engine.transport.finish(self._forget)
        except OSError:  # a later run will find out what has become of it
            return

    async def give_up(self) -> None:
        """End what there is, since going on would end in the same way; for later, if that fails."""
        try:
            await self.drop()
        except Exception:  # what led here is the news
            return
        await self.ended()

    async def drop(self) -> None:
        """End the upload, to begin another one."""
        entry = None if self._journal is None else self._journal.entry
        if entry is not None and entry["upload_id"] is not None:
            engine = self._engine.begin()  # it may be the deadline that has ended the upload
            await end_upload(engine, self._place, self._key, entry["upload_id"])
        self.begun, self.there = None, {}
        await self._engine.transport.finish(self._forget)

    def _forget(self) -> None:
        """Keep nothing but what has to be looked for later."""
        journal = self._journal
        if journal is None or journal.entry is None:
            return
        if not self._asked:
            journal.remove()
        else:
            journal.save(upload_id=None, checksums=None, etag=None, asked=self._asked)

    def close(self) -> None:
        """Let others at it."""
        if self._journal is not None:
            self._journal.close()


async def listed(engine: Engine) -> RecordList[Transfer]:
    """The transfers that have not ended."""
    return RecordList(await engine.transport.call(transfers, engine.config))


async def discard(engine: Engine, transfer_id: str) -> None:
    """Give up a transfer, and remove what there is of it."""
    finish = engine.transport.finish
    check_id(transfer_id)
    journal = await held(engine.transport, lambda: Journal(folder_of(engine.config), transfer_id))
    try:
        entry = journal.entry
        if entry is None:
            raise NotFoundError(
                "there is no such transfer", hint="list_transfers() shows those there are"
            )
        if entry["kind"] == "upload":
            await _discard_upload(engine, journal, entry)
        else:
            growing = growing_path(Path(entry["path"]), transfer_id)
            await finish(lambda: growing.unlink(missing_ok=True))
        await finish(journal.remove)
    finally:
        journal.close()


async def _discard_upload(engine: Engine, journal: Journal, entry: Mapping[str, Any]) -> None:
    place, key, upload_id = engine.place(entry["bucket"]), entry["key"], entry["upload_id"]
    if upload_id is not None:
        await end_upload(engine, place, key, upload_id)
    asked = await end_strays(engine, place, key, entry["asked"], upload_id)
    if asked:
        await engine.transport.finish(
            lambda: journal.save(upload_id=None, checksums=None, etag=None, asked=asked)
        )
        raise ConflictError(
            "an upload of this key has no part yet, and may be this one or another client's",
            bucket=place.bucket,
            key=key,
            hint="discard the transfer again in an hour: what has no part then is nobody's",
        )


async def stored_by_us(
    engine: Engine,
    place: Place,
    key: str,
    etag: str | None,
    size: int,
    body: bytes | bytearray | memoryview | None = None,
) -> UploadResponse | None:
    """The object, where it is what an earlier try was to store, whose answer was lost; else None.

    Args:
        engine: asks.
        place, key: the object.
        etag, size: what it has to have.
        body: what it has to be, where encryption gives it an ETag that tells nothing of it.
    """
    try:
        found = await engine.send(HeadObject(place, key))
        if found.size != size:
            return None
        if found.etag != etag and not await _is(engine, place, found, body):
            return None
    except MinIOError:
        return None
    return UploadResponse(
        key=key,
        size=found.size,
        etag=found.etag,
        version_id=found.version_id,
        bucket=place.bucket,
        encryption=found.encryption,
    )


async def _is(
    engine: Engine, place: Place, found: ObjectMetadata, body: bytes | bytearray | memoryview | None
) -> bool:
    """Whether an object whose ETag isn't its MD5 has these very bytes."""
    if body is None or not len(body) or found.encryption is None:
        return False
    pinned = {} if found.etag is None else {"if-match": f'"{found.etag}"'}
    piece = await engine.send(GetObjectPart(place, found.key, 0, len(body) - 1, None, pinned))
    return piece.etag in (None, found.etag) and piece.cut(0, len(body) - 1) == body


def hopeless(error: MinIOError) -> bool:
    """Whether an upload that ended so could not go on later either."""
    return isinstance(error, HOPELESS)
