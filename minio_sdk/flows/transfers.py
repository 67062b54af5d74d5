"""Uploads that go on after they were interrupted, and what is left of those that did not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    IntegrityError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    PreconditionFailedError,
    ServerError,
    UploadNotFoundError,
    ValidationError,
)
from minio_sdk.flows import listing
from minio_sdk.flows.journal import Journal, check_id, folder_of, transfers
from minio_sdk.flows.parts import part_size
from minio_sdk.flows.sources import FileSlices
from minio_sdk.models.transfers import Transfer
from minio_sdk.operation import Place
from minio_sdk.operations.multipart import AbortMultipartUpload, Begun, StoredPart

HOPELESS = (IntegrityError, PreconditionFailedError, UploadNotFoundError, ValidationError)
"""After these, going on later would end in the same way."""


class Resuming:
    """What an upload with ``resume=True`` had done before, and where it writes down what it does.

    Attributes:
        begun: the upload that goes on; None for a new one.
        there: the parts that the server has of it, by number.
    """

    def __init__(
        self, engine: Engine, place: Place, key: str, slices: FileSlices, headers: Mapping[str, str]
    ) -> None:
        self.begun: Begun | None = None
        self.there: dict[int, StoredPart] = {}
        self._engine = engine
        self._place = place
        self._key = key
        self._journal: Journal | None = None
        self._source: dict[str, Any] = {
            "mark": list(slices.mark),
            "part": part_size(engine, slices.size),
        }
        self._facts: dict[str, Any] = {
            "kind": "upload",
            "bucket": place.bucket,
            "key": key,
            "path": slices.path,
            "size": slices.size,
            "headers": hashlib.sha256(json.dumps(sorted(headers.items())).encode()).hexdigest(),
        }

    async def look(self) -> None:
        """Find what an earlier run has done; of another source it is undone."""
        call = self._engine.transport.call
        facts = self._facts
        journal = self._journal = await call(
            Journal.of, self._engine.config, "upload", facts["bucket"], self._key, facts["path"]
        )
        entry = journal.entry
        if entry is None:
            return
        why = None
        if entry["mark"] != self._source["mark"]:
            why = "the file has changed"
        elif (entry["headers"], entry["part"]) != (facts["headers"], self._source["part"]):
            why = "it is to be stored in another way"
        if why is None:
            there = await self._stored_parts(entry["upload_id"])
            if there is not None:
                self.begun = Begun(entry["upload_id"], entry["checksums"])
                self.there = there
                return
        await _end_upload(self._engine, self._place, self._key, entry["upload_id"])
        if why is None:
            await call(journal.remove)  # the server has dropped it, which is no news of the source
        else:
            await call(journal.restart, why)

    async def _stored_parts(self, upload_id: str) -> dict[int, StoredPart] | None:
        """The parts that the server has; None when it has no such upload, or can't tell."""
        parts = listing.parts(self._engine, self._place, self._key, upload_id)
        try:
            return {part.part_number: part async for part in parts}
        except (NotFoundError, NotSupportedError):
            return None
        except ServerError as error:
            if error.status is not None:
                raise
            return None  # it sends something else than a list

    async def began(self, begun: Begun) -> None:
        """Write down the upload that was begun."""
        assert self._journal is not None  # it was looked at first
        facts = {**self._facts, **self._source}
        await self._engine.transport.call(
            lambda journal: journal.save(
                **facts, upload_id=begun.upload_id, checksums=begun.checksums
            ),
            self._journal,
        )

    @property
    def kept(self) -> bool:
        """Whether a later run will find the upload."""
        return self._journal is not None and self._journal.entry is not None

    def ended(self) -> None:
        """There is nothing to go on with."""
        if self._journal is not None:
            self._journal.remove()

    def close(self) -> None:
        """Let others at it."""
        if self._journal is not None:
            self._journal.close()


async def _end_upload(engine: Engine, place: Place, key: str, upload_id: str) -> None:
    try:
        await engine.send(AbortMultipartUpload(place, key, upload_id))
    except NotFoundError:
        return


async def listed(engine: Engine) -> list[Transfer]:
    """The transfers that have not ended."""
    return await engine.transport.call(transfers, engine.config)


async def discard(engine: Engine, transfer_id: str) -> None:
    """Give up a transfer, and remove what there is of it."""
    call = engine.transport.call
    check_id(transfer_id)
    journal = await call(Journal, folder_of(engine.config), transfer_id)
    try:
        entry = journal.entry
        if entry is None:
            raise NotFoundError(
                "there is no such transfer", hint="list_transfers() shows those there are"
            )
        if entry["kind"] == "upload":
            await _end_upload(
                engine, engine.place(entry["bucket"]), entry["key"], entry["upload_id"]
            )
        else:
            await call(lambda: Path(entry["growing"]).unlink(missing_ok=True))
        await call(journal.remove)
    finally:
        journal.close()


def hopeless(error: BaseException) -> bool:
    """Whether an upload that ended so could not go on later either."""
    return isinstance(error, HOPELESS) and isinstance(error, MinIOError)
