"""Objects made of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.flows import copies, uploads
from minio_sdk.flows.conditions import condition
from minio_sdk.flows.copy_rules import Changes
from minio_sdk.flows.progress import OnProgress
from minio_sdk.flows.sources import Data, Source
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.composing import ComposeItem, sources_of
from minio_sdk.models.names import check_flag, check_key
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.object_lock import Retention, retention_of
from minio_sdk.models.results import UploadResponse
from minio_sdk.wire.locking import lock_headers

if TYPE_CHECKING:
    from minio_sdk.flows import appending, composing, fanning
else:
    appending = Later("minio_sdk.flows.appending")
    composing = Later("minio_sdk.flows.composing")
    fanning = Later("minio_sdk.flows.fanning")


class Composing(AsyncBase):
    """Join, append, store many times."""

    async def compose_object(
        self,
        bucket: str,
        key: str,
        sources: Iterable[ComposeItem],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        expires: datetime | str | None = None,
        storage_class: str | None = None,
        retention: Retention | Mapping[str, Any] | None = None,
        legal_hold: bool = False,
        encryption: GivenEncryption = None,
        source_encryption: GivenEncryption = None,
        progress: OnProgress | bool | None = None,
    ) -> UploadResponse:
        """Make one object of several, or of ranges of them, one behind the other.

        The server moves what is large; the bytes don't pass through this computer. Sources may be of any
        size: what is smaller than the 5 MiB that S3 wants of a part is read, and sent together with what
        comes behind it. Each source is taken as it was when it was first looked at. The object appears when
        it is whole, so that it may be one of the sources; a failure leaves nothing.

        Args:
            bucket: its name.
            key: the key of the object that is made; one that is there is replaced.
            sources: keys of the same bucket, ``(bucket, key)``, ``(bucket, key, version_id)``, what
                `list_objects` gives, or a `ComposeSource` (or a dict like one) for ranges and conditions.
            content_type, content_encoding, content_disposition, content_language, cache_control: in place
                of those of the first source.
            metadata: the user's metadata in place of the first source's; ``{}`` for none.
            tags: tags in place of the first source's, at most 10; ``{}`` for none.
            if_match: an ETag; makes it only if that is the one of the object that is there now.
            if_none_match: ``"*"`` makes it only if there is no such object yet.
            expires: when caches should let go of it; an aware datetime, or an HTTP date.
            storage_class: such as ``"STANDARD_IA"``; None takes the server's default.
            retention: until when it is locked, as a `Retention`; its bucket must have object lock.
            legal_hold: lock it until `disable_object_legal_hold`; its bucket must have object lock.
            encryption: of the object: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none. None takes
                `Config.encryption`, else sources with a customer's key give theirs (with several keys it
                has to be said), an object that is its own source stays encrypted as it is, and any other
                is encrypted as its bucket has it.
            source_encryption: the `SseC(key)` of the sources that don't have their own
                `ComposeSource.encryption`; None takes `Config.encryption`.
            progress: a function that gets a `TransferProgress` after each part that the server has; what
                it raises ends the job, and nothing is stored. True shows a bar.

        Returns:
            `UploadResponse` with the status ``"composed"``, and size, ETag and version.

        Raises:
            ObjectNotFoundError, VersionNotFoundError: a source isn't there; the error names it.
            BucketNotFoundError: a bucket isn't there.
            ObjectChangedError: a source was replaced meanwhile; the error names it.
            PreconditionFailedError: a condition of a source, or `if_match` or `if_none_match`, didn't hold.
            NotSupportedError: the server doesn't copy, doesn't encrypt, or stored it without the lock it
                was to have.
            EncryptionKeyError: a source has another customer's key, or none.
            ValidationError: a bad argument, or a range behind the end of its source.
            MinIOError: it failed after all retries; then no object has appeared.

        Example:
            >>> await client.compose_object("logs", "2026-11.log", ["2026-11-01.log", "2026-11-02.log"])
            >>> head = ComposeSource(key="film.mp4", length=1024)
            >>> await client.compose_object("docs", "both", [head, ("archive", "tail.mp4")])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        """
        engine = copies.begun(self._engine, encryption, source_encryption)
        until = None if retention is None else retention_of(retention)
        wish = composing.Wish(
            engine.place(bucket),
            check_key(key),
            sources_of(sources),
            Changes(
                metadata=metadata,
                tags=tags,
                content_type=content_type,
                content_encoding=content_encoding,
                content_disposition=content_disposition,
                content_language=content_language,
                cache_control=cache_control,
                expires=expires,
                storage_class=storage_class,
            ),
            condition(if_none_match, if_match),
            lock_headers(until, check_flag("legal_hold", legal_hold)),
            progress,
            encryption is None,
        )
        return await self._run(composing.compose(engine, wish))

    async def append_object(
        self,
        bucket: str,
        key: str,
        data: Data,
        *,
        length: int | None = None,
        create: bool = True,
        if_match: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        native: bool = False,
        encryption: GivenEncryption = None,
        progress: OnProgress | bool | None = None,
    ) -> UploadResponse:
        """Put bytes behind those that an object has.

        S3 can't change an object, so it is made anew: the server moves what it has from 5 MiB on, and less
        is read and sent again. So each call takes the longer the larger the object is; `open(..., "wb")`
        or `compose_object` at the end are better for many small pieces. Its description stays as it is:
        content type and the other headers, metadata, tags, storage class, a retention that lasts and a
        legal hold. A versioned bucket gets a new version.

        What others store meanwhile is never lost: the new object takes the place only of the one that it
        was made from, on all servers that know ``If-Match`` for writing. Data in memory is then appended to
        what they have stored, up to ten times.

        Args:
            bucket: its name.
            key: its key.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.
            length: take exactly this many bytes of `data`; None takes all.
            create: make the object when there is none; False is an ObjectNotFoundError then.
            if_match: an ETag; appends only if that is the one of the object now, and tries only once.
            content_type, metadata, tags: of an object that is made; one that is there keeps its own.
            native: have the server itself append, as AWS's S3 Express One Zone and MinIO AIStor do; any
                other is found out before it is sent something that it would take for the whole object.
                Data of more than a part (8 MiB) is appended block by block, and what came before a failure
                stays. The object has to be encrypted already in the way that is asked for, which no key of
                a customer's can be.
            encryption: the `SseC(key)` that the object has, or of an object that is made; `SseS3()`,
                `SseKms(...)`, or False for none. None takes `Config.encryption`, else an object that is
                there stays encrypted as it is.
            progress: a function that gets a `TransferProgress` after each part that the server has, in
                which the bytes of the whole object count; True shows a bar.

        Returns:
            `UploadResponse` with the status ``"appended"``, and size, ETag and version of the whole.

        Raises:
            ObjectNotFoundError: there is no such object, and ``create=False``.
            BucketNotFoundError: the bucket doesn't exist.
            ObjectChangedError: others have changed it meanwhile; nothing was appended. With data that isn't
                in memory that is after the first time.
            PreconditionFailedError: `if_match` didn't hold.
            IntegrityError: `data` has fewer bytes than `length`.
            NotSupportedError: the server gives no ETag, doesn't copy, doesn't encrypt, or keeps no lock.
            EncryptionKeyError: the object has another customer's key, or none.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> await client.append_object("logs", "today.log", b"one more line")

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        """
        engine = self._engine.begin(encryption, encryption)
        headers = uploads.object_headers(key, content_type, metadata, tags=tags)
        place = engine.place(bucket)
        keeps = encryption is None
        wish = appending.Wish(
            place, key, data, length, create, headers, if_match, progress, native, keeps
        )
        return await self._run(appending.append(engine, wish))

    async def fan_out(
        self,
        bucket: str,
        data: Data,
        items: Iterable[str | Mapping[str, Any]],
        *,
        length: int | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        cache_control: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        encryption: GivenEncryption = None,
        concurrency: int | None = None,
        progress: OnProgress | bool | None = None,
    ) -> BulkResult:
        """Store the same bytes under many keys of a bucket, which is made when it is missing.

        Up to 1 MiB is sent for each key. More is sent once, and copied by the server to all other keys; where
        a server doesn't copy, it is sent again. One key that fails loses none of the others.

        Args:
            bucket: its name.
            data: bytes-like, a binary file (from its current position), or an iterator of bytes.
            items: keys, or dicts with ``key`` and any of ``content_type``, ``metadata``, ``tags`` and
                ``storage_class``, which take the place of those below. No key may be there twice.
            length: take exactly this many bytes of `data`; None takes all.
            content_type: of all of them; None guesses it from each key.
            content_encoding, cache_control, metadata, tags, storage_class: of all of them.
            encryption: of all of them: `SseS3()`, `SseKms(...)` or `SseC(key)`; False for none; None as
                `Config.encryption` has it.
            concurrency: how many at once; default 16, never more than `Config.pool_size`.
            progress: a function that gets a `TransferProgress` for each object that is stored; what it
                raises ends the job. True shows a bar.

        Returns:
            `BulkResult`: for each item, in their order, an `UploadResponse` or its `MinIOError`. It is true
            when there are no errors.

        Raises:
            IntegrityError: `data` has fewer bytes than `length`; nothing was stored.
            ValidationError: a bad argument or item; nothing was sent.

        Example:
            >>> await client.fan_out("sites", b"User-agent: *", ["a/robots.txt", "b/robots.txt"])

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        engine = self._engine.begin(encryption, encryption)
        common = {
            "content_type": content_type,
            "content_encoding": content_encoding,
            "cache_control": cache_control,
            "metadata": metadata,
            "tags": tags,
            "storage_class": storage_class,
        }
        given = {name: value for name, value in common.items() if value is not None}
        fan = fanning.Fan(bucket, fanning.items_of(items), given, concurrency, progress)
        return await self._run(fanning.fan_out(engine, fan, Source(data, length)))
